//! The options of the command.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use super::error::{RunError, usage};
use crate::servers::Server;
use crate::{BaseUrl, Case, Need, REQUESTS, harness, select};

/// How many sends a second a server that is not on this machine gets at most, unless `--rate` says
/// otherwise.
pub(super) const GENTLE: u32 = 50;

/// Tests servers against the contract; reports passes and failures, and how to reproduce them
#[derive(Debug, Parser)]
#[command(
    name = "conformance",
    version,
    after_help = "\
Examples:
  conformance                                  build and test the four framework servers
  conformance --server axum --only contract    one server, one area
  conformance --server axum --program FILE     the same server, built by other means
  conformance --url http://127.0.0.1:8000/     any server, in any language, below any prefix
  conformance --exec 'python3 app.py {port}'   start the server, test it and stop it
  conformance --url URL --path /v1/items       another API, tested at this path
  conformance --url URL --openapi /openapi.json  another API, tested against its own document
  conformance --only wire/host-missing -v      one case, with everything sent and received
  conformance --list                           list the cases with requirement and source
  conformance parity --help                    what changes for clients of the original

Exit codes:
  0    every result is as expected
  1    an unexpected deviation, a listed deviation that no longer occurs, or servers that contradict
       each other
  2    a wrong option, or an unusable file
  3    a server that cannot be built, started or reached
  4    no case applies to a server
  130  interrupted; the reports have the cases decided so far"
)]
pub(super) struct Options {
    /// Test this server of servers.toml, or all servers with `all`; may be repeated [default: those
    /// with role framework]
    #[arg(long = "server", value_name = "NAME", help_heading = "Which servers")]
    pub(super) servers: Vec<String>,

    /// Test this program as the --server, instead of building that server
    #[arg(
        long,
        value_name = "FILE",
        requires = "servers",
        help_heading = "Which servers"
    )]
    pub(super) program: Option<PathBuf>,

    /// Test the server at this http URL, which may have a path prefix; may be repeated
    #[arg(long = "url", value_name = "URL", value_parser = BaseUrl::parse, help_heading = "Which servers")]
    pub(super) urls: Vec<BaseUrl>,

    /// Start a server with this command and test it. {port} is replaced by the port of 127.0.0.1 to
    /// listen on, {address} by both, {host} by the address alone. Quotes work as in a shell; the
    /// command runs without one. May be repeated
    #[arg(long = "exec", value_name = "COMMAND", value_parser = Server::of_command_line, help_heading = "Which servers")]
    pub(super) commands: Vec<Server>,

    /// Limit each --url to N sends a second [default: 50 for another machine, no limit for this one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Which servers")]
    pub(super) rate: Option<u32>,

    /// Test another API at this path instead of /greetings. GET must give 200. The contract does not
    /// apply. May be repeated
    #[arg(long = "path", value_name = "PATH", value_parser = path, help_heading = "Another API")]
    pub(super) paths: Vec<String>,

    /// Test the GET operations of another API, described by the OpenAPI document at this http URL or
    /// at this path of the server
    #[arg(long, value_name = "URL", value_parser = document_url, help_heading = "Another API")]
    pub(super) openapi: Option<String>,

    /// Run only this area or case; may be repeated
    #[arg(long = "only", value_name = "AREA-OR-ID", help_heading = "Which cases")]
    pub(super) only: Vec<String>,

    /// Skip this area or case; may be repeated
    #[arg(long = "skip", value_name = "AREA-OR-ID", help_heading = "Which cases")]
    pub(super) skip: Vec<String>,

    /// End the run at the first failure; the reports have the cases decided so far
    #[arg(long, help_heading = "Which cases")]
    pub(super) fail_fast: bool,

    /// Number of random requests of contract/property and of the comparison of several servers
    #[arg(long = "cases", value_name = "N", default_value_t = REQUESTS, value_parser = clap::value_parser!(u32).range(1..=10_000_000), help_heading = "Which cases")]
    pub(super) requests: u32,

    /// Seed of the random numbers
    #[arg(long, value_name = "NUMBER", default_value_t = harness::TEST_SEED, help_heading = "Which cases")]
    pub(super) seed: u64,

    /// Expect the greetings of this file, a JSON object from lang to text [default: the repository's]
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "any_data",
        help_heading = "What is expected"
    )]
    pub(super) greetings: Option<PathBuf>,

    /// Accept any list of greetings; cases that must know the greetings do not apply
    #[arg(long, help_heading = "What is expected")]
    pub(super) any_data: bool,

    /// A feature of the servers that servers.toml does not mention; may be repeated
    #[arg(long, value_name = "WHAT", help_heading = "What is expected")]
    pub(super) provides: Vec<Provision>,

    /// Read known deviations from FILE [default: the suite's own list]
    #[arg(long, value_name = "FILE", help_heading = "What is expected")]
    pub(super) deviations: Option<PathBuf>,

    /// Write the deviations of this run to FILE, in the format of --deviations
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(super) write_deviations: Option<PathBuf>,

    /// Show every case in full, with everything sent and received
    #[arg(short, long, help_heading = "Reports")]
    pub(super) verbose: bool,

    /// Write the report as JSON to FILE, or to standard output instead of the text
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(super) json: Option<Option<PathBuf>>,

    /// Write the report as JUnit XML, for CI systems, to FILE
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(super) junit: Option<PathBuf>,

    /// Write the report as one self-contained HTML page to FILE
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(super) html: Option<PathBuf>,

    /// List the cases without running them
    #[arg(long)]
    pub(super) list: bool,
}

/// What a server may offer to cases without the suite knowing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Provision {
    /// GET /greetings/x-panic panics, x-wait waits for 3 s (a build with the feature fault-injection)
    Fault,
}

impl Options {
    /// The cases selected by `--only` and `--skip`.
    pub(super) fn selected(&self) -> Result<Vec<&'static Case>, RunError> {
        select(&self.only, &self.skip).map_err(usage)
    }

    /// What `--provides` says.
    pub(super) fn needs_met(&self) -> impl Iterator<Item = Need> {
        self.provides.iter().map(|provision| match provision {
            Provision::Fault => Need::Fault,
        })
    }
}

/// A path below a target's prefix.
fn path(text: &str) -> Result<String, String> {
    if !text.starts_with('/') || text.contains('#') {
        return Err("a path must start with / and have no fragment".to_owned());
    }
    match text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err("the path has characters that must be percent-encoded".to_owned()),
    }
}

/// An http URL, or a path below a target's prefix.
fn document_url(text: &str) -> Result<String, String> {
    match text.starts_with('/') {
        true => path(text),
        false if text.contains('#') || !text.bytes().all(|octet| octet.is_ascii_graphic()) => {
            Err("a URL has no fragment here, and is visible ASCII".to_owned())
        }
        false if !text.contains("://") => {
            Err("must be a path such as /openapi.json, or an http URL".to_owned())
        }
        // A prefix has no query, but a document may.
        false => BaseUrl::parse(text.split('?').next().unwrap_or_default())
            .map(|_| text.to_owned())
            .map_err(|error| error.to_string()),
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
            ["conformance", "--rate", "0"],
            ["conformance", "--cases", "0"],
            ["conformance", "--exec", "server 8000"],
            ["conformance", "--exec", "server '{port}"],
            ["conformance", "--exec", ""],
        ] {
            assert!(Options::try_parse_from(arguments).is_err(), "{arguments:?}");
        }
        for arguments in [["--only", "no-such"], ["--skip", "no-such"]] {
            let arguments = ["conformance"].into_iter().chain(arguments);
            let options = Options::try_parse_from(arguments).unwrap();
            assert!(options.selected().is_err());
        }
    }

    #[test]
    fn what_is_skipped_is_left_out() {
        let arguments = [
            "conformance",
            "--only",
            "wire",
            "--skip",
            "wire/host-missing",
        ];
        let selected = Options::try_parse_from(arguments).unwrap().selected();
        let ids: Vec<&str> = selected.unwrap().iter().map(|case| case.id).collect();
        assert!(ids.contains(&"wire/host-empty") && !ids.contains(&"wire/host-missing"));
    }
}
