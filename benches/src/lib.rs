//! The comparison: load generator, statistics, report, criterion benches.

pub mod accounting;
pub mod analysis;
pub mod attach;
pub mod calibrate;
pub mod command;
pub mod cores;
pub mod cost;
pub mod diff;
pub mod environment;
pub mod estimates;
pub mod export;
pub mod failure;
pub mod gate;
pub mod generator;
pub mod interrupt;
pub mod list;
pub mod machine;
pub mod measure;
pub mod plan;
pub mod prepare;
pub mod probe;
pub mod program;
pub mod progress;
pub mod record;
pub mod repack;
pub mod report;
pub mod run;
pub mod schedule;
pub mod schema;
pub mod selection;
pub mod statistics;
pub mod system;
pub mod table;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod testing;
