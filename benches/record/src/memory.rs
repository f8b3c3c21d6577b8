//! Memory of processes as older records have it. It knows nothing of how it was read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Memory of a process tree as records of 2026-11 and before have it, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// Proportional set size: resident pages, those shared with others counted by their share. It
    /// was read while other processes mapped the program's file, and is too low by their share.
    pub proportional: u64,
    /// The most that was ever resident (`VmHWM`), added up over the tree.
    pub peak_resident: u64,
}
