//! `deviations.toml`: what is known to deviate, and why.

use std::fmt;
use std::path::Path;

use cargo_metadata::semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use crate::{cases, toml_file};

/// The deviations that are known. Each is expected: a case that finds it does not fail, and one
/// that no longer finds it does, so that an update that mends it is noticed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Deviations {
    #[serde(default)]
    deviation: Vec<Known>,
}

/// A known deviation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The server, as `servers.toml` names it.
    pub server: String,
    /// The id of the case that finds it.
    pub case: String,
    /// Why the server deviates.
    pub reason: String,
    /// Where the framework's own project has it, as a URL.
    pub upstream: Option<String>,
    /// The framework's version it was last seen with.
    pub version: Option<String>,
    /// The releases of a crate below the server with which alone it deviates. Any, where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_with: Option<Releases>,
}

/// Releases of a crate, written as `hyper <1.12.0`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Releases {
    /// The crate.
    name: String,
    /// Which releases of it, as a dependency in `Cargo.toml` has it.
    requirement: VersionReq,
}

impl Releases {
    /// Whether this version of a crate is among them. One of a path (`1.11.1+patch`) is what it says to be.
    fn have(&self, name: &str, version: &str) -> bool {
        let matches = |version: Version| self.requirement.matches(&version);
        self.name == name && Version::parse(version).is_ok_and(matches)
    }
}

impl TryFrom<String> for Releases {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (name, requirement) = text.split_once(' ').ok_or_else(|| {
            format!("{text:?} is not a crate and its releases, as \"hyper <1.12.0\"")
        })?;
        Ok(Self {
            name: name.to_owned(),
            requirement: VersionReq::parse(requirement)
                .map_err(|error| format!("{text:?}: {error}"))?,
        })
    }
}

impl From<Releases> for String {
    fn from(releases: Releases) -> Self {
        releases.to_string()
    }
}

impl fmt::Display for Releases {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.name, self.requirement)
    }
}

impl Known {
    /// Why, since when, and where upstream has it, in a line.
    pub fn describe(&self) -> String {
        let version = self
            .version
            .as_deref()
            .map(|version| format!("with {version}"));
        let upstream = self.upstream.clone();
        let rest: Vec<String> = version.into_iter().chain(upstream).collect();
        match rest.is_empty() {
            true => self.reason.clone(),
            false => format!("{} ({})", self.reason, rest.join("; ")),
        }
    }
}

/// Why a `deviations.toml` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct DeviationsError {
    file: String,
    message: String,
}

impl Deviations {
    /// The suite's own, which are compiled in.
    ///
    /// # Errors
    /// Never, as a test makes sure; the type says so for other files.
    pub fn embedded() -> Result<Self, DeviationsError> {
        const TEXT: &str = include_str!("../deviations.toml");
        Self::parse(TEXT, Path::new("conformance/deviations.toml"))
    }

    /// Reads a `deviations.toml`'s text; `file` is named in errors.
    ///
    /// # Errors
    /// If it is not strictly of the documented form, names a case that is not there, or lists one
    /// twice.
    pub fn parse(text: &str, file: &Path) -> Result<Self, DeviationsError> {
        let fail = |message| {
            Err(DeviationsError {
                file: file.display().to_string(),
                message,
            })
        };
        let parsed: Self = match toml_file::parse(text) {
            Ok(parsed) => parsed,
            Err(error) => return fail(error),
        };
        for (index, known) in parsed.deviation.iter().enumerate() {
            if !cases::all().any(|case| case.id == known.case) {
                return fail(format!("no such case: {:?}", known.case));
            }
            let is_same = |other: &Known| {
                other.server == known.server
                    && other.case == known.case
                    && other.only_with == known.only_with
            };
            if parsed.deviation.iter().skip(index + 1).any(is_same) {
                return fail(format!(
                    "{} of {} is listed twice",
                    known.case, known.server
                ));
            }
        }
        Ok(parsed)
    }

    /// These, in this order.
    pub(crate) fn of(deviation: Vec<Known>) -> Self {
        Self { deviation }
    }

    /// The text of such a file.
    ///
    /// # Errors
    /// Never, as far as is known; the type says so for what TOML cannot hold.
    pub fn to_toml(&self) -> Result<String, String> {
        toml::to_string(self).map_err(|error| error.to_string())
    }

    /// Those of servers that are built with these releases of crates (names and versions) in place of what the servers
    /// are locked to.
    #[must_use]
    pub fn built_with<'a>(mut self, releases: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        for (name, version) in releases {
            for known in &mut self.deviation {
                known.only_with.take_if(|with| with.have(name, version));
            }
        }
        self
    }

    /// The deviation that is known of a server in a case, with the crates that it is locked to.
    pub fn known(&self, server: &str, case: &str) -> Option<&Known> {
        self.deviation
            .iter()
            .find(|known| known.server == server && known.case == case && known.only_with.is_none())
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Known> {
        self.deviation.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "[[deviation]]\nserver = 'a'\ncase = 'contract/list-sorted'\n\
                          reason = 'r'\nversion = '1'\n";

    fn parse(text: &str) -> Result<Deviations, String> {
        Deviations::parse(text, Path::new("d.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn the_suites_own_are_of_servers_that_there_are() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let catalogue = crate::servers::Catalogue::load(root.join("servers.toml")).unwrap();
        for known in Deviations::embedded().unwrap().iter() {
            assert!(catalogue.get(&known.server).is_some(), "{known:?}");
        }
    }

    #[test]
    fn what_is_of_other_releases_is_known_with_these_alone() {
        let older = format!("{LISTED}only_with = 'hyper >=1.9, <1.12'\n");
        let known = |releases: &[(&str, &str)]| {
            let deviations = parse(&older).unwrap();
            let built = deviations.built_with(releases.iter().copied());
            built.known("a", "contract/list-sorted").is_some()
        };
        assert!(known(&[("http", "1.4.0"), ("hyper", "1.11.1")]));
        assert!(known(&[("hyper", "1.9.0+patch")]));
        assert!(!known(&[]));
        assert!(!known(&[("hyper", "1.12.0")]));
        assert!(!known(&[("http", "1.11.1")]));
        let both = format!("{LISTED}{older}");
        assert_eq!(parse(&both).unwrap().iter().count(), 2);
        let again = parse(&parse(&both).unwrap().to_toml().unwrap());
        assert_eq!(again, parse(&both));
    }

    #[test]
    fn mistakes_are_refused() {
        let deviations = parse(LISTED).unwrap();
        assert!(deviations.known("a", "contract/list-sorted").is_some());
        assert!(deviations.known("b", "contract/list-sorted").is_none());
        assert!(
            parse(&format!("{LISTED}{LISTED}"))
                .unwrap_err()
                .contains("twice")
        );
        assert!(parse(&LISTED.replace("list-sorted", "no-such")).is_err());
        for wrong in ["hyper", "hyper new"] {
            let error = parse(&format!("{LISTED}only_with = '{wrong}'\n")).unwrap_err();
            assert!(
                error.contains("line 6") && error.contains("hyper"),
                "{error}"
            );
        }
        assert!(
            parse(&format!("{LISTED}colour = 1\n"))
                .unwrap_err()
                .contains("line 6")
        );
    }
}
