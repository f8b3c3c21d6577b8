//! The workspace that a variant is built in: the servers' own, but for copies of what differs.
//!
//! It is in a directory of its own, so that neither the servers' manifest nor their lock file is touched. Compiled
//! crates are kept where the servers' own are: what does not differ is not compiled again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use cargo_metadata::Metadata;
use quartet_conformance::servers::Server;
use quartet_record::variant::VariantSource;
use sha2::{Digest as _, Sha256};
use toml::{Table, Value};

use super::difference::Difference;
use super::lock::Lock;
use super::manifest::Manifest;
use super::mirror::{mirror, put, within};
use super::{cargo, program};
use crate::interrupt::Interrupt;
use crate::machine;

/// The manifest of a package or workspace.
const MANIFEST: &str = "Cargo.toml";

/// What packages are locked to.
const LOCK: &str = "Cargo.lock";

/// Beside the lock file of a variant: what it was made from.
pub(super) const STAMP: &str = "variant.lock-stamp";

/// Makes the workspace of a variant of `base`, a server of the workspace `root`, in `place`.
///
/// # Errors
/// Where what differs cannot be had, in one line.
pub(super) fn make(
    root: &Path,
    base: &Server,
    differences: &[Difference],
    place: &Path,
    interrupt: &Interrupt,
) -> Result<VariantSource> {
    let mut found = VariantSource::default();
    let source = source(root, differences, place, &mut found)?;
    let members = cargo::members(&source)?;
    let mut edits = Edits::of(&source)?;
    let mut pins = Vec::new();
    let mut patched = Vec::new();
    let before = Lock::of(&read(&source.join(LOCK))?)?;
    for difference in differences {
        match difference {
            Difference::Release { name, version } => {
                edits.manifest.require(name, version);
                pins.push((name.as_str(), version.as_str()));
            }
            Difference::Checkout { name, path } => {
                let crates = checkout(name, path, &before)?;
                for one in &crates {
                    edits.manifest.require(&one.name, &one.version);
                    edits.manifest.patch(&one.name, &one.directory)?;
                }
                patched.extend(crates);
                let state = machine::source(path);
                if let Some(mut commit) = state.revision {
                    if state.modified == Some(true) {
                        commit.push('+');
                    }
                    found.revisions.insert(name.clone(), commit);
                }
            }
            Difference::Allocator(allocator) => {
                let text = edits.program(&members, base)?;
                if let Some((text, needed)) = program::with_allocator(&text, *allocator)? {
                    edits.put_program(&members, base, text)?;
                    edits.depend(&members, base, &needed)?;
                }
            }
            Difference::CurrentThread => {
                let text = edits.program(&members, base)?;
                let text = program::on_current_thread(&text)?;
                edits.put_program(&members, base, text)?;
            }
            Difference::Rustflags(_)
            | Difference::Profile { .. }
            | Difference::Features(_)
            | Difference::Revision(_)
            | Difference::Environment { .. } => {}
        }
    }
    let files = edits.files()?;
    mirror(&source, place, &files)?;
    keep_compiled_crates(root, place)?;
    lock(&source, place, &files, &pins, &patched, interrupt)?;
    let servers = Lock::of(&read(&root.join(LOCK))?)?;
    found.packages = servers.changes(&Lock::of(&read(&place.join(LOCK))?)?);
    Ok(found)
}

/// The workspace that the variant is made from: the servers', or a former state of it.
fn source(
    root: &Path,
    differences: &[Difference],
    place: &Path,
    found: &mut VariantSource,
) -> Result<PathBuf> {
    for difference in differences {
        if let Difference::Revision(revision) = difference {
            let commit = cargo::commit(root, revision)?;
            let directory = place.with_file_name("revisions").join(&commit);
            cargo::check_out(root, &commit, &directory)?;
            found.revisions.insert("rev".to_owned(), commit);
            return Ok(directory);
        }
    }
    Ok(std::path::absolute(root)?)
}

/// What is written otherwise.
struct Edits {
    manifest: Manifest,
    source: PathBuf,
    others: BTreeMap<PathBuf, String>,
}

impl Edits {
    fn of(source: &Path) -> Result<Self> {
        Ok(Self {
            manifest: Manifest::of(&read(&source.join(MANIFEST))?)?,
            source: source.to_owned(),
            others: BTreeMap::new(),
        })
    }

    /// The server's program as it is so far.
    fn program(&self, members: &Metadata, base: &Server) -> Result<String> {
        let file = program_of(members, base)?;
        match self.others.get(within(&self.source, &file)?) {
            Some(edited) => Ok(edited.clone()),
            None => read(&file),
        }
    }

    fn put_program(&mut self, members: &Metadata, base: &Server, text: String) -> Result<()> {
        let file = program_of(members, base)?;
        let path = within(&self.source, &file)?.to_owned();
        self.others.insert(path, text);
        Ok(())
    }

    fn depend(
        &mut self,
        members: &Metadata,
        base: &Server,
        needed: &program::Needed,
    ) -> Result<()> {
        let file = package_of(members, base)?
            .manifest_path
            .clone()
            .into_std_path_buf();
        let mut manifest = Manifest::of(&read(&file)?)?;
        manifest.depend(needed.name, needed.version)?;
        let path = within(&self.source, &file)?.to_owned();
        self.others.insert(path, manifest.text()?);
        Ok(())
    }

    fn files(&self) -> Result<BTreeMap<PathBuf, String>> {
        let mut files = self.others.clone();
        files.insert(PathBuf::from(MANIFEST), self.manifest.text()?);
        Ok(files)
    }
}

fn package_of<'a>(members: &'a Metadata, base: &Server) -> Result<&'a cargo_metadata::Package> {
    let name = base.package.as_deref();
    let name = name.with_context(|| format!("{} has no package of cargo's", base.name))?;
    let mut packages = members.packages.iter();
    packages
        .find(|package| package.name.as_str() == name)
        .with_context(|| format!("there is no package `{name}`"))
}

fn program_of(members: &Metadata, base: &Server) -> Result<PathBuf> {
    let package = package_of(members, base)?;
    let mut targets = package.targets.iter();
    let target = targets
        .find(|target| (target.is_bin() || target.is_example()) && target.name == base.program)
        .with_context(|| format!("`{}` has no program {}", package.name, base.program))?;
    Ok(target.src_path.clone().into_std_path_buf())
}

/// A crate of a checkout.
struct Crate {
    name: String,
    version: String,
    directory: PathBuf,
}

/// The crates of a checkout that servers depend on, which has to be one of them.
fn checkout(name: &str, path: &Path, lock: &Lock) -> Result<Vec<Crate>> {
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

/// Has crates compiled where the servers' are.
fn keep_compiled_crates(root: &Path, place: &Path) -> Result<()> {
    let directory = cargo::build_directory(&cargo::members(root)?);
    let directory = directory.to_str().context("a path is not UTF-8")?;
    let build = Table::from_iter([("build-dir".to_owned(), Value::String(directory.to_owned()))]);
    let settings = Table::from_iter([("build".to_owned(), Value::Table(build))]);
    let folder = place.join(".cargo");
    fs::create_dir_all(&folder)?;
    put(&folder.join("config.toml"), &toml::to_string(&settings)?)
}

/// Brings the variant's lock file to what its manifests ask for. It is made anew from the servers' where they or
/// the manifests have changed, and else only checked: the same variant is built from the same crates.
fn lock(
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
    let now = || Lock::of(&read(&file)?);
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
    let now = || Lock::of(&read(&place.join(LOCK))?);
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

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
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
