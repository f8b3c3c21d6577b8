//! Tests of what a calibration shows.

use quartet_record::plan::LatencyPlan;
use quartet_record::testing::Simulation;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::simulation::{LatencyNoise, latency, normal};

/// Restarts of an equal and of copies so much slower, each with this spread.
fn pool(spread: f64, restarts: usize, percents: &[f64]) -> Pool {
    let mut random = StdRng::seed_from_u64(3);
    let mut around = |centre: f64| -> Vec<f64> {
        (0..restarts)
            .map(|_| centre + spread * normal(&mut random))
            .collect()
    };
    Pool {
        again: around(0.0),
        judged: percents
            .iter()
            .map(|percent| around(-(percent / 100.0).ln_1p()))
            .collect(),
    }
}

const FEW: Trials = Trials {
    whole: 400,
    pools: 40,
    of_each: 20,
};

fn judged(pool: &Pool) -> resample::Found {
    let rules = Rules::new(28, simultaneous_confidence(12), LEAST_MARGIN, 0.99);
    resample::judge(pool, &rules, FEW, 7)
}

fn of(record: &Record) -> anyhow::Result<Calibration> {
    by(record, FEW)
}

#[test]
fn where_restarts_agree_small_differences_are_seen_and_equals_are_equals() {
    let found = judged(&pool(0.007, 28, &[0.0, 0.5, 3.0]));
    assert_eq!(found.told_apart.share, 0.0);
    // None of 400 does not mean never: Wilson's interval reaches to z² / (n + z²).
    assert!((0.009..0.02).contains(&found.told_apart.high));
    assert_eq!(found.behind[1].share, 0.0);
    assert!(found.behind[2].share > 0.99, "{:?}", found.behind[2]);
    let resolves = found.resolves.unwrap();
    assert!((0.01..0.03).contains(&resolves), "{resolves}");
}

#[test]
fn where_they_do_not_the_same_difference_is_missed() {
    let found = judged(&pool(0.03, 28, &[0.0, 3.0]));
    let seen = found.behind[1];
    assert!(seen.share < 0.9, "{seen:?}");
    assert!(seen.low < seen.share && seen.share < seen.high, "{seen:?}");
    assert!(found.resolves.unwrap() > 0.03);
}

#[test]
fn the_seed_decides() {
    let pool = pool(0.02, 12, &[0.0, 3.0]);
    assert_eq!(judged(&pool).behind, judged(&pool).behind);
}

/// The record of a calibration in which the slower copies are as slow as they should be, but for `error`.
fn record(restarts: u32, error: f64) -> Record {
    use ArmRole::{Again, Aside, Compared, Floor, Reference};
    let rate = |percent: f64| 150_000.0 / (1.0 + percent / 100.0);
    let simulation = Simulation {
        arms: vec![
            ("control", Compared, rate(0.0)),
            ("control (twin)", Aside, rate(0.0)),
            ("slowed-3", Aside, rate(3.0 + error)),
            ("late", Aside, rate(0.0)),
            ("control (again)", Again, rate(0.0)),
            ("hyper", Reference, 180_000.0),
            ("null", Floor, 250_000.0),
        ],
        restarts,
        bias: 0.003,
        noise: 0.01,
    };
    let mut record = simulation.run();
    for arm in &mut record.plan.arms {
        arm.server = arm.server.replace(" (twin)", "");
    }
    for server in &mut record.servers {
        server.slowed_by = match server.name.as_str() {
            "control" => Some(0.0),
            "slowed-3" => Some(3.0),
            "late" => Some(0.0),
            _ => None,
        };
        server.late_by = (server.name == "late").then_some(100);
    }
    record
}

#[test]
fn a_calibration_says_what_was_planted() {
    let found = of(&record(14, 0.0)).unwrap();
    assert_eq!((found.restarts, found.run_restarts), (14, 84));
    assert_eq!(found.lanes.len(), 2);
    for lane in &found.lanes {
        let [slowed] = lane.slowed.as_slice() else {
            panic!("{lane:?}")
        };
        assert!((slowed.measured.estimate * 1.03 - 1.0).abs() < 0.003);
        assert_eq!(slowed.seen.share, 1.0);
        assert_eq!(lane.told_apart.share, 0.0);
    }
    assert_eq!(broken(&found), [""; 0]);
    assert!(
        sentence(&found).contains("calibration of 2026-11-02"),
        "{}",
        sentence(&found)
    );
}

#[test]
fn a_promise_that_is_not_kept_is_said() {
    // What should be slower by 3 % is hardly slower at all.
    let broken = broken(&of(&record(14, -2.9)).unwrap());
    assert!(
        broken[0].starts_with("item: a server that is 3 % slower was detected in only 0.0 %"),
        "{broken:?}"
    );
}

#[test]
fn what_cannot_be_calibrated_from_is_refused() {
    let few = of(&record(4, 0.0)).unwrap_err().to_string();
    assert!(few.contains("4 restarts are valid"), "{few}");
    let other = of(&Simulation::new(12).run()).unwrap_err().to_string();
    assert!(other.contains("not the record of a calibration"), "{other}");
    let mut busy = record(12, 0.0);
    for restart in &mut busy.restarts {
        restart.machine.as_mut().unwrap().others_ns = Some(5_000_000_000);
    }
    let excluded = of(&busy).unwrap_err().to_string();
    assert!(excluded.contains("other processes took 50 %"), "{excluded}");
}

#[test]
fn an_excluded_lane_is_named_and_the_others_stand() {
    let mut record = record(14, 0.0);
    record.exclusions.push(quartet_record::Exclusion {
        arm: 2,
        restart: None,
        lane: Some(Lane::List),
        reason: "an answer was wrong".to_owned(),
    });
    let found = of(&record).unwrap();
    let lanes: Vec<Lane> = found.lanes.iter().map(|lane| lane.lane).collect();
    assert_eq!(lanes, [Lane::Item]);
    assert_eq!(found.missing, ["slowed-3, list: an answer was wrong"]);
}

/// The one of which every hundredth answer is late.
const LATE: usize = 3;

/// The record of a calibration with latency at two rates, at which one copy's are so many times the others'.
fn with_latency(times: f64) -> Record {
    let mut record = record(14, 0.0);
    record.plan.latency = Some(LatencyPlan::new(
        Lane::Item,
        Vec::new(),
        64,
        LatencyPlan::RESTARTS,
    ));
    let mut of_arms = vec![1.0; record.plan.arms.len()];
    of_arms[LATE] = times;
    let calm = LatencyNoise {
        slices: [0.05, 0.08, 0.18],
        known: 0.1,
        unknown: 0.01,
        ..LatencyNoise::MEASURED
    };
    record.latency = latency(&record, &of_arms, &calm, &mut StdRng::seed_from_u64(4));
    record
}

#[test]
fn a_calibration_of_latency_says_what_was_planted() {
    let found = of(&with_latency(1.5)).unwrap();
    assert_eq!(found.missing, [""; 0]);
    assert_eq!((found.lanes.len(), found.latency.len()), (2, 6));
    for one in &found.latency {
        let late = one.late.unwrap();
        assert_eq!(late.microseconds, 100);
        assert!(
            (late.measured.estimate / 1.5 - 1.0).abs() < 0.05,
            "{late:?}"
        );
        assert_eq!(late.seen.share, 1.0, "{one:?}");
        assert!(one.told_apart.share <= 0.01, "{one:?}");
        let resolves = one.resolves.unwrap();
        assert!((0.05..0.25).contains(&resolves), "{one:?}");
    }
    assert_eq!(broken(&found), [""; 0]);
}

#[test]
fn a_latency_that_is_no_longer_is_not_seen() {
    let found = of(&with_latency(1.0)).unwrap();
    assert!(
        found
            .latency
            .iter()
            .all(|one| one.late.unwrap().seen.share < 0.05)
    );
}

#[test]
fn a_rate_that_cannot_be_calibrated_is_named_and_the_rest_stands() {
    // Of the last restarts, the copy's slices at the second rate are missing.
    let mut record = with_latency(1.5);
    for restart in &mut record.latency.as_mut().unwrap().restarts[9..] {
        restart
            .slices
            .retain(|slice| (slice.arm, slice.rate) != (LATE, 1));
    }
    let found = of(&record).unwrap();
    assert_eq!((found.lanes.len(), found.latency.len()), (2, 3));
    assert_eq!(
        found.missing,
        ["latency at 50000 requests/s: 9 restarts are valid, but 10 are needed"]
    );
    // It was interrupted before latency.
    record.latency = None;
    let found = of(&record).unwrap();
    assert_eq!((found.lanes.len(), found.latency.len()), (2, 0));
    assert_eq!(found.missing, ["latency: it was not measured"]);
}
