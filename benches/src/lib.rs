//! The comparison: the command `cargo compare`, with what measures, and the criterion benches.
//!
//! What is stored is in `quartet-record`, the load generator in `quartet-generator`, what follows from samples
//! in `quartet-analysis`, and what is shown in `quartet-report`.

pub mod ab;
pub mod accounting;
pub mod attach;
pub mod bisect;
pub mod calibrate;
pub mod check;
pub mod command;
pub mod cores;
pub mod cost;
pub mod database;
pub mod defaults;
pub mod diff;
pub mod environment;
pub mod estimates;
pub mod exec;
pub mod export;
pub mod failure;
pub mod features;
pub mod gate;
mod gathered;
pub mod history;
pub mod hold;
pub(crate) mod host;
pub mod interrupt;
mod kept;
pub mod list;
mod locales;
pub mod machine;
pub mod measure;
mod numbers;
mod page;
pub mod pool;
pub mod prepare;
pub mod probe;
mod profiling;
pub mod program;
pub mod progress;
pub mod repack;
pub mod run;
mod runs;
pub mod schema;
pub mod selection;
mod shell;
pub mod site;
mod spawn;
pub mod subject;
pub mod system;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod testing;
pub mod upkeep;
mod variant;
pub mod versus;
mod watch;
