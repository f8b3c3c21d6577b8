//! The published releases of a crate, from cargo's own copy of the registry's index.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, ensure};
use cargo_metadata::semver::Version;
use tame_index::flock::LockOptions;
use tame_index::index::ComboIndexCache;
use tame_index::{IndexLocation, IndexUrl, KrateName, PathBuf};

use super::cargo;
use super::lock::Lock;

/// A published release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// Its version.
    pub(crate) version: Version,
    /// Whether it was withdrawn.
    pub(crate) is_yanked: bool,
    /// When it was published, RFC 3339 in UTC; none where the registry does not say.
    pub(crate) published: Option<String>,
    /// The least Rust version that it states.
    pub(crate) rust_version: Option<String>,
}

/// The releases of a crate that is in the lock file of the workspace `root`, the oldest first. Cargo brings its copy of
/// the index up to date first. Where it cannot, what it knew before is what there is.
///
/// # Errors
/// Where the lock file does not have the crate, or cargo's copy cannot be read.
pub(crate) fn releases(root: &Path, name: &str) -> Result<Vec<Release>> {
    let package = package(root, name)?;
    if let Err(error) = cargo::look_up(root, &package) {
        eprintln!("releases of `{name}` as they were last known: {error:#}");
    }
    last_known(root, name)
}

/// The same, where nothing but the registry's present word will do.
///
/// # Errors
/// Where the lock file does not have the crate, or cargo cannot bring its copy of the index up to date.
pub(crate) fn present(root: &Path, name: &str) -> Result<Vec<Release>> {
    cargo::look_up(root, &package(root, name)?)?;
    last_known(root, name)
}

/// A crate of the lock file, as cargo names it.
fn package(root: &Path, name: &str) -> Result<String> {
    let lock = Lock::read(root)?;
    let locked = lock.releases(name);
    let version = locked.first();
    let version = version.with_context(|| format!("no server depends on `{name}`"))?;
    Ok(format!("{name}@{version}"))
}

fn last_known(root: &Path, name: &str) -> Result<Vec<Release>> {
    let unknown = || format!("no releases of `{name}` are known");
    let mut found = known(root, name).with_context(unknown)?;
    ensure!(!found.is_empty(), unknown());
    found.sort_by(|one, other| one.version.cmp(&other.version));
    Ok(found)
}

/// The release of a crate that the workspace `root` is locked to; the newest of several.
///
/// # Errors
/// Where the lock file does not have the crate.
pub(crate) fn locked(root: &Path, name: &str) -> Result<Version> {
    let lock = Lock::read(root)?;
    let versions = lock.releases(name).into_iter();
    let newest = versions
        .filter_map(|version| Version::parse(version).ok())
        .max();
    newest.with_context(|| format!("no server depends on `{name}`"))
}

/// What cargo's copy of the index has.
fn known(root: &Path, name: &str) -> Result<Vec<Release>> {
    let root = PathBuf::from_path_buf(std::path::absolute(root)?);
    let root = root.map_err(|path| anyhow!("{} is not UTF-8", path.display()))?;
    let url = IndexUrl::crates_io(Some(root), None, None)?;
    let index = ComboIndexCache::new(IndexLocation::new(url))?;
    // No cargo writes meanwhile.
    let lock = LockOptions::cargo_package_lock(None)?.shared();
    let lock = lock.lock(|_| None)?;
    let Some(entry) = index.cached_krate(KrateName::cargo(name)?, &lock)? else {
        return Ok(Vec::new());
    };
    let versions = entry.deserialize()?.versions;
    let releases = versions.into_iter().map(|one| {
        Ok(Release {
            version: Version::parse(&one.version)?,
            is_yanked: one.yanked,
            published: one.pubtime.as_deref().map(str::to_owned),
            rust_version: one.rust_version.as_deref().map(str::to_owned),
        })
    });
    releases.collect()
}

/// How many releases are named where another one was asked for.
const NAMED: usize = 4;

/// That a release does not exist, with the newest that do; none where it does.
pub(crate) fn missing(releases: &[Release], name: &str, version: &str) -> Option<String> {
    let version = Version::parse(version).ok()?;
    if releases.iter().any(|release| release.version == version) {
        return None;
    }
    let newest = releases.iter().rev().filter(|release| !release.is_yanked);
    let newest: Vec<String> = newest
        .take(NAMED)
        .map(|release| release.version.to_string())
        .collect();
    let newest = newest.join(", ");
    Some(format!(
        "`{name}` has no release {version}; the newest are {newest}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_published_is_told_with_what_is() {
        let release = |version: &str, is_yanked| Release {
            version: Version::parse(version).unwrap(),
            is_yanked,
            published: None,
            rust_version: None,
        };
        let releases = [
            release("0.8.0", false),
            release("0.8.1", true),
            release("0.8.2", false),
        ];
        assert_eq!(missing(&releases, "a", "0.8.1"), None);
        assert_eq!(
            missing(&releases, "a", "9.9.9").as_deref(),
            Some("`a` has no release 9.9.9; the newest are 0.8.2, 0.8.0")
        );
    }

    #[test]
    fn releases_of_a_crate_of_this_workspace_are_known() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        // This test was built with it, so that cargo has its entry.
        let lock = Lock::read(&root).unwrap();
        let locked = Version::parse(lock.releases("tempfile")[0]).unwrap();
        let found = known(&root, "tempfile").unwrap();
        assert!(found.iter().any(|one| one.version == locked));
        assert_eq!(known(&root, "no-such-crate-of-any-registry").unwrap(), []);
        assert!(known(&root, "no/crate").is_err());
        let error = releases(&root, "no-such-crate-of-any-registry").unwrap_err();
        assert!(error.to_string().starts_with("no server depends on"));
    }
}
