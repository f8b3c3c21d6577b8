//! Releases, from the registry's index.

use anyhow::{Context as _, Result};
use cargo_metadata::semver::Version;
use quartet_conformance::servers::{Catalogue, Role};
use quartet_record::now;
use quartet_report::upkeep::{Published, Registry, Release};

use crate::variant;

/// What frameworks stand on.
const BENEATH: [&str; 2] = ["hyper", "tokio"];

/// The crates whose releases and advisories are shown: those of the frameworks, and what these stand on.
pub(super) fn crates(catalogue: &Catalogue) -> Vec<(String, Option<String>)> {
    let frameworks = catalogue.with_role(Role::Framework);
    let frameworks = frameworks.filter_map(|server| server.framework.clone());
    let own = frameworks.map(|name| (name.clone(), Some(name)));
    let beneath = BENEATH.map(|name| (name.to_owned(), None));
    own.chain(beneath).collect()
}

/// Every release of them.
///
/// # Errors
/// Where the index cannot be brought up to date, or has nothing of one.
pub(super) fn read(catalogue: &Catalogue) -> Result<Registry> {
    let root = catalogue.root();
    let mut found = Vec::new();
    for (name, framework) in crates(catalogue) {
        eprintln!("reading the index: {name}");
        let unread = || format!("the registry's index of `{name}` cannot be read");
        let entries = variant::present(root, &name).with_context(unread)?;
        found.push(Published {
            releases: releases(entries),
            framework,
            name,
        });
    }
    Ok(Registry {
        read: now(),
        crates: found,
    })
}

/// `entries` are from the lowest version to the highest.
fn releases(entries: Vec<variant::Release>) -> Vec<Release> {
    let mut finished: Option<Version> = None;
    let releases = entries.into_iter().map(|one| {
        let is_finished = one.version.pre.is_empty();
        let breaking = is_finished
            && finished
                .as_ref()
                .is_some_and(|before| compatibility(before) != compatibility(&one.version));
        if is_finished {
            finished = Some(one.version.clone());
        }
        Release {
            version: one.version.to_string(),
            published: one.published,
            rust_version: one.rust_version,
            breaking,
            yanked: one.is_yanked,
        }
    });
    releases.collect()
}

/// The part of a version that cargo lets no dependency pass: the first number that is not zero, and those before it.
fn compatibility(version: &Version) -> [u64; 3] {
    match (version.major, version.minor) {
        (0, 0) => [0, 0, version.patch],
        (0, minor) => [0, minor, 0],
        (major, _) => [major, 0, 0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_breaking_where_cargo_would_not_take_it_for_the_last() {
        let versions = [
            "0.0.1",
            "0.0.2",
            "0.1.0",
            "0.2.0",
            "0.2.1",
            "1.0.0",
            "1.1.0",
            "2.0.0-rc.1",
            "2.0.0",
        ];
        let entries = versions.iter().map(|version| variant::Release {
            version: Version::parse(version).unwrap(),
            is_yanked: *version == "0.2.1",
            published: None,
            rust_version: None,
        });
        let releases = releases(entries.collect());
        let breaking: Vec<&str> = releases
            .iter()
            .filter(|it| it.breaking)
            .map(|it| it.version.as_str())
            .collect();
        assert_eq!(breaking, ["0.0.2", "0.1.0", "0.2.0", "1.0.0", "2.0.0"]);
        assert!(releases.iter().any(|it| it.yanked && it.version == "0.2.1"));
    }
}
