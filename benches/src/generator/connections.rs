use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use mio::{Interest, Token};

use super::{
    connection::Connection,
    dialogue::{Dialogue, check_deadline},
    error::Error,
    exchange::Exchange,
    poller::Poller,
    slice::{Slice, Tally},
};

/// Bytes read at once: more than most answers, and what fits a core's own cache.
pub(super) const READ_SIZE: usize = 64 * 1024;

/// Connections held open to one server.
pub struct Connections {
    pub(super) poller: Poller,
    pub(super) connections: Vec<Connection>,
    /// Connections whose next request is due.
    due: Vec<usize>,
    pub(super) buffer: Box<[u8]>,
    pub(super) timeout: Duration,
    usable: bool,
}

impl Connections {
    /// Opens `count` connections.
    ///
    /// `timeout` bounds the opening of them all and, in a slice, the wait for any answer.
    ///
    /// # Errors
    /// The server does not accept, or not in time; the system is out of ports or descriptors;
    /// `count` is 0.
    pub fn open(address: SocketAddr, count: usize, timeout: Duration) -> Result<Self, Error> {
        if count == 0 {
            return Err(Error::NoConnections);
        }
        let refused = |source| Error::Connect { address, source };
        let poller = Poller::new(count)?;
        let deadline = Instant::now() + timeout;
        let mut connections = Vec::with_capacity(count);
        for index in 0..count {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(refused(ErrorKind::TimedOut.into()));
            }
            let stream = TcpStream::connect_timeout(&address, left).map_err(refused)?;
            stream.set_nodelay(true).map_err(refused)?;
            stream.set_nonblocking(true).map_err(refused)?;
            let mut stream = mio::net::TcpStream::from_std(stream);
            let interest = Interest::READABLE | Interest::WRITABLE;
            poller.watch(&mut stream, Token(index), interest)?;
            connections.push(Connection::new(stream));
        }
        Ok(Self {
            poller,
            connections,
            due: Vec::with_capacity(count),
            buffer: vec![0; READ_SIZE].into_boxed_slice(),
            timeout,
            usable: true,
        })
    }

    /// Keeps one request in flight on each connection: a closed loop.
    ///
    /// Sends for `ramp`, which is not counted, then for `window`, which is, each of them as much
    /// longer as it takes to answer every connection twice, on average; then waits until every
    /// request in flight has its answer. The calling thread polls without a pause, so it should
    /// have a core of its own.
    ///
    /// # Errors
    /// An answer is wrong or malformed, a connection ends, or answers are missing for longer than
    /// the timeout. The connections are of no further use then.
    pub fn closed_loop(
        &mut self,
        exchange: &Exchange,
        ramp: Duration,
        window: Duration,
    ) -> Result<Slice, Error> {
        self.once_more(|this| this.closed_loop_unguarded(exchange, ramp, window))
    }

    /// Runs a slice, and none after one that failed.
    pub(super) fn once_more<T>(
        &mut self,
        slice: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if !self.usable {
            return Err(Error::Unusable);
        }
        self.usable = false;
        let measured = slice(self)?;
        self.usable = true;
        Ok(measured)
    }

    fn closed_loop_unguarded(
        &mut self,
        exchange: &Exchange,
        ramp: Duration,
        window: Duration,
    ) -> Result<Slice, Error> {
        self.due.clear();
        let mut tally = Tally::new(self.connections.len(), ramp, window);
        let mut dialogue = Dialogue::new(exchange, &mut self.buffer);
        for connection in &mut self.connections {
            connection.due_at = Instant::now();
            dialogue.send(connection)?;
        }
        while tally.is_sending() || dialogue.sent() > tally.total_requests() {
            let answered = tally.total_requests();
            for event in self.poller.events()? {
                let Token(index) = event.token();
                let connection = &mut self.connections[index];
                if dialogue.advance(connection, event)? {
                    // One look at the clock ends this request and makes the next one due.
                    let now = Instant::now();
                    tally.answered(connection.due_at, now);
                    connection.due_at = now;
                    self.due.push(index);
                }
            }
            // All reads before all writes: each kind finds its path through the kernel still in
            // the core's cache, which makes some percent more requests.
            for index in self.due.drain(..) {
                if tally.is_sending() {
                    dialogue.send(&mut self.connections[index])?;
                }
            }
            if tally.total_requests() == answered {
                let outstanding = dialogue.sent() - answered;
                check_deadline(tally.waiting_since(), self.timeout, outstanding)?;
            }
        }
        Ok(tally.finish())
    }
}
