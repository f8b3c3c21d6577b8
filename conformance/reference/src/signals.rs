//! Hearing SIGTERM and SIGINT.

use std::io;

use quartet_conformance::servers::Signal;

/// The signals that end a program, held back until they are asked for.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct Signals(nix::sys::signal::SigSet);

#[cfg(unix)]
impl Signals {
    /// Holds the signals back, in this thread and in those it starts from now on.
    pub(super) fn listen() -> io::Result<Self> {
        use nix::sys::signal::{SIGINT, SIGTERM, SigSet};
        let mut set = SigSet::empty();
        set.add(SIGTERM);
        set.add(SIGINT);
        set.thread_block()?;
        Ok(Self(set))
    }

    /// Waits for the next signal.
    pub(super) fn next(&self) -> io::Result<Signal> {
        match self.0.wait()? {
            nix::sys::signal::SIGINT => Ok(Signal::Interrupt),
            _ => Ok(Signal::Terminate),
        }
    }
}

/// Where there are no signals there is nothing to hear: the system's own means end the program.
#[cfg(not(unix))]
#[derive(Debug)]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) fn next(&self) -> io::Result<Signal> {
        loop {
            std::thread::park();
        }
    }
}
