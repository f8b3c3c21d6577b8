//! The connections that one thread polls, and the closed loop on them.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use mio::{Interest, Token};

use crate::{
    connection::Connection,
    dialogue::{Dialogue, check_deadline},
    error::Error,
    exchange::Exchange,
    poller::Poller,
    round::Peers,
    slice::{Slice, Tally},
};

/// Bytes read at once: more than most answers, and what fits a core's own cache.
pub(super) const READ_SIZE: usize = 64 * 1024;

/// The connections that one thread polls.
pub(super) struct Share {
    pub(super) address: SocketAddr,
    pub(super) poller: Poller,
    pub(super) connections: Vec<Connection>,
    /// Connections whose next request is due.
    due: Vec<usize>,
    pub(super) buffer: Box<[u8]>,
    pub(super) timeout: Duration,
}

impl Share {
    /// One with room for so many connections.
    pub(super) fn new(address: SocketAddr, room: usize, timeout: Duration) -> Result<Self, Error> {
        Ok(Self {
            address,
            poller: Poller::new(room)?,
            connections: Vec::with_capacity(room),
            due: Vec::with_capacity(room),
            buffer: vec![0; READ_SIZE].into_boxed_slice(),
            timeout,
        })
    }

    /// Opens one more connection.
    pub(super) fn open(&mut self, within: Duration) -> Result<(), Error> {
        let address = self.address;
        let refused = |source| Error::Connect { address, source };
        if within.is_zero() {
            return Err(refused(io::ErrorKind::TimedOut.into()));
        }
        let stream = TcpStream::connect_timeout(&address, within).map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        stream.set_nonblocking(true).map_err(refused)?;
        let mut stream = mio::net::TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = Token(self.connections.len());
        self.poller.watch(&mut stream, token, interest)?;
        self.connections.push(Connection::new(stream));
        Ok(())
    }

    /// As [`super::Connections::closed_loop`], on these connections.
    pub(super) fn closed_loop(
        &mut self,
        exchange: &Exchange,
        ramp: Duration,
        window: Duration,
        peers: Peers<'_>,
    ) -> Result<Slice, Error> {
        self.due.clear();
        let mut tally = Tally::new(self.connections.len(), ramp, window, peers);
        let mut dialogue = Dialogue::new(exchange, &mut self.buffer);
        for connection in &mut self.connections {
            connection.due_at = Instant::now();
            dialogue.send(connection)?;
        }
        while tally.is_sending() || dialogue.sent() > tally.total_requests() {
            peers.check()?;
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
                check_deadline(tally.waiting_since().elapsed(), self.timeout, outstanding)?;
            }
        }
        Ok(tally.finish())
    }
}
