//! Faults in the semantics of HTTP.

pub(super) mod alike;
pub(super) mod answers;
pub(super) mod conditional;
pub(super) mod each_time;
pub(super) mod everywhere;
pub(super) mod head;
pub(super) mod methods;
pub(super) mod negotiation;
pub(super) mod preconditions;
pub(super) mod ranges;
pub(super) mod requests;
pub(super) mod targets;
