//! The files in which Linux tells of itself: `/proc`, `/sys` and what is mounted there.
//!
//! Every reader of them takes a [`System`], so that a test can hand it a folder of files as another
//! machine has them. What such a machine does not tell is not known, which is never 0.

use std::path::{Path, PathBuf};

/// A tree of files, `/` unless it is made up.
#[derive(Clone, Debug)]
pub struct System {
    root: PathBuf,
}

impl System {
    /// The one this program runs on.
    pub fn live() -> Self {
        Self::at("/")
    }

    /// The files below `root`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where a file is that this system calls `path`, be it absolute or from its root.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// What is in a file; nothing where it cannot be read or is no text.
    pub fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        std::fs::read_to_string(self.path(path)).ok()
    }

    /// The one line of a file, without white space or the zero at the end of a device tree's strings;
    /// nothing where it is empty.
    pub fn line(&self, path: impl AsRef<Path>) -> Option<String> {
        let text = self.text(path)?;
        let line =
            text.trim_matches(|character: char| character == '\0' || character.is_whitespace());
        (!line.is_empty()).then(|| line.to_owned())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A system of these files, there as long as its folder.
    pub(crate) fn made_up(files: &[(&str, &str)]) -> (tempfile::TempDir, System) {
        let folder = tempfile::tempdir().unwrap();
        let system = System::at(folder.path());
        for (path, text) in files {
            let file = system.path(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        (folder, system)
    }

    #[test]
    fn files_are_read_below_the_root_and_those_that_are_missing_say_nothing() {
        let (_folder, system) = made_up(&[("proc/x", " a b\n\0"), ("proc/empty", "\n")]);
        assert_eq!(system.line("/proc/x").as_deref(), Some("a b"));
        assert_eq!(system.line("proc/x").as_deref(), Some("a b"));
        assert_eq!(system.text("/proc/empty").as_deref(), Some("\n"));
        assert_eq!(system.line("/proc/empty"), None);
        assert_eq!(system.text("/proc/none"), None);
    }
}
