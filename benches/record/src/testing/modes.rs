//! Records that hold more than the comparison.

use super::latencies::latencies;
use super::slice::slice;
use crate::capacity::{CapacityRestart, CapacitySlice};
use crate::latency::{Latency, LatencyRestart, LatencyTotals, OfferedRate, OpenSlice};
use crate::plan::{CapacityPlan, Lane, LatencyPlan};
use crate::record::Record;

/// Restarts that measure latency.
const LATENCY_RESTARTS: u32 = 4;

/// A record with requests per second against connections, and latency at two rates.
pub fn with_modes(mut record: Record) -> Record {
    let arms = record.plan.arms.len();
    record.plan.capacity = Some(CapacityPlan {
        lane: Lane::Item,
        connections: vec![1, 64],
        restarts: 3,
        blocks: 1,
        slice_ms: 20,
        ramp_ms: 3,
    });
    record.plan.latency = Some(LatencyPlan {
        lane: Lane::Item,
        shares: vec![0.25],
        rates: vec![20_000.0],
        connections: 64,
        restarts: LATENCY_RESTARTS,
        blocks: 2,
        slice_ms: 20,
        least_requests: 400,
        ramp_ms: 3,
    });
    let capacity = |arm, connections: usize, restart: u32| {
        let doublings = 1.0 + (connections as f64).log2();
        let rate = f64::from(restart + 1) * 10_000.0 * doublings;
        CapacitySlice {
            connections,
            slice: slice(0, 0, arm, Lane::Item, rate),
        }
    };
    record.capacity = (0..3)
        .map(|restart| CapacityRestart {
            restart,
            started: "2026-11-02T11:00:00Z".to_owned(),
            complete: true,
            start_order: (0..arms).collect(),
            machine: None,
            slices: (0..arms)
                .flat_map(|arm| [1, 64].map(|number| capacity(arm, number, restart)))
                .collect(),
            failures: Vec::new(),
        })
        .collect();
    let histogram = |latency| latencies(&[(latency, 9_000), (3 * latency, 1_000)]);
    let (latencies, lateness) = (histogram(50_000), histogram(100));
    let open = |block: u32, position: usize, arm, rate| OpenSlice {
        block: 2 * block + rate as u32,
        position: position as u32,
        arm,
        rate,
        offered: 500,
        achieved: 500,
        window_ns: 20_000_000,
        total_requests: 560,
        total_ns: 23_500_000,
        cpu_ns: None,
        busy_ns: None,
        p50_ns: 50_000,
        p90_ns: Some(100_000),
        p99_ns: 150_000,
        generator_stall_ns: Some(0),
        server_kept_waiting_ns: Some(0),
        stolen_ns: Some(0),
    };
    let cells = || (0..arms).flat_map(|arm| [0, 1].map(|rate| (arm, rate)));
    let blocks = || {
        [0, 1].into_iter().flat_map(|block| {
            [0, 1].into_iter().flat_map(move |rate| {
                (0..arms).map(move |arm| (block, (arm + block as usize) % arms, arm, rate))
            })
        })
    };
    let restart = |restart| LatencyRestart {
        restart,
        started: "2026-11-02T12:00:00Z".to_owned(),
        complete: true,
        start_order: (0..arms).collect(),
        machine: None,
        slices: blocks()
            .map(|(block, position, arm, rate)| open(block, position, arm, rate))
            .collect(),
        totals: cells()
            .map(|(arm, rate)| LatencyTotals {
                arm,
                rate,
                latencies: latencies.clone(),
                disturbed_latencies: None,
                lateness: lateness.clone(),
            })
            .collect(),
        failures: Vec::new(),
    };
    record.latency = Some(Latency {
        rates: vec![
            OfferedRate {
                per_second: 25_000.0,
                share: Some(0.25),
            },
            OfferedRate {
                per_second: 20_000.0,
                share: None,
            },
        ],
        restarts: (0..LATENCY_RESTARTS).map(restart).collect(),
    });
    record
}
