//! `servers.toml`: the servers that can be tested and measured, how each is built and started.
//!
//! A server in any language joins by one `[[server]]` stanza:
//!
//! | key | meaning |
//! |---|---|
//! | `name` | what reports and `deviations.toml` call it |
//! | `role` | `framework`, `plain`, `features`, `baseline`, `original` or `calibration`: see [`Role`] |
//! | `framework` | the crate or Python package whose version is shown, if there is one |
//! | `package` | the workspace's package it is built from, for its crates, lines and build time |
//! | `requirements` | pip's file that pins its packages, if it is in Python |
//! | `late_by` | with the role `calibration`: for how long every hundredth answer is held, in microseconds |
//! | `slowed_by` | with the role `calibration`: how much more time an answer takes it than the control, in percent, as `"1.5"`; `"0"` for the control |
//! | `build` | the build command, a list of arguments, run where `servers.toml` is; none if there is nothing to build |
//! | `program`, `args` | how to start it: the program's name where cargo builds it, or else its path |
//! | `directory` | where it runs, from where `servers.toml` is; where the command was given, if left out |
//! | `environment` | variables of its environment, as a table from name to value |
//! | `leads_group` | `true`: it starts processes of its own, which are to end with it |
//! | `ready` | `line`: it prints `listening on http://…`; `port`: it accepts connections |
//! | `cases` | the areas and cases it is held to, as for `--only`; all of them if left out |
//! | `shown` | areas and cases that it is not held to, and whose outcome is still shown |
//! | `key_args` | further arguments with which it asks for an API key |
//! | `data_args` | further arguments with which it serves the greetings of a file |
//! | `header_timeout_args` | further arguments that limit the time for a request's head, and for the first request |
//! | `idle_timeout_args` | further arguments that limit the time a connection may wait for its next request |
//! | `drain_timeout_args` | further arguments that limit the time for what is in flight after SIGTERM |
//! | `shutdown_delay_args` | further arguments with which it goes on for a while after SIGTERM, and says that it is not ready |
//! | `request_line_limit_args` | further arguments that limit a request line's octets |
//! | `header_limit_args` | further arguments that limit the octets of a request's header fields together |
//! | `header_count_limit_args` | further arguments that limit the number of a request's header fields |
//! | `verbose_args` | further arguments with which it logs all it can |
//! | `quiet_args` | further arguments with which it logs errors alone |
//! | `root_path_args` | further arguments that tell it the prefix that a proxy strips |
//! | `public_url_args` | further arguments that tell it the absolute URL at which clients find it |
//! | `print_openapi_args` | further arguments with which it prints its OpenAPI document and ends |
//! | `print_openapi_3_0_args` | the same in version 3.0 of OpenAPI |
//! | `option_env` | the environment variable that stands for a long option, in which `{OPTION}` is its name in upper case, with `_` for `-` |
//! | `port_env_args` | arguments in place of `args` with which it takes its port from `PORT` in its environment |
//! | `listen_args` | arguments in place of `args` with which it listens on `{address}`: a name and a port, or `unix:` and a path |
//! | `host_args`, `port_args` | further arguments, after `port_env_args`, with which it listens on `{host}`, and on the port `{port}` |
//! | `database_build`, `database_program` | how to build, and what to start, in place of `build` and `program`, if the greetings are to be in PostgreSQL |
//! | `database_args` | further arguments with which it serves the greetings of the database at `{url}` |
//! | `database_url_env` | the environment variable that tells it that database, where arguments do not: such a server is measured over a database, and not tested over one |
//! | `database_seed_args` | arguments in place of `args` with which it makes the table in that database, fills it with the greetings of `{file}`, and ends; `database_args` come before them, unless `{url}` is among them |
//! | `content_args` | further arguments with which it answers every request with the content of `{file}` |
//! | `content_build`, `content_program` | how to build, and what to start, in place of `build` and `program`, if it is to do that |
//!
//! A `[[variant]]` is a server of the file that differs in something, for `cargo compare`:
//!
//! | key | meaning |
//! |---|---|
//! | `name` | what reports call it |
//! | `inherits` | the name of the server that it is otherwise |
//! | `with` | the differences, as `cargo compare ab --help` lists them, such as `"rustflags=-C target-cpu=native"` |
//! | `framework`, `requirements`, `build`, `program`, `args`, `directory` | in place of `with`: what differs in place of the server's own key |
//! | `environment` | likewise: variables of its environment, besides those of the server |
//! | `difference` | with any of these: what differs, in a few words, for reports |
//! | `against` | further servers that its ratios are to, besides the one it inherits from |
//!
//! It is held to the cases of the server that it inherits from.
//!
//! A `program` without a slash that `cargo build` is to build is the one that cargo says it built, wherever that is: a
//! target of another name or a directory of one's own moves it. Any other is a path from where `servers.toml` is, or a
//! name on the search path.
//!
//! `{target}` stands for cargo's target directory, in `build` and `program`; `{host}` for the address to listen on, `{port}` for the
//! port (0 with `ready = "line"`), `{address}` for both with a colon, and `{workers}` for the number of worker threads; in `key_args` `{file}` stands
//! for a file of API keys, one a line, in `data_args` and `database_seed_args` for a JSON object from lang to text; in `database_args` `{url}`
//! for a URL `postgres://USER:PASSWORD@HOST:PORT/NAME`; `{seconds}` and
//! `{limit}` for a whole number, and `{path}` for a prefix such as `/p`. A time may be given as
//! `{milliseconds}` instead of `{seconds}`. What a server has no arguments for, the cases that need it
//! do not apply to.

mod build;
mod command_line;
mod content;
mod database;
mod error;
mod process;
mod setting;
#[cfg(test)]
mod tests;
mod variant;
mod version;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

pub use build::{Artifact, BuildError};
pub use error::CatalogueError;
pub use process::{Process, Signal, StartError, StartOptions};
pub use setting::Setting;
pub(crate) use setting::{MILLISECONDS, SECONDS, TIMES};
pub use variant::VariantStanza;

use crate::{Case, Selection, toml_file};

/// The stanzas of one `servers.toml`.
#[derive(Clone, Debug)]
pub struct Catalogue {
    servers: Vec<Server>,
    variants: Vec<VariantStanza>,
    root: PathBuf,
}

/// One server: how to build it, start it and what it is held to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// What reports and `deviations.toml` call it.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// The crate or Python package whose version is shown, if there is one.
    pub framework: Option<String>,
    /// Pip's file that pins its packages, if it is in Python.
    pub requirements: Option<PathBuf>,
    /// The cargo package it is built from, if it is one.
    pub package: Option<String>,
    /// How much more time an answer takes a server for calibration than the control, in percent, as
    /// a decimal number.
    pub slowed_by: Option<String>,
    /// For how long a server for calibration holds every hundredth answer, microseconds.
    pub late_by: Option<u32>,
    /// The build command; empty if there is nothing to build.
    #[serde(default)]
    pub build: Vec<String>,
    /// The program, before [`Server::build`] has resolved it.
    pub program: String,
    /// The program's arguments, with placeholders.
    #[serde(default)]
    pub args: Vec<String>,
    /// Where it runs; where this program does, if there is no such key. Absolute once read.
    pub directory: Option<PathBuf>,
    /// Variables of its environment.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// How it shows that it accepts connections.
    pub ready: Ready,
    /// The areas and cases it is held to; all of them if there is no such key.
    pub cases: Option<Vec<String>>,
    /// The areas and cases that it is not held to, and whose outcome is still shown.
    #[serde(default)]
    pub shown: Vec<String>,
    /// Further arguments with which it asks for an API key.
    pub key_args: Option<Vec<String>>,
    /// Further arguments with which it serves the greetings of a file.
    pub data_args: Option<Vec<String>>,
    /// Further arguments that limit the time for a request's head.
    pub header_timeout_args: Option<Vec<String>>,
    /// Further arguments that limit the time a connection may wait for its next request.
    pub idle_timeout_args: Option<Vec<String>>,
    /// Further arguments that limit the time for what is in flight after SIGTERM.
    pub drain_timeout_args: Option<Vec<String>>,
    /// Further arguments with which it goes on for a while after SIGTERM, and says that it is not
    /// ready.
    pub shutdown_delay_args: Option<Vec<String>>,
    /// Further arguments that limit a request line's octets.
    pub request_line_limit_args: Option<Vec<String>>,
    /// Further arguments that limit the octets of a request's header fields together.
    pub header_limit_args: Option<Vec<String>>,
    /// Further arguments that limit the number of a request's header fields.
    pub header_count_limit_args: Option<Vec<String>>,
    /// Further arguments with which it logs all it can.
    pub verbose_args: Option<Vec<String>>,
    /// Further arguments with which it logs errors alone.
    pub quiet_args: Option<Vec<String>>,
    /// Further arguments that tell it the prefix that a proxy strips.
    pub root_path_args: Option<Vec<String>>,
    /// Further arguments that tell it the absolute URL at which clients find it.
    pub public_url_args: Option<Vec<String>>,
    /// Further arguments with which it prints its OpenAPI document and ends.
    pub print_openapi_args: Option<Vec<String>>,
    /// The same in version 3.0 of OpenAPI.
    pub print_openapi_3_0_args: Option<Vec<String>>,
    /// The environment variable that stands for a long option, with a placeholder.
    pub option_env: Option<String>,
    /// Arguments in place of [`Server::args`] with which it takes its port from the environment.
    pub port_env_args: Option<Vec<String>>,
    /// Arguments in place of [`Server::args`] with which it listens where it is told to.
    pub listen_args: Option<Vec<String>>,
    /// Further arguments after [`Server::port_env_args`] with which it listens on a host.
    pub host_args: Option<Vec<String>>,
    /// Further arguments after [`Server::port_env_args`] with which it listens on a port.
    pub port_args: Option<Vec<String>>,
    /// The command that builds [`Server::database_program`].
    #[serde(default)]
    pub database_build: Vec<String>,
    /// The program that can read the greetings from PostgreSQL.
    pub database_program: Option<String>,
    /// Further arguments with which it serves the greetings of a database.
    pub database_args: Option<Vec<String>>,
    /// The environment variable that tells [`Server::database_program`] the database's URL.
    pub database_url_env: Option<String>,
    /// Arguments in place of [`Server::args`] with which it fills a database, after
    /// [`Server::database_args`].
    pub database_seed_args: Option<Vec<String>>,
    /// Further arguments with which it answers every request with the content of a file.
    pub content_args: Option<Vec<String>>,
    /// The command that builds [`Server::content_program`].
    #[serde(default)]
    pub content_build: Vec<String>,
    /// The program that takes [`Server::content_args`], if it is not [`Server::program`].
    pub content_program: Option<String>,
    /// Whether it is started in a process group of its own, which ends with it, because it starts
    /// processes of its own, or may.
    #[serde(default)]
    pub leads_group: bool,
    /// What makes it a variant of another server, if it is one. Not in the file.
    #[serde(skip)]
    pub variant: Option<VariantOf>,
    /// The cargo workspace that it is built in, with a target directory of its own, where that is not the
    /// one that `servers.toml` is in. Not in the file.
    #[serde(skip)]
    pub workspace: Option<PathBuf>,
}

/// What makes a server a variant of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantOf {
    /// The name of the other.
    pub name: String,
    /// What differs, as it is shown.
    pub differences: Vec<String>,
    /// The names of further servers that its ratios are to.
    pub against: Vec<String>,
}

/// What a server is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// One of the servers that are compared: the whole contract, on a framework.
    Framework,
    /// The framework's hello-world of the two data routes, to price the contract.
    Plain,
    /// A program with one route of the contract, which can have more middleware and more routes, and with
    /// routes that are not the contract's: what features of the framework cost. Never ranked.
    Features,
    /// A floor that the frameworks are measured against.
    Baseline,
    /// The example the API comes from, in its own language.
    Original,
    /// A server that is slower than another by a known share, to try measurements on. It is never
    /// compared with the others.
    Calibration,
    /// A server of the command line (`--exec`). Not in the file.
    #[serde(skip)]
    Exec,
}

/// How a server shows that it accepts connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ready {
    /// It is told to listen on port 0 and prints a line `listening on http://ADDRESS`.
    Line,
    /// It is told a free port, which is then tried until it accepts.
    Port,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    server: Vec<Server>,
    #[serde(default)]
    variant: Vec<VariantStanza>,
}

impl Catalogue {
    /// Reads a `servers.toml`. Commands run in the directory it is in.
    ///
    /// # Errors
    /// If it cannot be read, or is not strictly of the documented form.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, CatalogueError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|source| CatalogueError::Read {
            file: path.to_owned(),
            source,
        })?;
        let root = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Self::parse(&text, path, root)
    }

    /// Looks for `servers.toml` in the present directory and those above it.
    ///
    /// # Errors
    /// If there is none, or it cannot be used.
    pub fn find() -> Result<Self, CatalogueError> {
        let name = Path::new("servers.toml");
        let read = |source| CatalogueError::Read {
            file: name.to_owned(),
            source,
        };
        let here = std::env::current_dir().map_err(read)?;
        let found = here.ancestors().map(|directory| directory.join(name));
        match found.into_iter().find(|path| path.is_file()) {
            Some(path) => Self::load(path),
            None => Err(read(io::Error::new(
                io::ErrorKind::NotFound,
                "not found here or in any parent directory",
            ))),
        }
    }

    pub(crate) fn parse(text: &str, file: &Path, root: &Path) -> Result<Self, CatalogueError> {
        let invalid = |message| CatalogueError::Invalid {
            file: file.to_owned(),
            message,
        };
        let mut parsed: File = toml_file::parse(text).map_err(invalid)?;
        for (index, server) in parsed.server.iter().enumerate() {
            let twice = parsed.server.iter().skip(index + 1);
            if twice.into_iter().any(|other| other.name == server.name) {
                return Err(invalid(format!(
                    "two servers have the name {:?}",
                    server.name
                )));
            }
            let calibrates = server.role == Role::Calibration;
            if server.late_by.is_some() && !calibrates {
                return Err(invalid(format!(
                    "server {:?}: `late_by` belongs to the role `calibration`",
                    server.name
                )));
            }
            if calibrates != server.slowness().is_some() {
                return Err(invalid(format!(
                    "server {:?}: `slowed_by`, a share from 0 in percent, belongs to the role \
                     `calibration`",
                    server.name
                )));
            }
            for cases in server.cases.iter().chain([&server.shown]) {
                Selection::new(cases)
                    .map_err(|error| invalid(format!("server {:?}: {error}", server.name)))?;
            }
        }
        for (index, variant) in parsed.variant.iter().enumerate() {
            let name = &variant.name;
            let is_server = |wanted| parsed.server.iter().any(|server| &server.name == wanted);
            let others = parsed.variant.iter().skip(index + 1);
            if is_server(name) || others.into_iter().any(|other| &other.name == name) {
                return Err(invalid(format!("two servers have the name {name:?}")));
            }
            if let Some(mistake) = variant.mistake(&parsed.server) {
                return Err(invalid(format!("variant {name:?}: {mistake}")));
            }
        }
        let of_servers = parsed.server.iter_mut();
        let of_servers = of_servers.map(|server| (&server.name, &mut server.directory));
        let of_variants = parsed.variant.iter_mut();
        let of_variants = of_variants.map(|variant| (&variant.name, &mut variant.directory));
        for (name, directory) in of_servers.chain(of_variants) {
            if let Some(directory) = directory {
                *directory = std::path::absolute(root.join(&*directory))
                    .map_err(|error| invalid(format!("server {name:?}: {error}")))?;
            }
        }
        Ok(Self {
            servers: parsed.server,
            variants: parsed.variant,
            root: root.to_owned(),
        })
    }

    /// The servers, in the order of the file.
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The server of this name.
    pub fn get(&self, name: &str) -> Option<&Server> {
        self.servers.iter().find(|server| server.name == name)
    }

    /// The variants, in the order of the file.
    pub fn variants(&self) -> &[VariantStanza] {
        &self.variants
    }

    /// Adds a server, such as a variant, unless there is one of its name.
    pub fn add(&mut self, server: Server) {
        if self.get(&server.name).is_none() {
            self.servers.push(server);
        }
    }

    /// The servers with this role, in the order of the file.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &Server> {
        self.servers
            .iter()
            .filter(move |server| server.role == role)
    }

    /// The directory that build commands run in.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl Server {
    /// A server of which only this is known.
    pub fn new(name: &str, role: Role, program: &str, ready: Ready) -> Self {
        Self {
            name: name.to_owned(),
            role,
            framework: None,
            requirements: None,
            package: None,
            slowed_by: None,
            late_by: None,
            build: Vec::new(),
            program: program.to_owned(),
            args: Vec::new(),
            directory: None,
            environment: BTreeMap::new(),
            ready,
            cases: None,
            shown: Vec::new(),
            key_args: None,
            data_args: None,
            header_timeout_args: None,
            idle_timeout_args: None,
            drain_timeout_args: None,
            shutdown_delay_args: None,
            request_line_limit_args: None,
            header_limit_args: None,
            header_count_limit_args: None,
            verbose_args: None,
            quiet_args: None,
            root_path_args: None,
            public_url_args: None,
            print_openapi_args: None,
            print_openapi_3_0_args: None,
            option_env: None,
            port_env_args: None,
            listen_args: None,
            host_args: None,
            port_args: None,
            database_build: Vec::new(),
            database_program: None,
            database_args: None,
            database_url_env: None,
            database_seed_args: None,
            content_args: None,
            content_build: Vec::new(),
            content_program: None,
            leads_group: false,
            variant: None,
            workspace: None,
        }
    }

    /// The name under which its deviations are known: that of the server that it is a variant of, or its own.
    pub fn known_as(&self) -> &str {
        self.variant
            .as_ref()
            .map_or(&self.name, |variant| &variant.name)
    }

    /// The directory that it is built in, where `root` is that of `servers.toml`.
    pub fn root<'a>(&'a self, root: &'a Path) -> &'a Path {
        self.workspace.as_deref().unwrap_or(root)
    }

    /// [`Server::slowed_by`] as a number of percent; none where it is absent or no such number.
    pub fn slowness(&self) -> Option<f64> {
        let percent: f64 = self.slowed_by.as_ref()?.parse().ok()?;
        (0.0..=1000.0).contains(&percent).then_some(percent)
    }

    /// Whether the server is held to a case.
    pub fn is_held_to(&self, case: &Case) -> bool {
        match &self.cases {
            None => true,
            // An id that is no case's was refused when the catalogue was read.
            Some(cases) => Selection::new(cases).is_ok_and(|selection| selection.has(case)),
        }
    }

    /// Whether the outcome of a case is of interest, the server being held to it or not.
    pub fn is_shown_in(&self, case: &Case) -> bool {
        let is_beside = || Selection::new(&self.shown).is_ok_and(|selection| selection.has(case));
        self.is_held_to(case) || is_beside()
    }
}
