//! A server over a database of the suite's: how its processes are told it, and how it is filled.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::postgres::{Cluster, Login, PASSWORD, ROLE, Session};
use crate::servers::{Process, Server, StartOptions};
use crate::url::percent_encode;
use crate::{Context, Deviation, ensure};

/// How long a database may take to be filled.
const SEEDING: Duration = Duration::from_secs(30);

/// What a server's processes are told instead of greetings.
#[derive(Debug)]
pub(crate) struct Over {
    program: PathBuf,
    url: String,
    /// To make further databases with.
    superuser: Login,
    databases: AtomicU32,
}

/// What a program that fills a database came to.
#[derive(Debug)]
pub(crate) struct Seeded {
    pub(crate) status: std::process::ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Over {
    /// Whether a server can be told a database.
    pub(crate) fn can(server: &Server) -> bool {
        server.database_args.is_some() && server.database_seed_args.is_some()
    }

    /// A cluster's database, at this URL, for the processes of `program`.
    pub(crate) fn new(program: PathBuf, cluster: &Cluster, url: String) -> Self {
        Self {
            program,
            url,
            superuser: cluster.superuser_login(),
            databases: AtomicU32::new(0),
        }
    }

    /// The program that serves the greetings of a database.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// The arguments that tell a process its database, unless `told` does.
    pub(crate) fn arguments(&self, server: &Server, told: &[OsString]) -> Vec<OsString> {
        let arguments: Vec<OsString> = arguments(server, &self.url)
            .into_iter()
            .map(Into::into)
            .collect();
        let is_told = match arguments.first() {
            Some(first) => told.contains(first),
            None => true,
        };
        match is_told {
            true => Vec::new(),
            false => arguments,
        }
    }

    /// The arguments that tell a process a database with the greetings of this file.
    ///
    /// # Errors
    /// A deviation if the database cannot be filled.
    pub(crate) fn holding(
        &self,
        context: &Context,
        server: &Server,
        file: &Path,
    ) -> Result<Vec<OsString>, Deviation> {
        let name = format!("data_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = Session::connect(&self.superuser, context.deadline())
            .and_then(|mut session| session.run(&format!("CREATE DATABASE {name} OWNER {ROLE}")));
        made.map_err(|error| context.obstructed(error))?;
        let password = percent_encode(PASSWORD);
        let address = self.superuser.address;
        let url = format!("postgres://{ROLE}:{password}@{address}/{name}");
        self.fill(server, &url, file)?;
        let arguments = arguments(server, &url);
        Ok(arguments.into_iter().map(Into::into).collect())
    }

    /// Fills the database with the greetings of a file.
    ///
    /// # Errors
    /// A deviation if that fails.
    pub(crate) fn seed(&self, server: &Server, file: &Path) -> Result<(), Deviation> {
        self.fill(server, &self.url, file)
    }

    fn fill(&self, server: &Server, url: &str, file: &Path) -> Result<(), Deviation> {
        let Seeded { status, stderr, .. } = self.try_fill(server, url, file)?;
        ensure!(
            status.success(),
            "the program that fills the database ends with {status}: {}",
            stderr.trim()
        );
        Ok(())
    }

    /// Has the program try to fill the database with the greetings of a file.
    ///
    /// # Errors
    /// A deviation if it does not start, or does not end.
    pub(crate) fn try_seed(&self, server: &Server, file: &Path) -> Result<Seeded, Deviation> {
        self.try_fill(server, &self.url, file)
    }

    fn try_fill(&self, server: &Server, url: &str, file: &Path) -> Result<Seeded, Deviation> {
        let template = server.database_seed_args.iter().flatten();
        let file = file.to_string_lossy();
        let fill = |it: &String| it.replace("{file}", &file).replace("{url}", url);
        let mut args = match template.clone().any(|it| it.contains("{url}")) {
            true => Vec::new(),
            false => arguments(server, url),
        };
        args.extend(template.map(fill));
        let seeding = Server {
            args,
            ..server.clone()
        };
        let options = StartOptions {
            program: Some(self.program.clone()),
            ..StartOptions::default()
        };
        let started = Process::spawn(&seeding, &options);
        let mut process = started.map_err(|error| Deviation(error.to_string()))?;
        let Some(status) = process.ended_within(SEEDING) else {
            return Err(Deviation(format!(
                "the program that fills the database had not ended after {SEEDING:?}"
            )));
        };
        Ok(Seeded {
            status,
            stdout: process.stdout_at_end(),
            stderr: process.stderr_at_end(),
        })
    }
}

fn arguments(server: &Server, url: &str) -> Vec<String> {
    let template = server.database_args.iter().flatten();
    template
        .map(|argument| argument.replace("{url}", url))
        .collect()
}
