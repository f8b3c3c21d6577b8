//! Which package of the workspace may depend on which: what ARCHITECTURE.md draws as arrows.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

/// What each package may depend on, and what its tests, examples and benches may besides.
const LAYERS: &[(&str, &[&str], &[&str])] = &[
    ("quartet-common", &[], &[]),
    ("quartet-connection", &["quartet-common"], &[]),
    (
        "quartet-axum",
        &["quartet-common", "quartet-connection"],
        &["quartet-conformance"],
    ),
    (
        "quartet-actix-web",
        &["quartet-common"],
        &["quartet-conformance"],
    ),
    (
        "quartet-warp",
        &["quartet-common", "quartet-connection"],
        &["quartet-conformance"],
    ),
    (
        "quartet-salvo",
        &["quartet-common", "quartet-connection"],
        &["quartet-conformance"],
    ),
    (
        "quartet-baseline-hyper",
        &["quartet-common", "quartet-connection"],
        &["quartet-conformance"],
    ),
    ("quartet-baseline-null", &[], &[]),
    // What the contract costs is measured against these, which know nothing of it.
    ("quartet-axum-plain", &[], &[]),
    ("quartet-actix-web-plain", &[], &[]),
    ("quartet-warp-plain", &[], &[]),
    ("quartet-salvo-plain", &[], &[]),
    (
        "quartet-conformance",
        &["quartet-common"],
        &["quartet-reference"],
    ),
    // Nothing but tests of the suite depends on the reference and its faults.
    (
        "quartet-reference",
        &["quartet-common", "quartet-conformance"],
        &[],
    ),
    ("quartet-record", &[], &[]),
    ("quartet-generator", &[], &[]),
    ("quartet-analysis", &["quartet-record"], &[]),
    (
        "quartet-report",
        &["quartet-analysis", "quartet-record"],
        &[],
    ),
    (
        "quartet-benches",
        &[
            "quartet-analysis",
            "quartet-conformance",
            "quartet-generator",
            "quartet-record",
            "quartet-report",
        ],
        // Criterion's benches link what they time.
        &[
            "quartet-actix-web",
            "quartet-axum",
            "quartet-baseline-hyper",
            "quartet-common",
            "quartet-salvo",
            "quartet-warp",
        ],
    ),
    // The guide: nothing of the project depends on it, and it on nothing else of the project.
    ("quartet-guide-shared", &[], &[]),
    ("quartet-guide-axum", &["quartet-guide-shared"], &[]),
    ("quartet-guide-actix-web", &["quartet-guide-shared"], &[]),
    ("quartet-guide-warp", &["quartet-guide-shared"], &[]),
    ("quartet-guide-salvo", &["quartet-guide-shared"], &[]),
    (
        "quartet-guide",
        &[
            "quartet-guide-actix-web",
            "quartet-guide-axum",
            "quartet-guide-salvo",
            "quartet-guide-warp",
        ],
        &[],
    ),
];

/// Other projects' packages that a package must do without.
const STRANGERS: &[(&str, &[&str])] = &[
    (
        "quartet-common",
        &["actix-web", "axum", "http", "hyper", "salvo", "warp"],
    ),
    ("quartet-record", &["clap", "nix", "procfs", "statrs"]),
    ("quartet-analysis", &["clap", "nix", "procfs"]),
    ("quartet-report", &["clap", "nix", "procfs"]),
    ("quartet-generator", &["anyhow", "clap"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn manifest(file: &Path) -> Table {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
    text.parse()
        .unwrap_or_else(|error| panic!("{file:?}: {error}"))
}

/// The manifest of each member of the workspace, by the name of its package.
fn members() -> BTreeMap<String, (PathBuf, Table)> {
    let workspace = manifest(&root().join("Cargo.toml"));
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let read = |member: &toml::Value| {
        let folder = PathBuf::from(member.as_str().unwrap());
        let manifest = manifest(&root().join(&folder).join("Cargo.toml"));
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        (name, (folder, manifest))
    };
    members.iter().map(read).collect()
}

/// What a manifest names under these headings, on any platform.
fn named(manifest: &Table, headings: &[&str]) -> Vec<String> {
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let platforms = platforms.into_iter().flat_map(|all| all.values());
    let tables = platforms.filter_map(toml::Value::as_table);
    [manifest]
        .into_iter()
        .chain(tables)
        .flat_map(|table| headings.iter().filter_map(|heading| table.get(*heading)))
        .filter_map(toml::Value::as_table)
        .flat_map(|dependencies| dependencies.keys().cloned())
        .collect()
}

#[test]
fn every_package_depends_on_what_is_below_it_alone() {
    let members = members();
    let known: Vec<&str> = LAYERS.iter().map(|(name, ..)| *name).collect();
    for (name, (_, manifest)) in &members {
        let layer = LAYERS.iter().find(|(known, ..)| known == name);
        let (_, below, beside) =
            layer.unwrap_or_else(|| panic!("{name} is a package that no layer is known of"));
        let is_ours = |dependency: &&String| known.contains(&dependency.as_str());
        for found in named(manifest, &["dependencies", "build-dependencies"])
            .iter()
            .filter(is_ours)
        {
            assert!(below.contains(&found.as_str()), "{name} depends on {found}");
        }
        for found in named(manifest, &["dev-dependencies"])
            .iter()
            .filter(is_ours)
        {
            assert!(
                below.contains(&found.as_str()) || beside.contains(&found.as_str()),
                "a test, example or bench of {name} depends on {found}"
            );
        }
    }
    for name in known {
        assert!(members.contains_key(name), "{name} is no package");
    }
}

#[test]
fn layers_have_no_circle() {
    // Each names only those that stand before it.
    for (index, (name, below, _)) in LAYERS.iter().enumerate() {
        for found in *below {
            let at = LAYERS.iter().position(|(known, ..)| known == found);
            assert!(at.is_some_and(|at| at < index), "{name} before {found}");
        }
    }
}

#[test]
fn no_server_depends_on_another() {
    let members = members();
    let is_server = |name: &str| {
        let found = members.get(name);
        found.is_some_and(|(folder, _)| {
            let helper = folder.ends_with("connection");
            folder.starts_with("servers") && !helper || folder.starts_with("baselines")
        })
    };
    let servers = members.iter().filter(|(name, _)| is_server(name));
    let mut count = 0;
    for (name, (_, manifest)) in servers {
        count += 1;
        let headings = ["dependencies", "dev-dependencies", "build-dependencies"];
        for found in named(manifest, &headings) {
            assert!(!is_server(&found), "{name} depends on {found}");
        }
    }
    // There is something to look at, however many more there come to be.
    assert!(count >= 6, "{count} servers were found");
}

#[test]
fn what_a_package_must_not_know_it_does_not_depend_on() {
    let members = members();
    for (name, strangers) in STRANGERS {
        let (_, manifest) = &members[*name];
        for found in named(manifest, &["dependencies", "build-dependencies"]) {
            assert!(
                !strangers.contains(&found.as_str()),
                "{name} depends on {found}"
            );
        }
    }
}

#[test]
fn cargo_run_finds_the_program_of_every_package() {
    let mut several = 0;
    for (name, (_, manifest)) in members() {
        let programs = manifest.get("bin").and_then(|bins| bins.as_array());
        let programs = programs.map_or(&[][..], Vec::as_slice);
        if programs.len() > 1 {
            several += 1;
            let package = manifest["package"].as_table().unwrap();
            let chosen = package.get("default-run").and_then(|run| run.as_str());
            let mut names = programs.iter().filter_map(|bin| bin.get("name")?.as_str());
            assert!(names.any(|name| Some(name) == chosen), "{name}: {chosen:?}");
        }
    }
    // The servers, of which each has programs over a database besides.
    assert!(several >= 4, "{several} packages with several programs");
}
