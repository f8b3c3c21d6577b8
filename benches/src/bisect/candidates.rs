//! What is looked through: releases of a crate, or commits of a checkout.

use std::path::Path;

use cargo_metadata::semver::Version;

use crate::variant::{Commit, Release, history, locked, missing, releases, short};

/// What is looked through, the oldest first. There are at least two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidates {
    /// What each one is: a release, or a commit.
    pub(super) kind: &'static str,
    /// Each of them. The first is fast enough and the last is slower.
    pub(super) all: Vec<Candidate>,
    /// What is not among them, with the reason.
    pub(super) left_out: Vec<String>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// What it is called.
    pub(super) label: String,
    /// What a commit is about.
    pub(super) subject: Option<String>,
    /// The difference that makes a server a variant with it, as `--with` has it.
    pub(super) text: String,
}

impl Candidate {
    /// What it is called, with what it is about.
    pub(super) fn title(&self) -> String {
        match &self.subject {
            Some(subject) => format!("{} ({subject})", self.label),
            None => self.label.clone(),
        }
    }
}

impl Candidates {
    /// The releases of a crate from one to another, but for those that nobody gets who does not ask for them. Without
    /// `to`, the last is the one that the servers of the workspace `root` are locked to.
    ///
    /// # Errors
    /// A sentence where one of the two does not exist, or they are in the wrong order.
    pub(super) fn releases(
        root: &Path,
        framework: Option<&str>,
        package: &str,
        from: &Version,
        to: Option<&Version>,
    ) -> Result<Self, String> {
        let said = |error: anyhow::Error| format!("{error:#}");
        let published = releases(root, package).map_err(said)?;
        let to = match to {
            Some(to) => to.clone(),
            None => locked(root, package).map_err(said)?,
        };
        Self::of_releases(&published, framework, package, from, &to)
    }

    fn of_releases(
        published: &[Release],
        framework: Option<&str>,
        package: &str,
        from: &Version,
        to: &Version,
    ) -> Result<Self, String> {
        for end in [from, to] {
            if let Some(sentence) = missing(published, package, &end.to_string()) {
                return Err(sentence);
            }
        }
        if from >= to {
            return Err(format!("`{package}` {to} is not newer than {from}"));
        }
        let mut found = Self {
            kind: "release",
            all: Vec::new(),
            left_out: Vec::new(),
        };
        let within = published
            .iter()
            .filter(|release| (from..=to).contains(&&release.version));
        for Release {
            version, is_yanked, ..
        } in within
        {
            let is_end = version == from || version == to;
            match (is_yanked, version.pre.is_empty()) {
                (true, _) if is_end => return Err(format!("`{package}` {version} is yanked")),
                (true, _) => found.left_out.push(format!("{version} (yanked)")),
                (false, false) if !is_end => {
                    found.left_out.push(format!("{version} (a pre-release)"));
                }
                (false, _) => found.all.push(Candidate {
                    label: match framework == Some(package) {
                        true => version.to_string(),
                        false => format!("{package} {version}"),
                    },
                    subject: None,
                    text: format!("{package}={version}"),
                }),
            }
        }
        Ok(found)
    }

    /// The commits of a checkout of a crate from one to another.
    ///
    /// # Errors
    /// A sentence where git does not know one of them, or they are in the wrong order.
    pub(super) fn commits(
        package: &str,
        path: &Path,
        good: &str,
        bad: &str,
    ) -> Result<Self, String> {
        let shown = path.display();
        let path = path.canonicalize();
        let path = path.map_err(|error| format!("cannot read {shown}: {error}"))?;
        let commits = history(&path, good, bad).map_err(|error| format!("{error:#}"))?;
        let all = commits
            .into_iter()
            .map(|Commit { name, subject }| Candidate {
                label: short(&name).to_owned(),
                subject: Some(subject).filter(|subject| !subject.is_empty()),
                text: format!("{package}={}@{name}", path.display()),
            });
        Ok(Self {
            kind: "commit",
            all: all.collect(),
            left_out: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn found(framework: &str, from: &str, to: &str) -> Result<Candidates, String> {
        let published = [
            ("0.9.0", false),
            ("0.10.0", false),
            ("0.10.1", true),
            ("0.10.2", false),
            ("1.0.0-rc.1", false),
            ("1.0.0", false),
            ("1.0.1", true),
        ];
        let published = published.map(|(text, is_yanked)| Release {
            version: version(text),
            is_yanked,
            published: None,
            rust_version: None,
        });
        let (from, to) = (version(from), version(to));
        Candidates::of_releases(&published, Some(framework), "web", &from, &to)
    }

    #[test]
    fn releases_are_in_the_order_of_their_versions_and_what_is_left_out_is_named() {
        let found = found("web", "0.9.0", "1.0.0").unwrap();
        let labels: Vec<&str> = found.all.iter().map(|one| &*one.label).collect();
        assert_eq!(labels, ["0.9.0", "0.10.0", "0.10.2", "1.0.0"]);
        assert_eq!(found.all[1].text, "web=0.10.0");
        assert_eq!(
            found.left_out,
            ["0.10.1 (yanked)", "1.0.0-rc.1 (a pre-release)"]
        );
    }

    #[test]
    fn a_crate_below_the_framework_is_named() {
        let found = found("other", "0.9.0", "0.10.0").unwrap();
        assert_eq!(found.all[0].label, "web 0.9.0");
    }

    #[test]
    fn an_end_may_be_a_pre_release_and_not_yanked_nor_unpublished() {
        let before = found("web", "1.0.0-rc.1", "1.0.0").unwrap();
        assert_eq!(before.all.len(), 2);
        for (from, to, why) in [
            ("0.9.0", "1.0.1", "`web` 1.0.1 is yanked"),
            (
                "0.9.0",
                "2.0.0",
                "`web` has no release 2.0.0; the newest are",
            ),
            ("1.0.0", "0.9.0", "`web` 0.9.0 is not newer than 1.0.0"),
            ("1.0.0", "1.0.0", "is not newer"),
        ] {
            let error = found("web", from, to).unwrap_err();
            assert!(error.starts_with(why) || error.contains(why), "{error}");
        }
    }

    #[test]
    fn commits_are_called_by_their_names_and_subjects() {
        use crate::variant::testing::{commit_all, repository};
        let place = tempfile::Builder::new().prefix("a place").tempdir();
        let place = place.unwrap();
        repository(place.path());
        let names = ["one", "two"].map(|subject| commit_all(place.path(), subject));
        let found = Candidates::commits("web", place.path(), "HEAD~1", "HEAD").unwrap();
        assert_eq!(found.all.len(), 2);
        assert_eq!(found.all[1].title(), format!("{} (two)", &names[1][..10]));
        let path = place.path().canonicalize().unwrap();
        assert_eq!(
            found.all[0].text,
            format!("web={}@{}", path.display(), names[0])
        );
        let nowhere = place.path().join("nowhere");
        let error = Candidates::commits("web", &nowhere, "HEAD~1", "HEAD").unwrap_err();
        assert!(error.starts_with("cannot read"), "{error}");
        assert!(Candidates::commits("web", place.path(), "HEAD", "HEAD~1").is_err());
    }
}
