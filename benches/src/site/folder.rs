//! The directory of a site: what is in it, and how another version takes its place.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use quartet_report::site::Content;
use tempfile::TempDir;

use crate::failure::Failure;

/// Names the files that this command wrote, one a line. A directory that has it is a site.
const MANIFEST: &str = ".quartet-site";

/// A directory that may be written to.
pub(super) struct Folder {
    directory: PathBuf,
    /// The new version, beside the directory until it is complete.
    next: TempDir,
}

impl Folder {
    /// Looks whether the directory is new, empty, or a site to which nothing was added.
    pub(super) fn new(directory: &Path) -> Result<Self, Failure> {
        let shown = directory.display();
        let directory = std::path::absolute(directory)
            .map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
        if directory.exists() && !directory.is_dir() {
            return Err(Failure::Usage(format!("{shown} is not a directory")));
        }
        if directory.is_dir() {
            let unreadable = |error: anyhow::Error| Failure::Usage(format!("{error:#}"));
            let found = files(&directory).map_err(unreadable)?;
            let known = fs::read_to_string(directory.join(MANIFEST)).unwrap_or_default();
            let known: Vec<&str> = known.lines().collect();
            let foreign = found
                .iter()
                .find(|file| *file != MANIFEST && !known.contains(&file.as_str()));
            if let Some(file) = foreign {
                return Err(Failure::Usage(format!(
                    "{shown} has {file}, which `cargo compare site` did not write; name a new or empty directory"
                )));
            }
        }
        let parent = directory.parent().unwrap_or(&directory);
        let refused = |error: std::io::Error| {
            Failure::Usage(format!("cannot write to {}: {error}", parent.display()))
        };
        fs::create_dir_all(parent).map_err(refused)?;
        let next = tempfile::Builder::new()
            .prefix(".quartet-site-")
            .tempdir_in(parent)
            .map_err(refused)?;
        Ok(Self { directory, next })
    }

    /// Writes the files beside the directory, and then puts them in its place. Until then it is as it was.
    ///
    /// # Errors
    /// Where something cannot be read or written.
    pub(super) fn write(self, root: &Path, site: &BTreeMap<String, Content>) -> Result<()> {
        let next = self.next.path().join("site");
        for (path, content) in site {
            let file = next.join(path);
            let shown = || format!("cannot write {}", file.display());
            let folder = file.parent().unwrap_or(&next);
            fs::create_dir_all(folder).with_context(shown)?;
            match content {
                Content::Text(text) => fs::write(&file, text).with_context(shown)?,
                Content::Copy(from) => {
                    fs::copy(root.join(from), &file)
                        .map(drop)
                        .with_context(shown)?;
                }
            }
        }
        let names: Vec<&str> = site.keys().map(String::as_str).collect();
        let manifest = names.join("\n") + "\n";
        fs::write(next.join(MANIFEST), manifest).context("cannot write the list of files")?;
        let shown = || format!("cannot write {}", self.directory.display());
        let last = self.next.path().join("last");
        let had_one = self.directory.is_dir();
        if had_one {
            fs::rename(&self.directory, &last).with_context(shown)?;
        }
        if let Err(error) = fs::rename(&next, &self.directory) {
            if had_one {
                fs::rename(&last, &self.directory).with_context(shown)?;
            }
            return Err(error).with_context(shown);
        }
        self.next
            .close()
            .context("cannot remove the site's last version")
    }
}

/// Every file below a directory, by its path from there.
fn files(directory: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        let shown = || format!("cannot read {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(shown)? {
            let path = entry.with_context(shown)?.path();
            // A link is what somebody made, wherever it leads.
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                let path = path.strip_prefix(directory).unwrap_or(&path);
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(names: &[&str]) -> BTreeMap<String, Content> {
        let files = names.iter();
        let files = files.map(|name| ((*name).to_owned(), Content::Text((*name).to_owned())));
        files.collect()
    }

    fn refused(directory: &Path) -> String {
        match Folder::new(directory) {
            Err(Failure::Usage(why)) => why,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("it is taken"),
        }
    }

    #[test]
    fn a_site_takes_the_place_of_the_last_and_of_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("a/site");
        let write = |names: &[&str]| {
            let folder = Folder::new(&directory).unwrap();
            folder.write(place.path(), &site(names)).unwrap();
        };
        write(&["index.html", "b/c.html"]);
        assert_eq!(
            fs::read_to_string(directory.join("b/c.html")).unwrap(),
            "b/c.html"
        );
        write(&["index.html", "d.html"]);
        assert_eq!(
            files(&directory).unwrap(),
            [MANIFEST, "d.html", "index.html"]
        );
        let beside: Vec<_> = fs::read_dir(place.path().join("a")).unwrap().collect();
        assert_eq!(beside.len(), 1, "{beside:?}");

        fs::write(directory.join("mine.txt"), "").unwrap();
        let why = refused(&directory);
        assert!(why.contains("has mine.txt, which"), "{why}");
        assert!(directory.join("d.html").exists());
    }

    #[test]
    fn what_is_no_site_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let empty = place.path().join("empty");
        fs::create_dir(&empty).unwrap();
        assert!(Folder::new(&empty).is_ok());
        let other = place.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("x"), "").unwrap();
        assert!(refused(&other).contains("has x, which"));
        assert!(refused(&other.join("x")).ends_with("is not a directory"));
    }

    #[test]
    fn what_cannot_be_written_leaves_the_last_version() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("site");
        let folder = Folder::new(&directory).unwrap();
        folder.write(place.path(), &site(&["index.html"])).unwrap();
        let mut broken = site(&["index.html"]);
        broken.insert("x".to_owned(), Content::Copy("missing".to_owned()));
        let folder = Folder::new(&directory).unwrap();
        assert!(folder.write(place.path(), &broken).is_err());
        assert_eq!(files(&directory).unwrap(), [MANIFEST, "index.html"]);
        let beside: Vec<_> = fs::read_dir(place.path()).unwrap().collect();
        assert_eq!(beside.len(), 1, "{beside:?}");
    }
}
