//! A cluster's directory as `initdb` makes it, once: the clusters are copies.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use super::process::User;
use super::{Installation, PASSWORD, PostgresError, ROLE, SUPERUSER};
use crate::tools::{Scratch, end_with_this_program};

/// What sorts texts in a cluster, and what its texts are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    /// By octets, in UTF-8.
    #[default]
    CodePoints,
    /// As the language of this ICU locale has it, in UTF-8. It takes PostgreSQL 15 or later that was
    /// built with ICU.
    Icu(&'static str),
    /// By octets, and any octets at all: what an empty environment makes.
    SqlAscii,
}

impl Locale {
    fn arguments(self) -> Vec<&'static str> {
        let mut arguments = vec!["--locale=C"];
        arguments.extend(match self {
            Self::CodePoints => vec!["--encoding=UTF8"],
            Self::Icu(locale) => vec![
                "--encoding=UTF8",
                "--locale-provider=icu",
                "--icu-locale",
                locale,
            ],
            Self::SqlAscii => vec!["--encoding=SQL_ASCII"],
        });
        arguments
    }
}

/// The directory of a cluster that has never run. Whoever starts several clusters one after the
/// other keeps it, so that it is made once.
#[derive(Clone, Debug)]
pub struct Template(Arc<Made>);

#[derive(Debug)]
struct Made {
    // Gone before the directory that it is in.
    directory: TempDir,
    _scratch: Scratch,
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Template {
    /// The one there is for this locale, or a new one.
    ///
    /// # Errors
    /// If PostgreSQL is not there, or cannot make one.
    pub fn get(locale: Locale) -> Result<Self, PostgresError> {
        static PRESENT: Mutex<Option<HashMap<Locale, Weak<Made>>>> = Mutex::new(None);
        let mut present = PRESENT.lock().unwrap_or_else(PoisonError::into_inner);
        let present = present.get_or_insert_default();
        if let Some(made) = present.get(&locale).and_then(Weak::upgrade) {
            return Ok(Self(made));
        }
        let made = Arc::new(make(locale)?);
        present.insert(locale, Arc::downgrade(&made));
        Ok(Self(made))
    }

    /// Copies it to a directory of the same user, which must not be there yet.
    pub(super) fn copy_to(&self, to: &Path) -> Result<(), PostgresError> {
        let mut command = Command::new("cp");
        command.arg("-R").arg(self.data()).arg(to);
        run("cp", command, "")
    }

    fn data(&self) -> PathBuf {
        data(&self.0.directory)
    }
}

/// Where the data are in a directory for them.
pub(super) fn data(directory: &TempDir) -> PathBuf {
    directory.path().join("data")
}

/// A new directory that is the user's who runs PostgreSQL.
pub(super) fn directory(scratch: &Scratch) -> Result<TempDir, PostgresError> {
    let failed = PostgresError::system("cannot make a directory for PostgreSQL");
    let directory = TempDir::with_prefix_in("postgresql-", scratch.path()).map_err(&failed)?;
    User::get()?
        .owns(scratch, directory.path())
        .map_err(&failed)?;
    Ok(directory)
}

fn make(locale: Locale) -> Result<Made, PostgresError> {
    let installation = Installation::get().ok_or(PostgresError::NotInstalled)?;
    let failed = PostgresError::system("cannot make a directory for PostgreSQL");
    let scratch = Scratch::get().map_err(&failed)?;
    let directory = directory(&scratch)?;
    let password = directory.path().join("password");
    fs::write(&password, PASSWORD).map_err(&failed)?;
    User::get()?.owns(&scratch, &password).map_err(&failed)?;
    let mut initdb = Command::new(&installation.initdb);
    initdb
        .args(locale.arguments())
        .args(["--auth-host=scram-sha-256", "--auth-local=trust"])
        .args(["--no-sync", "--wal-segsize=1", "--username", SUPERUSER])
        .arg("--pwfile")
        .arg(&password)
        .arg("--pgdata")
        .arg(data(&directory));
    run("initdb", initdb, "")?;
    // The suite itself need not spend the time that SCRAM takes by design.
    let hba = data(&directory).join("pg_hba.conf");
    let rules = fs::read_to_string(&hba).map_err(&failed)?;
    let first = format!("host all {SUPERUSER} 127.0.0.1/32 password\n");
    fs::write(&hba, first + &rules).map_err(&failed)?;
    // Without a server, and each line a statement.
    let mut single = Command::new(&installation.postgres);
    single
        .args(["--single", "-D"])
        .arg(data(&directory))
        .arg("template1");
    // What nobody uses need not be copied.
    let statements = [
        format!("CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'"),
        format!("CREATE DATABASE {ROLE} OWNER {ROLE}"),
        "DROP DATABASE postgres".to_owned(),
        "UPDATE pg_database SET datistemplate = false WHERE datname = 'template0'".to_owned(),
        "DROP DATABASE template0".to_owned(),
    ];
    run("postgres --single", single, &(statements.join("\n") + "\n"))?;
    Ok(Made {
        directory,
        _scratch: scratch,
    })
}

/// Runs a program to its end as the user who runs PostgreSQL.
fn run(program: &'static str, mut command: Command, input: &str) -> Result<(), PostgresError> {
    let failed = PostgresError::system("cannot run a program of PostgreSQL's");
    User::get()?.runs(&mut command);
    end_with_this_program(&mut command);
    let spawned = command
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.map_err(&failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that has ended by then says why.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(&failed)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // In single-user mode a statement's error is no program's.
    if output.status.success() && !said.contains("ERROR:") {
        return Ok(());
    }
    Err(PostgresError::Failed {
        program,
        output: said.trim().to_owned(),
    })
}
