//! What a record says, for people and for other tools: as text, Markdown, HTML or CSV, two records side by
//! side, and many one after the other. It reads records and their analysis alone, and writes no file but a page that it is told to.
//!
//! ```no_run
//! use quartet_analysis::Analysis;
//! use quartet_record::Record;
//! use quartet_report::text::{Form, render};
//!
//! let record = Record::read("records/2026-11-28-amd-epyc-2-cores".as_ref())?;
//! println!("{}", render(&record, &Analysis::of(&record)?, Form::Markdown));
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod calibration;
mod choose;
pub mod defaults;
pub mod diff;
pub mod export;
mod features;
mod grid;
pub mod history;
pub mod html;
mod link;
pub mod numbers;
pub mod pool;
pub mod site;
mod splice;
pub mod table;
pub mod text;
pub mod upkeep;
pub mod variants;
mod verdict;

pub use link::link;
pub use splice::{BEGIN, END, splice};
pub use verdict::Conclusion;
