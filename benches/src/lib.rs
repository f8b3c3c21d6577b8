//! The comparison: load generator, statistics, report, criterion benches.

pub mod accounting;
pub mod analysis;
pub mod cores;
pub mod machine;
pub mod plan;
pub mod record;
pub mod report;
pub mod schedule;
pub mod statistics;
pub mod table;

#[cfg(test)]
mod testing;
