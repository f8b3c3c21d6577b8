//! How a server starts, ends, and rids itself of clients that are too slow.

pub(super) mod crowd;
pub(super) mod data;
pub(super) mod drain;
pub(super) mod options;
pub(super) mod ready;
pub(super) mod refusal;
pub(super) mod slow;
pub(super) mod stop;

/// Where these requirements come from.
const CONTRACT: &str = "the contract";
