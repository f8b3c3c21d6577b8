//! A server process.

mod output;
mod signal;
mod start;
mod usage;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

pub use signal::Signal;
pub(super) use start::filled;
pub use start::{StartError, StartOptions};

use super::{Ready, Server};
use crate::BaseUrl;
use crate::ports::free_port;
use crate::tools::Registered;
use output::Captured;

/// How long a server may take to end after SIGTERM before it is killed: longer than the ten seconds
/// that the contract gives it to drain.
const TERMINATION: Duration = Duration::from_secs(15);

/// How often a process is looked at while it is waited for.
const POLL: Duration = Duration::from_millis(2);

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    address: SocketAddr,
    stdout: Captured,
    stderr: Captured,
    registered: Option<Registered>,
}

impl Process {
    /// How long a server may take until it accepts connections: an interpreter on a busy machine takes
    /// seconds.
    pub const STARTUP: Duration = Duration::from_secs(30);

    /// Starts a server and waits until it accepts connections on 127.0.0.1.
    ///
    /// # Errors
    /// If it does not, within [`Self::STARTUP`]. Its standard error is in the error.
    pub fn start(server: &Server, options: &StartOptions) -> Result<Self, StartError> {
        let deadline = Instant::now() + Self::STARTUP;
        let mut process = Self::spawn(server, options)?;
        let is_ready = match server.ready {
            Ready::Line => process.announced(Self::STARTUP).is_some(),
            Ready::Port => process.accepts(deadline),
        };
        if is_ready {
            return Ok(process);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let server = server.name.clone();
        match process.ended_within(left) {
            Some(status) => Err(StartError::Ended {
                server,
                status,
                stderr: process.stderr_at_end(),
            }),
            None => Err(StartError::Late {
                server,
                limit: Self::STARTUP,
                stderr: process.stderr(),
            }),
        }
    }

    /// Starts a server and does not wait for anything.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn spawn(server: &Server, options: &StartOptions) -> Result<Self, StartError> {
        let port = match (options.port, server.ready) {
            (Some(port), _) => port,
            (None, Ready::Line) => 0,
            (None, Ready::Port) => {
                free_port(Ipv4Addr::LOCALHOST.into()).map_err(|source| StartError::Port {
                    server: server.name.clone(),
                    source,
                })?
            }
        };
        let program = options.program.clone();
        let program = program.unwrap_or_else(|| PathBuf::from(&server.program));
        let command = start::command(server, &program, options, port);
        let spawned = command.and_then(|mut command| command.spawn());
        let mut child = spawned.map_err(|source| StartError::Run {
            server: server.name.clone(),
            program,
            source,
        })?;
        Ok(Self {
            stdout: Captured::of(child.stdout.take()),
            stderr: Captured::of(child.stderr.take()),
            registered: Some(match server.leads_group {
                true => Registered::group(child.id()),
                false => Registered::process(child.id()),
            }),
            child,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        })
    }

    /// Waits until the process says on standard output where it listens, which is then its
    /// address. Nothing if it does not within `limit`, or ends.
    pub fn announced(&mut self, limit: Duration) -> Option<SocketAddr> {
        let announced = self.stdout.announced(Instant::now() + limit)?;
        self.address = announced;
        Some(announced)
    }

    fn accepts(&mut self, deadline: Instant) -> bool {
        while Instant::now() < deadline && self.exited().is_none() {
            if TcpStream::connect_timeout(&self.address, POLL).is_ok() {
                return true;
            }
            std::thread::sleep(POLL);
        }
        false
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its API is.
    pub fn base_url(&self) -> BaseUrl {
        BaseUrl::at(self.address)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed on standard output so far, up to a bound.
    pub fn stdout(&self) -> String {
        self.stdout.so_far()
    }

    /// What it has printed on standard error so far, up to a bound.
    pub fn stderr(&self) -> String {
        self.stderr.so_far()
    }

    /// What it printed on standard output, up to a bound, now that it has ended.
    pub fn stdout_at_end(&self) -> String {
        self.stdout.at_end()
    }

    /// What it printed on standard error, up to a bound, now that it has ended.
    pub fn stderr_at_end(&self) -> String {
        self.stderr.at_end()
    }

    /// Octets of memory that it has resident.
    ///
    /// # Errors
    /// If it has ended, or the system does not tell: only Linux does.
    pub fn resident_memory(&self) -> io::Result<u64> {
        usage::resident_memory(self.pid())
    }

    /// How many descriptors it has open.
    ///
    /// # Errors
    /// If it has ended, or the system does not tell: only Linux does.
    pub fn descriptors(&self) -> io::Result<usize> {
        usage::descriptors(self.pid())
    }

    /// How much CPU time it has used, in all its threads.
    ///
    /// # Errors
    /// If it has ended, or the system does not tell: only Linux does.
    pub fn cpu_time(&self) -> io::Result<Duration> {
        usage::cpu_time(self.pid())
    }

    /// How many threads it has, and the processes that it has started and theirs.
    ///
    /// # Errors
    /// If the system does not tell: only Linux does.
    pub fn threads(&self) -> io::Result<usize> {
        usage::threads(self.pid())
    }

    /// How it ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        // An error means that it is not ours to wait for: gone, in any case, is what it is not.
        self.child.try_wait().ok().flatten()
    }

    /// How it ended, if it does within `limit`.
    pub fn ended_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            let status = self.exited();
            if status.is_some() || Instant::now() >= deadline {
                return status;
            }
            std::thread::sleep(POLL);
        }
    }

    /// Sends a signal. A process that has ended is sent none: its id may be another's by now.
    ///
    /// # Errors
    /// If the system does not deliver it. Where there are no signals, it never does.
    pub fn signal(&mut self, signal: Signal) -> io::Result<()> {
        match self.exited() {
            Some(_) => Ok(()),
            None => signal.send(self.pid()),
        }
    }

    /// Asks the process to end with SIGTERM, waits for up to 15 seconds, then kills it. Where there
    /// are no signals it is killed at once.
    ///
    /// # Errors
    /// If the system does not let the process be waited for.
    pub fn terminate(mut self) -> io::Result<ExitStatus> {
        if self.signal(Signal::Terminate).is_ok()
            && let Some(status) = self.ended_within(TERMINATION)
        {
            return Ok(status);
        }
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(registered) = self.registered.take() {
            registered.kill_group();
        }
        // Both fail only if the process has ended and been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::servers::Role;

    pub(super) fn shell(script: &str, ready: Ready) -> Server {
        Server {
            args: vec!["-c".to_owned(), script.to_owned()],
            ..Server::new("shell", Role::Baseline, "sh", ready)
        }
    }

    fn start(script: &str) -> Result<Process, StartError> {
        Process::start(&shell(script, Ready::Line), &StartOptions::default())
    }

    #[test]
    fn the_line_gives_the_address() {
        let mut process =
            start("echo hello; echo listening on http://127.0.0.1:81; exec sleep 60").unwrap();
        assert_eq!(process.address().to_string(), "127.0.0.1:81");
        assert_eq!(process.exited(), None);
        let status = process.terminate().unwrap();
        assert!(!status.success());
    }

    #[test]
    fn it_runs_where_it_is_told_to() {
        let mut server = shell(
            "echo listening on http://127.0.0.1:81; pwd >&2; exec sleep 0",
            Ready::Line,
        );
        let directory = std::env::temp_dir().canonicalize().unwrap();
        server.directory = Some(directory.clone());
        let process = Process::start(&server, &StartOptions::default()).unwrap();
        assert_eq!(process.stderr_at_end().trim(), directory.to_str().unwrap());
    }

    #[test]
    fn what_a_failing_server_says_is_in_the_error() {
        let error = start("echo no such file >&2; exit 3")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("no such file") && error.contains('3'),
            "{error}"
        );
    }

    #[test]
    fn the_environment_does_not_configure_the_server() {
        let script =
            "echo listening on http://127.0.0.1:81; echo \"[$QUARTET_X]\" >&2; exec sleep 0";
        let options = StartOptions {
            env: vec![("QUARTET_X".to_owned(), "given".to_owned())],
            ..StartOptions::default()
        };
        let process = Process::start(&shell(script, Ready::Line), &options).unwrap();
        assert_eq!(process.stderr_at_end(), "[given]\n");
    }

    #[test]
    fn signals_reach_the_process_under_its_limit() {
        // Not SIGINT: where this program is started with it ignored, a shell cannot trap it.
        let script = "trap 'echo terminated; exit 7' TERM; ulimit -n >&2; \
                      echo listening on http://127.0.0.1:81; while :; do sleep 0.01; done";
        let options = StartOptions {
            most_descriptors: Some(50),
            ..StartOptions::default()
        };
        let mut process = Process::start(&shell(script, Ready::Line), &options).unwrap();
        process.signal(Signal::Terminate).unwrap();
        let status = process.ended_within(Duration::from_secs(10)).unwrap();
        assert_eq!(status.code(), Some(7));
        assert!(process.stdout_at_end().ends_with("terminated\n"));
        assert_eq!(process.stderr_at_end(), "50\n");
        process.signal(Signal::Terminate).unwrap();
    }
}
