//! What was found of records before, so that many are pooled again in seconds: each is read and checked once.
//!
//! It is kept in `target/compare/pooled`, by what this program and the record's file are (SHA-256): another program, or a
//! record that was changed, finds nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use quartet_conformance::servers::Catalogue;
use quartet_record::Record;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::runs::runs;

/// The name of the directory beside the records of runs.
const DIRECTORY: &str = "pooled";

/// Where it is kept. Nowhere outside of a checkout, or where the program cannot be read.
pub(crate) struct Kept(Option<PathBuf>);

impl Kept {
    /// What this program kept in the checkout that it is called in. What other programs kept goes.
    pub(crate) fn here() -> Self {
        let find = || -> Result<PathBuf> {
            let root = runs(Catalogue::find()?.root()).join(DIRECTORY);
            let program = hash(&std::env::current_exe()?)?;
            Ok(root.join(program))
        };
        let place = find().ok();
        if let Some(place) = &place {
            Self::remove_others(place);
        }
        Self(place)
    }

    fn remove_others(place: &Path) {
        let entries = place.parent().and_then(|root| fs::read_dir(root).ok());
        for entry in entries.into_iter().flatten().flatten() {
            if entry.path() != place {
                // What stays takes space, and is of no use.
                drop(fs::remove_dir_all(entry.path()));
            }
        }
    }

    /// What was found of a record, or is found now and kept.
    ///
    /// # Errors
    /// Where the record cannot be read, or what `look` says.
    pub(crate) fn or_look<T, E>(
        &self,
        record: &Path,
        look: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned,
    {
        let file = self.file(record);
        if let Some(known) = file.as_deref().and_then(read) {
            return Ok(known);
        }
        let found = look()?;
        if let Some(file) = file {
            // What cannot be kept only takes its time again.
            drop(write(&file, &found));
        }
        Ok(found)
    }

    fn file(&self, record: &Path) -> Option<PathBuf> {
        let directory = self.0.as_ref()?;
        let hash = hash(&Record::file(record)).ok()?;
        Some(directory.join(format!("{hash}.json")))
    }
}

fn read<T: DeserializeOwned>(file: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

fn write<T: Serialize>(file: &Path, found: &T) -> Result<()> {
    let directory = file.parent().context("a file is in a directory")?;
    fs::create_dir_all(directory)?;
    let mut unfinished = tempfile::NamedTempFile::new_in(directory)?;
    serde_json::to_writer(&mut unfinished, found)?;
    unfinished.persist(file)?;
    Ok(())
}

fn hash(file: &Path) -> Result<String> {
    let digest = Sha256::digest(fs::read(file)?);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_again_until_the_record_changes() {
        let place = tempfile::tempdir().unwrap();
        let record = place.path().join("run.json");
        let kept = Kept(Some(place.path().join("kept")));
        let look = |found: u32| kept.or_look(&record, || Ok::<u32, String>(found)).unwrap();
        fs::write(&record, "one").unwrap();
        assert_eq!((look(1), look(2)), (1, 1));
        fs::write(&record, "two").unwrap();
        assert_eq!((look(3), look(4)), (3, 3));
        for file in fs::read_dir(place.path().join("kept")).unwrap() {
            fs::write(file.unwrap().path(), "damaged").unwrap();
        }
        assert_eq!(look(5), 5);
        let failed = kept.or_look(&record.with_file_name("none"), || {
            Err::<u32, _>("no such record")
        });
        assert_eq!(failed, Err("no such record"));
        assert_eq!(Kept(None).or_look(&record, || Ok::<u32, String>(6)), Ok(6));
    }

    #[test]
    fn what_other_programs_kept_goes() {
        let place = tempfile::tempdir().unwrap();
        let [ours, other] = ["ours", "other"].map(|name| place.path().join(name));
        for directory in [&ours, &other] {
            fs::create_dir(directory).unwrap();
        }
        Kept::remove_others(&ours);
        assert!(ours.is_dir() && !other.exists());
    }
}
