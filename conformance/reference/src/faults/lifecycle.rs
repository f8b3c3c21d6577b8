//! Faults in how a server starts, ends, and rids itself of slow clients.

pub(super) mod data;
pub(super) mod delay;
pub(super) mod end;
pub(super) mod place;
pub(super) mod slow;
pub(super) mod start;
