//! The signals that end a process.

use std::io;

/// What a process can be asked to end by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM, which service managers send.
    Terminate,
    /// SIGINT, which Ctrl-C sends.
    Interrupt,
}

impl Signal {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
        }
    }
}

impl Signal {
    #[cfg(unix)]
    pub(super) fn send(self, pid: u32) -> io::Result<()> {
        use nix::sys::signal::{SIGINT, SIGTERM, kill};
        use nix::unistd::Pid;
        let signal = match self {
            Self::Terminate => SIGTERM,
            Self::Interrupt => SIGINT,
        };
        let pid = i32::try_from(pid).map_err(io::Error::other)?;
        Ok(kill(Pid::from_raw(pid), signal)?)
    }

    #[cfg(not(unix))]
    pub(super) fn send(self, _pid: u32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
