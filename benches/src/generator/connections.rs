use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, event::Event};

use super::{
    connection::{Connection, Verified},
    error::Error,
    exchange::Exchange,
    slice::{Slice, Tally},
};

/// Bytes read at once: more than most answers, and what fits a core's own cache.
const READ_SIZE: usize = 64 * 1024;
/// Up to this size of content every byte of every answer is compared.
const ALWAYS_COMPARED: usize = 4 * 1024;
/// Of larger content, at least one answer in so many. A prime, so that it does not keep step with
/// the number of connections and sample always the same ones.
const SAMPLE: u64 = 61;

/// Connections held open to one server.
pub struct Connections {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    /// Connections whose next request is due.
    due: Vec<usize>,
    buffer: Box<[u8]>,
    timeout: Duration,
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
        let failed = |action| move |source| Error::Io { action, source };
        let refused = |source| Error::Connect { address, source };
        let poll = Poll::new().map_err(failed("ask the system for events"))?;
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
            poll.registry()
                .register(&mut stream, Token(index), interest)
                .map_err(failed("watch a connection"))?;
            connections.push(Connection::new(stream));
        }
        Ok(Self {
            poll,
            events: Events::with_capacity(count.min(1024)),
            connections,
            due: Vec::with_capacity(count),
            buffer: vec![0; READ_SIZE].into_boxed_slice(),
            timeout,
            usable: true,
        })
    }

    /// Keeps one request in flight on each connection: a closed loop.
    ///
    /// Sends for `ramp`, which is not counted, then for `window`, which is; then waits until every
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
        if !self.usable {
            return Err(Error::Unusable);
        }
        self.usable = false;
        self.due.clear();
        let mut slice = ClosedLoop {
            exchange,
            buffer: &mut self.buffer,
            verified: Verified::default(),
            always_compare: exchange.expected_body().len() <= ALWAYS_COMPARED,
            sent: 0,
            tally: Tally::new(ramp, window),
        };
        for connection in &mut self.connections {
            connection.due_at = Instant::now();
            slice.send(connection)?;
        }
        while slice.tally.is_sending() || slice.outstanding() > 0 {
            match self.poll.poll(&mut self.events, Some(Duration::ZERO)) {
                Err(source) if source.kind() != ErrorKind::Interrupted => {
                    let action = "wait for events";
                    return Err(Error::Io { action, source });
                }
                _ => {}
            }
            let answered = slice.tally.total_requests();
            for event in &self.events {
                let Token(index) = event.token();
                if slice.advance(&mut self.connections[index], event)? {
                    self.due.push(index);
                }
            }
            // All reads before all writes: each kind finds its path through the kernel still in
            // the core's cache, which makes some percent more requests.
            for index in self.due.drain(..) {
                if slice.tally.is_sending() {
                    slice.send(&mut self.connections[index])?;
                }
            }
            if slice.tally.total_requests() == answered {
                slice.check_deadline(self.timeout)?;
            }
        }
        self.usable = true;
        Ok(slice.tally.finish())
    }
}

struct ClosedLoop<'a> {
    exchange: &'a Exchange,
    buffer: &'a mut [u8],
    verified: Verified,
    always_compare: bool,
    sent: u64,
    tally: Tally,
}

impl ClosedLoop<'_> {
    #[inline]
    fn send(&mut self, connection: &mut Connection) -> Result<(), Error> {
        let compare = self.always_compare || self.sent.is_multiple_of(SAMPLE);
        self.sent += 1;
        connection.send(self.exchange, compare)
    }

    /// Does what an event makes possible, and says whether it brought the answer's end.
    ///
    /// A read that does not fill the buffer has emptied the socket: what comes later is a new
    /// event. So one read is enough, unless the server has finished sending and its end is still
    /// to be read.
    #[inline]
    fn advance(&mut self, connection: &mut Connection, event: &Event) -> Result<bool, Error> {
        connection.resume(self.exchange)?;
        let mut answered = false;
        while let Some(count) = connection.read(self.buffer)? {
            if connection.take(&self.buffer[..count], self.exchange, &mut self.verified)? {
                // One look at the clock ends this request and makes the next one due.
                let now = Instant::now();
                self.tally.answered(connection.due_at, now);
                connection.due_at = now;
                answered = true;
            }
            // Windows reports the next arrival only after a read that found nothing.
            if count < self.buffer.len() && !event.is_read_closed() && !cfg!(windows) {
                break;
            }
        }
        Ok(answered)
    }

    fn outstanding(&self) -> u64 {
        self.sent - self.tally.total_requests()
    }

    fn check_deadline(&self, timeout: Duration) -> Result<(), Error> {
        let waited = self.tally.waiting_since().elapsed();
        if waited <= timeout {
            return Ok(());
        }
        let outstanding = self.outstanding();
        Err(Error::Timeout {
            waited,
            outstanding,
        })
    }
}
