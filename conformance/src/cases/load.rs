//! What a server does when there is much to do. Each case starts a process of its own, and what it
//! sends is bounded.

pub(super) mod bounds;
pub(super) mod connections;
pub(super) mod hostile;
pub(super) mod requests;

mod client;
mod limits;
mod mix;
mod pour;

/// Where these requirements come from.
const CONTRACT: &str = "the contract";
