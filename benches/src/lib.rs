//! The comparison: load generator, statistics, report, criterion benches.

pub mod cores;
pub mod plan;
pub mod schedule;
pub mod statistics;
