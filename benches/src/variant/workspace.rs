//! The workspace that a variant is built in: the servers' own, but for copies of what differs.
//!
//! It is in a directory of its own, so that neither the servers' manifest nor their lock file is touched. Compiled
//! crates are kept where the servers' own are: what does not differ is not compiled again. A variant whose packages
//! have other sources than the servers' keeps its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::Metadata;
use quartet_conformance::servers::Server;
use quartet_record::variant::VariantSource;
use toml::{Table, Value};

use super::checkout::checkout;
use super::difference::Difference;
use super::lock::Lock;
use super::manifest::{MANIFEST, Manifest};
use super::mirror::{mirror, put, read, within};
use super::resolve::lock;
use super::{cargo, git, program};
use crate::interrupt::Interrupt;
use crate::machine;

/// What the commit of the servers' own repository is called among the revisions of a variant.
const REVISION: &str = "rev";

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
    let before = Lock::read(&source)?;
    ensure_depends(&source, base, differences)?;
    for difference in differences {
        match difference {
            Difference::Release { name, version } => {
                edits.manifest.require(name, version);
                pins.push((name.as_str(), version.as_str()));
            }
            Difference::Checkout { name, path, commit } => {
                let path = match commit {
                    Some(commit) => &git::files_at(path, commit, &checkouts(place))?,
                    None => path,
                };
                let crates = checkout(name, path, &before)?;
                for one in &crates {
                    edits.manifest.require(&one.name, &one.version);
                    edits.manifest.patch(&one.name, &one.directory)?;
                }
                patched.extend(crates);
                if let Some(commit) = commit.clone().or_else(|| state(path)) {
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
    let revision = found.revisions.get(REVISION).map(String::as_str);
    keep_compiled_crates(&compiled_in(root, differences, revision, place)?, place)?;
    lock(&source, place, &files, &pins, &patched, interrupt)?;
    let servers = Lock::read(root)?;
    found.packages = servers.changes(&Lock::read(place)?);
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
            let commit = git::commit(root, revision)?;
            let directory = place.with_file_name("revisions").join(&commit);
            git::check_out(root, &commit, &directory)?;
            found.revisions.insert(REVISION.to_owned(), commit);
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

/// Refuses crates that the server is not compiled from, which cannot differ.
fn ensure_depends(source: &Path, base: &Server, differences: &[Difference]) -> Result<()> {
    let mut build = base.build.clone();
    let mut named = Vec::new();
    for difference in differences {
        match difference {
            Difference::Features(features) => {
                build.extend(["--features".to_owned(), features.clone()]);
            }
            Difference::Release { name, .. } | Difference::Checkout { name, .. } => {
                named.push(name);
            }
            _ => {}
        }
    }
    if named.is_empty() {
        return Ok(());
    }
    let package = base.package.as_deref();
    let package = package.with_context(|| format!("{} has no package of cargo's", base.name))?;
    let crates = cargo::crates(source, package, &build)?;
    for name in named {
        ensure!(
            crates.contains(name),
            "{} does not depend on `{name}`",
            base.name
        );
    }
    Ok(())
}

/// Where the files of commits of checkouts are.
fn checkouts(place: &Path) -> PathBuf {
    place.with_file_name("checkouts")
}

/// The commit of a checkout, with `+` behind it where there are changes besides.
fn state(path: &Path) -> Option<String> {
    let state = machine::source(path);
    let mut commit = state.revision?;
    if state.modified == Some(true) {
        commit.push('+');
    }
    Some(commit)
}

/// Where the crates of a variant are compiled: where the servers' are, unless its packages have other sources. cargo
/// knows a package of a workspace by its name, its version and its path in the workspace. By time stamps alone it would
/// take one for the other. `rev=HEAD` is another commit later, whose files may be older: each has a directory.
fn compiled_in(
    root: &Path,
    differences: &[Difference],
    revision: Option<&str>,
    place: &Path,
) -> Result<PathBuf> {
    if !differences.iter().any(Difference::changes_sources) {
        return Ok(cargo::build_directory(&cargo::members(root)?));
    }
    let apart = place.join("target").join("compiled");
    Ok(match revision {
        Some(revision) => apart.join(revision),
        None => apart,
    })
}

/// Has crates compiled in `directory`.
fn keep_compiled_crates(directory: &Path, place: &Path) -> Result<()> {
    let directory = directory.to_str().context("a path is not UTF-8")?;
    let build = Table::from_iter([("build-dir".to_owned(), Value::String(directory.to_owned()))]);
    let settings = Table::from_iter([("build".to_owned(), Value::Table(build))]);
    let folder = place.join(".cargo");
    fs::create_dir_all(&folder)?;
    put(&folder.join("config.toml"), &toml::to_string(&settings)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_conformance::servers::Catalogue;

    #[test]
    fn packages_with_other_sources_are_compiled_apart() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let place = Path::new("/variants/one");
        let servers = cargo::build_directory(&cargo::members(&root).unwrap());
        let of = |texts: &[&str]| {
            let differences = texts.iter().map(|text| Difference::parse(text, &root));
            let differences: Vec<Difference> = differences.collect::<Result<_, _>>().unwrap();
            let is_revision = |text: &&&str| text.starts_with("rev=");
            let revision = texts.iter().find(is_revision).map(|text| &text[4..]);
            compiled_in(&root, &differences, revision, place).unwrap()
        };
        let apart = place.join("target/compiled");
        assert_eq!(of(&["runtime=current-thread"]), apart);
        assert_eq!(of(&["rev=HEAD"]), apart.join("HEAD"));
        let both = of(&["allocator=mimalloc", "rev=HEAD~1"]);
        assert_eq!(both, apart.join("HEAD~1"));
        for text in ["hyper=1.11.0", "allocator=mimalloc", "rustflags=-O"] {
            assert_eq!(of(&[text]), servers, "{text}");
        }
    }

    #[test]
    fn what_a_server_is_not_compiled_from_cannot_differ() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let catalogue = Catalogue::load(root.join("servers.toml")).unwrap();
        let place = tempfile::tempdir().unwrap();
        let refused = |text: &str| {
            let difference = Difference::parse(text, &root).unwrap();
            let base = catalogue.get("axum").unwrap();
            let interrupt = Interrupt::default();
            let made = make(&root, base, &[difference], place.path(), &interrupt);
            made.unwrap_err().to_string()
        };
        for (text, why) in [
            ("salvo=1.0.0", "axum does not depend on `salvo`"),
            ("indicatif=0.17.0", "axum does not depend on `indicatif`"),
            ("indicatif=benches", "axum does not depend on `indicatif`"),
            ("hyper=benches", "has no package `hyper`"),
            ("rev=no-such", "git knows no revision `no-such` in"),
        ] {
            let error = refused(text);
            assert!(error.contains(why), "{text}: {error}");
        }
        let left = fs::read_dir(place.path()).unwrap();
        assert_eq!(left.count(), 0, "nothing is written for what cannot be");
    }
}
