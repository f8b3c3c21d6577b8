//! What a server is besides fast: small, quick to start, right.

use serde::Serialize;

use crate::plan::ArmRole;
use crate::record::{ArmRestart, Conformance, Record};
use crate::statistics::median;

/// What does not depend on the kind of request. Medians over restarts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Footprint {
    /// Index into the plan's arms.
    pub arm: usize,
    /// The framework's exact version.
    pub version: Option<String>,
    /// From starting the process to its first complete and right answer, nanoseconds.
    pub start_up_ns: Option<f64>,
    /// Memory after the first answers, proportional set size, bytes.
    pub idle_bytes: Option<f64>,
    /// Memory at the end, under its connections, proportional set size, bytes.
    pub loaded_bytes: Option<f64>,
    /// The most that was ever resident, bytes.
    pub peak_bytes: Option<f64>,
    /// The executable's size, bytes.
    pub program_bytes: Option<u64>,
    /// Crates compiled into it or for it.
    pub crates: Option<usize>,
    /// What the conformance gate found.
    pub conformance: Option<Conformance>,
}

/// One entry a server, in the order of the plan.
pub(super) fn all(record: &Record) -> Vec<Footprint> {
    (0..record.plan.arms.len())
        .filter(|&arm| record.plan.arms[arm].role != ArmRole::Again)
        .map(|arm| of(record, arm))
        .collect()
}

fn of(record: &Record, arm: usize) -> Footprint {
    let server = record.server_of(arm);
    let program = server.and_then(|server| server.program.as_ref());
    let median_of = |figure: &dyn Fn(&ArmRestart) -> Option<u64>| {
        let lives = record.restarts.iter().flat_map(|restart| &restart.arms);
        let figures: Vec<f64> = lives
            .filter(|life| life.arm == arm)
            .filter_map(figure)
            .map(|figure| figure as f64)
            .collect();
        median(&figures)
    };
    Footprint {
        arm,
        version: server.and_then(|server| server.version.clone()),
        start_up_ns: median_of(&|life| Some(life.start_up_ns)),
        idle_bytes: median_of(&|life| Some(life.idle?.proportional)),
        loaded_bytes: median_of(&|life| Some(life.loaded?.proportional)),
        peak_bytes: median_of(&|life| Some(life.loaded?.peak_resident)),
        program_bytes: program.map(|program| program.bytes),
        crates: program.and_then(|program| program.crates),
        conformance: server.and_then(|server| server.conformance.clone()),
    }
}

/// What starting a process that does nothing cost.
pub(super) fn spawn(record: &Record) -> Option<f64> {
    let costs: Vec<f64> = record
        .restarts
        .iter()
        .filter_map(|restart| restart.spawn_ns)
        .map(|ns| ns as f64)
        .collect();
    median(&costs)
}
