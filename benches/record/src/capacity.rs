//! A restart that measures requests per second against connections. It knows nothing of the comparison's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::restart::{MachineLoad, Slice};

/// One restart that measures requests per second against connections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityRestart {
    /// Which, from 0; counted apart from the comparison's.
    pub restart: u32,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Whether every planned slice was taken.
    pub complete: bool,
    /// In which order the arms were started: indices into `plan.arms`.
    pub start_order: Vec<usize>,
    /// What the machine did while slices were taken.
    pub machine: Option<MachineLoad>,
    /// Every slice, in the order taken.
    pub slices: Vec<CapacitySlice>,
    /// What could not be measured, and why.
    pub failures: Vec<CapacityFailure>,
}

/// One slice at a number of connections.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacitySlice {
    /// Connections held open to the server, each with one request in flight.
    pub connections: usize,
    /// What was measured. Blocks count from 0 at each number of connections.
    #[serde(flatten)]
    pub slice: Slice,
}

/// Why an arm has no capacity at a number of connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityFailure {
    /// Index into `plan.arms`.
    pub arm: usize,
    /// At how many connections; at every number where absent.
    pub connections: Option<usize>,
    /// Why, as a sentence without its full stop.
    pub reason: String,
}
