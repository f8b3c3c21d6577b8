//! What is asked of cargo and of git for a variant.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand};

use crate::interrupt::Interrupt;

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
    let offline = run(workspace, &[arguments, &["--offline"]].concat());
    // Ctrl-C ends cargo, too, which is no reason to begin anew.
    interrupt.checked()?;
    if offline.is_ok() {
        return Ok(());
    }
    run(workspace, arguments)?;
    interrupt.checked()
}

fn run(workspace: &Path, arguments: &[&str]) -> Result<()> {
    let output = Command::new("cargo")
        .arg("update")
        .args(arguments)
        .current_dir(workspace)
        .stdin(Stdio::null())
        .output()
        .context("cannot run `cargo update`")?;
    if !output.status.success() {
        bail!(
            "`cargo update {}`: {}",
            arguments.join(" "),
            first_error(&String::from_utf8_lossy(&output.stderr))
        );
    }
    Ok(())
}

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

/// The commit that a name stands for in the repository of a directory.
///
/// # Errors
/// Where git does not know it.
pub(super) fn commit(repository: &Path, revision: &str) -> Result<String> {
    let wanted = format!("{revision}^{{commit}}");
    let arguments = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &wanted,
    ];
    let output = git(repository, None, &arguments);
    output.with_context(|| format!("git knows no revision `{revision}` here"))
}

/// Writes the files of a commit into a directory, unless they are there. Neither the working tree nor the index of
/// the repository is touched.
///
/// # Errors
/// Where git fails.
pub(super) fn check_out(repository: &Path, commit: &str, directory: &Path) -> Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let parent = directory.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)?;
    // Under another name first: what is there by its own name is whole.
    let place = tempfile::Builder::new()
        .prefix(".commit")
        .tempdir_in(parent)?;
    let index = place.path().join("index");
    let files = place.path().join("files");
    std::fs::create_dir(&files)?;
    git(repository, Some(&index), &["read-tree", commit])?;
    let prefix = format!("--prefix={}/", files.display());
    git(
        repository,
        Some(&index),
        &["checkout-index", "--all", &prefix],
    )?;
    std::fs::rename(&files, directory)
        .with_context(|| format!("cannot write {}", directory.display()))
}

fn git(repository: &Path, index: Option<&Path>, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(repository)
        .stdin(Stdio::null());
    command.envs(index.map(|index| ("GIT_INDEX_FILE", index)));
    let output = command.output().context("cannot run `git`")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().next().map(|line| format!(": {line}"));
        bail!("`git {}` failed{}", arguments[0], why.unwrap_or_default());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
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

    #[test]
    fn a_commit_is_written_out_and_nothing_else_is_touched() {
        let place = tempfile::Builder::new()
            .prefix("a place")
            .tempdir()
            .unwrap();
        let repository = place.path().join("repository");
        std::fs::create_dir(&repository).unwrap();
        let git = |arguments: &[&str]| git(&repository, None, arguments).unwrap();
        git(&["init", "--quiet"]);
        let commit_all = |content: &str| {
            std::fs::write(repository.join("file"), content).unwrap();
            git(&["add", "file"]);
            git(&[
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@localhost",
                "-c",
                "commit.gpgsign=false",
                "commit",
                "--quiet",
                "-m",
                content,
            ]);
        };
        commit_all("old");
        commit_all("new");
        std::fs::write(repository.join("file"), "changed").unwrap();
        let before = git(&["status", "--porcelain"]);
        let old = commit(&repository, "HEAD~1").unwrap();
        let out = place.path().join("out").join(&old);
        check_out(&repository, &old, &out).unwrap();
        check_out(&repository, &old, &out).unwrap();
        assert_eq!(std::fs::read_to_string(out.join("file")).unwrap(), "old");
        assert_eq!(git(&["status", "--porcelain"]), before);
        let unknown = commit(&repository, "no-such").unwrap_err();
        assert!(format!("{unknown:#}").contains("no revision `no-such`"));
        assert!(commit(&repository, "--all").is_err());
    }
}
