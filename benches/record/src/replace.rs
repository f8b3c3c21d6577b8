//! Replacing a file, whole or not at all. What is in it is not known here.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Writes a file beside what it replaces, and then puts it in its place.
pub(crate) fn replace(
    directory: &Path,
    name: &str,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
) -> Result<PathBuf> {
    let file = directory.join(name);
    let unfinished = directory.join(format!("{name}.unfinished"));
    let mut output = BufWriter::new(File::create(&unfinished)?);
    write(&mut output)?;
    output.into_inner()?;
    fs::rename(&unfinished, &file)?;
    Ok(file)
}
