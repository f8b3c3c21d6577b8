//! Checkouts of crates that servers depend on.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::cargo;
use super::lock::Lock;

/// A crate of a checkout.
pub(super) struct Crate {
    /// Its name.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    /// Where its manifest is.
    pub(super) directory: PathBuf,
}

/// The crates of a checkout that servers depend on, which has to be one of them.
pub(super) fn checkout(name: &str, path: &Path, lock: &Lock) -> Result<Vec<Crate>> {
    let members = cargo::members(path)?;
    let crates: Vec<Crate> = members
        .packages
        .iter()
        .filter(|package| !lock.releases(&package.name).is_empty())
        .map(|package| Crate {
            name: package.name.to_string(),
            version: package.version.to_string(),
            directory: package.manifest_path.with_file_name("").into_std_path_buf(),
        })
        .collect();
    ensure!(
        members
            .packages
            .iter()
            .any(|package| package.name.as_str() == name),
        "{} has no package `{name}`",
        path.display()
    );
    ensure!(
        crates.iter().any(|one| one.name == name),
        "no server depends on `{name}`"
    );
    Ok(crates)
}
