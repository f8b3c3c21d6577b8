//! What a server is besides fast: small, quick to start, right.

use std::collections::BTreeMap;

use quartet_record::cost::{BuildCost, Lines, MemoryStart, RequestCost, ServerCost};
use quartet_record::plan::{ArmRole, Lane};
use quartet_record::{ArmRestart, Conformance, Record};
use serde::Serialize;

use crate::statistics::median;

/// What does not depend on the kind of request.
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
    /// Memory after the first answers, bytes.
    pub idle: Option<Range>,
    /// Memory after the load, under its connections, bytes.
    pub loaded: Option<Range>,
    /// The most that was ever resident, bytes.
    pub peak: Option<Range>,
    /// What a thousand idle connections add, bytes.
    pub connections: Option<Range>,
    /// The executable's size, bytes; none where it is a script.
    pub program_bytes: Option<u64>,
    /// Its size once stripped, bytes.
    pub stripped_bytes: Option<u64>,
    /// Crates compiled into it or for it.
    pub crates: Option<usize>,
    /// The size of the program that reads from PostgreSQL, bytes.
    pub database_program_bytes: Option<u64>,
    /// Crates compiled into that program or for it.
    pub database_crates: Option<usize>,
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

/// A figure of several starts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Range {
    /// The middle one.
    pub median: f64,
    /// The lowest.
    pub lowest: f64,
    /// The highest.
    pub highest: f64,
    /// How many starts there are.
    pub starts: usize,
}

impl Range {
    /// None of no starts.
    pub(crate) fn of(figures: &[f64]) -> Option<Self> {
        Some(Self {
            median: median(figures)?,
            lowest: figures.iter().copied().reduce(f64::min)?,
            highest: figures.iter().copied().reduce(f64::max)?,
            starts: figures.len(),
        })
    }
}

/// One entry an arm, in the order of the plan.
pub(super) fn all(record: &Record) -> Vec<Footprint> {
    (0..record.plan.arms.len())
        .map(|arm| of(record, arm))
        .collect()
}

fn of(record: &Record, arm: usize) -> Footprint {
    let server = record.server_of(arm);
    let program = server.and_then(|server| server.program.as_ref());
    let over_database = server.and_then(|server| server.over_database.as_ref());
    let over_database = over_database
        .and_then(|over| over.program.as_ref())
        .filter(|program| !program.is_script);
    let cost = cost_of(record, arm);
    let start_up = cost.and_then(|cost| Spread::of(&cost.start_up_ns));
    let of_restarts = |figure: &dyn Fn(&ArmRestart) -> Option<u64>| -> Vec<f64> {
        let lives = record.restarts.iter().flat_map(|restart| &restart.arms);
        lives
            .filter(|life| life.arm == arm)
            .filter_map(figure)
            .map(|figure| figure as f64)
            .collect()
    };
    let alone = memory_alone(record);
    let memory = |now: fn(&MemoryStart) -> f64, before: &dyn Fn(&ArmRestart) -> Option<u64>| {
        let starts = memory_starts(record, arm).iter();
        match alone {
            true => Range::of(&starts.map(now).collect::<Vec<_>>()),
            false => Range::of(&of_restarts(before)),
        }
    };
    let once = || Range::of(&[cost?.idle_connections?.bytes_per_thousand()]);
    Footprint {
        arm,
        version: server.and_then(|server| server.version.clone()),
        start_up_ns: match &record.cost {
            Some(_) => start_up.map(|spread| spread.median),
            None => median(&of_restarts(&|life| Some(life.start_up_ns))),
        },
        start_up,
        idle: memory(|start| start.idle as f64, &|life| {
            Some(life.idle?.proportional)
        }),
        loaded: memory(|start| start.loaded as f64, &|life| {
            Some(life.loaded?.proportional)
        }),
        peak: memory(|start| start.peak as f64, &|life| {
            Some(life.loaded?.peak_resident)
        }),
        connections: memory(MemoryStart::per_thousand_connections, &|_| None).or_else(once),
        program_bytes: program
            .filter(|program| !program.is_script)
            .map(|program| program.bytes),
        stripped_bytes: cost.and_then(|cost| cost.stripped_bytes),
        crates: program.and_then(|program| program.crates),
        database_program_bytes: over_database.map(|program| program.bytes),
        // Records from before 2026-11-30 have the count of the program without a database.
        database_crates: over_database
            .and_then(|program| program.crates)
            .filter(|&crates| Some(crates) != program.and_then(|program| program.crates)),
        lines: cost.and_then(|cost| cost.lines),
        build: cost.and_then(|cost| cost.build),
        requests: cost.map(|cost| cost.requests.clone()).unwrap_or_default(),
        missing: cost.map(|cost| cost.missing.clone()).unwrap_or_default(),
        conformance: server.and_then(|server| server.conformance.clone()),
    }
}

/// What an arm costs besides its requests' time: of a second copy, what was measured once more.
pub(crate) fn cost_of(record: &Record, arm: usize) -> Option<&ServerCost> {
    let arm = record.plan.arms.get(arm)?;
    let cost = record.cost.as_ref()?;
    if arm.role == ArmRole::Again {
        // Of two copies one is measured once more.
        return cost.again.as_ref().filter(|again| again.name == arm.name);
    }
    cost.servers.iter().find(|server| server.name == arm.server)
}

/// Whether memory was measured of processes that ran alone. Before 2026-11-28 it was measured of
/// those of the comparison.
pub fn memory_alone(record: &Record) -> bool {
    let restarts = || record.restarts.iter().flat_map(|restart| &restart.arms);
    let costs = record.cost.iter().flat_map(|cost| &cost.servers);
    costs.into_iter().any(|cost| !cost.memory.is_empty())
        || !restarts().any(|life| life.idle.is_some() || life.loaded.is_some())
}

/// An arm's memory, one entry a start of a process that ran alone.
pub fn memory_starts(record: &Record, arm: usize) -> &[MemoryStart] {
    cost_of(record, arm).map_or(&[], |cost| &cost.memory)
}

/// What to know of memory that was not measured of processes that ran alone, as sentences without
/// their full stop; none where it was.
pub(super) fn memory_notes(record: &Record) -> Vec<String> {
    if memory_alone(record) {
        return Vec::new();
    }
    let arms = &record.plan.arms;
    let program = |arm: usize| {
        let server = record.server_of(arm);
        let calibration = server.filter(|server| server.slowed_by.is_some());
        let hash = calibration.and_then(|server| Some(server.program.as_ref()?.sha256.as_str()));
        hash.unwrap_or(&arms[arm].server)
    };
    let mut notes = vec![
        "memory was measured beside other servers, as the proportional set size (PSS); do not \
         compare it with later records, which have private memory"
            .to_owned(),
    ];
    for first in 0..arms.len() {
        let same = |&arm: &usize| program(arm) == program(first);
        let together: Vec<usize> = (0..arms.len()).filter(same).collect();
        // Once for each program. The last of its processes was read when the others had ended.
        let Some((last, others)) = together.split_last().filter(|_| together[0] == first) else {
            continue;
        };
        let names: Vec<&str> = others.iter().map(|&arm| arms[arm].name.as_str()).collect();
        if !names.is_empty() {
            let (names, last) = (names.join(", "), &arms[*last].name);
            notes.push(format!(
                "TOO LOW: the loaded memory of {names}, and the idle memory of {names} and \
                 {last}. They shared the pages of one program's file, and each was counted with \
                 its part. The loaded memory of {last} was read when it was alone"
            ));
        }
    }
    notes
}

/// How far the second copy's figures are from the first's, as a sentence without its full stop. None
/// where there is no copy, or nothing of it.
pub(super) fn again(record: &Record, prints: &[Footprint]) -> Option<String> {
    type Figure = fn(&Footprint) -> Option<f64>;
    let arms = &record.plan.arms;
    let (copy, first) = record.plan.copied()?;
    let of = |arm| prints.iter().find(|print| print.arm == arm);
    let (copy, first) = (of(copy)?, of(first)?);
    let figures: [(&str, Figure); 5] = [
        ("start-up", |print| print.start_up_ns),
        ("memory idle", |print| Some(print.idle?.median)),
        ("loaded", |print| Some(print.loaded?.median)),
        ("peak resident", |print| Some(print.peak?.median)),
        ("idle connections", |print| Some(print.connections?.median)),
    ];
    let apart = figures.into_iter().filter_map(|(what, figure)| {
        let ratio = figure(copy)? / figure(first)?;
        ratio
            .is_finite()
            .then(|| format!("{what} {:+.1} %", 100.0 * (ratio - 1.0)))
    });
    let apart: Vec<String> = apart.collect();
    (!apart.is_empty()).then(|| {
        format!(
            "A/A, {} against {}: {}",
            arms[copy.arm].name,
            arms[first.arm].name,
            apart.join(", ")
        )
    })
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
    use quartet_record::cost::{Cost, IdleConnections};
    use quartet_record::memory::Memory;
    use quartet_record::testing::record;

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
            again: None,
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
        assert_eq!(warp.connections.unwrap().median, f64::from(10 << 20));
        assert_eq!(warp.stripped_bytes, Some(1_400_000));
        assert_eq!(warp.missing.len(), 1);
        // That of restarts is of starts among others, and is beside nothing of its kind.
        assert_eq!((of("axum").start_up_ns, of("axum").start_up), (None, None));
        assert_eq!(spawn(&record).unwrap().median, 1_200_000.0);
        let mut old = costly();
        old.cost = None;
        assert_eq!(spawn(&old).unwrap().median, 2_000_000.0);
        assert_eq!(all(&old)[0].start_up_ns, Some(3_000_000.0));
    }

    fn start(loaded: u64) -> MemoryStart {
        MemoryStart {
            idle: loaded - 100,
            loaded,
            peak: loaded + 100,
            requests: 10_000,
            connections: 64,
            without_connections: 1_000,
            with_connections: 9_000,
            idle_connections: 1_000,
        }
    }

    /// One in which memory was measured of processes alone.
    fn alone() -> Record {
        let mut record = record();
        let cost = |name: &str, loaded: [u64; 3]| ServerCost {
            name: name.to_owned(),
            start_up_ns: vec![3_000_000; 3],
            memory: loaded.map(start).to_vec(),
            ..ServerCost::default()
        };
        record.cost = Some(Cost {
            spawn_ns: Vec::new(),
            servers: vec![cost("axum", [1_000, 1_200, 1_100])],
            again: Some(cost("axum (again)", [1_089, 1_089, 1_200])),
        });
        record
    }

    #[test]
    fn memory_has_its_range_and_its_second_measurement() {
        let record = alone();
        let found = all(&record);
        let loaded = found[0].loaded.unwrap();
        assert_eq!(
            (loaded.median, loaded.lowest, loaded.highest, loaded.starts),
            (1_100.0, 1_000.0, 1_200.0, 3)
        );
        assert_eq!(found[0].connections.unwrap().median, 8_000.0);
        assert_eq!(
            found[1].loaded, None,
            "those of its restarts are no such figure"
        );
        assert_eq!(found[3].loaded.unwrap().median, 1_089.0);
        assert_eq!(
            again(&record, &found).unwrap(),
            "A/A, axum (again) against axum: start-up +0.0 %, memory idle -1.1 %, loaded -1.0 %, \
             peak resident -0.9 %, idle connections +0.0 %"
        );
        assert!(memory_notes(&record).is_empty());
    }

    #[test]
    fn memory_of_old_records_says_whose_is_too_low() {
        let old = record();
        let notes = memory_notes(&old);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(
            notes[1]
                .contains("loaded memory of axum, and the idle memory of axum and axum (again)"),
            "{notes:?}"
        );
        let mut no_copy = record();
        no_copy.plan.arms[3].server = "another".to_owned();
        assert_eq!(memory_notes(&no_copy).len(), 1);
    }
}
