//! What a target has to offer for a case to apply. No target is known here.

/// What a target has to offer for a case to apply.
///
/// Where it does not, the verdict is [`NotApplicable`](crate::Verdict::NotApplicable), never [`Conforms`](crate::Verdict::Conforms).
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
