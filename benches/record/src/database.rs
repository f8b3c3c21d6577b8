//! The PostgreSQL that servers read from in the lanes over a database. It knows nothing of what was measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A PostgreSQL that was started for the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Database {
    /// Its version, such as `15.18`.
    pub version: String,
    /// The cores its processes were confined to. Empty where the platform cannot.
    pub cores: Vec<usize>,
    /// Whether its files were in memory.
    pub in_memory: bool,
    /// Settings that are not PostgreSQL's defaults, by name.
    pub settings: Vec<(String, String)>,
    /// Rows of the table.
    pub rows: usize,
}
