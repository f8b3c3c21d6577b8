//! Units of the kernel's books.

/// Nanoseconds of a second.
pub(super) const NANOSECONDS: u64 = 1_000_000_000;

/// Bytes of what the kernel calls a kB.
pub(super) const KIBIBYTE: u64 = 1024;
