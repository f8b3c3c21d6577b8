//! The connections to one server, held open between slices.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use quartet_generator::Connections;

/// How long an answer may take before it counts as missing, and all connections to be opened. A
/// connection that finds the server's queue full is tried again after 1, 3 and 7 seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections unused for longer are opened anew: where others are slow a turn may be far away,
/// and servers close what is idle, uvicorn and hypercorn after 5 s.
pub(super) const IDLE: Duration = Duration::from_secs(4);

/// Connections to one server.
pub(super) struct Client {
    address: SocketAddr,
    /// The cores of the generator's further threads.
    helpers: Vec<Option<usize>>,
    connections: Option<Connections>,
    count: usize,
    /// Whether the generator sleeps while there is nothing to read.
    leaves_core: bool,
    /// When all of them were last in use.
    used: Instant,
}

impl Client {
    /// One that has no connections yet.
    pub(super) fn new(address: SocketAddr, helpers: Vec<Option<usize>>) -> Self {
        Self {
            address,
            helpers,
            connections: None,
            count: 0,
            leaves_core: false,
            used: Instant::now(),
        }
    }

    /// Opens so many connections, in place of those it has. The generator is to sleep while there is
    /// nothing to read on them, if it `leaves_core` to others.
    pub(super) fn open(&mut self, count: usize, leaves_core: bool) -> Result<()> {
        self.connections = None;
        let mut opened = Connections::open_among(self.address, count, PATIENCE, &self.helpers)?;
        if leaves_core {
            opened.leave_core(true)?;
        }
        self.connections = Some(opened);
        (self.count, self.leaves_core) = (count, leaves_core);
        self.used = Instant::now();
        Ok(())
    }

    /// Opens connections anew that have been idle for too long by now, and says whether they had.
    pub(super) fn refresh(&mut self, now: Instant) -> Result<bool> {
        let idle = now.saturating_duration_since(self.used) > IDLE;
        let stale = idle && self.connections.is_some();
        if stale {
            self.open(self.count, self.leaves_core)?;
        }
        Ok(stale)
    }

    /// The connections, if any are open.
    pub(super) fn connections(&mut self) -> Result<&mut Connections> {
        self.connections.as_mut().context("no connections are open")
    }

    /// All were in use until now.
    pub(super) fn was_used(&mut self) {
        self.used = Instant::now();
    }

    /// When all of them were last in use, to be set back or forth.
    #[cfg(test)]
    pub(super) fn used(&mut self) -> &mut Instant {
        &mut self.used
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::net::TcpListener;

    #[test]
    fn idle_connections_are_opened_anew() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = Client::new(listener.local_addr().unwrap(), Vec::new());
        assert!(client.connections().is_err());
        let later = || Instant::now() + 2 * IDLE;
        assert!(!client.refresh(later()).unwrap());
        client.open(2, false).unwrap();
        assert!(!client.refresh(client.used + IDLE).unwrap());
        assert!(client.refresh(later()).unwrap());
        assert!(client.connections().is_ok());

        let accept = || listener.accept().unwrap().0;
        let old = [accept(), accept()];
        let new = [accept(), accept()];
        for mut stream in old {
            assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        }
        for mut stream in new {
            stream.set_nonblocking(true).unwrap();
            assert!(stream.read(&mut [0]).is_err());
        }
    }
}
