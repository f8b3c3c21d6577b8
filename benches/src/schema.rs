//! `cargo compare schema`: the form of a record.

use anyhow::Result;
use quartet_record::schema::text;

use crate::failure::print;

/// Prints it.
///
/// # Errors
/// Where standard output cannot be written to.
pub fn run() -> Result<()> {
    print(&text()?)
}
