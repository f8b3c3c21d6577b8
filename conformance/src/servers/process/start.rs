//! How a process is started, and why one was not.

use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::servers::Server;
use crate::tools::end_with_this_program;

/// How a server is to be started.
#[derive(Clone, Debug, Default)]
pub struct StartOptions {
    /// The program; without it, what [`Server::program`] names, looked up as it stands.
    pub program: Option<PathBuf>,
    /// Worker threads; the number of cores if not given.
    pub workers: Option<usize>,
    /// The address to listen on; 127.0.0.1 if not given.
    pub host: Option<IpAddr>,
    /// The port to listen on; a free one if not given.
    pub port: Option<u16>,
    /// Arguments after the server's own.
    pub extra_args: Vec<OsString>,
    /// Environment variables to set. `PORT` and those that start with `QUARTET_` are not inherited.
    pub env: Vec<(String, String)>,
    /// The most descriptors the process may have open, on Unix; the suite's own limit if not given.
    pub most_descriptors: Option<u32>,
    /// Its soft limit of descriptors, on Unix, which it may raise to the hard one (getrlimit(2)); the suite's own if not
    /// given.
    pub soft_descriptors: Option<u32>,
    /// Sockets that it inherits as systemd hands them on, on Unix (sd_listen_fds(3)).
    pub inherited: Vec<Arc<TcpListener>>,
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
    #[error("{server}: the server ended before it accepted connections ({status})\n{stderr}")]
    Ended {
        /// The server.
        server: String,
        /// How it ended.
        status: ExitStatus,
        /// What it printed on standard error.
        stderr: String,
    },
    /// It took too long, and was killed.
    #[error("{server}: the server did not accept connections within {limit:?}\n{stderr}")]
    Late {
        /// The server.
        server: String,
        /// The limit.
        limit: Duration,
        /// What it printed on standard error.
        stderr: String,
    },
}

/// The command that starts `program` as `server`, to listen on `port`.
///
/// # Errors
/// A socket that is to be inherited cannot be handed on.
pub(super) fn command(
    server: &Server,
    program: &Path,
    options: &StartOptions,
    port: u16,
) -> io::Result<Command> {
    // The shell does to itself what is asked for, and then becomes the program.
    let mut script = String::new();
    if let Some(most) = options.most_descriptors {
        script.push_str(&format!("ulimit -n {most} && "));
    }
    if let Some(soft) = options.soft_descriptors {
        script.push_str(&format!("ulimit -S -n {soft} && "));
    }
    if !options.inherited.is_empty() {
        let count = options.inherited.len();
        script.push_str(&format!("export LISTEN_FDS={count} LISTEN_PID=$$ && "));
    }
    let mut command = match script.is_empty() || cfg!(not(unix)) {
        true => Command::new(program),
        false => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("{script}exec \"$@\""), "sh"]);
            shell.arg(program);
            shell
        }
    };
    command
        .args(arguments(server, options, port))
        .args(&options.extra_args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    hand_on(&mut command, &options.inherited)?;
    for (name, _) in std::env::vars_os() {
        if is_withheld(server, &name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    if let Some(directory) = &server.directory {
        command.current_dir(directory);
    }
    if server.leads_group {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    } else {
        end_with_this_program(&mut command);
    }
    command.envs(&server.environment);
    command.envs(options.env.iter().map(|(name, value)| (name, value)));
    Ok(command)
}

/// Has the process inherit these sockets, as the descriptors from 3 on.
#[cfg(unix)]
fn hand_on(command: &mut Command, listeners: &[Arc<TcpListener>]) -> io::Result<()> {
    use command_fds::{CommandFdExt as _, FdMapping};

    /// The first descriptor that is handed on (SD_LISTEN_FDS_START).
    const FIRST: i32 = 3;
    let mut mappings = Vec::new();
    for (child_fd, listener) in (FIRST..).zip(listeners) {
        let parent_fd = listener.try_clone()?.into();
        mappings.push(FdMapping {
            parent_fd,
            child_fd,
        });
    }
    if !mappings.is_empty() {
        command.fd_mappings(mappings).map_err(io::Error::other)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn hand_on(_: &mut Command, _: &[Arc<TcpListener>]) -> io::Result<()> {
    Ok(())
}

/// Whether a variable of this environment is not passed on: what would configure the server, and what
/// would have Python take packages from elsewhere than where the pinned ones are.
fn is_withheld(server: &Server, name: &str) -> bool {
    name == "PORT"
        || name.starts_with("QUARTET_")
        || server.requirements.is_some() && name.starts_with("PYTHON")
}

/// An argument of a stanza that says where to listen, and with how many workers.
pub(in crate::servers) fn filled(argument: &str, address: SocketAddr, workers: usize) -> String {
    argument
        .replace("{address}", &address.to_string())
        .replace("{host}", &address.ip().to_string())
        .replace("{port}", &address.port().to_string())
        .replace("{workers}", &workers.to_string())
}

fn arguments(server: &Server, options: &StartOptions, port: u16) -> Vec<String> {
    let workers = options.workers.unwrap_or_else(|| {
        std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
    });
    let host = options.host.unwrap_or(Ipv4Addr::LOCALHOST.into());
    let address = SocketAddr::new(host, port);
    let fill = |argument: &String| filled(argument, address, workers);
    server.args.iter().map(fill).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;

    use crate::servers::{Ready, process::tests::shell};

    #[test]
    fn placeholders_are_filled_in() {
        let mut server = shell("", Ready::Port);
        let words = [
            "127.0.0.1:{port}",
            "-w{workers}",
            "{address}",
            "http://{host}/",
        ];
        server.args = words.map(str::to_owned).to_vec();
        let options = StartOptions {
            workers: Some(3),
            ..StartOptions::default()
        };
        assert_eq!(
            arguments(&server, &options, 81),
            ["127.0.0.1:81", "-w3", "127.0.0.1:81", "http://127.0.0.1/"]
        );
        let elsewhere = StartOptions {
            host: Some(Ipv6Addr::UNSPECIFIED.into()),
            ..options
        };
        assert_eq!(
            arguments(&server, &elsewhere, 81),
            ["127.0.0.1:81", "-w3", "[::]:81", "http://::/"]
        );
    }

    #[test]
    fn the_environment_configures_no_server() {
        let withheld = |server: &Server| {
            ["PORT", "QUARTET_LISTEN", "PYTHONPATH", "PATH"].map(|name| is_withheld(server, name))
        };
        let mut server = shell("", Ready::Port);
        assert_eq!(withheld(&server), [true, true, false, false]);
        server.requirements = Some("requirements.txt".into());
        assert_eq!(withheld(&server), [true, true, true, false]);
    }
}
