//! The files of the repository that a site may show.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use quartet_report::site::{Files, Kind};

/// What a page never shows, wherever it is: what tools leave behind.
const LEFT_BEHIND: [&str; 3] = ["target", "__pycache__", "node_modules"];

/// Files that are shown as they are, though they are text.
const AS_THEY_ARE: [&str; 2] = ["svg", "html"];

/// The files below the directory of `servers.toml`.
pub(super) struct Repository {
    root: PathBuf,
}

impl Repository {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }
}

impl Files for Repository {
    fn at(&self, path: &str) -> Result<Kind> {
        // Absolute paths are those of files to copy; a link never is one.
        let file = self.root.join(path.trim_start_matches('/'));
        let shown = || format!("cannot read {}", file.display());
        if path
            .split('/')
            .any(|segment| segment == ".git" || LEFT_BEHIND.contains(&segment))
        {
            return Ok(Kind::Missing);
        }
        if file.is_dir() {
            let mut names = Vec::new();
            for entry in fs::read_dir(&file).with_context(shown)? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if !name.starts_with('.') && !LEFT_BEHIND.contains(&name.as_str()) {
                    names.push(name);
                }
            }
            names.sort();
            return Ok(Kind::Folder(names));
        }
        if !file.is_file() {
            return Ok(Kind::Missing);
        }
        let as_it_is = file.extension().is_some_and(|extension| {
            AS_THEY_ARE
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        });
        let bytes = fs::read(&file).with_context(shown)?;
        Ok(match String::from_utf8(bytes) {
            Ok(text) if !as_it_is => Kind::Text(text),
            _ => Kind::Binary,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_told_apart_and_what_is_hidden_is_not_listed() {
        let place = tempfile::tempdir().unwrap();
        for folder in ["a", "target", ".git"] {
            fs::create_dir(place.path().join(folder)).unwrap();
        }
        fs::write(place.path().join("b.rs"), "fn b() {}").unwrap();
        fs::write(place.path().join(".hidden"), "x").unwrap();
        fs::write(place.path().join("c.gz"), [0xff, 0xfe]).unwrap();
        fs::write(place.path().join("d.svg"), "<svg/>").unwrap();
        fs::write(place.path().join(".git/config"), "x").unwrap();
        let files = Repository::new(place.path());
        let names = ["a", "b.rs", "c.gz", "d.svg"].map(str::to_owned).to_vec();
        assert_eq!(files.at("").unwrap(), Kind::Folder(names));
        assert_eq!(
            files.at("b.rs").unwrap(),
            Kind::Text("fn b() {}".to_owned())
        );
        assert_eq!(files.at(".hidden").unwrap(), Kind::Text("x".to_owned()));
        for (path, kind) in [
            ("c.gz", Kind::Binary),
            ("d.svg", Kind::Binary),
            ("e", Kind::Missing),
            (".git/config", Kind::Missing),
        ] {
            assert_eq!(files.at(path).unwrap(), kind, "{path}");
        }
    }
}
