//! A restart that measures requests per second against the number of workers. It knows nothing of the comparison's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::Lane;
use crate::restart::{MachineLoad, Slice};

/// One restart that measures requests per second against the number of workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScalingRestart {
    /// Which, from 0; counted apart from the comparison's.
    pub restart: u32,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Whether every planned slice was taken.
    pub complete: bool,
    /// In which order the processes were started.
    pub start_order: Vec<ScalingStart>,
    /// What the machine did while slices were taken.
    pub machine: Option<MachineLoad>,
    /// Every slice, in the order taken.
    pub slices: Vec<ScalingSlice>,
    /// What could not be measured, and why.
    pub failures: Vec<ScalingFailure>,
}

/// A process of such a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScalingStart {
    /// Index into `plan.arms`.
    pub arm: usize,
    /// Its worker threads.
    pub workers: usize,
}

/// One slice with a number of workers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScalingSlice {
    /// Worker threads of the server.
    pub workers: usize,
    /// What was measured.
    #[serde(flatten)]
    pub slice: Slice,
}

/// Why an arm has no figure with a number of workers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScalingFailure {
    /// Index into `plan.arms`.
    pub arm: usize,
    /// With how many workers.
    pub workers: usize,
    /// The one lane it concerns; every lane where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// Why, as a sentence without its full stop.
    pub reason: String,
}
