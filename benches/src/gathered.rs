//! Many records, read by several threads, one at a time each, so that few are in memory at once.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result};
use quartet_analysis::check;
use quartet_record::Record;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, named};

/// How much of each record is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// The comparison alone.
    Comparison,
}

impl Part {
    /// How many records are read at once at most: one of a default run takes 150 MB while it is read with its histograms, and 20 MB
    /// without.
    fn most_threads(self) -> usize {
        match self {
            Self::Whole => 3,
            Self::Comparison => 16,
        }
    }
}

/// What was found of a record.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Gathered<T> {
    /// What was asked of it.
    pub(crate) found: T,
    /// What does not fit together in it, as sentences without their full stops.
    pub(crate) misfits: Vec<String>,
}

/// The records that paths name: each path is a record, its directory, or a directory that holds such directories. A
/// place that is named twice counts once.
///
/// # Errors
/// [`Failure::Usage`] where a path holds no record.
pub(crate) fn places(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut places = Vec::new();
    let mut known = BTreeSet::new();
    for path in paths {
        let found = records_at(path).map_err(|error| Failure::usage(&error))?;
        if found.is_empty() {
            return Err(Failure::Usage(format!(
                "{} holds no record",
                path.display()
            )));
        }
        for place in found {
            let file = Record::file(&place);
            if known.insert(file.canonicalize().unwrap_or(file)) {
                places.push(place);
            }
        }
    }
    Ok(places)
}

fn records_at(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() || Record::file(path).is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let cannot = || format!("cannot read {}", path.display());
    let mut places = Vec::new();
    for entry in fs::read_dir(path).with_context(cannot)? {
        let place = entry.with_context(cannot)?.path();
        if place.is_dir() && Record::file(&place).is_file() {
            places.push(place);
        }
    }
    places.sort();
    Ok(places)
}

/// Does something for each record, of which a part is read, in the order of the places.
pub(crate) fn each<T: Send>(
    places: &[PathBuf],
    part: Part,
    look: impl Fn(&Path) -> Result<T, Failure> + Sync,
) -> Vec<Result<T, Failure>> {
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Vec::with_capacity(places.len()));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let take = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        places.get(index).map(|place| (index, place))
    };
    let work = || {
        while let Some((index, place)) = take() {
            let one = look(place);
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.push((index, one));
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads.min(part.most_threads()).min(places.len()) {
            scope.spawn(work);
        }
    });
    let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, one)| one).collect()
}

/// Reads a record, checks it and asks something of it and its name.
///
/// # Errors
/// [`Failure::Usage`] where it cannot be read, and what `ask` says.
pub(crate) fn look<T>(
    place: &Path,
    part: Part,
    ask: impl FnOnce(&Record, String) -> Result<T, Failure>,
) -> Result<Gathered<T>, Failure> {
    let record = match part {
        Part::Whole => named(place)?,
        Part::Comparison => {
            Record::read_comparison(place).map_err(|error| Failure::usage(&error))?
        }
    };
    Ok(Gathered {
        found: ask(&record, place.display().to_string())?,
        misfits: check(&record),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::PLAIN_NAME;
    use quartet_record::testing::record;

    #[test]
    fn directories_of_records_are_records_and_the_order_is_that_of_the_places() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        for name in ["b", "a", "c"] {
            record().write(&root.join(name)).unwrap();
        }
        fs::create_dir(root.join("none")).unwrap();
        let found = places(&[root.to_owned(), root.join("a")]).unwrap();
        assert_eq!(found, ["a", "b", "c"].map(|name| root.join(name)));
        let file = Record::file(&root.join("b"));
        assert_eq!(places(std::slice::from_ref(&file)).unwrap(), [file]);
        let names: Vec<String> = each(&found, Part::Whole, |place| {
            look(place, Part::Whole, |_, name| Ok(name))
        })
        .into_iter()
        .map(|one| one.unwrap().found)
        .collect();
        assert!(names.is_sorted() && names.len() == 3, "{names:?}");
    }

    #[test]
    fn what_holds_no_record_or_cannot_be_read_is_named() {
        let place = tempfile::tempdir().unwrap();
        let none = places(&[place.path().to_owned()]).unwrap_err();
        assert!(matches!(none, Failure::Usage(said) if said.ends_with("holds no record")));
        fs::write(place.path().join(PLAIN_NAME), "{}").unwrap();
        let found = places(&[place.path().to_owned()]).unwrap();
        let read = look(&found[0], Part::Comparison, |_, _| Ok(()));
        assert!(matches!(read, Err(Failure::Usage(said)) if said.contains("is not the record")));
    }
}
