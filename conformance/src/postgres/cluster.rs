//! A cluster that runs, and what can befall it.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::process::{Frozen, Signal, User, children};
use super::template::{data, directory};
use super::{
    Installation, Locale, Login, PASSWORD, PostgresError, ROLE, Row, SUPERUSER, Session, Template,
};
use crate::ports::free_port;
use crate::tools::{Child, Scratch};
use crate::url::percent_encode;

/// How long a cluster may take until it accepts connections, or until it has ended.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is looked at meanwhile.
const POLL: Duration = Duration::from_millis(5);

/// How long a statement of the suite's may take.
const STATEMENT: Duration = Duration::from_secs(20);

/// How long it is taken to be about to end before it is looked at whether something is stopped.
const QUICK: Duration = Duration::from_secs(3);

/// How a cluster is made.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What sorts its texts.
    pub locale: Locale,
    /// The name that its certificate is for, if connections may be encrypted. The certificate is its
    /// own authority.
    pub certificate: Option<&'static str>,
    /// Settings as in `postgresql.conf`, which go before the cluster's own.
    pub settings: Vec<(String, String)>,
}

/// How a cluster is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Connections are ended, and it shuts down.
    Fast,
    /// It ends as in a crash, and recovers when it starts again.
    Immediate,
}

/// A cluster on a port of 127.0.0.1, which ends when it is dropped and leaves nothing behind.
///
/// It has a role and a database of the name [`ROLE`], the database its own, and asks for the password
/// [`PASSWORD`] by SCRAM. What it writes need not last, and is not synced.
#[derive(Debug)]
pub struct Cluster {
    installation: &'static Installation,
    /// None while it is stopped.
    child: Option<Child>,
    port: u16,
    directory: TempDir,
    _template: Template,
    // Last: what is above is in it.
    scratch: Scratch,
}

impl Cluster {
    /// Makes a cluster and starts it.
    ///
    /// # Errors
    /// If PostgreSQL is not there, or does not start within thirty seconds.
    pub fn start(options: &Options) -> Result<Self, PostgresError> {
        let mut cluster = Self::make(options)?;
        cluster.start_again()?;
        Ok(cluster)
    }

    /// Makes a cluster that does not run yet.
    ///
    /// # Errors
    /// If PostgreSQL is not there.
    pub fn make(options: &Options) -> Result<Self, PostgresError> {
        let installation = Installation::get().ok_or(PostgresError::NotInstalled)?;
        let failed = PostgresError::system("cannot make a directory for PostgreSQL");
        let template = Template::get(options.locale)?;
        let scratch = Scratch::get().map_err(&failed)?;
        let directory = directory(&scratch)?;
        template.copy_to(&data(&directory))?;
        let port = free_port(Ipv4Addr::LOCALHOST.into());
        let port = port.map_err(PostgresError::system("there is no free port"))?;
        let cluster = Self {
            installation,
            child: None,
            port,
            directory,
            _template: template,
            scratch,
        };
        if let Some(name) = options.certificate {
            cluster.certify(name)?;
        }
        fs::write(
            cluster.data().join("postgresql.conf"),
            configuration(port, options),
        )
        .map_err(&failed)?;
        Ok(cluster)
    }

    /// Gives it a certificate for this name.
    fn certify(&self, name: &str) -> Result<(), PostgresError> {
        let failed = PostgresError::system("cannot make a certificate for PostgreSQL");
        let made = rcgen::generate_simple_self_signed([name.to_owned()]);
        let made = made.map_err(|error| failed(std::io::Error::other(error)))?;
        let key = self.data().join("server.key");
        fs::write(self.certificate(), made.cert.pem()).map_err(&failed)?;
        fs::write(&key, made.signing_key.serialize_pem()).map_err(&failed)?;
        // It refuses a key that others may read.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).map_err(&failed)?;
        }
        for file in [self.certificate(), key] {
            User::get()?.owns(&self.scratch, &file).map_err(&failed)?;
        }
        Ok(())
    }

    /// The file of its certificate, if it has one.
    pub fn certificate(&self) -> PathBuf {
        self.data().join("server.crt")
    }

    /// Starts it where it is stopped, on the port that it had.
    ///
    /// # Errors
    /// If it does not get ready within thirty seconds.
    pub fn start_again(&mut self) -> Result<(), PostgresError> {
        let failed = PostgresError::system("cannot run postgres");
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_file())
            .map_err(&failed)?;
        let mut command = Command::new(&self.installation.postgres);
        User::get()?.runs(&mut command);
        command
            .arg("-D")
            .arg(self.data())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(&failed)?)
            .stderr(log);
        self.child = Some(Child::spawn_patient(&mut command).map_err(&failed)?);
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && self.is_running() {
            if Session::connect(&self.login(SUPERUSER), deadline).is_ok() {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        self.child = None;
        Err(self.late("does not start"))
    }

    /// Stops it, if it runs, and waits until it has ended.
    ///
    /// # Errors
    /// If it does not end within thirty seconds; then it is killed.
    pub fn stop(&mut self, how: Stop) -> Result<(), PostgresError> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        let signal = match how {
            Stop::Fast => Signal::Interrupt,
            Stop::Immediate => Signal::Quit,
        };
        signal
            .send(child.id())
            .map_err(PostgresError::system("cannot stop postgres"))?;
        match has_ended(&mut child, PATIENCE) {
            true => Ok(()),
            false => Err(self.late("does not end")),
        }
    }

    /// Has all its processes do nothing, as on a machine that hangs, until what is returned is
    /// dropped.
    ///
    /// # Errors
    /// If the system does not tell of its processes: only Linux does.
    pub fn freeze(&self) -> Result<Frozen, PostgresError> {
        let failed = PostgresError::system("cannot stop the processes of PostgreSQL");
        let Some(parent) = &self.child else {
            return Err(failed(std::io::ErrorKind::NotFound.into()));
        };
        // First the one that would start others meanwhile.
        let mut frozen = Frozen::one(parent.id()).map_err(&failed)?;
        for process in self.processes()? {
            frozen.add(process).map_err(&failed)?;
        }
        Ok(frozen)
    }

    /// Has one process of it do nothing until what is returned is dropped, such as one that serves a
    /// connection.
    ///
    /// # Errors
    /// If it cannot be stopped.
    pub fn freeze_process(&self, process: u32) -> Result<Frozen, PostgresError> {
        let failed = PostgresError::system("cannot stop a process of PostgreSQL");
        Frozen::one(process).map_err(failed)
    }

    /// Kills one process of it, which makes the others begin anew.
    ///
    /// # Errors
    /// If it cannot be signalled.
    pub fn kill_process(&self, process: u32) -> Result<(), PostgresError> {
        let failed = PostgresError::system("cannot kill a process of PostgreSQL");
        Signal::Kill.send(process).map_err(failed)
    }

    /// Changes a setting and has it read again; without a value it gets its default.
    ///
    /// # Errors
    /// If there is no such setting.
    pub fn set(&self, name: &str, value: Option<&str>) -> Result<(), PostgresError> {
        let mut session = self.superuser()?;
        session.run(&match value {
            Some(value) => format!("ALTER SYSTEM SET {name} = '{value}'"),
            None => format!("ALTER SYSTEM RESET {name}"),
        })?;
        let parent = self.child.as_ref().map(Child::id);
        parent
            .map_or(Ok(()), |parent| Signal::Hangup.send(parent))
            .map_err(PostgresError::system("cannot signal postgres"))
    }

    /// The processes that serve connections of the role [`ROLE`].
    ///
    /// # Errors
    /// If it does not run.
    pub fn backends(&self) -> Result<Vec<u32>, PostgresError> {
        let rows = self.manage(&format!(
            "SELECT pid FROM pg_stat_activity WHERE usename = '{ROLE}' ORDER BY backend_start"
        ))?;
        let pids = rows.into_iter().flatten().flatten();
        Ok(pids.filter_map(|pid| pid.parse().ok()).collect())
    }

    /// All its processes that run, first the one that starts the others.
    ///
    /// # Errors
    /// If the system does not tell: only Linux does.
    pub fn processes(&self) -> Result<Vec<u32>, PostgresError> {
        let failed = PostgresError::system("cannot find the processes of PostgreSQL");
        let Some(parent) = self.child.as_ref().map(Child::id) else {
            return Ok(Vec::new());
        };
        let mut processes = vec![parent];
        processes.extend(children(parent).map_err(failed)?);
        Ok(processes)
    }

    /// The process that starts the others, while it runs.
    pub fn parent(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// The URL of its database for the role [`ROLE`], with the password.
    pub fn url(&self) -> String {
        self.url_of(&percent_encode(PASSWORD), "127.0.0.1", "")
    }

    /// The same with another password and host, and a query.
    pub(crate) fn url_of(&self, password: &str, host: &str, query: &str) -> String {
        let port = self.port;
        format!("postgres://{ROLE}:{password}@{host}:{port}/{ROLE}{query}")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// What it is one of.
    pub fn installation(&self) -> &'static Installation {
        self.installation
    }

    /// A connection of the role [`ROLE`].
    ///
    /// # Errors
    /// If there is none to be had.
    pub fn session(&self) -> Result<Session, PostgresError> {
        let deadline = Instant::now() + STATEMENT;
        Ok(Session::connect(&self.login(ROLE), deadline)?)
    }

    /// A connection that may do anything, to the same database.
    ///
    /// # Errors
    /// If there is none to be had.
    pub fn superuser(&self) -> Result<Session, PostgresError> {
        let deadline = Instant::now() + STATEMENT;
        Ok(Session::connect(&self.login(SUPERUSER), deadline)?)
    }

    /// Runs statements that may do anything, on a connection of their own.
    ///
    /// # Errors
    /// If one fails.
    pub fn manage(&self, statements: &str) -> Result<Vec<Row>, PostgresError> {
        Ok(self.superuser()?.run(statements)?)
    }

    /// Whom to connect as.
    pub fn login(&self, user: &str) -> Login {
        Login {
            address: self.address(),
            user: user.to_owned(),
            password: PASSWORD.to_owned(),
            database: ROLE.to_owned(),
            tls: None,
        }
    }

    /// Whom to connect as to do anything.
    pub(crate) fn superuser_login(&self) -> Login {
        self.login(SUPERUSER)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        // Without a log there is nothing to tell.
        let log = fs::read(self.log_file()).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    fn is_running(&mut self) -> bool {
        let child = self.child.as_mut();
        child.is_some_and(|child| child.exited().is_none())
    }

    fn late(&self, what: &'static str) -> PostgresError {
        let log = self.log();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        let output = lines.into_iter().rev().collect::<Vec<_>>().join("; ");
        PostgresError::Late { what, output }
    }

    pub(crate) fn data(&self) -> PathBuf {
        data(&self.directory)
    }

    fn log_file(&self) -> PathBuf {
        self.directory.path().join("log")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // What is stopped would hold up the rest.
        for process in self.processes().unwrap_or_default() {
            // It fails only where the process is gone.
            let _ = Signal::Continue.send(process);
        }
        let Some(mut child) = self.child.take() else {
            return;
        };
        if Signal::Quit.send(child.id()).is_ok() {
            has_ended(&mut child, QUICK);
        }
    }
}

fn has_ended(child: &mut Child, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if child.exited().is_some() {
            return true;
        }
        std::thread::sleep(POLL);
    }
    child.exited().is_some()
}

fn configuration(port: u16, options: &Options) -> String {
    let own = [
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("port", port.to_string()),
        ("unix_socket_directories", String::new()),
        ("fsync", "off".to_owned()),
        ("full_page_writes", "off".to_owned()),
        ("shared_buffers", "16MB".to_owned()),
        // Many cases ask it at once, each of several processes.
        ("max_connections", "200".to_owned()),
        // Its workers would be processes that come and go.
        ("autovacuum", "off".to_owned()),
        ("max_parallel_workers", "0".to_owned()),
        ("max_logical_replication_workers", "0".to_owned()),
        ("max_wal_senders", "0".to_owned()),
    ];
    let encrypts = options.certificate.map(|_| ("ssl", "on".to_owned()));
    let given = options.settings.iter().cloned();
    // Of a setting that is there twice the last counts.
    own.into_iter()
        .chain(encrypts)
        .map(|(name, value)| (name.to_owned(), value))
        .chain(given)
        .map(|(name, value)| format!("{name} = '{}'\n", value.replace('\'', "''")))
        .collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
