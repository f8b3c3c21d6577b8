//! `cargo compare diff`: do two records say the same?

use std::path::PathBuf;

use clap::Args;
use quartet_report::diff::Difference;

use crate::failure::{Failure, named, print};

/// Which records.
#[derive(Args, Debug)]
pub struct Options {
    /// A record, or its directory
    #[arg(value_name = "A")]
    first: PathBuf,

    /// The record to compare with A
    #[arg(value_name = "B")]
    second: PathBuf,
}

/// Compares two records, figure by figure, and prints what it finds.
///
/// # Errors
/// [`Failure::Usage`] where there is no such record, [`Failure::Inconsistent`] where a figure differs; and where
/// a record is damaged, or they share no figure.
pub fn run(options: &Options) -> Result<(), Failure> {
    let records = [named(&options.first)?, named(&options.second)?];
    let difference = Difference::between(&records[0], &records[1])?;
    let paths = [&options.first, &options.second].map(|path| path.display().to_string());
    print(&difference.text([&paths[0], &paths[1]]))?;
    if difference.consistent() {
        Ok(())
    } else {
        Err(Failure::Inconsistent)
    }
}
