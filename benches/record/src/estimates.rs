//! What criterion estimated of the pieces of a request, and on what. It knows nothing of where criterion keeps it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::machine::{Machine, Source, Toolchain};

/// A time with its 95 % interval, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// What a bench was run on, as it noted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Circumstances {
    /// When it ended, RFC 3339 in UTC.
    pub measured: String,
    /// The machine.
    pub machine: Machine,
    /// The compiler.
    pub toolchain: Toolchain,
    /// The state of the repository.
    pub source: Source,
}

/// What criterion estimated of the benches here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimates {
    /// The median of each benchmark by the names of its group and function. Like a load run's
    /// figures it is a median, which a few slow samples do not move.
    pub medians: BTreeMap<String, BTreeMap<String, Estimate>>,
    /// When the oldest and the newest of them were written, RFC 3339 in UTC.
    pub written: Option<(String, String)>,
    /// The note of each bench that left one.
    pub notes: BTreeMap<String, Circumstances>,
    /// What to know of them besides, as a sentence without its full stop.
    #[serde(default)]
    pub remark: Option<String>,
}

impl Estimates {
    /// The estimate of one benchmark.
    pub fn of(&self, group: &str, function: &str) -> Option<Estimate> {
        self.medians.get(group)?.get(function).copied()
    }
}

/// The group, before its lane, of what an original's framework takes in process.
pub const ORIGINAL_DISPATCH: &str = "original-dispatch";

/// The group, before its lane, of what an original's JSON takes.
pub const ORIGINAL_PAYLOAD: &str = "original-payload";
