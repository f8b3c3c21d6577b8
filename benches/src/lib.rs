//! The comparison: load generator, statistics, report, criterion benches.

pub mod accounting;
pub mod cores;
pub mod generator;
pub mod machine;
pub mod plan;
pub mod schedule;
pub mod statistics;
