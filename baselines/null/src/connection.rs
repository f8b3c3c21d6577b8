//! One connection of the null server: requests are counted and answered, not read.

use std::io::{self, ErrorKind, Read, Write};

use mio::net::TcpStream;

use crate::answer::{self, Answers};

/// Room for a request head, or for many that are pipelined; a longer head closes the connection.
const INPUT: usize = 8 * 1024;

/// What is to be done with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing until the system reports more of it.
    Wait,
    /// Write what is queued.
    Write,
    /// Close it.
    Close,
}

/// One client, with what it has sent and not finished, and what it has not taken yet.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    input: Box<[u8; INPUT]>,
    filled: usize,
    output: Vec<u8>,
    written: usize,
    /// Whether the client has asked for the end, which comes after what is queued.
    closing: bool,
    answers: Answers,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, answers: Answers) -> Self {
        Self {
            stream,
            input: Box::new([0; INPUT]),
            filled: 0,
            output: Vec::new(),
            written: 0,
            closing: false,
            answers,
        }
    }

    /// Queues an answer to each head that has come, and says what is to be done next.
    ///
    /// A read that does not fill its buffer has emptied the socket, so none follows it, unless
    /// `at_end` says that the client has finished sending and the end is still to be read.
    pub(crate) fn read(&mut self, at_end: bool) -> io::Result<Next> {
        loop {
            // A client that does not take its answers is asked nothing more.
            if !self.flush()? {
                return Ok(Next::Wait);
            }
            if self.closing {
                return Ok(Next::Close);
            }
            let room = INPUT - self.filled;
            let count = match self.stream.read(&mut self.input[self.filled..]) {
                Ok(0) => return Ok(Next::Close), // the end, or a head without one
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Next::Wait),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.filled += count;
            self.answer_heads();
            // Windows reports the next arrival only after a read that found nothing.
            if count < room && !at_end && !cfg!(windows) {
                return Ok(Next::Write);
            }
        }
    }

    /// Writes what is queued, and says what is to be done next.
    pub(crate) fn write(&mut self) -> io::Result<Next> {
        Ok(if self.flush()? && self.closing {
            Next::Close
        } else {
            Next::Wait
        })
    }

    /// Queues an answer to each whole head, and keeps what follows the last.
    fn answer_heads(&mut self) {
        let mut start = 0;
        while let Some(length) = answer::head_end(&self.input[start..self.filled]) {
            let head = &self.input[start..start + length];
            self.output.extend_from_slice(self.answers.to(head));
            self.closing |= answer::asks_to_close(head);
            start += length;
        }
        self.input.copy_within(start..self.filled, 0);
        self.filled -= start;
    }

    /// Writes what is queued, and says whether the socket took it all.
    fn flush(&mut self) -> io::Result<bool> {
        while self.written < self.output.len() {
            match self.stream.write(&self.output[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.output.clear();
        self.written = 0;
        Ok(true)
    }
}
