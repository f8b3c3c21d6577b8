//! Faults in how messages are read, and connections kept.

pub(super) mod chunked;
pub(super) mod connection;
pub(super) mod exchange;
pub(super) mod fields;
pub(super) mod framing;
pub(super) mod host;
pub(super) mod limits;
pub(super) mod request_line;
pub(super) mod target;
pub(super) mod upgrade;
