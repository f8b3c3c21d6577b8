//! The options of the command.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use super::run::RunError;
use crate::servers::{Ready, Role, Server};
use crate::{BaseUrl, Case, Need, REQUESTS, Selection, cases, harness};

/// How many sends a second a server that is not on this machine gets at most, unless `--rate` says
/// otherwise.
pub(super) const GENTLE: u32 = 50;

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
  conformance --exec 'python3 app.py {port}'   the same, started and ended here
  conformance --url URL --path /v1/items       another API, of which this path is asked
  conformance --url URL --openapi /openapi.json  another API, by its own document
  conformance --only wire/host-missing -v      one case, with all that was sent and received
  conformance --list                           every case, with its requirement and source
  conformance --self-check                     that the suite finds what it is there to find
  conformance parity --help                    what changes for clients of the original
  conformance reference --help                 a server to try it on, sound or with one fault

Exit status:
  0  every deviation is known and every known one occurs
  1  a case deviates that is not in deviations.toml, one listed there no longer does, servers
     contradict each other, or the self-check missed a fault
  2  a wrong option, or a file that cannot be used
  3  a server that cannot be built, started or reached
  4  no case applies to a server
  130  interrupted; the reports have the cases that were decided by then"
)]
pub(super) struct Options {
    /// Test this server of servers.toml, or all of them with `all`; may be repeated [default: those
    /// with role framework]
    #[arg(long = "server", value_name = "NAME", help_heading = "Which servers")]
    pub(super) servers: Vec<String>,

    /// Test the server at this http URL, which may have a path prefix; may be repeated
    #[arg(long = "url", value_name = "URL", value_parser = BaseUrl::parse, help_heading = "Which servers")]
    pub(super) urls: Vec<BaseUrl>,

    /// Start this command and test the server it is; {port} stands for the port of 127.0.0.1 to
    /// listen on. No shell reads it, but quotes are understood. May be repeated
    #[arg(long = "exec", value_name = "COMMAND", value_parser = command_line, help_heading = "Which servers")]
    pub(super) commands: Vec<Server>,

    /// Send no more than N times a second to each --url [default: 50 where it is not on this
    /// machine, otherwise no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Which servers")]
    pub(super) rate: Option<u32>,

    /// It is another API: ask for this path, which is 200, in place of /greetings; may be repeated.
    /// The contract does not hold for it
    #[arg(long = "path", value_name = "PATH", value_parser = path, help_heading = "Another API")]
    pub(super) paths: Vec<String>,

    /// It is another API, described by the OpenAPI document at this http URL, or at this path of the
    /// server: ask its GET operations
    #[arg(long, value_name = "URL", value_parser = document_url, help_heading = "Another API")]
    pub(super) openapi: Option<String>,

    /// Run only this area or case; may be repeated
    #[arg(long = "only", value_name = "AREA-OR-ID", help_heading = "Which cases")]
    pub(super) only: Vec<String>,

    /// Leave this area or case out; may be repeated
    #[arg(long = "skip", value_name = "AREA-OR-ID", help_heading = "Which cases")]
    pub(super) skip: Vec<String>,

    /// How many requests contract/property generates, and the comparison of several servers
    #[arg(long = "cases", value_name = "N", default_value_t = REQUESTS, value_parser = clap::value_parser!(u32).range(1..=10_000_000), help_heading = "Which cases")]
    pub(super) requests: u32,

    /// Decides what is drawn at random
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

    /// Expect whatever greetings the server lists; cases that must know them do not apply
    #[arg(long, help_heading = "What is expected")]
    pub(super) any_data: bool,

    /// What the servers offer to cases beside what servers.toml says; may be repeated
    #[arg(long, value_name = "WHAT", help_heading = "What is expected")]
    pub(super) provides: Vec<Provision>,

    /// Known deviations [default: the suite's own]
    #[arg(long, value_name = "FILE", help_heading = "What is expected")]
    pub(super) deviations: Option<PathBuf>,

    /// Write today's deviations to FILE, as known ones that --deviations takes
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(super) write_deviations: Option<PathBuf>,

    /// Tell every case in full, with what was sent and received
    #[arg(short, long, help_heading = "Reports")]
    pub(super) verbose: bool,

    /// Write the report as JSON to FILE, or to standard output in place of the text
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(super) json: Option<Option<PathBuf>>,

    /// Write the report as JUnit XML, which CI systems read, to FILE
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(super) junit: Option<PathBuf>,

    /// Write the report as one HTML page that needs no other file, to FILE
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(super) html: Option<PathBuf>,

    /// Print the cases and run none; with --self-check, the faults they must find
    #[arg(long)]
    pub(super) list: bool,

    /// Test the suite instead: every case must find its faults in the reference server, and nothing
    /// where there are none
    #[arg(long, conflicts_with_all = ["servers", "urls", "commands", "json", "junit", "html"])]
    pub(super) self_check: bool,
}

/// What a server may offer to cases without the suite knowing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Provision {
    /// GET /greetings/x-panic panics: a build with the fault-injection feature
    Fault,
}

impl Options {
    /// The cases that `--only` and `--skip` leave.
    pub(super) fn selected(&self) -> Result<Vec<&'static Case>, RunError> {
        let usage = |error: crate::UnknownCase| RunError::Usage(error.to_string());
        let only = Selection::new(&self.only).map_err(usage)?;
        let skip = Selection::new(&self.skip).map_err(usage)?;
        let chosen = |case: &&Case| (self.only.is_empty() || only.has(case)) && !skip.has(case);
        let selected: Vec<&Case> = cases::all().filter(chosen).collect();
        if selected.is_empty() {
            return Err(RunError::Usage("--skip leaves no case".to_owned()));
        }
        Ok(selected)
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
        return Err("a path starts with / and has no fragment".to_owned());
    }
    match text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err("it has characters that must be percent-encoded".to_owned()),
    }
}

/// An http URL, or a path below a target's prefix.
fn document_url(text: &str) -> Result<String, String> {
    match text.starts_with('/') {
        true => path(text),
        false => BaseUrl::parse(text)
            .map(|_| text.to_owned())
            .map_err(|error| error.to_string()),
    }
}

/// A server of which no more is known than how it is started.
fn command_line(text: &str) -> Result<Server, String> {
    let words = shlex::split(text).ok_or("a quote is not closed")?;
    let Some((program, arguments)) = words.split_first() else {
        return Err("there is no command".to_owned());
    };
    if !arguments.iter().any(|argument| argument.contains("{port}")) {
        return Err("{port} is missing, which stands for the port to listen on".to_owned());
    }
    let name = PathBuf::from(program);
    let name = name.file_name().unwrap_or(name.as_os_str());
    Ok(Server {
        args: arguments.to_vec(),
        leads_group: true,
        ..Server::new(
            &name.to_string_lossy(),
            Role::Baseline,
            program,
            Ready::Port,
        )
    })
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

    #[test]
    fn a_command_line_is_taken_apart_without_a_shell() {
        let server = command_line("/opt/run.sh --listen '127.0.0.1:{port}' \"a b\" $HOME").unwrap();
        assert_eq!(server.name, "run.sh");
        assert_eq!(server.program, "/opt/run.sh");
        assert_eq!(
            server.args,
            ["--listen", "127.0.0.1:{port}", "a b", "$HOME"]
        );
    }
}
