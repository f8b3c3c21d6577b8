//! What is advised where something excluded a row.

use quartet_record::testing::{Simulation, record};
use quartet_record::{Exclusion, Record, Slice};

use super::*;
use crate::Analysis;

/// The remedies of everything that excludes a row.
fn remedies(record: &Record) -> Vec<&'static str> {
    let lanes = Analysis::of(record).unwrap().lanes;
    let rows = lanes.iter().flat_map(|lane| &lane.rows);
    let mut found: Vec<_> = rows
        .flat_map(|row| row.excluded.iter().map(|reason| remedy(reason)))
        .collect();
    found.dedup();
    found
}

fn each_slice(record: &mut Record, change: impl Fn(&mut Slice)) {
    for restart in &mut record.restarts {
        restart.slices.iter_mut().for_each(&change);
    }
}

#[test]
fn what_the_gates_say_has_a_remedy_of_its_own() {
    let mut busy = record();
    for restart in &mut busy.restarts {
        restart.machine.as_mut().unwrap().others_ns = Some(3_000_000_000);
    }
    assert_eq!(remedies(&busy), [REMEDIES[0].1]);
    let mut throttled = record();
    for restart in &mut throttled.restarts {
        restart.machine.as_mut().unwrap().throttled_ns = Some(3_000_000_000);
    }
    assert_eq!(remedies(&throttled), [REMEDIES[1].1]);
    let mut idle = record();
    each_slice(&mut idle, |slice| slice.cpu_ns = Some(20_000_000));
    assert_eq!(remedies(&idle), [REMEDIES[2].1]);
    let mut wrong = record();
    each_slice(&mut wrong, |slice| slice.mean_ns = slice.mean_ns * 11 / 10);
    assert_eq!(remedies(&wrong), [REMEDIES[3].1]);
    let mut near = Simulation::new(3);
    near.arms[5].2 = 190_000.0;
    assert_eq!(remedies(&near.run()), [REMEDIES[4].1]);
    let mut lossy = record();
    for restart in &mut lossy.restarts {
        let load = restart.machine.as_mut().unwrap();
        (load.sent_segments, load.resent_segments) = (Some(100_000), Some(150));
    }
    assert_eq!(remedies(&lossy), [REMEDIES.last().unwrap().1]);
    let mut shared = record();
    shared.plan.generator_cores = vec![0, 1];
    assert_eq!(remedies(&shared), [REMEDIES[5].1]);
}

#[test]
fn anything_else_is_tried_alone() {
    let mut record = record();
    let mut exclude = |reason: &str| {
        record.exclusions = vec![Exclusion {
            arm: 0,
            restart: None,
            lane: None,
            reason: reason.to_owned(),
        }];
        remedies(&record)
    };
    assert_eq!(exclude("a wrong answer"), [OTHERWISE]);
    let failed = exclude("it fails must-cases: semantics/head-item");
    assert_eq!(failed, [REMEDIES[10].1]);
}
