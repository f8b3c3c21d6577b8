//! The options of the command.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use super::run::RunError;
use crate::{BaseUrl, Case, Need, Selection, cases, harness};

/// Tests servers against the contract and prints what holds, what does not, and how to see it
#[derive(Debug, Parser)]
#[command(
    name = "conformance",
    version,
    after_help = "\
Examples:
  conformance                                  the four framework servers, built and started here
  conformance --server axum --only contract    one server, one area
  conformance --url http://127.0.0.1:8000/     any server, in any language, below any prefix
  conformance --list                           every case, with its requirement and source
  conformance reference --help                 a server to try it on, sound or with one fault

Exit status:
  0  every deviation is known and every known one occurs
  1  a must-case deviates that is not in deviations.toml, or one listed there no longer does
  2  a wrong option, or a file that cannot be used
  3  a server that cannot be built, started or reached"
)]
pub(super) struct Options {
    /// Test this server of servers.toml; may be repeated [default: those with role framework]
    #[arg(long = "server", value_name = "NAME")]
    pub(super) servers: Vec<String>,

    /// Test the server at this http URL, which may have a path prefix; may be repeated
    #[arg(long = "url", value_name = "URL", value_parser = BaseUrl::parse)]
    pub(super) urls: Vec<BaseUrl>,

    /// Run only this area or case; may be repeated
    #[arg(long = "only", value_name = "AREA-OR-ID")]
    pub(super) only: Vec<String>,

    /// Print the cases and run none
    #[arg(long)]
    pub(super) list: bool,

    /// Write the report as JSON to FILE, or to standard output in place of the text
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<Option<PathBuf>>,

    /// Expect the greetings of this file, a JSON object from lang to text [default: the repository's]
    #[arg(long, value_name = "FILE", conflicts_with = "any_data")]
    pub(super) greetings: Option<PathBuf>,

    /// Expect whatever greetings the server lists; cases that must know them do not apply
    #[arg(long)]
    pub(super) any_data: bool,

    /// What the servers offer to cases beside what servers.toml says; may be repeated
    #[arg(long, value_name = "WHAT")]
    pub(super) provides: Vec<Provision>,

    /// Known deviations [default: the suite's own]
    #[arg(long, value_name = "FILE")]
    pub(super) deviations: Option<PathBuf>,

    /// Decides what is drawn at random
    #[arg(long, value_name = "NUMBER", default_value_t = harness::TEST_SEED)]
    pub(super) seed: u64,
}

/// What a server may offer to cases without the suite knowing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Provision {
    /// GET /greetings/x-panic panics: a build with the fault-injection feature
    Fault,
}

impl Options {
    /// The cases that `--only` leaves.
    pub(super) fn selected(&self) -> Result<Vec<&'static Case>, RunError> {
        let selection = Selection::new(&self.only).map_err(|e| RunError::Usage(e.to_string()))?;
        let chosen = |case: &&Case| self.only.is_empty() || selection.has(case);
        Ok(cases::all().filter(chosen).collect())
    }

    /// What `--provides` says.
    pub(super) fn needs_met(&self) -> impl Iterator<Item = Need> {
        self.provides.iter().map(|provision| match provision {
            Provision::Fault => Need::Fault,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn are_well_formed() {
        Options::command().debug_assert();
    }

    #[test]
    fn wrong_values_are_refused() {
        for arguments in [
            ["conformance", "--url", "https://localhost/"],
            ["conformance", "--provides", "browser"],
            ["conformance", "--seed", "x"],
        ] {
            assert!(Options::try_parse_from(arguments).is_err(), "{arguments:?}");
        }
        let options = Options::try_parse_from(["conformance", "--only", "no-such"]).unwrap();
        assert!(options.selected().is_err());
    }
}
