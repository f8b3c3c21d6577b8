//! From a record's samples to figures, intervals, verdicts and ranks. It reads records alone: nothing is measured
//! here, and nothing is shown.
//!
//! ```no_run
//! use quartet_analysis::Analysis;
//! use quartet_record::Record;
//!
//! let record = Record::read("records/2026-11-28-amd-epyc-2-cores".as_ref())?;
//! for lane in Analysis::of(&record)?.lanes {
//!     for pair in lane.pairs {
//!         println!("{:?}: {:?} {:?}", lane.lane, pair.ratio, pair.verdict);
//!     }
//! }
//! # Ok::<(), anyhow::Error>(())
//! ```

mod analysis;
mod busy;
pub mod calibration;
mod capacity;
mod check;
mod database;
mod detail;
mod disturbance;
mod division;
mod drift;
mod equals;
mod features;
mod figures;
mod footprint;
mod gates;
mod lane;
mod open_loop;
pub mod pool;
mod remedy;
mod samples;
mod scaling;
#[cfg(test)]
mod simulation;
pub mod statistics;
#[cfg(test)]
mod tests;
mod variants;
mod warnings;

pub use analysis::Analysis;
pub use busy::CPU_OF_OTHERS;
pub use capacity::{Capacity, capacities};
pub use check::check;
pub use database::{DatabaseLane, DatabaseRow};
pub use detail::{Detail, Distribution, PERCENTILES, Percentile, details};
pub use disturbance::{UsualWait, is_disturbed, undisturbed};
pub use division::{Division, DivisionRow, LaneDivision};
pub use features::{Extracted, FeatureCosts, MoreOf, Waiting};
pub use figures::{CpuPerRequest, Figures, RestartFigures};
pub use footprint::{Footprint, Range, Spread, memory_alone, memory_starts};
pub use gates::{FLOOR_FACTOR, LITTLE, SATURATION};
pub use lane::{LaneAnalysis, Pair, Row};
pub use open_loop::{
    ANSWERED, COMPARED, LatencyComparison, LatencyEquals, LatencyLevel, LatencyPair,
    LatencySamples, OpenLoop, latency_comparison,
};
pub use remedy::remedy;
pub use samples::{Samples, counts};
pub use scaling::{Bend, EFFICIENT, Scaling, ScalingFigure, ScalingLane, ScalingRow};
pub use variants::{
    Change, Count, CountChange, GroupChange, Loss, Size, SizeChange, SuiteChange,
    VariantComparison, VariantLane,
};
