//! What a server is besides fast: small, quick to start, right.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cost::{BuildCost, Lines, RequestCost, ServerCost};
use crate::plan::{ArmRole, Lane};
use crate::record::{ArmRestart, Conformance, Record};
use crate::statistics::median;

/// What does not depend on the kind of request. Medians over restarts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Footprint {
    /// Index into the plan's arms.
    pub arm: usize,
    /// The framework's exact version.
    pub version: Option<String>,
    /// From starting the process to its first complete and right answer, nanoseconds: the median
    /// of the starts made for this, or of the restarts where none were.
    pub start_up_ns: Option<f64>,
    /// How the starts made for this spread, nanoseconds.
    pub start_up: Option<Spread>,
    /// Memory after the first answers, proportional set size, bytes.
    pub idle_bytes: Option<f64>,
    /// Memory at the end, under its connections, proportional set size, bytes.
    pub loaded_bytes: Option<f64>,
    /// The most that was ever resident, bytes.
    pub peak_bytes: Option<f64>,
    /// What a thousand idle connections add to the proportional set size, bytes.
    pub connections_bytes: Option<f64>,
    /// The executable's size, bytes; none where it is a script.
    pub program_bytes: Option<u64>,
    /// Its size once stripped, bytes.
    pub stripped_bytes: Option<u64>,
    /// Crates compiled into it or for it.
    pub crates: Option<usize>,
    /// How much source it has of its own.
    pub lines: Option<Lines>,
    /// How long it takes to build.
    pub build: Option<BuildCost>,
    /// Instructions and allocations per request, to tell versions of one server apart, never
    /// servers.
    pub requests: BTreeMap<Lane, RequestCost>,
    /// What could not be measured and why, as sentences without their full stop.
    pub missing: Vec<String>,
    /// What the conformance gate found.
    pub conformance: Option<Conformance>,
}

/// How samples spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The middle one.
    pub median: f64,
    /// A quarter of them is less.
    pub lower_quartile: f64,
    /// A quarter of them is more.
    pub upper_quartile: f64,
    /// How many there are.
    pub samples: usize,
}

impl Spread {
    /// None of no samples.
    fn of(samples: &[u64]) -> Option<Self> {
        let mut samples: Vec<f64> = samples.iter().map(|&sample| sample as f64).collect();
        samples.sort_by(f64::total_cmp);
        let last = samples.len().checked_sub(1)?;
        Some(Self {
            median: median(&samples)?,
            lower_quartile: samples[last / 4],
            upper_quartile: samples[last - last / 4],
            samples: samples.len(),
        })
    }
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
    let cost = cost_of(record, arm);
    let start_up = cost.and_then(|cost| Spread::of(&cost.start_up_ns));
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
        start_up_ns: start_up
            .map(|spread| spread.median)
            .or_else(|| median_of(&|life| Some(life.start_up_ns))),
        start_up,
        idle_bytes: median_of(&|life| Some(life.idle?.proportional)),
        loaded_bytes: median_of(&|life| Some(life.loaded?.proportional)),
        peak_bytes: median_of(&|life| Some(life.loaded?.peak_resident)),
        connections_bytes: cost
            .and_then(|cost| cost.idle_connections)
            .map(|idle| idle.bytes_per_thousand()),
        program_bytes: program
            .filter(|program| !program.is_script)
            .map(|program| program.bytes),
        stripped_bytes: cost.and_then(|cost| cost.stripped_bytes),
        crates: program.and_then(|program| program.crates),
        lines: cost.and_then(|cost| cost.lines),
        build: cost.and_then(|cost| cost.build),
        requests: cost.map(|cost| cost.requests.clone()).unwrap_or_default(),
        missing: cost.map(|cost| cost.missing.clone()).unwrap_or_default(),
        conformance: server.and_then(|server| server.conformance.clone()),
    }
}

/// What a server costs besides its requests' time.
fn cost_of(record: &Record, arm: usize) -> Option<&ServerCost> {
    let name = &record.plan.arms.get(arm)?.server;
    let mut servers = record.cost.as_ref()?.servers.iter();
    servers.find(|server| &server.name == name)
}

/// What starting a process that does nothing cost: beside the starts made for it, or beside the
/// restarts where none were.
pub(super) fn spawn(record: &Record) -> Option<Spread> {
    let of_restarts = record
        .restarts
        .iter()
        .filter_map(|restart| restart.spawn_ns);
    let of_starts = record.cost.iter().flat_map(|cost| &cost.spawn_ns).copied();
    Spread::of(&of_starts.collect::<Vec<_>>())
        .or_else(|| Spread::of(&of_restarts.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounting::Memory;
    use crate::cost::{Cost, IdleConnections};
    use crate::testing::record;

    fn memory(proportional: u64) -> Memory {
        Memory {
            proportional,
            peak_resident: 9 << 20,
        }
    }

    fn costly() -> Record {
        let mut record = record();
        let warp = ServerCost {
            name: "warp".to_owned(),
            start_up_ns: vec![5_000_000, 4_000_000, 9_000_000, 4_400_000, 4_600_000],
            idle_connections: Some(IdleConnections {
                count: 1000,
                before: memory(3 << 20),
                after: memory(13 << 20),
            }),
            stripped_bytes: Some(1_400_000),
            missing: vec!["instructions: `valgrind` is not installed".to_owned()],
            ..ServerCost::default()
        };
        record.cost = Some(Cost {
            spawn_ns: vec![1_000_000, 1_400_000, 1_200_000],
            servers: vec![warp],
        });
        record
    }

    #[test]
    fn what_was_measured_for_it_comes_before_what_restarts_tell() {
        let record = costly();
        let found = all(&record);
        let of = |name: &str| {
            let is_it = |print: &&Footprint| record.plan.arms[print.arm].name == name;
            found.iter().find(is_it).unwrap()
        };
        let warp = of("warp");
        assert_eq!(warp.start_up_ns, Some(4_600_000.0));
        let spread = warp.start_up.unwrap();
        assert_eq!(
            (spread.lower_quartile, spread.upper_quartile),
            (4_400_000.0, 5_000_000.0)
        );
        assert_eq!(warp.connections_bytes, Some(f64::from(10 << 20)));
        assert_eq!(warp.stripped_bytes, Some(1_400_000));
        assert_eq!(warp.missing.len(), 1);
        let axum = of("axum");
        assert_eq!((axum.start_up_ns, axum.start_up), (Some(3_000_000.0), None));
        assert_eq!(spawn(&record).unwrap().median, 1_200_000.0);
        let mut old = costly();
        old.cost = None;
        assert_eq!(spawn(&old).unwrap().median, 2_000_000.0);
    }
}
