//! A server over a database of the suite's: how its processes are told it, and how it is filled.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::postgres::{Cluster, Login, PASSWORD, ROLE, Session, SessionError};
use crate::servers::{Process, Server, StartOptions};
use crate::url::percent_encode;
use crate::{Deviation, ensure};

/// How long a database may take to be filled.
const SEEDING: Duration = Duration::from_secs(30);

/// How the names of a cluster's further databases begin.
const FURTHER: &str = "data_";

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
    /// Whether a server can be told a database by arguments, and can fill it.
    pub(crate) fn can(server: &Server) -> bool {
        let mut told = server.database_args.iter().flatten();
        told.any(|it| it.contains("{url}")) && server.database_seed_args.is_some()
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

    /// The arguments that tell a process its database, unless `told` names a further one.
    pub(crate) fn arguments(&self, server: &Server, told: &[OsString]) -> Vec<OsString> {
        let further = format!("@{}/{FURTHER}", self.superuser.address);
        let names_one = |argument: &OsString| argument.to_string_lossy().contains(&further);
        match told.iter().any(names_one) {
            true => Vec::new(),
            false => arguments(server, &self.url),
        }
    }

    /// The arguments that tell a process a database with the greetings of this file. What obstructs making it is
    /// told to `obstructed`.
    ///
    /// # Errors
    /// A deviation if the database cannot be filled.
    pub(crate) fn holding(
        &self,
        server: &Server,
        file: &Path,
        deadline: Instant,
        obstructed: impl Fn(SessionError) -> Deviation,
    ) -> Result<Vec<OsString>, Deviation> {
        let name = format!(
            "{FURTHER}{}",
            self.databases.fetch_add(1, Ordering::Relaxed)
        );
        let made = Session::connect(&self.superuser, deadline)
            .and_then(|mut session| session.run(&format!("CREATE DATABASE {name} OWNER {ROLE}")));
        made.map_err(obstructed)?;
        let password = percent_encode(PASSWORD);
        let address = self.superuser.address;
        let url = format!("postgres://{ROLE}:{password}@{address}/{name}");
        self.fill(server, &url, file)?;
        Ok(arguments(server, &url))
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
        let seeding = server.filling_database(url, file);
        let seeding = seeding.ok_or_else(|| Deviation("it fills no database".to_owned()))?;
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

fn arguments(server: &Server, url: &str) -> Vec<OsString> {
    let arguments = server.database_arguments(url).into_iter();
    arguments.map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::{Ready, Role};

    #[test]
    fn a_process_is_told_one_database() {
        let superuser = Login {
            address: (std::net::Ipv4Addr::LOCALHOST, 20_000).into(),
            user: "postgres".to_owned(),
            password: PASSWORD.to_owned(),
            database: "template1".to_owned(),
            tls: None,
        };
        let over = Over {
            program: PathBuf::from("x"),
            url: "postgres://u@localhost:20000/u".to_owned(),
            superuser,
            databases: AtomicU32::new(0),
        };
        // One argument or two: either names the URL.
        for template in [&["--database={url}"][..], &["--database", "{url}"]] {
            let owned = template.iter().map(|&it| it.to_owned());
            let server = Server {
                database_args: Some(owned.collect()),
                database_seed_args: Some(vec!["{file}".to_owned()]),
                ..Server::new("x", Role::Framework, "x", Ready::Line)
            };
            assert!(Over::can(&server));
            let usual = arguments(&server, &over.url);
            let further = arguments(&server, "postgres://u@127.0.0.1:20000/data_0");
            assert_eq!(over.arguments(&server, &["--verbose".into()]), usual);
            assert!(over.arguments(&server, &further).is_empty());
        }
    }
}
