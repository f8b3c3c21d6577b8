//! A server process.

use std::ffi::OsString;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Ready, Server};
use crate::BaseUrl;

/// How long a server may take until it accepts connections.
const STARTUP: Duration = Duration::from_secs(10);

/// How long a server may take to end after SIGTERM before it is killed: longer than the ten seconds
/// that the contract gives it to drain.
const TERMINATION: Duration = Duration::from_secs(15);

/// The most octets kept of each of a process's outputs.
const KEPT_OUTPUT: usize = 64 * 1024;

/// How often a process is looked at while it is waited for.
const POLL: Duration = Duration::from_millis(2);

/// How a server is to be started.
#[derive(Clone, Debug, Default)]
pub struct StartOptions {
    /// The program; without it, what [`Server::program`] names, looked up as it stands.
    pub program: Option<PathBuf>,
    /// Worker threads; the number of cores if not given.
    pub workers: Option<usize>,
    /// Arguments after the server's own.
    pub extra_args: Vec<OsString>,
    /// Environment variables to set. `PORT` and those that start with `QUARTET_` are not inherited.
    pub env: Vec<(String, String)>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program could not be run.
    #[error("{server}: cannot run {}: {source}", program.display())]
    Run {
        /// The server.
        server: String,
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No free port could be found for it.
    #[error("{server}: no free port: {source}")]
    Port {
        /// The server.
        server: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ended instead.
    #[error("{server}: it ended before it accepted connections ({status})\n{stderr}")]
    Ended {
        /// The server.
        server: String,
        /// How it ended.
        status: ExitStatus,
        /// What it printed on standard error.
        stderr: String,
    },
    /// It took too long, and was killed.
    #[error("{server}: it did not accept connections within {limit:?}\n{stderr}")]
    Late {
        /// The server.
        server: String,
        /// The limit.
        limit: Duration,
        /// What it printed on standard error.
        stderr: String,
    },
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    address: SocketAddr,
    stdout: Captured,
    stderr: Captured,
}

impl Process {
    /// Starts a server and waits until it accepts connections on 127.0.0.1.
    ///
    /// # Errors
    /// If it does not, within ten seconds. Its standard error is in the error.
    pub fn start(server: &Server, options: &StartOptions) -> Result<Self, StartError> {
        let port = match server.ready {
            Ready::Line => 0,
            Ready::Port => free_port().map_err(|source| StartError::Port {
                server: server.name.clone(),
                source,
            })?,
        };
        let program = options
            .program
            .clone()
            .unwrap_or_else(|| PathBuf::from(&server.program));
        let mut command = Command::new(&program);
        command
            .args(arguments(server, options, port))
            .args(&options.extra_args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            if name == "PORT" || name.to_string_lossy().starts_with("QUARTET_") {
                command.env_remove(name);
            }
        }
        command.envs(options.env.iter().map(|(name, value)| (name, value)));
        let mut child = command.spawn().map_err(|source| StartError::Run {
            server: server.name.clone(),
            program,
            source,
        })?;
        let (announce, announced) = mpsc::channel();
        let stdout = Captured::of(child.stdout.take(), Some(announce));
        let stderr = Captured::of(child.stderr.take(), None);
        let mut process = Self {
            child,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            stdout,
            stderr,
        };
        let deadline = Instant::now() + STARTUP;
        loop {
            let ready = match server.ready {
                Ready::Line => match announced.recv_timeout(POLL) {
                    Ok(address) => {
                        process.address = address;
                        true
                    }
                    Err(RecvTimeoutError::Timeout) => false,
                    Err(RecvTimeoutError::Disconnected) => {
                        std::thread::sleep(POLL);
                        false
                    }
                },
                Ready::Port => {
                    std::thread::sleep(POLL);
                    TcpStream::connect_timeout(&process.address, POLL).is_ok()
                }
            };
            if ready {
                return Ok(process);
            }
            if let Some(status) = process.exited() {
                return Err(StartError::Ended {
                    server: server.name.clone(),
                    status,
                    stderr: process.stderr.at_end(),
                });
            }
            if Instant::now() > deadline {
                return Err(StartError::Late {
                    server: server.name.clone(),
                    limit: STARTUP,
                    stderr: process.stderr(),
                });
            }
        }
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

    /// How it ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        // An error means that it is not ours to wait for: gone, in any case, is what it is not.
        self.child.try_wait().ok().flatten()
    }

    /// Asks the process to end with SIGTERM, waits for up to 15 seconds, then kills it. Where there
    /// are no signals it is killed at once.
    ///
    /// # Errors
    /// If the system does not let the process be waited for.
    pub fn terminate(mut self) -> io::Result<ExitStatus> {
        self.signal_end();
        let deadline = Instant::now() + TERMINATION;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(POLL);
        }
        self.child.kill()?;
        self.child.wait()
    }

    #[cfg(unix)]
    fn signal_end(&self) {
        use nix::sys::signal::{Signal, kill};
        use nix::unistd::Pid;
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // It fails only if the process has ended, which the wait that follows finds.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }

    #[cfg(not(unix))]
    fn signal_end(&mut self) {
        // It fails only if the process has ended, which the wait that follows finds.
        let _ = self.child.kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if the process has ended and been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn arguments(server: &Server, options: &StartOptions, port: u16) -> Vec<String> {
    let workers = options.workers.unwrap_or_else(|| {
        std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
    });
    let fill = |argument: &String| {
        argument
            .replace("{port}", &port.to_string())
            .replace("{workers}", &workers.to_string())
    };
    server.args.iter().map(fill).collect()
}

/// A port that was free a moment ago.
fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// An output of a process, read as it comes so that the process never waits for a reader.
#[derive(Debug)]
struct Captured {
    kept: Arc<Mutex<Vec<u8>>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Captured {
    fn of(
        output: Option<impl Read + Send + 'static>,
        announce: Option<Sender<SocketAddr>>,
    ) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let reader = output.map(|mut output| {
            let kept = kept.clone();
            std::thread::spawn(move || capture(&mut output, &kept, announce))
        });
        Self { kept, reader }
    }

    fn so_far(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }

    /// What there was once the process has ended. One that left a child behind keeps its output
    /// open, so the wait is bounded.
    fn at_end(&self) -> String {
        let deadline = Instant::now() + Duration::from_secs(1);
        let reading = |reader: &std::thread::JoinHandle<()>| !reader.is_finished();
        while self.reader.as_ref().is_some_and(reading) && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
        self.so_far()
    }
}

fn capture(
    output: &mut impl Read,
    kept: &Mutex<Vec<u8>>,
    mut announce: Option<Sender<SocketAddr>>,
) {
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = output.read(&mut chunk) {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT_OUTPUT.saturating_sub(kept.len()).min(read);
        kept.extend_from_slice(&chunk[..room]);
        if let Some(to) = &announce
            && let Some(address) = announced_address(&kept)
        {
            // Nobody waits any longer if the start was given up.
            let _ = to.send(address);
            announce = None;
        }
    }
}

/// The address in a complete line `listening on http://ADDRESS`.
fn announced_address(output: &[u8]) -> Option<SocketAddr> {
    let text = String::from_utf8_lossy(output);
    let mut complete = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    complete.find_map(|line| {
        let address = line.trim().strip_prefix("listening on http://")?;
        address.trim_end_matches('/').parse().ok()
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::servers::Role;

    fn shell(script: &str, ready: Ready) -> Server {
        Server {
            name: "shell".to_owned(),
            role: Role::Baseline,
            framework: None,
            package: None,
            build: Vec::new(),
            program: "sh".to_owned(),
            args: vec!["-c".to_owned(), script.to_owned()],
            ready,
            cases: None,
            key_args: None,
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
    fn a_line_without_its_end_is_not_the_line() {
        let output = b"listening on http://127.0.0.1:8";
        assert_eq!(announced_address(output), None);
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
    fn placeholders_are_filled_in() {
        let mut server = shell("", Ready::Port);
        server.args = vec!["127.0.0.1:{port}".to_owned(), "-w{workers}".to_owned()];
        let options = StartOptions {
            workers: Some(3),
            ..StartOptions::default()
        };
        assert_eq!(arguments(&server, &options, 81), ["127.0.0.1:81", "-w3"]);
    }

    #[test]
    fn the_environment_does_not_configure_the_server() {
        let script =
            "echo listening on http://127.0.0.1:81; echo \"[$QUARTET_X]\" >&2; exec sleep 60";
        let options = StartOptions {
            env: vec![("QUARTET_X".to_owned(), "given".to_owned())],
            ..StartOptions::default()
        };
        let process = Process::start(&shell(script, Ready::Line), &options).unwrap();
        let deadline = Instant::now() + Duration::from_secs(5);
        while process.stderr().is_empty() && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
        assert_eq!(process.stderr(), "[given]\n");
    }
}
