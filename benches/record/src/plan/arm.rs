//! What is measured: servers, each in a role. It knows nothing of how often.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lane::Lane;
use crate::variant::Variant;

/// What an arm is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArmRole {
    /// Compared with the others, and given a place.
    Compared,
    /// Measured beside the others, for it does not do the same work, and given no place.
    Aside,
    /// A second process of the first compared server: how far two equals seem apart (A/A).
    Again,
    /// The contract without a framework. Every ratio's denominator.
    Reference,
    /// Constant bytes: what the kernel and the generator alone cost.
    Floor,
}

/// One thing measured: a server in a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Arm {
    /// Its name in tables: the server's, with "(again)" on the second copy.
    pub name: String,
    /// The server's name in the catalogue.
    pub server: String,
    /// What it is there for.
    pub role: ArmRole,
    /// What makes it a variant of another server. Absent where it is none, and in records from before
    /// 2026-11-28.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<Variant>,
    /// Lanes it takes no part in, for it does not answer what they ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Lane>,
    /// How long one of its slices takes, milliseconds, where its answers take so long that slices
    /// are longer than planned: what a first look found. It decides nothing but how many blocks fit
    /// into a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_slice_ms: Option<u64>,
    /// How long starting it, opening its connections and ending it takes, milliseconds, where that is
    /// much longer than planned: what a first look found. It decides nothing but the remaining time
    /// that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_start_ms: Option<u64>,
}
