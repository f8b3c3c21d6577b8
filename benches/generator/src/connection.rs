//! One connection: what is written to it and read from it. It knows nothing of when that is.

use std::{
    io::{self, ErrorKind, Read, Write},
    time::Instant,
};

use mio::net::TcpStream;

use crate::{
    error::Error,
    exchange::{Comparison, Exchange},
    response::{Progress, ResponseReader},
};

/// One connection, with at most one request in flight.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    reader: ResponseReader,
    comparison: Comparison,
    phase: Phase,
    /// When the present request was due: at the end of the answer before it.
    pub(super) due_at: Instant,
    answers: u64,
}

enum Phase {
    /// Nothing was asked that was not answered.
    Idle,
    /// So many bytes of the request are written; the socket has no room for the others.
    Writing(usize),
    /// The request is written, its answer has not come whole.
    Waiting,
}

/// What one read of a socket found.
pub(super) enum Received {
    /// So many bytes.
    Bytes(usize),
    /// Nothing yet.
    Nothing,
    /// The end: the server has closed its side.
    End,
}

/// An answer that was read in one piece and found right in every byte, if there was one.
///
/// Bytes equal to these need no parsing to be right, and a server repeats them until its `Date`
/// changes.
#[derive(Default)]
pub(super) struct Verified(Vec<u8>);

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            reader: ResponseReader::new(),
            comparison: Comparison::new(false),
            phase: Phase::Idle,
            due_at: Instant::now(),
            answers: 0,
        }
    }

    /// Sends a request, or as much of it as the socket takes.
    #[inline]
    pub(super) fn send(&mut self, exchange: &Exchange, compare: bool) -> Result<(), Error> {
        self.comparison = Comparison::new(compare);
        self.phase = Phase::Writing(0);
        self.resume(exchange)
    }

    /// Writes what is left of the request, if anything is.
    #[inline]
    pub(super) fn resume(&mut self, exchange: &Exchange) -> Result<(), Error> {
        while let Phase::Writing(written) = self.phase {
            let rest = &exchange.request()[written..];
            match self.stream.write(rest) {
                Ok(count) if count == rest.len() => self.phase = Phase::Waiting,
                Ok(count) => self.phase = Phase::Writing(written + count),
                // A connection that is still being opened has no room either.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::WouldBlock | ErrorKind::NotConnected
                    ) =>
                {
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed("write to a connection", error)),
            }
        }
        Ok(())
    }

    /// Reads once.
    #[inline]
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<Received, Error> {
        loop {
            return match self.stream.read(buffer) {
                Ok(0) => Ok(Received::End),
                Ok(count) => Ok(Received::Bytes(count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Received::Nothing),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => Err(self.failed("read from a connection", error)),
            };
        }
    }

    /// Takes bytes that have come, and says whether they complete the answer.
    #[inline]
    pub(super) fn take(
        &mut self,
        input: &[u8],
        exchange: &Exchange,
        verified: &mut Verified,
    ) -> Result<bool, Error> {
        let Phase::Waiting = self.phase else {
            return Err(Error::Unsolicited { count: input.len() });
        };
        let whole = self.reader.is_between();
        if !(whole && input == verified.0) {
            if !self.parse(input, exchange)? {
                return Ok(false);
            }
            if whole && self.comparison.wanted {
                verified.0.clear();
                verified.0.extend_from_slice(input);
            }
        }
        self.phase = Phase::Idle;
        self.answers += 1;
        Ok(true)
    }

    fn parse(&mut self, input: &[u8], exchange: &Exchange) -> Result<bool, Error> {
        let comparison = &mut self.comparison;
        let progress = self
            .reader
            .feed(input, |piece| comparison.take(piece, exchange))?;
        let (status, length) = (self.reader.status(), self.reader.length());
        let used = match progress {
            // Content beyond what is right is wrong already, and might never end.
            Progress::Partial if length <= exchange.expected_body().len() as u64 => {
                return Ok(false);
            }
            Progress::Partial => input.len(),
            Progress::Complete { used } => used,
        };
        exchange
            .judge(status, length, &self.comparison)
            .map_err(Error::Wrong)?;
        if used < input.len() {
            let count = input.len() - used;
            return Err(Error::Unsolicited { count });
        }
        if self.reader.closes() && !exchange.closes() {
            let answers = self.answers + 1;
            return Err(Error::Closed { answers });
        }
        Ok(true)
    }

    /// Answers that have come on it.
    pub(super) fn answers(&self) -> u64 {
        self.answers
    }

    /// What the connection's end means where it was to be held open.
    pub(super) fn ended(&self) -> Error {
        Error::ended(&self.reader, self.answers)
    }

    fn failed(&self, action: &'static str, source: io::Error) -> Error {
        Error::of_connection(action, source, &self.reader, self.answers)
    }
}
