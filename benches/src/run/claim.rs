//! The directory of a run's record, which no other process measures into meanwhile.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use quartet_record::Record;

use crate::failure::Failure;

/// Held open and locked for as long as a process measures. The system unlocks it when the process
/// is gone, however that came.
const LOCK: &str = "run.lock";

/// A directory that belongs to this process until this is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    directory: PathBuf,
    /// Whether the directory was made for the run.
    made: bool,
    _lock: File,
}

impl Claim {
    /// One that has no record yet. It is made where it is missing.
    pub(super) fn new(directory: &Path) -> Result<Self, Failure> {
        let made = !directory.exists();
        fs::create_dir_all(directory).map_err(|error| unwritable(directory, &error))?;
        let claim = Self::lock(directory, made)?;
        if Record::file(directory).exists() {
            let directory = directory.display();
            return Err(Failure::Usage(format!("{directory} already has a record")));
        }
        Ok(claim)
    }

    /// A new one in `place`: `name`, or where there is one already, `name-2` and so on.
    pub(super) fn named(place: &Path, name: &str) -> Result<Self, Failure> {
        fs::create_dir_all(place).map_err(|error| unwritable(place, &error))?;
        let mut directory = place.join(name);
        let mut number = 1;
        loop {
            match fs::create_dir(&directory) {
                Ok(()) => return Self::lock(&directory, true),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    number += 1;
                    directory = place.join(format!("{name}-{number}"));
                }
                Err(error) => return Err(unwritable(&directory, &error)),
            }
        }
    }

    /// One that has a record.
    pub(super) fn again(directory: &Path) -> Result<Self, Failure> {
        Self::lock(directory, false)
    }

    /// Also shows that files can be written there, before a run that would be for nothing.
    fn lock(directory: &Path, made: bool) -> Result<Self, Failure> {
        let refused = |error: &io::Error| unwritable(directory, error);
        let lock = File::create(directory.join(LOCK)).map_err(|error| refused(&error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                directory: directory.to_owned(),
                made,
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(Failure::Usage(format!(
                "another process is measuring into {}",
                directory.display()
            ))),
            Err(TryLockError::Error(error)) => Err(refused(&error)),
        }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Claim {
    /// Leaves no lock behind, and no directory that nothing was written to.
    fn drop(&mut self) {
        // What is left, if these fail, is in nobody's way.
        let _ = fs::remove_file(self.directory.join(LOCK));
        if self.made {
            let _ = fs::remove_dir(&self.directory);
        }
    }
}

fn unwritable(directory: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("cannot write to {}: {error}", directory.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::PLAIN_NAME;

    fn sentence(claim: Result<Claim, Failure>) -> String {
        match claim {
            Err(Failure::Usage(sentence)) => sentence,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_directory_is_one_process_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("a/b");
        let claim = Claim::new(&directory).unwrap();
        for taken in [Claim::new(&directory), Claim::again(&directory)] {
            assert!(sentence(taken).starts_with("another process is measuring into"));
        }
        fs::write(directory.join(PLAIN_NAME), "{}").unwrap();
        drop(claim);
        assert!(sentence(Claim::new(&directory)).ends_with("already has a record"));
        drop(Claim::again(&directory).unwrap());
        let left: Vec<_> = fs::read_dir(&directory).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn runs_of_one_second_have_directories_of_their_own() {
        let place = tempfile::tempdir().unwrap();
        let first = Claim::named(place.path(), "now").unwrap();
        let second = Claim::named(place.path(), "now").unwrap();
        assert_eq!(first.directory(), place.path().join("now"));
        assert_eq!(second.directory(), place.path().join("now-2"));
    }

    #[test]
    fn a_directory_made_for_nothing_goes() {
        let place = tempfile::tempdir().unwrap();
        drop(Claim::named(place.path(), "now").unwrap());
        assert!(!place.path().join("now").exists());
        drop(Claim::new(place.path()).unwrap());
        assert!(place.path().exists());
    }

    #[test]
    fn what_cannot_be_written_to_is_said() {
        let place = tempfile::NamedTempFile::new().unwrap();
        assert!(sentence(Claim::new(&place.path().join("a"))).starts_with("cannot write to"));
        assert!(sentence(Claim::named(place.path(), "a")).starts_with("cannot write to"));
    }
}
