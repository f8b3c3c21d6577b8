//! A directory that is another one in all but a few files: links to what is the same, and copies of what is not.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// What is never a part of the source: what is built, what cargo finds in the directories above anyway, and what
/// git keeps.
const LEFT_OUT: [&str; 3] = ["target", ".cargo", ".git"];

/// What stands in a mirror besides, and is kept.
const KEPT: [&str; 5] = [
    "target",
    ".cargo",
    "Cargo.lock",
    super::NOTE,
    super::lock::STAMP,
];

/// Makes `mirror` show what is in `source`, but for these files, by their paths in it. What is right already is not
/// touched, so that cargo builds nothing again for its sake.
///
/// # Errors
/// Where files cannot be read, linked or written.
pub(super) fn mirror(
    source: &Path,
    mirror: &Path,
    files: &BTreeMap<PathBuf, String>,
) -> Result<()> {
    level(source, mirror, Path::new(""), files)
}

fn level(
    source: &Path,
    mirror: &Path,
    within: &Path,
    files: &BTreeMap<PathBuf, String>,
) -> Result<()> {
    let here = mirror.join(within);
    let is_top = within.as_os_str().is_empty();
    if here.is_symlink() {
        told(fs::remove_file(&here), &here)?;
    }
    told(fs::create_dir_all(&here), &here)?;
    let mut wanted: Vec<OsString> = names(&source.join(within))?;
    if is_top {
        wanted.retain(|name| {
            !LEFT_OUT.iter().any(|left_out| name == left_out) && name != "Cargo.lock"
        });
    }
    for name in names(&here)? {
        let kept = is_top && KEPT.iter().any(|kept| name == *kept);
        if !kept && !wanted.contains(&name) {
            remove(&here.join(name))?;
        }
    }
    for name in wanted {
        let path = within.join(name);
        let (original, place) = (source.join(&path), mirror.join(&path));
        if let Some(content) = files.get(&path) {
            put(&place, content)?;
        } else if files.keys().any(|file| file.starts_with(&path)) {
            level(source, mirror, &path, files)?;
        } else if fs::read_link(&place).ok().as_deref() != Some(&*original) {
            if place.symlink_metadata().is_ok() {
                remove(&place)?;
            }
            told(link(&original, &place), &place)?;
        }
    }
    Ok(())
}

/// Writes a file, unless it has this content.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn put(file: &Path, content: &str) -> Result<()> {
    if file.is_symlink() {
        remove(file)?;
    }
    if fs::read_to_string(file).is_ok_and(|found| found == content) {
        return Ok(());
    }
    told(fs::write(file, content), file)
}

fn names(directory: &Path) -> Result<Vec<OsString>> {
    let entries = fs::read_dir(directory);
    let names = entries.and_then(|entries| {
        let names = entries.map(|entry| Ok(entry?.file_name()));
        names.collect::<io::Result<Vec<_>>>()
    });
    names.with_context(|| format!("cannot read {}", directory.display()))
}

fn remove(path: &Path) -> Result<()> {
    let is_directory = path.is_dir() && !path.is_symlink();
    let removed = if is_directory {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    told(removed, path)
}

fn told(done: io::Result<()>, path: &Path) -> Result<()> {
    done.with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(unix)]
fn link(original: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(original, place)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// Refuses a file that is not below a directory.
///
/// # Errors
/// Where it is not.
pub(super) fn within<'a>(directory: &Path, file: &'a Path) -> Result<&'a Path> {
    match file.strip_prefix(directory) {
        Ok(path) => Ok(path),
        Err(_) => bail!("{} is not in {}", file.display(), directory.display()),
    }
}

/// Reads a file.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn write(file: &Path, content: &str) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    #[test]
    fn all_is_shown_but_what_is_otherwise_and_the_source_is_not_touched() {
        let place = tempfile::Builder::new()
            .prefix("a place")
            .tempdir()
            .unwrap();
        let (source, copy) = (place.path().join("source"), place.path().join("copy"));
        write(&source.join("Cargo.toml"), "old");
        write(&source.join("Cargo.lock"), "lock");
        write(&source.join("target/x"), "x");
        write(&source.join("servers/a/src/main.rs"), "main");
        write(&source.join("servers/a/src/lib.rs"), "lib");
        write(&source.join("servers/b/src/lib.rs"), "b");
        let main = PathBuf::from("servers/a/src/main.rs");
        let files = BTreeMap::from([
            (PathBuf::from("Cargo.toml"), "new".to_owned()),
            (main.clone(), "other".to_owned()),
        ]);
        mirror(&source, &copy, &files).unwrap();
        let read = |path: &str| fs::read_to_string(copy.join(path)).unwrap();
        assert_eq!(read("Cargo.toml"), "new");
        assert_eq!(read("servers/a/src/main.rs"), "other");
        assert_eq!(read("servers/a/src/lib.rs"), "lib");
        assert!(copy.join("servers/b").is_symlink());
        assert!(!copy.join("target").exists() && !copy.join("Cargo.lock").exists());
        assert_eq!(fs::read_to_string(source.join(&main)).unwrap(), "main");

        // Again, with less: what was otherwise is shown again, what is gone is gone, and the rest is kept.
        write(&copy.join("target/built"), "");
        write(&copy.join("Cargo.lock"), "own");
        let stamp = copy.join(crate::variant::lock::STAMP);
        write(&stamp, "stamp");
        fs::remove_file(source.join("servers/b/src/lib.rs")).unwrap();
        fs::remove_dir_all(source.join("servers/b")).unwrap();
        let written = |path: &str| fs::metadata(copy.join(path)).unwrap().modified().unwrap();
        let before = written("Cargo.toml");
        let fewer = BTreeMap::from([(PathBuf::from("Cargo.toml"), "new".to_owned())]);
        mirror(&source, &copy, &fewer).unwrap();
        assert_eq!(written("Cargo.toml"), before);
        assert_eq!(read("servers/a/src/main.rs"), "main");
        assert!(copy.join("servers").is_symlink() && !copy.join("servers/b").exists());
        assert_eq!(read("Cargo.lock"), "own");
        assert!(stamp.exists());
        assert!(copy.join("target/built").exists());
        assert_eq!(fs::read_to_string(source.join(&main)).unwrap(), "main");
    }

    #[test]
    fn a_file_elsewhere_is_refused() {
        let found = within(Path::new("/a/b"), Path::new("/a/b/c.rs")).unwrap();
        assert_eq!(found, Path::new("c.rs"));
        assert!(within(Path::new("/a/b"), Path::new("/a/c.rs")).is_err());
    }
}
