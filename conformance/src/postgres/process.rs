//! PostgreSQL's processes: whose they are, and how they are signalled.

use std::io;
use std::path::Path;
use std::process::Command;

use super::PostgresError;
use crate::tools::{Registered, Scratch};

/// The user that PostgreSQL runs as: the one this program runs as, unless that is root.
#[derive(Clone, Copy, Debug)]
pub(super) struct User(Option<(u32, u32)>);

#[cfg(unix)]
impl User {
    pub(super) fn get() -> Result<Self, PostgresError> {
        if !nix::unistd::Uid::effective().is_root() {
            return Ok(Self(None));
        }
        let known = |name| nix::unistd::User::from_name(name).ok().flatten();
        let user = ["postgres", "nobody"].into_iter().find_map(known);
        let user = user.ok_or(PostgresError::NoUser)?;
        Ok(Self(Some((user.uid.as_raw(), user.gid.as_raw()))))
    }

    /// Has a command run as this user, in an environment of its own.
    pub(super) fn runs(self, command: &mut Command) {
        use std::os::unix::process::CommandExt as _;
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("LC_ALL", "C");
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
    }

    /// Gives a file in the scratch directory to this user.
    pub(super) fn owns(self, scratch: &Scratch, path: &Path) -> io::Result<()> {
        let Some((user, group)) = self.0 else {
            return Ok(());
        };
        scratch.let_others_through()?;
        std::os::unix::fs::chown(path, Some(user), Some(group))
    }
}

#[cfg(not(unix))]
impl User {
    pub(super) fn get() -> Result<Self, PostgresError> {
        Ok(Self(None))
    }

    pub(super) fn runs(self, _: &mut Command) {}

    pub(super) fn owns(self, _: &Scratch, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// What a process is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Read the configuration again.
    Hangup,
    /// End, and end what is connected.
    Interrupt,
    /// End as in a crash.
    Quit,
    /// End at once, with no chance to do anything.
    Kill,
    /// Do nothing until [`Continue`](Self::Continue).
    Stop,
    Continue,
}

impl Signal {
    #[cfg(unix)]
    pub(super) fn send(self, process: u32) -> io::Result<()> {
        use nix::sys::signal;
        let signal = match self {
            Self::Hangup => signal::SIGHUP,
            Self::Interrupt => signal::SIGINT,
            Self::Quit => signal::SIGQUIT,
            Self::Kill => signal::SIGKILL,
            Self::Stop => signal::SIGSTOP,
            Self::Continue => signal::SIGCONT,
        };
        let process = i32::try_from(process).map_err(io::Error::other)?;
        Ok(signal::kill(nix::unistd::Pid::from_raw(process), signal)?)
    }

    #[cfg(not(unix))]
    pub(super) fn send(self, _: u32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The processes that this one has started and that still run.
#[cfg(target_os = "linux")]
pub(super) fn children(parent: u32) -> io::Result<Vec<u32>> {
    let parent = i32::try_from(parent).map_err(io::Error::other)?;
    let all = procfs::process::all_processes().map_err(io::Error::other)?;
    // One that ends meanwhile cannot be read.
    let stats = all.filter_map(|it| it.ok()?.stat().ok());
    let children = stats.filter(|stat| stat.ppid == parent && stat.state != 'Z');
    children
        .map(|stat| u32::try_from(stat.pid).map_err(io::Error::other))
        .collect()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn children(_: u32) -> io::Result<Vec<u32>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Processes that do nothing until this is dropped. They end with this program, however that ends:
/// one that is stopped would not notice that all else is gone.
#[derive(Debug)]
pub struct Frozen {
    processes: Vec<u32>,
    registered: Vec<Registered>,
}

impl Frozen {
    /// Stops a process that leads a group of its own.
    pub(super) fn one(process: u32) -> io::Result<Self> {
        let mut frozen = Self {
            processes: Vec::new(),
            registered: Vec::new(),
        };
        frozen.add(process)?;
        Ok(frozen)
    }

    /// Stops another.
    pub(super) fn add(&mut self, process: u32) -> io::Result<()> {
        if self.processes.contains(&process) {
            return Ok(());
        }
        // Before it is stopped: from then on it takes this program to have it go on.
        self.processes.push(process);
        self.registered.push(Registered::group(process));
        match Signal::Stop.send(process) {
            // One that has just ended does nothing either.
            Err(error) if error.raw_os_error() != Some(NO_SUCH_PROCESS) => Err(error),
            _ => Ok(()),
        }
    }
}

/// ESRCH.
const NO_SUCH_PROCESS: i32 = 3;

impl Drop for Frozen {
    fn drop(&mut self) {
        for process in &self.processes {
            // It fails only where the process is gone.
            let _ = Signal::Continue.send(*process);
        }
    }
}
