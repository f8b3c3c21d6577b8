//! Who gets in, and what an answer gives away.

pub(super) mod disclosure;
pub(super) mod keys;
