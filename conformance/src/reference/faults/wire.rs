//! Faults in how messages are read.

pub(super) mod host;
