//! What is asked of git for a variant.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow, bail};

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
    // Which says why, where there is no repository.
    git(repository, None, &["rev-parse", "--git-dir"])?;
    let shown = repository.display();
    let found = git(repository, None, &arguments);
    found.map_err(|_| anyhow!("git knows no revision `{revision}` in {shown}"))
}

/// A commit of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Its name, in full.
    pub(crate) name: String,
    /// The first line of its message.
    pub(crate) subject: String,
}

/// The commits from `good`, which is the first, to `bad`. What was merged is a part of its merge.
///
/// # Errors
/// Where git knows one of them not, or `bad` does not come from `good`.
pub(crate) fn history(repository: &Path, good: &str, bad: &str) -> Result<Vec<Commit>> {
    let (first, last) = (commit(repository, good)?, commit(repository, bad)?);
    let comes = git(
        repository,
        None,
        &["merge-base", "--is-ancestor", &first, &last],
    );
    if first == last || comes.is_err() {
        bail!("{bad} does not come after {good}");
    }
    let range = format!("{first}..{last}");
    let log = |which: &[&str]| {
        let arguments = [
            &["log", "--first-parent", "--reverse", "--format=%H %s"],
            which,
        ]
        .concat();
        git(repository, None, &arguments)
    };
    let listed = [log(&["--max-count=1", &first])?, log(&[&range])?];
    let lines = listed.iter().flat_map(|listed| listed.lines());
    let commits = lines.map(|line| {
        let (name, subject) = line.split_once(' ').unwrap_or((line, ""));
        Commit {
            name: name.to_owned(),
            subject: subject.to_owned(),
        }
    });
    Ok(commits.collect())
}

/// The files of a directory at a commit of its repository, below `place`. They are written unless they are there.
///
/// # Errors
/// Where git fails, or the directory was not there.
pub(super) fn files_at(directory: &Path, commit: &str, place: &Path) -> Result<PathBuf> {
    let top = git(directory, None, &["rev-parse", "--show-toplevel"])?;
    let within = git(directory, None, &["rev-parse", "--show-prefix"])?;
    let files = place.join(commit);
    check_out(Path::new(&top), commit, &files)?;
    let found = files.join(within);
    match found.join("Cargo.toml").is_file() {
        true => Ok(found),
        false => bail!(
            "there is no Cargo.toml in {} at {commit}",
            directory.display()
        ),
    }
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

/// A repository for tests.
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
pub(crate) mod testing {
    use super::*;

    /// Makes one in a directory.
    pub(crate) fn repository(directory: &Path) {
        std::fs::create_dir_all(directory).unwrap();
        git(directory, None, &["init", "--quiet"]).unwrap();
    }

    /// Commits all that is in it.
    pub(crate) fn commit_all(directory: &Path, subject: &str) -> String {
        git(directory, None, &["add", "--all"]).unwrap();
        let settings = [
            "user.name=a",
            "user.email=a@localhost",
            "commit.gpgsign=false",
        ];
        let settings = settings.iter().flat_map(|setting| ["-c", setting]);
        let commit = ["commit", "--quiet", "--allow-empty", "-m", subject];
        let arguments: Vec<&str> = settings.chain(commit).collect();
        git(directory, None, &arguments).unwrap();
        super::commit(directory, "HEAD").unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{commit_all, repository};
    use super::*;

    fn place() -> tempfile::TempDir {
        let place = tempfile::Builder::new().prefix("a place").tempdir();
        place.unwrap()
    }

    #[test]
    fn a_commit_is_written_out_and_nothing_else_is_touched() {
        let place = place();
        let directory = place.path().join("repository");
        repository(&directory);
        std::fs::write(directory.join("file"), "old").unwrap();
        commit_all(&directory, "old");
        std::fs::write(directory.join("file"), "new").unwrap();
        commit_all(&directory, "new");
        std::fs::write(directory.join("file"), "changed").unwrap();
        let status = || git(&directory, None, &["status", "--porcelain"]).unwrap();
        let before = status();
        let old = commit(&directory, "HEAD~1").unwrap();
        let out = place.path().join("out").join(&old);
        check_out(&directory, &old, &out).unwrap();
        check_out(&directory, &old, &out).unwrap();
        assert_eq!(std::fs::read_to_string(out.join("file")).unwrap(), "old");
        assert_eq!(status(), before);
        let unknown = commit(&directory, "no-such").unwrap_err();
        assert!(format!("{unknown:#}").contains("no revision `no-such`"));
        assert!(commit(&directory, "--all").is_err());
    }

    #[test]
    fn a_part_of_a_repository_is_found_at_a_commit() {
        let place = place();
        let directory = place.path().join("repository");
        repository(&directory);
        let part = directory.join("a part");
        std::fs::create_dir(&part).unwrap();
        let without = commit_all(&directory, "without");
        std::fs::write(part.join("Cargo.toml"), "").unwrap();
        let with = commit_all(&directory, "with");
        let out = place.path().join("out");
        let found = files_at(&part, &with, &out).unwrap();
        assert_eq!(found, out.join(&with).join("a part"));
        let missing = files_at(&part, &without, &out).unwrap_err();
        assert!(missing.to_string().contains("no Cargo.toml"), "{missing}");
    }

    #[test]
    fn a_history_is_told_from_its_first_commit_to_its_last() {
        let place = place();
        let directory = place.path().join("repository");
        repository(&directory);
        let names = ["one", "two words", "three"].map(|subject| commit_all(&directory, subject));
        let found = history(&directory, "HEAD~2", "HEAD").unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|one| (&*one.name, &*one.subject))
            .collect();
        assert_eq!(
            found,
            [
                (&*names[0], "one"),
                (&*names[1], "two words"),
                (&*names[2], "three")
            ]
        );
        for (good, bad) in [("HEAD", "HEAD~1"), ("HEAD", "HEAD"), ("no-such", "HEAD")] {
            assert!(history(&directory, good, bad).is_err(), "{good} {bad}");
        }
        let elsewhere = tempfile::tempdir().unwrap();
        assert!(history(elsewhere.path(), "HEAD~1", "HEAD").is_err());
    }
}
