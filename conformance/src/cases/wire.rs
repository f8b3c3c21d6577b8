//! RFC 9112, octet by octet.

pub(super) mod answer;
pub(super) mod chunked;
pub(super) mod connection;
pub(super) mod content_length;
pub(super) mod expect;
pub(super) mod fields;
mod flood;
mod framing;
pub(super) mod garbage;
pub(super) mod host;
pub(super) mod limits;
mod messages;
pub(super) mod pipelining;
mod probe;
pub(super) mod request_line;
pub(super) mod smuggling;
mod sound;
mod steps;
pub(super) mod target;
pub(super) mod transfer_encoding;
pub(super) mod upgrade;
pub(super) mod version;
