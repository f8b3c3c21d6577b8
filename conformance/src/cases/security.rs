//! Who gets in, and what an answer gives away.

pub(super) mod disclosure;
pub(super) mod key_file;
pub(super) mod keys;
pub(super) mod requests;
pub(super) mod secrecy;
