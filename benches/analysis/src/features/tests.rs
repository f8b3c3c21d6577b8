//! Features of which it is known what they cost.

use quartet_record::Exclusion;
use quartet_record::testing::{OF_BYTES, record, slice};

use super::*;
use crate::Analysis;

fn made_up() -> Record {
    quartet_record::testing::features(12)
}

/// The one program's.
fn of_the_one(record: &Record) -> FeatureCosts {
    let mut found = Analysis::of(record).unwrap().features;
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[track_caller]
fn holds(ratio: Option<Ratio>, truth: f64) {
    let ratio = ratio.unwrap();
    // Numbers of requests are whole in a slice, which is some hundredths of a percent.
    assert!((ratio.estimate / truth - 1.0).abs() < 0.01, "{ratio:?}");
    assert!(ratio.high / ratio.low < 1.1, "{ratio:?}");
}

#[test]
fn each_feature_costs_what_it_costs() {
    let found = of_the_one(&made_up());
    assert_eq!((found.arm, found.more.len()), (0, 2));
    let [middleware, routes] = found.more.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(middleware.feature, Feature::Middleware(10));
    holds(middleware.ratio, 100.0 / 80.0);
    assert_eq!(routes.feature, Feature::Routes(1000));
    holds(routes.ratio, 4.0);
    holds(found.again, 1.0);
    let [extracted] = found.extracted.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(extracted.lane, Lane::Json1k);
    holds(extracted.ratio, OF_BYTES);
    let [waiting] = found.waiting.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!((waiting.connections, waiting.wait_ms), (1_000, 100));
    let close = |range: Range, truth: f64| (range.median / truth - 1.0).abs() < 1e-9;
    assert!(close(waiting.per_connection, 10_000.0));
    assert!(close(waiting.per_request, 2_000.0));
    assert!(close(waiting.cpu_ns.unwrap(), 5_000.0));
    assert!(close(waiting.rate, 10_000.0));
    assert!(!found.is_empty());
}

#[test]
fn other_runs_have_no_features() {
    assert_eq!(Analysis::of(&record()).unwrap().features, []);
}

#[test]
fn what_is_excluded_is_said_to_be_and_so_is_all_that_is_compared_with_it() {
    let mut record = made_up();
    let excluded = |arm, lane| Exclusion {
        arm,
        restart: Some(0),
        lane,
        reason: "it fell".to_owned(),
    };
    record.exclusions = vec![excluded(1, None), excluded(0, Some(Lane::Bytes1k))];
    let found = of_the_one(&record);
    assert_eq!(found.more[0].ratio, None);
    assert_eq!(found.more[0].excluded, ["it fell (restart 1)"]);
    assert!(found.more[1].ratio.is_some());
    assert_eq!(found.extracted[0].ratio, None);
    let reason = "what it is compared with: it fell (restart 1)";
    assert_eq!(found.extracted[0].excluded, [reason]);
    record.exclusions = vec![excluded(0, None)];
    record.cost = None;
    assert!(of_the_one(&record).is_empty());
}

#[test]
fn connections_that_wait_for_an_answer_must_add_up() {
    let mut record = made_up();
    for restart in &mut record.restarts {
        for taken in restart.slices.iter_mut().filter(|taken| taken.arm == 1) {
            // Half of the requests that its latency makes of 64 connections.
            let half = slice(0, 0, 1, Lane::Item, taken.rate() / 2.0);
            (taken.requests, taken.total_requests) = (half.requests, half.total_requests);
        }
    }
    let found = of_the_one(&record);
    assert!(
        found.more[0].excluded[0].contains("Little's law"),
        "{found:?}"
    );
}
