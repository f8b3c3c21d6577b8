//! Serves the reference, sound or with one fault. What is wrong with a server that has the fault is not known here.

use std::ffi::OsString;
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, ValueEnum};
use quartet_common::openapi::Version;
use quartet_common::{Address, HeadLimits, Place, PublicUrl, RootPath, Timeouts};

use crate::{Cause, Conduct, DatabasePlace, Fault, Settings, last_words, run};

/// The port where none is given.
const PORT: u16 = 8000;

/// Runs the reference server: it meets every case, or has one fault
#[derive(Debug, Parser)]
#[command(
    name = "reference",
    bin_name = "reference",
    version,
    after_help = "\
Examples:
  reference                                   a server that meets every requirement
  reference --fault lifecycle/drain-in-flight a server that drops requests in progress
  reference self-check --help                 check that every case of the suite can fail

Exit codes:
  0  after SIGTERM or SIGINT
  1  an error
  2  a wrong option"
)]
struct ReferenceOptions {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDRESS", env = "QUARTET_LISTEN")]
    listen: Option<String>,

    /// The host, if --listen is not given
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    host: String,

    /// The port, if --listen is not given
    #[arg(long, value_name = "PORT", env = "PORT")]
    port: Option<String>,

    /// Number of threads that accept connections [default: the number of cores]
    #[arg(long, value_name = "N", env = "QUARTET_WORKERS")]
    workers: Option<NonZeroUsize>,

    /// Path prefix at which clients reach the server
    #[arg(long, value_name = "PATH", env = "QUARTET_ROOT_PATH")]
    root_path: Option<String>,

    /// Absolute URL at which clients reach the server
    #[arg(long, value_name = "URL", env = "QUARTET_PUBLIC_URL")]
    public_url: Option<String>,

    /// Print the OpenAPI document and exit
    #[arg(long, value_name = "VERSION", num_args = 0..=1, default_missing_value = "3.1")]
    print_openapi: Option<Version>,

    /// JSON object from locale name to text [default: the seven built-in greetings]
    #[arg(long, value_name = "FILE", env = "QUARTET_GREETINGS")]
    greetings: Option<PathBuf>,

    /// Database to have the greetings from, `postgres://USER:PASSWORD@HOST:PORT/NAME`
    #[arg(
        long,
        value_name = "URL",
        env = "QUARTET_DATABASE_URL",
        hide_env_values = true
    )]
    database: Option<String>,

    /// Fill the database with the greetings and exit
    #[arg(long, requires = "database")]
    seed: bool,

    /// File of API keys, one per line; the data then requires `Authorization: Key …`
    #[arg(long, value_name = "FILE", env = "QUARTET_API_KEY_FILE")]
    api_key_file: Option<PathBuf>,

    /// Log level for standard error: `trace` logs requests, others nothing
    #[arg(
        long,
        value_name = "LEVEL",
        env = "QUARTET_LOG",
        default_value = "warn"
    )]
    log: Level,

    /// Have the first fault that this case must find, or the Nth; `reference self-check --list`
    /// lists them
    #[arg(long, value_name = "CASE[:N]", value_parser = fault)]
    fault: Option<&'static Fault>,

    #[command(flatten)]
    limits: HeadLimits,

    #[command(flatten)]
    timeouts: Timeouts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

fn fault(name: &str) -> Result<&'static Fault, String> {
    Fault::named(name)
        .ok_or_else(|| "no such fault; `reference self-check --list` lists them".to_owned())
}

/// Serves as the arguments say. They start with the program's name.
pub fn serve(arguments: Vec<OsString>) -> ExitCode {
    // A fault may be in how options are read, so it is looked for before they are.
    let conduct = Fault::conduct_of(find_fault(&arguments));
    let mut command =
        ReferenceOptions::command().ignore_errors(conduct.overlooks == Some(Cause::Usage));
    if !conduct.reads_environment {
        command = command.mut_args(|argument| match argument.get_id().as_str() {
            // What it takes its port from is another case's matter.
            "port" => argument,
            _ => argument.env(None::<&str>),
        });
    }
    if !conduct.minds_empty_variables {
        command = command.mut_args(|argument| {
            let value = argument.get_env().and_then(std::env::var_os);
            match value {
                // Which port is none is another case's matter.
                Some(value) if value.is_empty() && argument.get_id() != "port" => {
                    argument.env(None::<&str>)
                }
                _ => argument,
            }
        });
    }
    let parsed = command
        .try_get_matches_from(arguments)
        .and_then(|matches| Ok((ReferenceOptions::from_arg_matches(&matches)?, matches)));
    ExitCode::from(match parsed {
        Ok((options, matches)) => match options.settings(&conduct, &matches) {
            Ok(settings) => run(&settings, options.fault),
            Err(why) => last_words(&conduct, Cause::Usage, why, 2),
        },
        Err(error) => complain(&conduct, &error),
    })
}

fn complain(conduct: &Conduct, error: &clap::Error) -> u8 {
    let (cause, status) = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => (Cause::Help, 0),
        _ => (Cause::Usage, 2),
    };
    last_words(conduct, cause, error.render().to_string(), status)
}

fn find_fault(arguments: &[OsString]) -> Option<&'static Fault> {
    let mut given = arguments
        .iter()
        .skip_while(|argument| *argument != "--fault");
    Fault::named(given.nth(1)?.to_str()?)
}

impl ReferenceOptions {
    fn settings(&self, conduct: &Conduct, matches: &ArgMatches) -> Result<Settings, String> {
        let path = self.root_path.as_deref();
        let path: Option<RootPath> = understood(path.map(str::parse), "--root-path", conduct)?;
        let url = self.public_url.as_deref();
        let url: Option<PublicUrl> = understood(url.map(str::parse), "--public-url", conduct)?;
        let place = match Place::of(path, url) {
            Err(_) if conduct.overlooks == Some(Cause::Usage) => Place::Anywhere,
            place => place.map_err(|conflict| format!("reference: {conflict}"))?,
        };
        Ok(Settings {
            listen: self.address(conduct, matches)?,
            place,
            prints_openapi: self.print_openapi,
            workers: self.workers.map_or_else(
                || (conduct.default_workers)(available_parallelism().map_or(1, NonZeroUsize::get)),
                NonZeroUsize::get,
            ),
            greetings: self.greetings.clone(),
            database: self.database()?,
            seeds: self.seed,
            api_key_file: self.api_key_file.clone(),
            limits: self.limits,
            timeouts: self.timeouts,
            verbose: self.log == Level::Trace,
        })
    }

    /// The database, if there is one. That its URL is none is said without the URL, which has a
    /// password in it.
    fn database(&self) -> Result<Option<DatabasePlace>, String> {
        let parsed = self.database.as_deref().map(str::parse).transpose();
        parsed.map_err(|why| format!("reference: --database: {why}"))
    }

    fn address(&self, conduct: &Conduct, matches: &ArgMatches) -> Result<Address, String> {
        let is_typed = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        let told = self.port.as_deref().filter(|_| conduct.reads_port);
        let port = match told {
            Some(port) if is_typed("port") || !(conduct.overlooks_port)(port) => {
                port.parse().map_err(|_| {
                    format!("reference: PORT is {port:?}, not a whole number from 0 to 65535")
                })
            }
            _ => Ok(PORT),
        };
        let is_elsewhere = !is_typed("listen") && (is_typed("host") || is_typed("port"));
        let listen = self.listen.as_deref();
        let listen = listen.filter(|_| !(is_elsewhere && conduct.host_outranks_environment));
        let listen = listen.map(|told| address_of(told, conduct));
        let listen = understood(listen, "--listen", conduct)?;
        let host = match conduct.minds_host {
            true => self.host.as_str(),
            false => "127.0.0.1",
        };
        let address = match listen {
            Some(address) if conduct.reads_port_first => port.map(|_| address),
            Some(address) => Ok(address),
            None => port.and_then(|port| {
                let host = match host.contains(':') && !host.starts_with('[') {
                    true => format!("[{host}]"),
                    false => host.to_owned(),
                };
                let address = format!("{host}:{port}").parse();
                address.map_err(|_| format!("reference: {host:?} is not a host"))
            }),
        }?;
        let warns = conduct.tells_of_ignored_port && self.log >= Level::Warn;
        let is_none = |port: &&str| !port.is_empty() && port.parse::<u16>().is_err();
        if let Some(port) = told.filter(is_none).filter(|_| warns) {
            eprintln!("reference: PORT is {port:?}, not a port number: ignored");
        }
        Ok(address)
    }
}

/// An option's value, or none if it is malformed and the conduct overlooks that.
fn understood<T, E: Display>(
    parsed: Option<Result<T, E>>,
    option: &str,
    conduct: &Conduct,
) -> Result<Option<T>, String> {
    match parsed.transpose() {
        Err(_) if conduct.overlooks == Some(Cause::Usage) => Ok(None),
        parsed => parsed.map_err(|why| format!("reference: {option}: {why}")),
    }
}

/// What `--listen` says, or what the conduct makes of it.
fn address_of(told: &str, conduct: &Conduct) -> Result<Address, &'static str> {
    match told.parse() {
        Err(_) if conduct.completes_addresses => format!("{told}:0").parse(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_well_formed() {
        ReferenceOptions::command().debug_assert();
    }
}
