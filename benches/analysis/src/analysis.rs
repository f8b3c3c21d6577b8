//! Everything that is said of a run.

use quartet_record::Record;
use quartet_record::plan::ArmRole;
use serde::Serialize;

use crate::capacity::{Capacity, capacities};
use crate::database::DatabaseLane;
use crate::features::{FeatureCosts, features};
use crate::footprint::{self, Footprint, Spread};
use crate::lane::LaneAnalysis;
use crate::open_loop::{LatencyComparison, latency_comparison};
use crate::samples::Samples;
use crate::scaling::Scaling;
use crate::variants::{VariantComparison, variants};
use crate::{busy, warnings};

/// Everything that is said of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// Restarts that count: those of which at least half was measured.
    pub restarts: usize,
    /// One entry a lane whose greetings are in memory.
    pub lanes: Vec<LaneAnalysis>,
    /// One entry a variant.
    pub variants: Vec<VariantComparison>,
    /// One entry a lane over a database.
    pub database: Vec<DatabaseLane>,
    /// What features cost, one entry a program of `cargo compare features`.
    pub features: Vec<FeatureCosts>,
    /// Requests per second against connections, by arm and then by number.
    pub capacities: Vec<Capacity>,
    /// Requests per second against workers. Absent where that was not measured.
    pub scaling: Option<Scaling>,
    /// Latency at given rates. Absent where it was not measured, or not so that it repeats.
    pub latency: Option<LatencyComparison>,
    /// One entry an arm.
    pub footprints: Vec<Footprint>,
    /// How far apart start-up and memory of two equals are, as a sentence without its full stop.
    pub footprints_again: Option<String>,
    /// What to know of memory in an old record, as sentences without their full stop.
    pub memory_notes: Vec<String>,
    /// What starting a process that does nothing cost, nanoseconds: the median of `spawn`.
    pub spawn_ns: Option<f64>,
    /// How that spread.
    pub spawn: Option<Spread>,
    /// What a reader should know before believing any of it.
    pub warnings: Vec<String>,
}

impl Analysis {
    /// Works everything out.
    ///
    /// # Errors
    /// Where the record is damaged.
    pub fn of(record: &Record) -> anyhow::Result<Self> {
        let samples = Samples::of(record)?;
        let lanes: Vec<LaneAnalysis> = record
            .plan
            .lanes
            .iter()
            .filter(|lane| !lane.is_over_database())
            .map(|&lane| LaneAnalysis::of(record, &samples, lane))
            .collect();
        let mut warnings = warnings::all(record, &samples, &lanes);
        warnings.extend(busy::of_capacity(record));
        let spawn = footprint::spawn(record);
        let footprints = footprint::all(record);
        let latency = latency_comparison(record)?;
        Ok(Self {
            restarts: samples.restarts(),
            lanes,
            variants: variants(record, &samples, &footprints, latency.as_ref()),
            database: DatabaseLane::all(record, &samples),
            features: features(record, &samples),
            capacities: capacities(record),
            scaling: Scaling::of(record),
            latency,
            footprints_again: footprint::again(record, &footprints),
            footprints,
            memory_notes: footprint::memory_notes(record),
            spawn_ns: spawn.map(|spread| spread.median),
            spawn,
            warnings,
        })
    }

    /// Whether any row counts of a server that the run is about: what stands beside it tells nothing
    /// alone.
    pub fn anything_counts(&self, record: &Record) -> bool {
        let asked_for = |arm: usize| {
            let role = record.plan.arms[arm].role;
            matches!(role, ArmRole::Compared | ArmRole::Aside)
        };
        let in_memory = self.lanes.iter().flat_map(|lane| &lane.rows);
        let in_memory = in_memory.map(|row| (row.arm, &row.excluded));
        let over_database = self.database.iter().flat_map(|lane| &lane.rows);
        let over_database = over_database.map(|row| (row.arm, &row.excluded));
        in_memory
            .chain(over_database)
            .any(|(arm, excluded)| asked_for(arm) && excluded.is_empty())
    }
}
