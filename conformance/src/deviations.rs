//! `deviations.toml`: what is known to deviate, and why.

use std::path::Path;

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
            let is_same = |other: &Known| other.server == known.server && other.case == known.case;
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

    /// The deviation that is known of a server in a case.
    pub fn known(&self, server: &str, case: &str) -> Option<&Known> {
        self.deviation
            .iter()
            .find(|known| known.server == server && known.case == case)
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
        assert!(
            parse(&format!("{LISTED}colour = 1\n"))
                .unwrap_err()
                .contains("line 6")
        );
    }
}
