//! Records that fit together, and what is found where something was changed.

use std::collections::HashMap;

use hdrhistogram::Histogram;
use quartet_record::cost::{Cost, MemoryStart, ServerCost};
use quartet_record::estimates::{Estimate, Estimates};
use quartet_record::plan::{Lane, LatencyPlan};
use quartet_record::testing::{Simulation, calibration, with_modes};
use quartet_record::{
    CaseFinding, CaseVerdict, Exclusion, Latency, OfferedRate, Record, Slice, State, encode,
};

use super::check;

/// A run whose histograms hold what its slices counted, and whose restarts follow each other.
fn record() -> Record {
    let mut record = Simulation::new(12).run();
    for restart in &mut record.restarts {
        restart.started = format!("2026-11-02T10:{:02}:00Z", restart.restart);
        let mut histograms: HashMap<(usize, Lane), Histogram<u64>> = HashMap::new();
        for slice in &restart.slices {
            let histogram = histograms
                .entry((slice.arm, slice.lane))
                .or_insert_with(|| Histogram::new(3).unwrap());
            histogram.record_n(slice.mean_ns, slice.requests).unwrap();
        }
        for life in &mut restart.arms {
            for (&lane, totals) in &mut life.lanes {
                totals.latencies = encode(&histograms[&(life.arm, lane)]).unwrap();
            }
        }
    }
    record
}

fn each_slice(record: &mut Record, arm: usize, change: impl FnMut(&mut Slice)) {
    let restarts = record.restarts.iter_mut();
    let slices = restarts.flat_map(|restart| &mut restart.slices);
    slices.filter(|slice| slice.arm == arm).for_each(change);
}

/// What is found, where a change made something that does not fit.
#[track_caller]
fn found(change: impl FnOnce(&mut Record)) -> Vec<String> {
    let mut record = record();
    change(&mut record);
    let found = check(&record);
    assert!(!found.is_empty());
    found
}

#[track_caller]
fn says(found: &[String], part: &str) {
    assert!(
        found.iter().any(|one| one.contains(part)),
        "{part}: {found:#?}"
    );
}

#[test]
fn a_record_as_it_was_measured_fits() {
    assert_eq!(check(&record()), [""; 0]);
}

#[test]
fn a_tenth_more_requests_of_one_server_are_found() {
    let more = |count: u64| count + count / 10;
    let both = found(|record| {
        each_slice(record, 1, |slice| {
            slice.requests = more(slice.requests);
            slice.total_requests = more(slice.total_requests);
        });
    });
    says(&both, "warp, item: its slices have");
    says(&both, "warp, list: its slices have");
    assert!(both.iter().all(|one| one.contains("warp")), "{both:#?}");
    // The ratios rest on these alone.
    let whole = found(|record| {
        each_slice(record, 1, |slice| {
            slice.total_requests = more(slice.total_requests);
        });
    });
    says(
        &whole,
        "warp, item: the rate over whole slices is 1.10 times",
    );
    // Whoever changes the histogram too leaves the latencies.
    let faster = found(|record| {
        each_slice(record, 1, |slice| slice.mean_ns = slice.mean_ns * 10 / 11);
    });
    says(&faster, "warp, item: the mean latency of its slices is");
}

#[test]
fn requests_by_number_of_connections_fit_their_latency() {
    let with = |factor: u64, connections: usize| {
        let mut record = with_modes(record());
        for one in record
            .capacity
            .iter_mut()
            .flat_map(|restart| &mut restart.slices)
        {
            let slice = &mut one.slice;
            one.connections = connections;
            slice.mean_ns = connections as u64 * slice.window_ns / slice.requests;
            (slice.p50_ns, slice.p99_ns) = (slice.mean_ns, 2 * slice.mean_ns);
            slice.requests *= factor;
            slice.total_requests *= factor;
        }
        check(&record)
    };
    let of_capacity = |found: Vec<String>| found.iter().any(|one| one.contains("were in flight"));
    assert!(!of_capacity(with(1, 64)));
    says(
        &with(2, 64),
        "axum on 64 connections: by rate and latency 128.0 requests were in flight",
    );
    // Each connection is answered less than twice a window.
    assert!(!of_capacity(with(2, 4096)));
}

#[test]
fn answers_at_the_edges_of_a_window_are_no_misfit() {
    let mut record = record();
    // Two answers for each connection in a window.
    record.plan.connections = record.restarts[0].slices[0].requests as usize / 2;
    each_slice(&mut record, 1, |slice| {
        slice.total_requests += slice.total_requests / 10;
    });
    assert_eq!(check(&record), [""; 0]);
}

#[test]
fn slices_that_are_off_now_and_then_are_no_misfit() {
    let mut record = record();
    let mut number = 0;
    each_slice(&mut record, 1, |slice| {
        number += 1;
        if number % 7 != 0 {
            slice.total_requests += slice.total_requests / 10;
        }
    });
    assert_eq!(check(&record), [""; 0]);
}

#[test]
fn cpu_time_that_was_never_spent_is_found() {
    let less = found(|record| {
        each_slice(record, 1, |slice| {
            slice.cpu_ns = slice.cpu_ns.map(|time| time * 7 / 10);
        });
    });
    says(&less, "warp, item: ");
    says(&less, "s of CPU time in user and kernel, but");
    let more = found(|record| {
        each_slice(record, 2, |slice| slice.busy_ns = Some(2 * slice.total_ns));
    });
    says(
        &more,
        "salvo, list: 46.8 ms of busy time in 23.4 ms on 1 core",
    );
}

#[test]
fn slices_that_no_machine_can_have_measured_are_found() {
    let window = found(|record| record.restarts[3].slices[5].window_ns = 10_000_000);
    says(&window, "restart 4, ");
    says(&window, "a window of 10.000 ms, where 20 are planned");
    let total = found(|record| record.restarts[0].slices[0].total_ns = 1_000_000);
    says(&total, "a window of 20.0 ms in 1.0 ms");
    let count = found(|record| {
        let slice = &mut record.restarts[0].slices[0];
        slice.total_requests = slice.requests - 1;
    });
    says(&count, "requests counted of");
    let percentiles = found(|record| record.restarts[0].slices[0].p50_ns = u64::MAX);
    says(&percentiles, "a median above the 99th percentile");
}

#[test]
fn what_is_not_as_planned_is_found() {
    let seed = found(|record| record.plan.seed += 1);
    says(&seed, "slices are not in the order of the plan's seed");
    says(
        &seed,
        "servers were not started in the order of the plan's seed",
    );
    let fewer = found(|record| record.restarts[2].slices.retain(|slice| slice.arm != 2));
    says(
        &fewer,
        "restart 3, salvo, item: 0 slices, where the plan has 12",
    );
    let dropped = found(|record| record.restarts.truncate(9));
    says(&dropped, "called complete with 9 of 12 restarts");
    let further = found(|record| record.restarts[11].restart = 40);
    says(&further, "restart 41 is measured, but the plan has 12");
    let twice = found(|record| record.restarts[1] = record.restarts[0].clone());
    says(&twice, "restarts are not in their order");
    let endless = found(|record| record.plan.restarts = u32::MAX);
    says(&endless, "more than anyone measures");
    for nothing in [
        found(|record| record.plan.connections = 0),
        found(|record| record.plan.slice_ms = 0),
    ] {
        says(&nothing, "in which nothing is answered");
    }
}

#[test]
fn costs_that_no_server_can_have_are_found() {
    let memory = MemoryStart {
        idle: 800_000,
        loaded: 1_600_000,
        peak: 6_000_000,
        requests: 10_000,
        connections: 64,
        without_connections: 800_000,
        with_connections: 12_000_000,
        idle_connections: 1000,
    };
    let cost = Cost {
        spawn_ns: vec![600_000, 550_000],
        servers: vec![ServerCost {
            name: "axum".to_owned(),
            start_up_ns: vec![1_700_000, 1_800_000],
            memory: vec![memory],
            ..ServerCost::default()
        }],
        again: None,
    };
    let with = |change: fn(&mut ServerCost)| {
        let mut record = record();
        record.machine.memory = Some(1 << 30);
        let mut cost = cost.clone();
        change(&mut cost.servers[0]);
        record.cost = Some(cost);
        check(&record)
    };
    assert_eq!(with(|_| ()), Vec::<String>::new());
    let soon = with(|server| server.start_up_ns[1] = 1);
    says(
        &soon,
        "axum started within 1 ns, sooner than a process that does nothing",
    );
    let mut early = record();
    early.cost = Some(cost.clone());
    early.restarts[0].arms[0].start_up_ns = 1;
    says(
        &check(&early),
        "started within 1 ns, sooner than a process that does nothing",
    );
    let much = with(|server| server.memory[0].loaded = 99_999_999_999);
    says(
        &much,
        "axum had 99999999999 bytes of memory, more than the machine",
    );
}

#[test]
fn what_was_cut_short_fits() {
    let mut record = record();
    record.state = State::Interrupted;
    record.restarts.truncate(8);
    let last = &mut record.restarts[7];
    last.complete = false;
    last.slices.truncate(40);
    assert_eq!(check(&record), [""; 0]);
    // A server that was excluded on the way has fewer slices.
    record.restarts.truncate(6);
    record.exclusions.push(Exclusion {
        arm: 2,
        restart: Some(3),
        lane: None,
        reason: "an answer was wrong".to_owned(),
    });
    for restart in &mut record.restarts[4..] {
        restart.slices.retain(|slice| slice.arm != 2);
        restart.arms.retain(|life| life.arm != 2);
    }
    assert_eq!(check(&record), [""; 0]);
}

#[test]
fn restarts_that_follow_too_soon_are_found() {
    let soon = found(|record| record.restarts[5].started = record.restarts[4].started.clone());
    says(&soon, "restart 6 began before");
    let never = found(|record| record.restarts[5].started = "noon".to_owned());
    says(&never, "restart 6: \"noon\" is no moment");
    let watched = found(|record| {
        record.restarts[0].machine.as_mut().unwrap().available_ns = 1_000_000_000;
    });
    says(&watched, "longer than the machine was watched");
    let others = found(|record| {
        record.restarts[0].machine.as_mut().unwrap().others_ns = Some(60_000_000_000);
    });
    says(&others, "others took more time of the cores than there was");
}

#[test]
fn stored_results_that_were_changed_are_found() {
    let conformance = found(|record| {
        let found = record.servers[0].conformance.as_mut().unwrap();
        found.cases = vec![CaseFinding {
            id: "wire/one".to_owned(),
            verdict: CaseVerdict::Fails,
            note: None,
            reason: None,
            upstream: None,
        }];
    });
    says(&conformance, "axum: 120 cases are said to conform, 0 do");
    says(&conformance, "axum: 0 cases are said to fail, 1 do");
    let failed = found(|record| {
        let found = record.servers[0].conformance.as_mut().unwrap();
        found.failed = vec!["wire/one".to_owned()];
    });
    says(&failed, "axum fails wire/one, and is not excluded");
    let hash = found(|record| {
        record.servers[0].program.as_mut().unwrap().sha256 = "none".to_owned();
    });
    says(&hash, "is no SHA-256");
    let estimates = found(|record| {
        let estimate = Estimate {
            value: 50.0,
            low: 60.0,
            high: 70.0,
        };
        let functions = [("axum".to_owned(), estimate)].into();
        record.estimates = Some(Estimates {
            medians: [("dispatch/one".to_owned(), functions)].into(),
            ..Estimates::default()
        });
    });
    says(&estimates, "dispatch/one/axum is not within its interval");
    let resolved = found(|record| {
        let mut known = calibration();
        known.lanes[0].told_apart.share = 0.5;
        record.calibration = Some(known);
    });
    says(&resolved, "calibration is not within its interval");
}

#[test]
fn an_offered_rate_is_the_share_that_it_is_called() {
    let offered = |per_second: f64| {
        let mut record = record();
        record.plan.latency = Some(LatencyPlan::new(Lane::Item, Vec::new(), 64, 28));
        record.latency = Some(Latency {
            rates: vec![OfferedRate {
                per_second,
                share: Some(0.25),
            }],
            restarts: Vec::new(),
        });
        check(&record)
    };
    assert_eq!(offered(30_000.0), [""; 0]);
    says(&offered(33_000.0), "33000 requests/s are called 25 %");
}
