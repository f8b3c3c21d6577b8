//! The Python that a server runs on, and the server it stands on. It knows nothing of how it is asked.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The Python that a server runs on. The same program answers a fifth fewer requests on one that was
/// built without optimisations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Python {
    /// Which one, as `CPython` (`platform.python_implementation()`).
    pub implementation: String,
    /// Its version.
    pub version: String,
    /// What compiled it, as `GCC 12.2.0`.
    pub compiler: String,
    /// The compiler's level of optimisation, as `-O3`.
    pub optimisation: Option<String>,
    /// Whether its build was guided by a profile (`--enable-optimizations`).
    pub profile_guided: Option<bool>,
    /// Whether it was optimised when it was linked (`--with-lto`).
    pub link_time_optimised: Option<bool>,
    /// Whether it is a debugging build (`--with-pydebug`).
    pub debug: bool,
    /// Whether it has no global lock (`--disable-gil`).
    pub free_threaded: bool,
    /// How its build was configured (`CONFIG_ARGS`), paths but for their last part left out.
    pub configured: Vec<String>,
    /// Every package in the server's environment and its version.
    pub packages: BTreeMap<String, String>,
    /// The server that the framework stands on, and its version.
    #[serde(default)]
    pub server: Option<String>,
    /// The event loop in use, and its version where it is a package.
    #[serde(default)]
    pub event_loop: Option<String>,
    /// What parses HTTP, and its version.
    #[serde(default)]
    pub parser: Option<String>,
}

impl Python {
    /// One line for people.
    pub fn sentence(&self) -> String {
        let mut parts = vec![format!(
            "{} {} ({}",
            self.implementation, self.version, self.compiler
        )];
        let known = |told: Option<bool>, yes: &str, no: &str| {
            told.map(|told| if told { yes.to_owned() } else { no.to_owned() })
        };
        parts.extend(self.optimisation.clone());
        parts.extend(known(
            self.profile_guided,
            "guided by a profile",
            "without --enable-optimizations",
        ));
        parts.extend(known(
            self.link_time_optimised,
            "link-time optimised",
            "not link-time optimised",
        ));
        parts.extend(self.debug.then(|| "debugging build".to_owned()));
        parts.extend(self.free_threaded.then(|| "free-threaded".to_owned()));
        format!("{})", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::python;

    #[test]
    fn the_sentence_says_how_it_was_built() {
        assert_eq!(
            python().sentence(),
            "CPython 3.13.1 (GCC 12.2.0, -O3, without --enable-optimizations, link-time optimised)"
        );
    }
}
