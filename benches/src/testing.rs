//! What tests measure in place of servers.

pub(crate) mod stand_in;
