//! What takes an arm out of the comparison before anything is judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::Lane;

/// Something that takes an arm out of the comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exclusion {
    /// Index into `plan.arms`.
    pub arm: usize,
    /// When it was noticed; before the first restart where absent.
    pub restart: Option<u32>,
    /// The one lane it concerns; every lane where absent.
    #[serde(default)]
    pub lane: Option<Lane>,
    /// Why, as a sentence without its full stop.
    pub reason: String,
}
