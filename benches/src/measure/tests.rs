//! Small measurements of stand-ins.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use quartet_conformance::Model;
use quartet_record::plan::{ArmRole, CapacityPlan, Lane, LatencyPlan, Plan};
use quartet_record::testing::record;
use quartet_record::{Exclusion, OfferedRate, RestartRecord, Slice, State};

use super::*;
use crate::host::LocalHost;
use crate::interrupt::Interrupt;
use crate::testing::stand_in::{HELLO, StandIn, anywhere, response};

/// A record with nothing measured, whose plan is a slice of a millisecond for each of these arms
/// and lanes.
fn planned(arms: usize, lanes: &[Lane]) -> Record {
    let mut record = record();
    record.restarts.clear();
    record.state = State::Running;
    let plan = &mut record.plan;
    plan.arms.truncate(arms);
    for arm in &mut plan.arms {
        arm.role = ArmRole::Compared;
    }
    *plan = Plan {
        restarts: 1,
        blocks: 1,
        slice_ms: 1,
        ramp_ms: 0,
        connections: 1,
        server_cores: Vec::new(),
        generator_cores: Vec::new(),
        lanes: lanes.to_vec(),
        ..plan.clone()
    };
    record
}

fn measure(stand_ins: &[&StandIn], record: &mut Record) -> Result<()> {
    let subjects = stand_ins.iter().map(|one| Some(one.subject()));
    Measurement {
        subjects: subjects.collect(),
        expected: None,
        database: None,
        placement: &anywhere(),
        host: &LocalHost::new(&anywhere()),
        model: &Model::embedded(),
        interrupt: &Interrupt::default(),
    }
    .run(record, |_| Ok(()))
}

/// Answers every request with a greeting.
fn greeting() -> StandIn {
    StandIn::answering(|_| response(200, "application/json", HELLO))
}

/// The arms and lanes that are excluded.
fn exclusions(record: &Record) -> Vec<(usize, Option<Lane>)> {
    let exclusions = record.exclusions.iter();
    exclusions
        .map(|exclusion| (exclusion.arm, exclusion.lane))
        .collect()
}

/// The arms and lanes that were measured.
fn measured(restart: &RestartRecord) -> Vec<(usize, Lane)> {
    let place = |slice: &Slice| (slice.arm, slice.lane);
    let mut measured: Vec<_> = restart.slices.iter().map(place).collect();
    measured.sort_unstable();
    measured
}

#[test]
fn a_lane_that_fails_at_the_start_takes_no_other_with_it() {
    let server = greeting();
    let mut record = planned(1, &[Lane::Item, Lane::Miss]);
    measure(&[&server], &mut record).unwrap();
    assert_eq!(exclusions(&record), [(0, Some(Lane::Miss))]);
    assert!(record.exclusions[0].reason.contains("200, not 404"));
    assert!(record.restarts[0].complete);
    assert_eq!(measured(&record.restarts[0]), [(0, Lane::Item)]);
    // Costs may be still to come.
    assert_eq!(record.state, State::Running);
}

#[test]
fn a_server_that_fails_in_every_lane_is_excluded_once() {
    let server = StandIn::answering(|_| response(500, "text/plain", "no"));
    let mut record = planned(1, &[Lane::Item, Lane::Miss]);
    measure(&[&server], &mut record).unwrap();
    assert_eq!(exclusions(&record), [(0, None)]);
}

#[test]
fn an_arm_is_not_asked_in_a_mode_for_what_it_does_not_answer() {
    let server = greeting();
    let mut record = planned(1, &[Lane::Item, Lane::Miss]);
    record.plan.arms[0].without = vec![Lane::Miss];
    record.plan.capacity = Some(CapacityPlan::new(Lane::Miss, vec![1, 2], 1));
    measure(&[&server], &mut record).unwrap();
    assert_eq!(exclusions(&record), []);
    let capacity = &record.capacity[0];
    assert!(capacity.complete && capacity.slices.is_empty());
    assert_eq!(capacity.failures, []);
}

#[test]
fn a_lane_that_was_excluded_before_is_not_measured_again() {
    let server = greeting();
    let mut record = planned(1, &[Lane::Item, Lane::List]);
    record.exclusions.push(Exclusion {
        arm: 0,
        restart: Some(0),
        lane: Some(Lane::List),
        reason: "it failed before the run was interrupted".to_owned(),
    });
    measure(&[&server], &mut record).unwrap();
    assert_eq!(exclusions(&record), [(0, Some(Lane::List))]);
    assert_eq!(measured(&record.restarts[0]), [(0, Lane::Item)]);
}

/// A server with a child process that is gone after so many requests.
fn bereft(after: usize) -> StandIn {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("child");
    let script = format!("sleep 600 & echo $! > {}", file.display());
    let asked = AtomicUsize::new(0);
    StandIn::running(&script, move |_| {
        let _kept = &place;
        if asked.fetch_add(1, Ordering::Relaxed) == after {
            let child: i32 = fs::read_to_string(&file).unwrap().trim().parse().unwrap();
            kill(Pid::from_raw(child), Signal::SIGKILL).unwrap();
            // Its parent waits for it, so that nothing of it is left.
            while procfs::process::Process::new(child).is_ok() {
                thread::yield_now();
            }
        }
        response(200, "application/json", HELLO)
    })
}

#[test]
fn a_server_that_loses_a_child_leaves_the_others_what_they_measured() {
    let (broken, sound) = (bereft(1), greeting());
    let mut record = planned(2, &[Lane::Item]);
    measure(&[&broken, &sound], &mut record).unwrap();
    let restart = &record.restarts[0];
    assert!(restart.complete);
    assert_eq!(measured(restart), [(1, Lane::Item)]);
    assert_eq!(restart.machine.and_then(|load| load.others_ns), None);
    assert!(exclusions(&record).iter().all(|&(arm, _)| arm == 0));
    assert!(record.exclusions[0].reason.contains("process is gone"));
}

#[test]
fn a_server_that_loses_a_child_leaves_the_others_their_capacity() {
    let (broken, sound) = (bereft(1), greeting());
    let mut record = planned(2, &[Lane::Item]);
    record.plan.restarts = 0;
    record.plan.capacity = Some(CapacityPlan::new(Lane::Item, vec![1], 1));
    measure(&[&broken, &sound], &mut record).unwrap();
    let capacity = &record.capacity[0];
    assert!(
        capacity.complete
            && capacity
                .machine
                .is_some_and(|load| load.others_ns.is_none())
    );
    assert_eq!(capacity.failures.len(), 1);
    assert_eq!(capacity.failures[0].arm, 0);
    assert!(capacity.slices.iter().all(|taken| taken.slice.arm == 1));
    assert_eq!(capacity.slices.len(), 4);
}

#[test]
fn a_server_that_loses_a_child_leaves_the_others_their_latency() {
    let (broken, sound) = (bereft(1), greeting());
    let mut record = planned(2, &[Lane::Item]);
    record.plan.restarts = 0;
    record.plan.latency = Some(LatencyPlan {
        shares: Vec::new(),
        blocks: 1,
        slice_ms: 20,
        least_requests: 0,
        ..LatencyPlan::new(Lane::Item, vec![1000.0], 1, 1)
    });
    let rates = vec![OfferedRate {
        per_second: 1000.0,
        share: None,
    }];
    record.latency = Some(Latency {
        rates,
        restarts: Vec::new(),
    });
    measure(&[&broken, &sound], &mut record).unwrap();
    let taken = &record.latency.unwrap().restarts[0];
    assert!(taken.complete && taken.machine.is_some_and(|load| load.others_ns.is_none()));
    let failures = taken.failures.iter();
    let failures: Vec<_> = failures
        .map(|failure| (failure.arm, failure.rate))
        .collect();
    assert_eq!(failures, [(0, Some(0))]);
    assert_eq!(taken.slices.len(), 1);
    assert_eq!(taken.slices[0].arm, 1);
}

#[test]
fn an_interrupted_run_holds_no_empty_latency() {
    let server = greeting();
    let mut record = record();
    let plan = &mut record.plan;
    plan.arms.truncate(1);
    plan.server_cores.clear();
    plan.generator_cores.clear();
    plan.latency = Some(LatencyPlan::new(Lane::Item, vec![1000.0], 1, 1));
    for restart in &mut record.restarts {
        restart.slices.retain(|slice| slice.arm == 0);
    }
    let interrupt = Interrupt::default();
    interrupt.request();
    Measurement {
        subjects: vec![Some(server.subject())],
        expected: None,
        database: None,
        placement: &anywhere(),
        host: &LocalHost::new(&anywhere()),
        model: &Model::embedded(),
        interrupt: &interrupt,
    }
    .run(&mut record, |_| Ok(()))
    .unwrap();
    assert_eq!(record.latency, None);
}
