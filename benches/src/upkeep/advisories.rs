//! Advisories, from the RustSec database.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use cargo_metadata::MetadataCommand;
use cargo_metadata::semver::Version;
use quartet_conformance::servers::{Catalogue, Role};
use quartet_record::now;
use quartet_report::upkeep::{Advisories, Advisory, Framework};
use rustsec::advisory::Informational;

use super::registry;
use crate::program::{Built, crates_of};

/// Where the database is kept.
const DATABASE: &str = "https://github.com/RustSec/advisory-db";

/// What a finished server is compiled from.
struct Compiled {
    framework: Framework,
    crates: BTreeSet<(String, Version)>,
}

/// The advisories of a clone of the database, or of one that git makes for the time being.
///
/// # Errors
/// Where there is none, or it or cargo's word on the servers cannot be read.
pub(super) fn read(catalogue: &Catalogue, clone: Option<&Path>) -> Result<Advisories> {
    let compiled = compiled(catalogue)?;
    let place = tempfile::tempdir().context("cannot make a temporary directory")?;
    let database = match clone {
        Some(clone) => clone.to_owned(),
        None => {
            eprintln!("reading the advisory database");
            let made = place.path().join("advisory-db");
            let unread = || format!("the advisory database cannot be read from {DATABASE}");
            cloned(&made).with_context(unread)?;
            made
        }
    };
    let folder = database.join("crates");
    let shown = database.display();
    ensure!(folder.is_dir(), "{shown} is no clone of {DATABASE}");
    let (commit, committed) = commit(&database).unzip();
    let mut names: BTreeSet<String> = BTreeSet::new();
    names.extend(
        registry::crates(catalogue)
            .into_iter()
            .map(|(name, _)| name),
    );
    let known = names.clone();
    for one in &compiled {
        names.extend(one.crates.iter().map(|(name, _)| name.clone()));
    }
    let mut list = Vec::new();
    for name in names {
        let is_own = |one: &Compiled| one.framework.own_crates.contains(&name);
        let is_shown = known.contains(&name) || compiled.iter().any(is_own);
        for advisory in advisories(&folder.join(&name))? {
            let affects = affected(&advisory, &compiled);
            if is_shown || !affects.is_empty() {
                list.push(told(&advisory, affects));
            }
        }
    }
    Ok(Advisories {
        read: now(),
        commit,
        committed,
        frameworks: compiled.into_iter().map(|one| one.framework).collect(),
        list,
    })
}

/// What each finished server is compiled from.
fn compiled(catalogue: &Catalogue) -> Result<Vec<Compiled>> {
    let root = catalogue.root();
    let metadata = MetadataCommand::new()
        .current_dir(root)
        .other_options(["--locked".to_owned()])
        .exec()
        .context("cannot run `cargo metadata`")?;
    let repository = |name: &str, version: &Version| {
        let mut packages = metadata.packages.iter();
        let found = packages.find(|it| it.name.as_str() == name && it.version == *version);
        found.and_then(|it| it.repository.clone())
    };
    let mut all = Vec::new();
    for server in catalogue.with_role(Role::Framework) {
        let (Some(name), Some(package)) = (&server.framework, &server.package) else {
            continue;
        };
        let crates = crates_of(Built {
            package,
            command: &server.build,
            root,
        })?;
        let locked = crates.iter().find(|(found, _)| found == name);
        let (_, version) =
            locked.with_context(|| format!("{package} does not depend on {name}"))?;
        let home = repository(name, version).map(|home| same(&home).to_owned());
        let own = crates.iter().filter(|(name, version)| {
            let found = repository(name, version);
            found.as_deref().map(same) == home.as_deref() && home.is_some()
        });
        all.push(Compiled {
            framework: Framework {
                framework: name.clone(),
                version: version.to_string(),
                own_crates: own.map(|(name, _)| name.clone()).collect(),
                crates: crates.len(),
            },
            crates,
        });
    }
    Ok(all)
}

/// A repository's address, however it is written.
fn same(address: &str) -> &str {
    let address = address.trim_end_matches('/');
    address.strip_suffix(".git").unwrap_or(address)
}

/// The advisories about a crate that were not withdrawn, by id.
fn advisories(folder: &Path) -> Result<Vec<rustsec::Advisory>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let shown = || format!("cannot read {}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(shown)? {
        let file = entry.with_context(shown)?.path();
        if file.extension().is_some_and(|extension| extension == "md") {
            let advisory = rustsec::Advisory::load_file(&file);
            found.push(advisory.with_context(|| file.display().to_string())?);
        }
    }
    found.retain(|advisory| !advisory.withdrawn());
    found.sort_by(|a, b| a.id().as_str().cmp(b.id().as_str()));
    Ok(found)
}

/// The frameworks whose server is locked to a version that an advisory is about.
fn affected(advisory: &rustsec::Advisory, compiled: &[Compiled]) -> Vec<String> {
    let package = advisory.metadata.package.as_str();
    let affected = compiled.iter().filter(|one| {
        let mut crates = one.crates.iter();
        crates.any(|(name, version)| name == package && advisory.versions.is_vulnerable(version))
    });
    affected
        .map(|one| one.framework.framework.clone())
        .collect()
}

fn told(advisory: &rustsec::Advisory, affects: Vec<String>) -> Advisory {
    let metadata = &advisory.metadata;
    let informational = metadata.informational.as_ref();
    let patched = advisory.versions.patched().iter();
    Advisory {
        id: metadata.id.as_str().to_owned(),
        package: metadata.package.as_str().to_owned(),
        date: metadata.date.as_str().to_owned(),
        title: metadata.title.trim().to_owned(),
        kind: informational
            .map_or("vulnerability", Informational::as_str)
            .to_owned(),
        severity: advisory.severity().map(|it| it.as_str().to_owned()),
        patched: patched.map(ToString::to_string).collect(),
        affects,
    }
}

fn cloned(place: &Path) -> Result<()> {
    let output = Command::new("git")
        .args(["clone", "--quiet", "--depth", "1", DATABASE])
        .arg(place)
        // Nobody is there to give a password.
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .output()
        .context("cannot run `git`")?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let why = said.lines().find(|line| !line.starts_with("Cloning"));
    bail!("`git clone` failed: {}", why.unwrap_or_default());
}

/// The commit of a clone, and when it was made. None where it is no repository of git's.
fn commit(clone: &Path) -> Option<(String, String)> {
    let output = Command::new("git")
        .args(["log", "--max-count=1", "--format=%H %cI"])
        .current_dir(clone)
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let said = String::from_utf8(output.stdout).ok()?;
    let (commit, date) = said.trim().split_once(' ')?;
    Some((commit.to_owned(), date.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADVISORY: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2022-0055\"\npackage = \"axum-core\"\ndate = \"2022-08-31\"\n\
        cvss = \"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H\"\n\n[versions]\npatched = [\">= 0.2.8, < 0.3.0-rc.1\"]\n```\n\n\
        # No default limit\n\nText.\n";

    fn compiled(version: &str) -> Compiled {
        let version = Version::parse(version).unwrap();
        Compiled {
            framework: Framework {
                framework: "axum".to_owned(),
                version: "0.8.9".to_owned(),
                own_crates: vec!["axum-core".to_owned()],
                crates: 1,
            },
            crates: BTreeSet::from([("axum-core".to_owned(), version)]),
        }
    }

    #[test]
    fn an_advisory_is_read_with_whom_it_affects() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("axum-core");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("RUSTSEC-2022-0055.md"), ADVISORY).unwrap();
        let withdrawn = ADVISORY
            .replace("0055", "0056")
            .replace("[versions]", "withdrawn = \"2023-01-01\"\n[versions]");
        fs::write(folder.join("RUSTSEC-2022-0056.md"), withdrawn).unwrap();
        let found = advisories(&folder).unwrap();
        let [one] = &found[..] else {
            panic!("{found:?}");
        };
        let told = told(one, affected(one, &[compiled("0.2.7"), compiled("0.2.8")]));
        assert_eq!(told.affects, ["axum"]);
        assert_eq!(told.severity.as_deref(), Some("high"));
        assert_eq!(
            (&*told.kind, &*told.title),
            ("vulnerability", "No default limit")
        );
        assert!(advisories(&place.path().join("none")).unwrap().is_empty());
        fs::write(folder.join("RUSTSEC-2022-0057.md"), "```toml\n").unwrap();
        let error = advisories(&folder).unwrap_err();
        assert!(
            format!("{error:#}").contains("RUSTSEC-2022-0057.md"),
            "{error:#}"
        );
    }

    #[test]
    fn a_repository_is_the_same_however_it_is_written() {
        assert_eq!(same("https://a/b.git"), same("https://a/b/"));
        assert_ne!(same("https://a/b"), same("https://a/c"));
    }

    #[test]
    fn a_server_is_compiled_from_its_frameworks_crates_and_others() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers.toml");
        let catalogue = Catalogue::load(file).unwrap();
        let found = super::compiled(&catalogue).unwrap();
        let axum = found
            .iter()
            .find(|one| one.framework.framework == "axum")
            .unwrap();
        assert!(
            axum.framework
                .own_crates
                .iter()
                .any(|name| name == "axum-core")
        );
        assert!(!axum.framework.own_crates.iter().any(|name| name == "tokio"));
        assert!(axum.crates.iter().any(|(name, _)| name == "tokio"));
        assert_eq!(found.len(), 4);
    }
}
