//! The options of every server. What follows from them is not known here.

#[cfg(not(feature = "database"))]
use std::ffi::OsString;
use std::{num::NonZeroUsize, path::PathBuf, thread, time::Duration};

use clap::{ArgMatches, Parser, parser::ValueSource};
use tracing_subscriber::filter::LevelFilter;

#[cfg(feature = "database")]
use crate::database::DatabaseOptions;
use crate::{
    Place, PlaceConflict, PublicUrl, RootPath,
    duration::{delay, timeout},
    listen::Address,
    openapi::Version,
};

/// The options of every server. Each is also an environment variable, but for those that print
/// something and exit; an empty variable counts as none.
#[derive(Clone, Debug, Parser)]
#[command(after_help = "\
Listening:
  Sockets inherited from systemd (LISTEN_FDS) replace all addresses.

Stopping, on SIGTERM or SIGINT:
  1. During --shutdown-delay /readyz is 503, and every other request is answered as before.
  2. The server drains: it closes connections without a request, and finishes requests in progress.
  A further signal ends the delay, and one after that ends the drain.

Exit codes:
  0    after SIGTERM or SIGINT
  1    an error
  2    a wrong option
  130  a signal ended the drain")]
pub struct Options {
    /// Where to listen, instead of --host and --port: HOST:PORT (every address of a name) or unix:PATH
    #[arg(long, env = "QUARTET_LISTEN", value_name = "ADDRESS")]
    listen: Option<Address>,

    /// Address to listen on, or a name to listen on all its addresses
    #[arg(
        long,
        env = "QUARTET_HOST",
        value_name = "HOST",
        default_value = "127.0.0.1"
    )]
    host: String,

    /// Port to listen on; 0 selects a free one
    #[arg(long, env = "PORT", value_name = "PORT", default_value = "8000")]
    port: String,

    /// Number of worker threads, up to 1024 [default: the number of cores]
    #[arg(long, env = "QUARTET_WORKERS", value_name = "N", value_parser = workers)]
    workers: Option<NonZeroUsize>,

    /// JSON object from locale name to text [default: the seven built-in greetings]
    #[arg(long, env = "QUARTET_GREETINGS", value_name = "FILE")]
    pub(crate) greetings: Option<PathBuf>,

    /// Path prefix that a proxy strips, for links that must contain it
    #[arg(long, env = "QUARTET_ROOT_PATH", value_name = "PATH")]
    root_path: Option<RootPath>,

    /// Absolute URL that clients use, for the OpenAPI document; its path is the root path
    #[arg(long, env = "QUARTET_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,

    /// Print the OpenAPI document that this server would serve, and exit: 3.1 (default), or 3.0 for
    /// tools that do not accept 3.1
    #[arg(
        long, value_name = "VERSION", value_enum, hide_possible_values = true,
        num_args = 0..=1, default_missing_value = "3.1"
    )]
    pub(crate) print_openapi: Option<Version>,

    /// File of API keys, one per line; the data then requires `Authorization: Key …`
    #[arg(long, env = "QUARTET_API_KEY_FILE", value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,

    /// Log level for standard error: off, error, warn, info, debug or trace
    #[arg(
        long,
        env = "QUARTET_LOG",
        value_name = "LEVEL",
        default_value = "warn"
    )]
    pub(crate) log: LevelFilter,

    #[cfg(feature = "database")]
    #[command(flatten)]
    pub(crate) database: DatabaseOptions,

    /// Refused: this program has no database.
    #[cfg(not(feature = "database"))]
    #[arg(
        long,
        env = "QUARTET_DATABASE_URL",
        value_name = "URL",
        hide = true,
        hide_env_values = true
    )]
    pub(crate) database: Option<OsString>,

    #[command(flatten)]
    pub(crate) limits: HeadLimits,

    #[command(flatten)]
    pub(crate) timeouts: Timeouts,
}

impl Options {
    /// Where to listen, and what of the environment was ignored in finding that.
    ///
    /// # Errors
    /// A host or port that is none, in one line.
    pub(crate) fn address(
        &self,
        matches: &ArgMatches,
    ) -> Result<(Address, Option<String>), String> {
        let is_typed = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        let port = self.port.parse();
        let ignored = || format!("PORT is {:?}, not a port number: ignored", self.port);
        if let Some(address) = &self.listen
            && (is_typed("listen") || !(is_typed("host") || is_typed("port")))
        {
            let is_odd = port.is_err() && !is_typed("port");
            return Ok((address.clone(), is_odd.then(ignored)));
        }
        let (port, ignored) = match port {
            Ok(port) => (port, None),
            // An orchestrator sets this for a service that is called `port`, or for none
            // (Kubernetes' and Docker's links).
            Err(_) if !is_typed("port") && self.port.starts_with("tcp://") => {
                (8000, Some(ignored()))
            }
            Err(_) => {
                let name = if is_typed("port") { "--port" } else { "PORT" };
                let port = &self.port;
                return Err(format!(
                    "{name} is {port:?}, not a whole number from 0 to 65535"
                ));
            }
        };
        let host = &self.host;
        let address = Address::of_host(host, port)
            .map_err(|why| format!("cannot listen on host {host:?}: {why}"))?;
        Ok((address, ignored))
    }

    /// Where clients find the API.
    ///
    /// # Errors
    /// If a root path is given beside a public URL, and is not its path.
    pub fn place(&self) -> Result<Place, PlaceConflict> {
        Place::of(self.root_path.clone(), self.public_url.clone())
    }

    /// How many worker threads to run.
    pub fn workers(&self) -> usize {
        self.workers
            .or_else(|| thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get)
    }
}

/// What of a request's head is refused as too large.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct HeadLimits {
    /// Maximum length of the request line, in octets
    #[arg(long = "request-line-limit", env = "QUARTET_REQUEST_LINE_LIMIT", value_name = "OCTETS", default_value_t = 8192, value_parser = limit)]
    pub request_line: usize,

    /// Maximum length of all header fields together, in octets
    #[arg(long = "header-limit", env = "QUARTET_HEADER_LIMIT", value_name = "OCTETS", default_value_t = 16384, value_parser = limit)]
    pub header_block: usize,

    /// Maximum number of header fields, up to 100
    #[arg(long = "header-count-limit", env = "QUARTET_HEADER_COUNT_LIMIT", value_name = "N", default_value_t = 100, value_parser = field_count)]
    pub header_count: usize,
}

impl Default for HeadLimits {
    fn default() -> Self {
        Self {
            request_line: 8192,
            header_block: 16384,
            header_count: 100,
        }
    }
}

impl HeadLimits {
    /// Octets that are read of a head at most: twice as many as it may have, so that who sends a
    /// little more is told what is too large.
    pub fn head_bound(&self) -> usize {
        2 * (self.request_line + self.header_block)
    }
}

/// How long a server waits, for what.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Timeouts {
    /// Maximum time from a request's first octet to the end of its header section, and from
    /// connecting to the end of the first one
    #[arg(long = "header-timeout", env = "QUARTET_HEADER_TIMEOUT", value_name = "TIME", default_value = "10s", value_parser = timeout)]
    pub header: Duration,

    /// Maximum time that a connection may wait for its next request
    #[arg(long = "idle-timeout", env = "QUARTET_IDLE_TIMEOUT", value_name = "TIME", default_value = "60s", value_parser = timeout)]
    pub idle: Duration,

    /// Maximum time for requests in progress to finish after SIGTERM or SIGINT
    #[arg(long = "drain-timeout", env = "QUARTET_DRAIN_TIMEOUT", value_name = "TIME", default_value = "10s", value_parser = timeout)]
    pub drain: Duration,

    /// Time before the drain in which only /readyz is 503, for load balancers to redirect traffic
    #[arg(long = "shutdown-delay", env = "QUARTET_SHUTDOWN_DELAY", value_name = "TIME", default_value = "0s", value_parser = delay)]
    pub shutdown_delay: Duration,
}

impl Timeouts {
    /// How long connections that have not sent a request are still given once no more are accepted:
    /// a request may be on its way. Where there is a delay, clients have been told to leave, and
    /// those that are left were opened just now.
    pub fn last_requests(&self) -> Duration {
        self.shutdown_delay.min(Duration::from_millis(100))
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            drain: Duration::from_secs(10),
            shutdown_delay: Duration::ZERO,
        }
    }
}

/// More threads than that serve nothing faster, and a system may refuse them.
fn workers(value: &str) -> Result<NonZeroUsize, &'static str> {
    let workers = value.parse().ok();
    workers
        .filter(|workers: &NonZeroUsize| workers.get() <= 1024)
        .ok_or("must be a whole number from 1 to 1024")
}

/// One octet at least, and little enough that adding limits up cannot overflow.
fn limit(value: &str) -> Result<usize, String> {
    match value.parse() {
        Ok(limit) if (1..=1 << 30).contains(&limit) => Ok(limit),
        _ => Err(format!("must be a whole number from 1 to {}", 1 << 30)),
    }
}

/// hyper parses no more fields unless told, and then allocates for each request.
fn field_count(value: &str) -> Result<usize, &'static str> {
    let count = value.parse().ok();
    count
        .filter(|count| (1..=100).contains(count))
        .ok_or("must be a whole number from 1 to 100")
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _, error::ErrorKind};

    use super::*;

    fn parse(args: &[&str]) -> Result<Options, clap::Error> {
        Options::try_parse_from([&["quartet"], args].concat())
    }

    /// Where to listen, with what on the command line and what in the environment.
    fn listen(
        args: &[&str],
        environment: &[(&'static str, &'static str)],
    ) -> Result<(String, bool), String> {
        // In place of variables, which tests that run at the same time share: defaults have the same
        // rank where only what is typed is told from the rest.
        let mut command = Options::command();
        for (id, value) in environment {
            command = command.mut_arg(*id, |arg| arg.default_value(*value));
        }
        let arguments = [&["quartet"], args].concat();
        let matches = command.try_get_matches_from(arguments).unwrap();
        let options = Options::from_arg_matches(&matches).unwrap();
        let (address, ignored) = options.address(&matches)?;
        Ok((address.to_string(), ignored.is_some()))
    }

    #[test]
    fn is_well_formed() {
        Options::command().debug_assert();
    }

    #[test]
    fn listen_beats_host_and_port_but_the_command_line_beats_the_environment() {
        for (args, environment, address) in [
            (&[][..], &[][..], "127.0.0.1:8000"),
            (&["--port", "81"], &[], "127.0.0.1:81"),
            (&["--host", "::1", "--port", "81"], &[], "[::1]:81"),
            (&["--host", "[::1]"], &[], "[::1]:8000"),
            (&["--listen", "[::1]:0"], &[], "[::1]:0"),
            (
                &["--port", "81", "--listen", "127.0.0.1:82"],
                &[],
                "127.0.0.1:82",
            ),
            // As the image is run where the platform says which port.
            (&[], &[("host", "0.0.0.0"), ("port", "81")], "0.0.0.0:81"),
            (
                &[],
                &[("listen", "127.0.0.1:82"), ("port", "81")],
                "127.0.0.1:82",
            ),
            (
                &["--port", "83"],
                &[("listen", "127.0.0.1:82")],
                "127.0.0.1:83",
            ),
            (
                &["--listen", "unix:a"],
                &[("listen", "127.0.0.1:82")],
                "unix:a",
            ),
        ] {
            let found = listen(args, environment);
            assert_eq!(
                found,
                Ok((address.to_owned(), false)),
                "{args:?} {environment:?}"
            );
        }
    }

    #[test]
    fn a_port_that_is_none_is_ignored_where_it_does_not_matter_or_is_a_link() {
        const LINK: (&str, &str) = ("port", "tcp://10.0.0.1:80");
        let ignored = |address: &str| Ok((address.to_owned(), true));
        assert_eq!(listen(&[], &[LINK]), ignored("127.0.0.1:8000"));
        let elsewhere = listen(&["--listen", "127.0.0.1:82"], &[("port", "http")]);
        assert_eq!(elsewhere, ignored("127.0.0.1:82"));
        let refusal = "PORT is \"http\", not a whole number from 0 to 65535".to_owned();
        assert_eq!(listen(&[], &[("port", "http")]), Err(refusal));
        for port in ["tcp://10.0.0.1:80", "65536", "-1", ""] {
            let port = format!("--port={port}");
            listen(&[&port], &[]).expect_err(&port);
        }
        for host in ["http://a", "[::1", ""] {
            let host = format!("--host={host}");
            listen(&[&host], &[]).expect_err(&host);
        }
    }

    #[test]
    fn a_wrong_value_is_refused() {
        for args in [
            ["--listen", "127.0.0.1"],
            ["--listen", "127.0.0.1:99999"],
            ["--workers", "0"],
            ["--workers", "1025"],
            ["--root-path", "p"],
            ["--root-path", "//host"],
            ["--root-path", "/\" onload="],
            ["--public-url", "/content/42"],
            ["--public-url", "https://host/?q"],
            ["--header-limit", "0"],
            ["--header-limit", "99999999999"],
            ["--header-count-limit", "0"],
            ["--header-count-limit", "101"],
            ["--header-timeout", "10"],
            ["--idle-timeout", "0s"],
            ["--shutdown-delay", "25h"],
            ["--log", "loud"],
        ] {
            let kind = parse(&args).unwrap_err().kind();
            assert_eq!(kind, ErrorKind::ValueValidation, "{args:?}");
        }
    }

    #[test]
    fn the_root_path_is_that_of_the_public_url() {
        let place = |root_path: &[&str]| {
            let url = ["--public-url", "https://host/p/"];
            parse(&[&url[..], root_path].concat()).unwrap().place()
        };
        let at = Ok(Place::At("https://host/p".parse().unwrap()));
        assert_eq!(place(&[]), at);
        assert_eq!(place(&["--root-path", "/p"]), at);
        let conflict = place(&["--root-path", "/q"]).unwrap_err();
        assert_eq!(
            conflict.to_string(),
            "--root-path /q is not the path of --public-url https://host/p"
        );
    }

    #[test]
    fn the_document_is_printed_in_3_1_unless_3_0_is_asked_for() {
        let print = |args: &[&str]| parse(args).unwrap().print_openapi;
        let refusal = parse(&["--print-openapi", "2.0"]).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::InvalidValue);
        assert_eq!(print(&[]), None);
        assert_eq!(print(&["--print-openapi"]), Some(Version::V3_1));
        assert_eq!(print(&["--print-openapi", "3.0"]), Some(Version::V3_0));
        assert_eq!(
            print(&["--print-openapi", "--port", "1"]),
            Some(Version::V3_1)
        );
    }

    #[test]
    fn the_stated_defaults_are_the_defaults() {
        let options = parse(&[]).unwrap();
        let (limits, timeouts) = (HeadLimits::default(), Timeouts::default());
        assert_eq!(options.limits.request_line, limits.request_line);
        assert_eq!(options.limits.header_block, limits.header_block);
        assert_eq!(options.limits.header_count, limits.header_count);
        assert_eq!(options.timeouts.header, timeouts.header);
        assert_eq!(options.timeouts.idle, timeouts.idle);
        assert_eq!(options.timeouts.drain, timeouts.drain);
        assert_eq!(options.timeouts.shutdown_delay, timeouts.shutdown_delay);
    }
}
