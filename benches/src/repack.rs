//! Packing records that were written plain.

use std::path::PathBuf;

use clap::Args;
use quartet_record::repack;

use crate::failure::{Failure, named, print};

/// What to pack.
#[derive(Args, Debug)]
pub struct Options {
    /// A run.json, or the directory it is in
    #[arg(value_name = "RUN", required = true)]
    records: Vec<PathBuf>,
}

/// Replaces plain records by packed ones that say the same, and prints their sizes.
///
/// # Errors
/// [`Failure::Usage`] where there is no such record; and where one cannot be written, is packed already, is of a
/// run that goes on, or would not come back the same.
pub fn run(options: &Options) -> Result<(), Failure> {
    for record in &options.records {
        named(record)?;
        let (before, after) = repack(record)?;
        let shown = record.display();
        print(&format!("{shown}: {before} bytes were, {after} are\n"))?;
    }
    Ok(())
}
