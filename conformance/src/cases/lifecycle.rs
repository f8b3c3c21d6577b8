//! How a server starts, ends, and rids itself of clients that are too slow.

pub(super) mod crowd;
pub(super) mod data;
pub(super) mod delay;
pub(super) mod drain;
pub(super) mod environment;
pub(super) mod listen;
pub(super) mod log;
pub(super) mod options;
pub(super) mod place;
pub(super) mod ready;
pub(super) mod refusal;
pub(super) mod signals;
pub(super) mod slow;
pub(super) mod stop;
pub(super) mod timeouts;
pub(super) mod together;
pub(super) mod told;
pub(super) mod workers;

/// Where these requirements come from.
const CONTRACT: &str = "the contract";
