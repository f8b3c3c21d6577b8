//! Requests of one kind and their answers, whatever the loop. It knows nothing of when they are due.

use std::time::Duration;

use mio::event::Event;

use crate::{
    connection::{Connection, Received, Verified},
    error::Error,
    exchange::Exchange,
};

/// Up to this size of content every byte of every answer is compared, unless that is asked for of any size.
const ALWAYS_COMPARED: usize = 4 * 1024;
/// Of larger content, at least one answer in so many. A prime, so that it does not keep step with
/// the number of connections and sample always the same ones.
const SAMPLE: u64 = 61;

/// What one event brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// Nothing that ends an answer.
    Nothing,
    /// The answer's last byte.
    Answer,
    /// The connection's end, after its answer.
    End,
}

/// Requests of one kind and their answers, on any connections, during one slice.
pub(super) struct Dialogue<'a> {
    exchange: &'a Exchange,
    buffer: &'a mut [u8],
    verified: Verified,
    always_compare: bool,
    sent: u64,
}

impl<'a> Dialogue<'a> {
    pub(super) fn new(exchange: &'a Exchange, buffer: &'a mut [u8]) -> Self {
        Self {
            exchange,
            buffer,
            verified: Verified::default(),
            always_compare: exchange.compares_all
                || exchange.expected_body().len() <= ALWAYS_COMPARED,
            sent: 0,
        }
    }

    /// Requests sent so far.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    #[inline]
    pub(super) fn send(&mut self, connection: &mut Connection) -> Result<(), Error> {
        let compare = self.always_compare || self.sent.is_multiple_of(SAMPLE);
        self.sent += 1;
        connection.send(self.exchange, compare)
    }

    /// Does what an event makes possible on a connection that is to be held open, and says
    /// whether it brought the answer's end.
    #[inline]
    pub(super) fn advance(
        &mut self,
        connection: &mut Connection,
        event: &Event,
    ) -> Result<bool, Error> {
        match self.receive(connection, event)? {
            Arrived::Nothing => Ok(false),
            Arrived::Answer => Ok(true),
            Arrived::End => Err(connection.ended()),
        }
    }

    /// Does what an event makes possible, and says what it brought.
    ///
    /// A read that does not fill the buffer has emptied the socket: what comes later is a new
    /// event. So one read is enough, unless the server has finished sending and its end is still
    /// to be read.
    #[inline]
    pub(super) fn receive(
        &mut self,
        connection: &mut Connection,
        event: &Event,
    ) -> Result<Arrived, Error> {
        connection.resume(self.exchange)?;
        let mut arrived = Arrived::Nothing;
        loop {
            let count = match connection.read(self.buffer)? {
                Received::Bytes(count) => count,
                Received::Nothing => return Ok(arrived),
                Received::End if connection.answers() == 0 => return Err(connection.ended()),
                Received::End => return Ok(Arrived::End),
            };
            if connection.take(&self.buffer[..count], self.exchange, &mut self.verified)? {
                arrived = Arrived::Answer;
            }
            // Windows reports the next arrival only after a read that found nothing.
            if count < self.buffer.len() && !event.is_read_closed() && !cfg!(windows) {
                return Ok(arrived);
            }
        }
    }
}

/// Says, where nothing has come for longer than `timeout`, that answers are missing.
pub(super) fn check_deadline(
    waited: Duration,
    timeout: Duration,
    outstanding: u64,
) -> Result<(), Error> {
    if waited <= timeout {
        return Ok(());
    }
    Err(Error::Timeout {
        waited,
        outstanding,
    })
}
