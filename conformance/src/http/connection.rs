//! One connection to a server.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::broken::MOST_RECEIVED;
use super::{Broken, Response};
use crate::Pace;
use crate::evidence::{Exchange, Log};

/// How long a single wait for the server lasts, unless the case's own limit comes first.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection that records what passes over it; the record joins the evidence when it is dropped.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    opened: Instant,
    deadline: Instant,
    pub(super) unread: Vec<u8>,
    exchange: Exchange,
    log: Arc<Log>,
    pace: Option<Arc<Pace>>,
}

impl Connection {
    pub(crate) fn new(
        stream: TcpStream,
        deadline: Instant,
        exchange: Exchange,
        log: Arc<Log>,
    ) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            opened: Instant::now(),
            deadline,
            unread: Vec::new(),
            exchange,
            log,
            pace: None,
        })
    }

    /// The same connection, on which each send waits for its turn.
    pub(crate) fn paced(mut self, pace: Option<Arc<Pace>>) -> Self {
        self.pace = pace;
        self
    }

    /// Sends exactly these octets.
    ///
    /// # Errors
    /// [`Broken::Reset`] if the server ended the connection; what it answered before can still be
    /// read.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        if let Some(pace) = &self.pace {
            pace.wait();
        }
        self.exchange.sends(bytes, self.opened.elapsed());
        self.stream.set_write_timeout(Some(self.patience()?))?;
        Ok(self.stream.write_all(bytes)?)
    }

    /// Sends these octets one at a time, each in a packet of its own as far as the system lets it.
    ///
    /// # Errors
    /// [`Broken::Reset`] if the server ended the connection.
    pub fn send_split(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        bytes.chunks(1).try_for_each(|octet| self.send(octet))
    }

    /// Sends a request and reads its response. A server may answer and close before it has read
    /// everything, so a failure to send is reported only if there is no answer either.
    ///
    /// # Errors
    /// Why there is no response.
    pub fn exchange(&mut self, method: &str, bytes: &[u8]) -> Result<Response, Broken> {
        let sent = self.send(bytes);
        match (self.receive(method), sent) {
            (Err(Broken::Closed), Err(failed)) => Err(failed),
            (received, _) => received,
        }
    }

    /// Reads until the server closes the connection, or `wait` has passed, and returns what came.
    /// The second value says whether the connection was closed.
    pub fn rest(&mut self, wait: Duration) -> (Vec<u8>, bool) {
        let until = self.deadline.min(Instant::now() + wait);
        let closed = loop {
            match self.fill(until) {
                Ok(0) => break true,
                Ok(_) => {}
                Err(error) => break matches!(error, Broken::Reset(_)),
            }
        };
        (std::mem::take(&mut self.unread), closed)
    }

    /// Half-closes the connection: the server sees the end of the requests.
    ///
    /// # Errors
    /// If the connection is gone already.
    pub fn finish_sending(&mut self) -> Result<(), Broken> {
        self.exchange.half_closes(self.opened.elapsed());
        Ok(self.stream.shutdown(Shutdown::Write)?)
    }

    /// Waits without sending.
    pub fn pause(&mut self, wait: Duration) {
        self.exchange.pauses();
        std::thread::sleep(wait.min(self.deadline.saturating_duration_since(Instant::now())));
    }

    /// Whether the server has sent something that is unread, or has ended the connection; it is not
    /// waited for.
    pub fn has_reacted(&mut self) -> bool {
        if self.unread.is_empty() && self.stream.set_nonblocking(true).is_ok() {
            let read = self.read_once();
            // A socket that cannot be changed back fails the next call that has to wait.
            let _ = self.stream.set_nonblocking(false);
            return !matches!(read, Err(Broken::TimedOut));
        }
        true
    }

    fn patience(&self) -> Result<Duration, Broken> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Broken::TimedOut);
        }
        Ok(left.min(PATIENCE))
    }

    /// Waits once for octets, and reads them into `unread`. Zero is the end of the connection.
    fn fill(&mut self, until: Instant) -> Result<usize, Broken> {
        if self.exchange.received.total >= MOST_RECEIVED {
            return Err(Broken::TooLong);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Broken::TimedOut);
        }
        self.stream.set_read_timeout(Some(left))?;
        self.read_once()
    }

    fn read_once(&mut self) -> Result<usize, Broken> {
        let mut chunk = [0; 16 * 1024];
        let result = loop {
            match self.stream.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(Broken::from),
            }
        };
        let after = self.opened.elapsed();
        match &result {
            Ok(0) | Err(Broken::Reset(_)) => self.exchange.ends(after),
            Ok(read) => {
                let chunk = chunk.get(..*read).unwrap_or_default();
                self.exchange.receives(chunk, after);
                self.unread.extend_from_slice(chunk);
            }
            Err(_) => {}
        }
        result
    }

    /// Waits for octets as long as a server may take for anything, or for `most` if that is less.
    pub(super) fn fill_within(&mut self, most: Duration) -> Result<usize, Broken> {
        let until = Instant::now() + self.patience()?.min(most);
        self.fill(until)
    }

    pub(super) fn fill_patiently(&mut self) -> Result<usize, Broken> {
        self.fill_within(PATIENCE)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.log.push(std::mem::take(&mut self.exchange));
    }
}
