//! What a variant's packages are locked to: as the servers' are, but for what differs.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail, ensure};
use cargo_metadata::semver::Version;
use sha2::{Digest as _, Sha256};

use super::checkout::Crate;
use super::lock::{LOCK, Lock, STAMP};
use super::manifest::MANIFEST;
use super::mirror::{put, read};
use super::{cargo, published};
use crate::interrupt::Interrupt;

/// Brings the variant's lock file to what its manifests ask for. It is made anew from the servers' where they or
/// the manifests have changed, and else only checked: the same variant is built from the same crates.
///
/// # Errors
/// Where they cannot be had together, with who refuses what, or where it was asked to stop.
pub(super) fn lock(
    source: &Path,
    place: &Path,
    files: &BTreeMap<PathBuf, String>,
    pins: &[(&str, &str)],
    patched: &[Crate],
    interrupt: &Interrupt,
) -> Result<()> {
    let locked = bring(source, place, files, pins, patched, interrupt);
    interrupt.checked()?;
    locked.map_err(|error| explained(error, source, pins))
}

fn bring(
    source: &Path,
    place: &Path,
    files: &BTreeMap<PathBuf, String>,
    pins: &[(&str, &str)],
    patched: &[Crate],
    interrupt: &Interrupt,
) -> Result<()> {
    let original = read(&source.join(LOCK))?;
    let mut stamp = Sha256::new_with_prefix(&original);
    for (path, content) in files.iter().filter(|(path, _)| path.ends_with(MANIFEST)) {
        stamp.update(path.as_os_str().as_encoded_bytes());
        stamp.update(content);
    }
    let stamp: String = stamp
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (file, stamped) = (place.join(LOCK), place.join(STAMP));
    if fs::read_to_string(&stamped).is_ok_and(|found| found == stamp) && file.is_file() {
        return cargo::update(place, &["--workspace"], interrupt);
    }
    // Only once the whole is done.
    let _ = fs::remove_file(&stamped);
    put(&file, &original)?;
    cargo::update(place, &["--workspace"], interrupt)?;
    for (name, version) in pins {
        pin(place, name, version, &Lock::of(&original)?, interrupt)?;
    }
    let now = || Lock::read(place);
    for one in patched {
        if !now()?.has_of_directory(&one.name) {
            cargo::update(
                place,
                &["--package", &one.name, "--precise", &one.version],
                interrupt,
            )?;
        }
        ensure!(
            now()?.has_of_directory(&one.name),
            "nothing accepts version {} of `{}`, which is that of the checkout",
            one.version,
            one.name
        );
    }
    put(&stamped, &stamp)
}

/// Locks a crate to a version, and with it those that are released together with it.
fn pin(
    place: &Path,
    name: &str,
    version: &str,
    before: &Lock,
    interrupt: &Interrupt,
) -> Result<()> {
    ensure!(
        !before.releases(name).is_empty(),
        "no server depends on `{name}`"
    );
    let now = || Lock::read(place);
    let is_at = |lock: &Lock, name: &str| lock.releases(name).contains(&version);
    if !is_at(&now()?, name) {
        let package = package_id(&now()?, name, version)?;
        cargo::update(
            place,
            &["--package", &package, "--precise", version],
            interrupt,
        )?;
    }
    // One may hold another back, so that each gets its chance after the others.
    let mut left = before.family(name);
    loop {
        let waiting = left.len();
        let mut failed = Vec::new();
        for one in left {
            let lock = now()?;
            if lock.releases(&one).is_empty() || is_at(&lock, &one) {
                continue;
            }
            let package = package_id(&lock, &one, version)?;
            let updated = cargo::update(
                place,
                &["--package", &package, "--precise", version],
                interrupt,
            );
            interrupt.checked()?;
            if updated.is_err() {
                failed.push(one);
            }
        }
        // What has no such version stays what it is. The record names every version that changed.
        if failed.len() == waiting || failed.is_empty() {
            break;
        }
        left = failed;
    }
    ensure!(is_at(&now()?, name), "nothing accepts `{name}` {version}");
    Ok(())
}

/// Which of a crate's versions is to become another: the only one, or the one that it is compatible with.
fn package_id(lock: &Lock, name: &str, version: &str) -> Result<String> {
    let releases = lock.releases(name);
    let compatible = |found: &&&str| series(found) == series(version);
    match releases.as_slice() {
        [one] => Ok(format!("{name}@{one}")),
        several => match several.iter().find(compatible) {
            Some(one) => Ok(format!("{name}@{one}")),
            None => bail!("servers depend on `{name}` {}", several.join(" and ")),
        },
    }
}

/// What versions have in common that cargo takes for compatible: `1`, `0.8`, or `0.0.3`.
fn series(version: &str) -> &str {
    let mut ends = version.match_indices('.').map(|(index, _)| index);
    let parts = version.split('.').take_while(|part| *part == "0").count();
    ends.nth(parts).map_or(version, |end| &version[..end])
}

/// Why a release cannot be had, where that can be told better than cargo does.
fn explained(error: anyhow::Error, source: &Path, pins: &[(&str, &str)]) -> anyhow::Error {
    if error.is::<io::Error>() {
        return error;
    }
    for (name, version) in pins {
        let releases = published::releases(source, name).unwrap_or_default();
        if let Some(sentence) = published::missing(&releases, name, version) {
            return anyhow!(sentence);
        }
        let version = Version::parse(version).ok();
        let refusing = version.and_then(|version| {
            let refusing = cargo::refusing(source, name, &version).ok()?;
            (!refusing.is_empty()).then(|| {
                let refusing = refusing.join(", ");
                format!("`{name}` {version} cannot be had: {refusing}")
            })
        });
        if let Some(sentence) = refusing {
            return anyhow!(sentence);
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compatible_versions_have_a_beginning_in_common() {
        for (version, expected) in [("1.12.0", "1"), ("0.8.4", "0.8"), ("0.0.3", "0.0.3")] {
            assert_eq!(series(version), expected);
        }
    }

    #[test]
    fn of_several_versions_the_compatible_one_is_meant() {
        let lock = "[[package]]\nname = 'a'\nversion = '0.22.1'\nsource = 'r'\n\
                    [[package]]\nname = 'a'\nversion = '0.23.1'\nsource = 'r'\n\
                    [[package]]\nname = 'b'\nversion = '2.0.0'\nsource = 'r'\n";
        let lock = Lock::of(lock).unwrap();
        assert_eq!(package_id(&lock, "a", "0.23.0").unwrap(), "a@0.23.1");
        assert_eq!(package_id(&lock, "b", "1.0.0").unwrap(), "b@2.0.0");
        let error = package_id(&lock, "a", "0.21.0").unwrap_err();
        assert_eq!(error.to_string(), "servers depend on `a` 0.22.1 and 0.23.1");
    }
}
