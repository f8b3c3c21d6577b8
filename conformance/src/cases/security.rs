//! Who gets in, and what an answer gives away.

pub(super) mod disclosure;
pub(super) mod keys;
pub(super) mod secrecy;
