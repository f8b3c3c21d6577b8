//! What is asked of cargo for a variant.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::semver::Version;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use crate::environment;
use crate::interrupt::Interrupt;
use crate::program::features;

/// The packages of a workspace, without what they depend on.
///
/// # Errors
/// Where cargo does not tell of them.
pub(super) fn members(directory: &Path) -> Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(directory.join("Cargo.toml"))
        .current_dir(directory)
        .no_deps()
        .exec()
        .map_err(|error| match error {
            cargo_metadata::Error::CargoMetadata { stderr } => {
                anyhow::anyhow!(first_error(&stderr))
            }
            error => anyhow::anyhow!(error),
        })
        .with_context(|| format!("{} is no workspace of cargo's", directory.display()))
}

/// Where the compiled crates of a workspace are kept.
pub(super) fn build_directory(metadata: &Metadata) -> PathBuf {
    let directory = metadata.build_directory.as_ref();
    directory
        .unwrap_or(&metadata.target_directory)
        .clone()
        .into_std_path_buf()
}

/// Changes a lock file by `cargo update` with these arguments: with what was downloaded before, or else by the
/// registry.
///
/// # Errors
/// The first error of cargo's, or that it was asked to stop.
pub(super) fn update(workspace: &Path, arguments: &[&str], interrupt: &Interrupt) -> Result<()> {
    let offline = run(workspace, "update", &[arguments, &["--offline"]].concat());
    // Ctrl-C ends cargo, too, which is no reason to begin anew.
    interrupt.checked()?;
    if offline.is_ok() {
        return Ok(());
    }
    run(workspace, "update", arguments)?;
    interrupt.checked()
}

/// Brings cargo's copy of the registry's index up to date for one package of a lock file, and changes nothing else.
///
/// # Errors
/// The first error of cargo's, such as that there is no network.
pub(super) fn look_up(workspace: &Path, package: &str) -> Result<()> {
    run(workspace, "update", &["--dry-run", "--package", package]).map(drop)
}

/// The names of the crates that a server is compiled from, where `build` is the command that builds it.
///
/// # Errors
/// The first error of cargo's.
pub(super) fn crates(
    workspace: &Path,
    package: &str,
    build: &[String],
) -> Result<BTreeSet<String>> {
    let mut arguments = vec!["--locked", "--prefix", "none", "--format", "{p}"];
    arguments.extend(["--package", package]);
    // An example is compiled with what its package needs for tests.
    let is_example = build.iter().any(|argument| argument == "--example");
    arguments.extend(["--edges", if is_example { "all" } else { "normal,build" }]);
    arguments.extend(features(build));
    let tree = run(workspace, "tree", &arguments)?;
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    Ok(names.map(str::to_owned).collect())
}

/// Who does not accept a version of a crate, among what a lock file has: `hyper-util 0.1.21 requires ^1.9.0`.
///
/// # Errors
/// Where cargo does not tell of the packages.
pub(super) fn refusing(workspace: &Path, name: &str, version: &Version) -> Result<Vec<String>> {
    let mut options = vec!["--locked".to_owned()];
    if let Some(host) = environment::look(workspace).host {
        // Crates of other platforms would be downloaded for nothing.
        options.extend(["--filter-platform".to_owned(), host]);
    }
    let metadata = MetadataCommand::new()
        .manifest_path(workspace.join("Cargo.toml"))
        .current_dir(workspace)
        .other_options(options)
        .exec()?;
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let depend = nodes.filter(|node| {
        let mut found = node.deps.iter().map(|one| &metadata[&one.pkg]);
        found.any(|package| package.name.as_str() == name)
    });
    let others = depend
        .map(|node| &metadata[&node.id])
        .filter(|package| package.source.is_some());
    let refusing = others.flat_map(|package| {
        let dependencies = package.dependencies.iter();
        let refuses = dependencies.filter(|one| {
            one.name == name && one.kind != DependencyKind::Development && !one.req.matches(version)
        });
        refuses.map(|one| format!("{} {} requires {}", package.name, package.version, one.req))
    });
    let refusing: BTreeSet<String> = refusing.collect();
    Ok(refusing.into_iter().collect())
}

fn run(workspace: &Path, command: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new("cargo")
        .arg(command)
        .args(arguments)
        .current_dir(workspace)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run `cargo {command}`"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let error = first_error(&said);
        // Nobody asked for anything wrong where the registry does not answer.
        if said.contains(UNREACHABLE) {
            return Err(io::Error::other(error).into());
        }
        bail!("`cargo {command} {}`: {error}", arguments.join(" "));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What cargo says before it tries once more to reach the registry.
const UNREACHABLE: &str = "spurious network error";

/// What cargo says first of why it failed, in one line.
fn first_error(said: &str) -> String {
    let mut lines = said.lines().map(str::trim);
    let found = lines.find(|line| line.starts_with("error"));
    let cause = lines.find(|line| !line.is_empty() && *line != "Caused by:");
    match (found, cause) {
        (Some(found), Some(cause)) if found.ends_with(':') || said.contains("Caused by:") => {
            format!("{}: {cause}", found.trim_end_matches(':'))
        }
        (Some(found), _) => found.to_owned(),
        (None, _) => said.lines().next().unwrap_or("it failed").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_cargo_failed_is_told_in_one_line() {
        for (said, told) in [
            (
                "    Updating crates.io index\nerror: package ID specification `x` did not match any \
                 packages\n\nhelp: a package with a similar name exists\n",
                "error: package ID specification `x` did not match any packages",
            ),
            (
                "error: failed to parse manifest at `/x`\n\nCaused by:\n  no targets specified\n",
                "error: failed to parse manifest at `/x`: no targets specified",
            ),
            ("killed", "killed"),
            ("", "it failed"),
        ] {
            assert_eq!(first_error(said), told);
        }
    }

    /// The workspace of this repository.
    fn workspace() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    #[test]
    fn a_server_is_compiled_from_its_own_crates_alone() {
        let build = ["--example", "plain"].map(str::to_owned);
        let of = |build: &[String]| crates(&workspace(), "quartet-axum", build).unwrap();
        let program = of(&[]);
        assert!(program.contains("axum") && program.contains("hyper"));
        assert!(!program.contains("salvo") && !program.contains("indicatif"));
        assert!(!program.contains("tokio-postgres"));
        let features = ["--features", "database"].map(str::to_owned);
        assert!(of(&features).contains("tokio-postgres"));
        assert!(of(&build).is_superset(&program));
        assert!(crates(&workspace(), "no-such-package", &[]).is_err());
    }

    #[test]
    fn who_refuses_a_version_is_told() {
        let refusing = |version| refusing(&workspace(), "hyper", &version).unwrap();
        let found = refusing(Version::new(0, 1, 0));
        let util = found.iter().find(|one| one.starts_with("hyper-util "));
        assert!(
            util.is_some_and(|one| one.contains(" requires ^1.")),
            "{found:?}"
        );
        assert!(
            found.iter().all(|one| !one.starts_with("quartet-")),
            "{found:?}"
        );
        assert!(refusing(Version::new(1, 999, 0)).is_empty());
    }
}
