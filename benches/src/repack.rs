//! Packing records that were written plain.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::failure::print;
use crate::record::repack;

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
/// Where one cannot be read or written, is packed already, is of a run that goes on, or would not come back the same.
pub fn run(options: &Options) -> Result<()> {
    for record in &options.records {
        let (before, after) = repack(record)?;
        let shown = record.display();
        print(&format!("{shown}: {before} bytes were, {after} are\n"))?;
    }
    Ok(())
}
