//! What lock files say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use quartet_record::variant::PackageChange;
use serde::Deserialize;

/// What packages are locked to.
pub(super) const LOCK: &str = "Cargo.lock";

/// Beside the lock file of a variant: what it was made from.
pub(super) const STAMP: &str = "variant.lock-stamp";

/// A lock file.
#[derive(Debug, Deserialize)]
pub(super) struct Lock {
    #[serde(default, rename = "package")]
    packages: Vec<Package>,
}

/// One package of it.
#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
}

impl Lock {
    /// Reads one.
    ///
    /// # Errors
    /// Where it is none.
    pub(super) fn of(text: &str) -> Result<Self> {
        toml::from_str(text).context("a lock file is not TOML")
    }

    /// Reads that of a workspace.
    ///
    /// # Errors
    /// Where there is none.
    pub(super) fn read(workspace: &Path) -> Result<Self> {
        let file = workspace.join(LOCK);
        let text = fs::read_to_string(&file);
        Self::of(&text.with_context(|| format!("cannot read {}", file.display()))?)
    }

    /// The versions of a crate of a registry.
    pub(super) fn releases(&self, name: &str) -> Vec<&str> {
        self.named(name)
            .filter(|package| package.source.is_some())
            .map(|package| package.version.as_str())
            .collect()
    }

    /// Whether a crate of a directory is in it.
    pub(super) fn has_of_directory(&self, name: &str) -> bool {
        self.named(name).any(|package| package.source.is_none())
    }

    /// The crates that are released together with one: those whose names begin with its name and whose
    /// version is the same, such as `salvo_core` with `salvo`.
    pub(super) fn family(&self, name: &str) -> Vec<String> {
        let versions = self.releases(name);
        let is_of_it = |package: &&Package| {
            let rest = package.name.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['-', '_']))
                && package.source.is_some()
                && versions.contains(&package.version.as_str())
        };
        let found = self.packages.iter().filter(is_of_it);
        found.map(|package| package.name.clone()).collect()
    }

    /// What another lock file has otherwise. What is in a directory in both is the servers' own.
    pub(super) fn changes(&self, other: &Self) -> Vec<PackageChange> {
        let (from, to) = (self.versions(), other.versions());
        let names: BTreeSet<&str> = from.keys().chain(to.keys()).copied().collect();
        let versions = |of: &BTreeMap<&str, BTreeSet<String>>, name: &str| -> Vec<String> {
            of.get(name).into_iter().flatten().cloned().collect()
        };
        names
            .into_iter()
            .map(|name| PackageChange {
                name: name.to_owned(),
                from: versions(&from, name),
                to: versions(&to, name),
            })
            .filter(|change| change.from != change.to)
            .collect()
    }

    fn versions(&self) -> BTreeMap<&str, BTreeSet<String>> {
        let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for package in &self.packages {
            let version = match package.source {
                Some(_) => package.version.clone(),
                None => format!("{}+patch", package.version),
            };
            found.entry(&package.name).or_default().insert(version);
        }
        found
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(move |package| package.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(packages: &[(&str, &str, bool)]) -> Lock {
        let packages = packages.iter().map(|(name, version, released)| {
            let source = if *released {
                "source = 'registry+x'\n"
            } else {
                ""
            };
            format!("[[package]]\nname = '{name}'\nversion = '{version}'\n{source}")
        });
        Lock::of(&packages.collect::<String>()).unwrap()
    }

    #[test]
    fn a_family_has_one_version() {
        let found = lock(&[
            ("salvo", "1.1.0", true),
            ("salvo_core", "1.1.0", true),
            ("salvo-serde-util", "1.1.0", true),
            ("salvo_other", "0.3.0", true),
            ("salvor", "1.1.0", true),
            ("salvo_own", "1.1.0", false),
        ]);
        assert_eq!(found.family("salvo"), ["salvo_core", "salvo-serde-util"]);
        assert_eq!(found.releases("salvo"), ["1.1.0"]);
        assert!(found.releases("hyper").is_empty());
        assert!(found.has_of_directory("salvo_own") && !found.has_of_directory("salvo"));
    }

    #[test]
    fn what_changes_is_told_with_all_versions() {
        let before = lock(&[
            ("quartet", "0.1.0", false),
            ("base64", "0.22.1", true),
            ("base64", "0.23.1", true),
            ("salvo", "1.1.0", true),
            ("gone", "1.0.0", true),
        ]);
        let after = lock(&[
            ("quartet", "0.1.0", false),
            ("base64", "0.23.1", true),
            ("salvo", "1.1.0", false),
            ("new", "2.0.0", true),
        ]);
        let told: Vec<String> = before
            .changes(&after)
            .iter()
            .map(|change| {
                let versions = |of: &[String]| of.join(" ");
                format!(
                    "{}: {} > {}",
                    change.name,
                    versions(&change.from),
                    versions(&change.to)
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "base64: 0.22.1 0.23.1 > 0.23.1",
                "gone: 1.0.0 > ",
                "new:  > 2.0.0",
                "salvo: 1.1.0 > 1.1.0+patch"
            ]
        );
        assert!(Lock::of("[").is_err());
    }
}
