//! The record of a comparison: every stored type, its JSON Schema, and how it is read, written and packed. It
//! measures nothing and judges nothing.
//!
//! A [`Record`] holds raw samples, not results: every table and verdict is worked out from it again, so that
//! a better analysis can be applied to an old run. Durations are nanoseconds, sizes bytes.
//!
//! ```no_run
//! use quartet_record::Record;
//!
//! let record = Record::read("records/2026-11-28-amd-epyc-2-cores".as_ref())?;
//! for restart in &record.restarts {
//!     println!("{}: {} slices", restart.started, restart.slices.len());
//! }
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod calibration;
mod capacity;
mod cases;
pub mod cores;
pub mod cost;
mod database;
pub mod environment;
pub mod estimates;
mod exclusion;
mod histogram;
mod latency;
pub mod machine;
pub mod memory;
mod pack;
pub mod plan;
pub mod ratio;
mod record;
mod replace;
mod restart;
mod scaling;
mod schedule;
pub mod schema;
mod server;
mod servers_via;
mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod time;
pub mod variant;

pub use capacity::{CapacityFailure, CapacityRestart, CapacitySlice};
pub use cases::{CaseFinding, CaseVerdict};
pub use database::Database;
pub use exclusion::Exclusion;
pub use histogram::{Summary, decode, encode};
pub use latency::{Latency, LatencyFailure, LatencyRestart, LatencyTotals, OfferedRate, OpenSlice};
pub use record::{Record, SCHEMA_VERSION, State};
pub use restart::{ArmRestart, LaneTotals, MachineLoad, RestartRecord, Slice};
pub use scaling::{ScalingFailure, ScalingRestart, ScalingSlice, ScalingStart};
pub use server::{
    Conformance, ContentProgram, Exec, ExecFile, OverDatabase, Program, ServerRecord,
};
pub use servers_via::ServersVia;
pub use store::{PACKED_NAME, PLAIN_NAME, repack};
pub use time::{instant, now};
