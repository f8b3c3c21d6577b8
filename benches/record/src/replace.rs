//! Replacing a file, whole or not at all. What is in it is not known here.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Writes a file beside what it replaces, and then puts it in its place.
///
/// # Errors
/// Where it cannot be written, as on a full disk. What was to be replaced is as it was then, and what was written is gone.
pub(crate) fn replace(
    directory: &Path,
    name: &str,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
) -> Result<PathBuf> {
    let file = directory.join(name);
    let unfinished = directory.join(format!("{name}.unfinished"));
    let put = || -> Result<()> {
        let mut output = BufWriter::new(File::create(&unfinished)?);
        write(&mut output)?;
        output.into_inner()?;
        fs::rename(&unfinished, &file)?;
        Ok(())
    };
    put().inspect_err(|_| {
        // Half a file is of no use, and takes room where there is none left.
        drop(fs::remove_file(&unfinished));
    })?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn what_cannot_be_written_leaves_what_was_there_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let write = |text: &'static str| {
            replace(place.path(), "file", |output| {
                Ok(output.write_all(text.as_bytes())?)
            })
        };
        let file = write("one").unwrap();
        let full = replace(place.path(), "file", |output| {
            output.write_all(b"tw")?;
            Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into())
        });
        assert!(full.is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "one");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
        // Nor where it cannot be put in its place.
        fs::remove_file(&file).unwrap();
        fs::create_dir_all(file.join("in the way")).unwrap();
        assert!(write("three").is_err());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}
