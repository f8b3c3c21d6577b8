//! `cargo compare export`: a record for other tools.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use quartet_report::export::{What, csv, json};

use crate::failure::{Failure, named, print};

/// What to write.
#[derive(Args, Debug)]
pub struct Options {
    /// A record, or its directory
    #[arg(value_name = "RUN")]
    record: PathBuf,

    /// The table to write
    #[arg(long, value_name = "TABLE", default_value = "figures")]
    table: Choice,

    /// Write the whole record as JSON instead (see `cargo compare schema`)
    #[arg(long, conflicts_with = "table")]
    json: bool,
}

/// A table of a record, as the command line has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// The reported figures, one row for each server and lane
    Figures,
    /// The pairs of compared servers
    Pairs,
    /// The figures by number of workers (`--scaling`)
    Scaling,
    /// Every slice, as measured
    Slices,
    /// The start-up and memory of each process
    Processes,
}

impl From<Choice> for What {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Figures => Self::Figures,
            Choice::Pairs => Self::Pairs,
            Choice::Scaling => Self::Scaling,
            Choice::Slices => Self::Slices,
            Choice::Processes => Self::Processes,
        }
    }
}

/// Prints a table as CSV: names in the first line, nothing where nothing is known. Or all as JSON, on one line.
///
/// # Errors
/// [`Failure::Usage`] where there is no such record.
pub fn run(options: &Options) -> Result<(), Failure> {
    let record = named(&options.record)?;
    let text = if options.json {
        json(&record)?
    } else {
        csv(&record, options.table.into())?
    };
    Ok(print(&text)?)
}
