//! RFC 9112, octet by octet.

pub(super) mod host;
