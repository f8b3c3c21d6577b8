//! What a case is, and what it may conclude.

use std::fmt;
use std::time::Duration;

use crate::Context;

/// How binding a requirement is (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A server that deviates fails.
    Must,
    /// A server that deviates is warned about.
    Should,
    /// Nothing is required: the case records which of several legal answers a server gives.
    Info,
}

impl Level {
    /// The level in one lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Info => "info",
        }
    }
}

/// What a target has to offer for a case to apply.
///
/// Where it does not, the verdict is [`Verdict::NotApplicable`], never [`Verdict::Conforms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The suite can start further processes of the server, signal them and read their output.
    Process,
    /// A reverse proxy that strips a path prefix.
    Proxy,
    /// A web browser that the suite can drive.
    Browser,
    /// A second instance that asks for an API key which the suite knows.
    ApiKey,
    /// `GET /greetings/x-panic` panics, and `GET /greetings/x-wait` waits for 3 s (the servers'
    /// `fault-injection` feature).
    Fault,
    /// The greetings the server holds are known beforehand.
    Model,
    /// Processes can be sent SIGTERM and SIGINT.
    Signals,
    /// The system tells how much memory and how many descriptors a process has.
    Usage,
    /// A PostgreSQL that the suite can start.
    Postgres,
    /// A process can be told a database, and it can be filled.
    Database,
    /// A process can be told its greetings.
    DataFile,
    /// A process can be told how long it waits for a request's head.
    HeaderTimeout,
    /// A process can be told how long it keeps a connection without a request.
    IdleTimeout,
    /// A process can be told how long what is in flight may take to end.
    DrainTimeout,
    /// A process can be told how long it goes on, and says that it is not ready, before it drains.
    ShutdownDelay,
    /// A process can be told how long a request line it takes.
    RequestLineLimit,
    /// A process can be told how large header fields it takes.
    HeaderLimit,
    /// A process can be told how many header fields it takes.
    HeaderCountLimit,
    /// A process can be told to log all it can.
    Verbose,
    /// A process can be told to log errors alone.
    Quiet,
    /// A process can be told a time in milliseconds.
    Milliseconds,
    /// A process can be told the prefix that a proxy strips.
    RootPath,
    /// A process can be told the absolute URL at which clients find it.
    PublicUrl,
    /// A process can be told to print its OpenAPI document.
    PrintOpenApi,
    /// A process can be told to print its OpenAPI document in version 3.0.
    PrintOpenApi30,
    /// A process takes its port from the environment.
    PortEnv,
    /// A process can be told where to listen.
    Listen,
    /// A process can be told a host and a port to listen on.
    HostAndPort,
    /// A process can be told every option by an environment variable.
    OptionEnv,
    /// The server is this API, and no other that `--path` or `--openapi` names.
    ThisApi,
    /// The greetings are there: the list, or one of them, is found.
    Greetings,
    /// The page is there: `GET /docs` is found.
    Page,
    /// The OpenAPI document is there: `GET /openapi.json` is found.
    Document,
    /// Another API's paths are named, or its document is.
    Operations,
    /// A document describes the paths that are asked.
    Described,
    /// Something is there to ask for: the path that was named, `/greetings` or `/` is 200.
    Resource,
}

impl Need {
    /// What is missing when the need is not met, as the end of a sentence.
    pub fn missing(self) -> &'static str {
        match self {
            Self::Process => "needs a server that the suite starts itself",
            Self::Proxy => "needs nginx on this machine (Debian: apt-get install nginx-light)",
            Self::Browser => {
                "needs Chromium and its driver on this machine (Debian: apt-get install \
                 chromium-driver)"
            }
            Self::ApiKey => "needs an instance with a known API key",
            Self::Fault => "needs a build with the fault-injection feature",
            Self::Model => "needs to know the greetings beforehand",
            Self::Signals => "needs a system with POSIX signals",
            Self::Usage => "needs /proc, for a process's memory and descriptors",
            Self::Postgres => {
                "needs PostgreSQL on this machine (Debian: apt-get install postgresql)"
            }
            Self::Database => {
                "needs a server whose stanza has database_args with {url} and database_seed_args, \
                 built for a database"
            }
            Self::DataFile => "needs a server whose stanza has data_args",
            Self::HeaderTimeout => "needs a server whose stanza has header_timeout_args",
            Self::IdleTimeout => "needs a server whose stanza has idle_timeout_args",
            Self::DrainTimeout => "needs a server whose stanza has drain_timeout_args",
            Self::ShutdownDelay => "needs a server whose stanza has shutdown_delay_args",
            Self::RequestLineLimit => "needs a server whose stanza has request_line_limit_args",
            Self::HeaderLimit => "needs a server whose stanza has header_limit_args",
            Self::HeaderCountLimit => "needs a server whose stanza has header_count_limit_args",
            Self::Verbose => "needs a server whose stanza has verbose_args",
            Self::Quiet => "needs a server whose stanza has quiet_args",
            Self::Milliseconds => {
                "needs a server whose stanza has {milliseconds} in the arguments of a time"
            }
            Self::RootPath => "needs a server whose stanza has root_path_args",
            Self::PublicUrl => "needs a server whose stanza has public_url_args",
            Self::PrintOpenApi => "needs a server whose stanza has print_openapi_args",
            Self::PrintOpenApi30 => "needs a server whose stanza has print_openapi_3_0_args",
            Self::OptionEnv => "needs a server whose stanza has option_env",
            Self::PortEnv => "needs a server whose stanza has port_env_args",
            Self::Listen => "needs a server whose stanza has listen_args",
            Self::HostAndPort => "needs a server whose stanza has host_args and port_args",
            Self::ThisApi => "tests the greetings API; another API is tested",
            Self::Operations => "needs --path or --openapi",
            Self::Described => "needs --openapi",
            Self::Greetings => "needs the greetings, but GET /greetings is an error",
            Self::Page => "needs the page, but GET /docs is an error",
            Self::Document => "needs the OpenAPI document, but GET /openapi.json is an error",
            Self::Resource => {
                "needs a path that gives 200: neither GET /greetings nor GET / does (--path names \
                 another)"
            }
        }
    }
}

/// One requirement and the experiment that decides whether a server meets it.
///
/// The experiment talks to the server only through its [`Context`], which keeps the evidence.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Stable name, `area/slug`. It never changes meaning once published.
    pub id: &'static str,
    /// How binding the requirement is.
    pub level: Level,
    /// How binding RFCs alone make it, where that is said; see [`Case::rfc_level`].
    rfc: Option<Level>,
    /// Where the requirement comes from: an RFC section, the original example, the contract.
    pub source: &'static str,
    /// The requirement, in one sentence.
    pub requirement: &'static str,
    /// What the target must offer for the case to apply.
    pub needs: &'static [Need],
    /// Whether the case disturbs others, so that it has to run alone.
    pub exclusive: bool,
    /// How long the case may take.
    pub limit: Duration,
    /// The experiment.
    pub run: fn(&Context) -> Outcome,
}

impl Case {
    /// A case that every server must meet.
    pub const fn must(
        id: &'static str,
        source: &'static str,
        requirement: &'static str,
        run: fn(&Context) -> Outcome,
    ) -> Self {
        Self {
            id,
            level: Level::Must,
            rfc: None,
            source,
            requirement,
            needs: &[],
            exclusive: false,
            limit: Duration::from_secs(20),
            run,
        }
    }

    /// A case that a server should meet.
    pub const fn should(
        id: &'static str,
        source: &'static str,
        requirement: &'static str,
        run: fn(&Context) -> Outcome,
    ) -> Self {
        let mut case = Self::must(id, source, requirement, run);
        case.level = Level::Should;
        case
    }

    /// A case that only records which legal answer a server gives.
    pub const fn info(
        id: &'static str,
        source: &'static str,
        requirement: &'static str,
        run: fn(&Context) -> Outcome,
    ) -> Self {
        let mut case = Self::must(id, source, requirement, run);
        case.level = Level::Info;
        case
    }

    /// The same case, applying only where the target offers `needs`.
    pub const fn needing(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    /// The same case, run while no other case runs against the same server.
    pub const fn alone(mut self) -> Self {
        self.exclusive = true;
        self
    }

    /// The same case with another time limit.
    pub const fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The same case, of which RFCs alone ask no more than this. Its source names what asks the rest,
    /// such as the contract.
    pub const fn of_rfcs_alone(mut self, level: Level) -> Self {
        self.rfc = Some(level);
        self
    }

    /// Whether an RFC alone demands it. What else its source names, such as the contract, demands
    /// more than the RFC does.
    pub fn is_demanded_by_an_rfc(&self) -> bool {
        self.rfc_level() == Some(Level::Must)
    }

    /// How binding the requirement is by RFCs alone; none where its source names no RFC.
    ///
    /// It is the level, unless the source names something else too, such as the contract: then it is
    /// what [`of_rfcs_alone`](Self::of_rfcs_alone) says, and otherwise nothing is required.
    pub fn rfc_level(&self) -> Option<Level> {
        let mut sources = self.source.split([',', ';']).map(str::trim);
        let is_rfc = |source: &str| source.starts_with("RFC ") || source.starts_with('§');
        match self.rfc {
            Some(level) => Some(level),
            None if sources.clone().all(is_rfc) => Some(self.level),
            None if sources.any(is_rfc) => Some(Level::Info),
            None => None,
        }
    }

    /// The part of the id before the slash.
    pub fn area(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(area, _)| area)
    }
}

/// What a case concluded about a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The requirement is met.
    Conforms,
    /// The requirement is not met, and why.
    Deviates(String),
    /// The answer is legal but not the one the contract names, or one of several: which one.
    Differs(String),
    /// The case says nothing about this target, and why.
    NotApplicable(String),
}

impl Verdict {
    /// The verdict in one word, as reports and the JSON schema have it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Deviates(_) => "deviates",
            Self::Differs(_) => "differs",
            Self::NotApplicable(_) => "not-applicable",
        }
    }

    /// Why, which answer, or which need; nothing where the server conforms.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Conforms => None,
            Self::Deviates(note) | Self::Differs(note) | Self::NotApplicable(note) => Some(note),
        }
    }
}

/// Why a server deviates, as one or two sentences without a full stop at the end.
///
/// It is the error of a case's steps, so that `?` ends a case at the first one that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation(pub String);

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Deviation {}

impl From<String> for Deviation {
    fn from(why: String) -> Self {
        Self(why)
    }
}

/// What a case returns: a verdict, or the step at which the server was found to deviate.
pub type Outcome = Result<Verdict, Deviation>;

/// Ends the case with a deviation unless the condition holds: `ensure!(ok, "why {}", value)`.
#[macro_export]
macro_rules! ensure {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err($crate::Deviation(format!($($why)+)));
        }
    };
}
