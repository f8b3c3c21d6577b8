//! `servers/added.toml`: which items of the finished servers stand for what a framework does not do by itself.
//!
//! ```toml
//! [axum]
//! panic = ["axum/src/middleware.rs complete tokio-rs/axum#728"]
//! ```
//!
//! A table is a framework, a key a capability. Each value is a file below `servers`, the name of an item in it, and the
//! upstream issue about the capability, if comments of the item cite one. A type stands for its `impl` blocks as well. One
//! item may stand for several capabilities.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::capability::CAPABILITIES;
use crate::cost::lines::{self, Item};

/// Where it is, and what its files are below.
pub(super) const ROOM: &str = "servers";

/// What the finished servers add: by framework, then by capability.
#[derive(Debug)]
pub(super) struct Added {
    frameworks: BTreeMap<String, BTreeMap<String, Vec<Placed>>>,
}

/// An item, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    /// The file, from the directory of the page.
    pub(super) file: String,
    /// The item's name.
    pub(super) name: String,
    /// The item.
    pub(super) item: Item,
    /// The upstream issue, as `owner/name#123`.
    pub(super) issue: Option<String>,
}

impl Added {
    /// Reads `servers/added.toml`, and finds each item that it names.
    ///
    /// # Errors
    /// Where the file cannot be read, or names a capability or an item that does not exist.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let room = root.join(ROOM);
        let file = room.join("added.toml");
        let named =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&named, &room).with_context(|| file.display().to_string())
    }

    fn parse(text: &str, room: &Path) -> Result<Self> {
        let named: BTreeMap<String, BTreeMap<String, Vec<String>>> = toml::from_str(text)?;
        let mut frameworks = BTreeMap::new();
        for (framework, capabilities) in named {
            let mut found = BTreeMap::new();
            for (capability, items) in capabilities {
                if !CAPABILITIES.iter().any(|it| it.name == capability) {
                    bail!("[{framework}]: there is no capability {capability:?}");
                }
                let items = items.iter().map(|item| placed(item, room));
                let items = items
                    .collect::<Result<_>>()
                    .with_context(|| format!("[{framework}] {capability}"))?;
                found.insert(capability, items);
            }
            frameworks.insert(framework, found);
        }
        Ok(Self { frameworks })
    }

    /// The items of a framework's server that stand for a capability.
    pub(super) fn items(&self, framework: &str, capability: &str) -> &[Placed] {
        let found = self.frameworks.get(framework);
        found
            .and_then(|capabilities| capabilities.get(capability))
            .map_or(&[], Vec::as_slice)
    }
}

fn placed(named: &str, room: &Path) -> Result<Placed> {
    let mut words = named.split(' ');
    let (Some(file), Some(name), issue, None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        bail!("{named:?} is not a file, the name of an item in it and perhaps an issue");
    };
    let path: PathBuf = room.join(file);
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let item = lines::item(&text, name)
        .with_context(|| format!("{} has no item `{name}`", path.display()))?;
    if let Some(issue) = issue.filter(|&issue| !item.issues.iter().any(|cited| cited == issue)) {
        bail!("`{name}` in {} does not cite {issue}", path.display());
    }
    Ok(Placed {
        file: file.to_owned(),
        name: name.to_owned(),
        item,
        issue: issue.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Added> {
        let directory = tempfile::tempdir().unwrap();
        let source = "// For a/b#1.\nfn one() {\n    // No line of code.\n    two();\n}\n";
        fs::write(directory.path().join("a.rs"), source).unwrap();
        Added::parse(text, directory.path())
    }

    #[test]
    fn an_item_is_found_with_its_lines() {
        let added = read("[axum]\nhead = ['a.rs one a/b#1']\n").unwrap();
        let [placed] = added.items("axum", "head") else {
            panic!("{added:?}");
        };
        assert_eq!((placed.item.line, placed.item.lines), (2, 3));
        assert_eq!(placed.issue.as_deref(), Some("a/b#1"));
        assert!(added.items("axum", "date").is_empty());
        assert!(added.items("warp", "head").is_empty());
    }

    #[test]
    fn what_does_not_exist_is_named() {
        for (text, why) in [
            ("[axum]\nhead = ['a.rs two']\n", "has no item `two`"),
            ("[axum]\nhead = ['a.rs one a/b#2']\n", "does not cite a/b#2"),
            ("[axum]\nhead = ['b.rs one']\n", "cannot read"),
            ("[axum]\nhead = ['a.rs']\n", "is not a file"),
            ("[axum]\nheads = []\n", "no capability \"heads\""),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn the_repositorys_own_is_well_formed() {
        Added::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
    }
}
