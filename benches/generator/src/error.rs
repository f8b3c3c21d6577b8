//! Why a slice could not be measured.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    time::Duration,
};

use thiserror::Error;

use crate::{
    affinity::AffinityError,
    exchange::WrongAnswer,
    response::{Malformed, ResponseReader},
};

/// Why a slice could not be measured. Connections that gave one are of no further use.
#[derive(Debug, Error)]
pub enum Error {
    /// No connection could be opened.
    #[error("cannot connect to {address}")]
    Connect {
        /// The server's.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No connections were asked for, and without one there is no load.
    #[error("at least one connection is needed")]
    NoConnections,
    /// An open loop needs a rate above nought.
    #[error("a rate must be above 0 requests per second")]
    NoRate,
    /// The system refused something other than a connection.
    #[error("cannot {action}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A thread cannot be confined to its core.
    #[error("cannot give a thread of the load generator core {core}")]
    Core {
        /// The core's number.
        core: usize,
        /// What the system said.
        source: AffinityError,
    },
    /// A thread did not measure its part of the slice and gave no reason: it ended. A reason is
    /// given in place of this one.
    #[error("a thread of the load generator ended within a slice")]
    Abandoned,
    /// The answer is not the one that is right.
    #[error("wrong answer: {0}")]
    Wrong(WrongAnswer),
    /// The bytes that came are not an HTTP/1.1 response.
    #[error("malformed answer")]
    Malformed(#[from] Malformed),
    /// More came than the one answer that was asked for, or something before it was asked for.
    #[error("{count} bytes came that belong to no answer")]
    Unsolicited {
        /// How many, at least.
        count: usize,
    },
    /// The connection ended within an answer.
    #[error("the server closed a connection after {length} bytes of content, within an answer")]
    Truncated {
        /// Bytes of content that had come.
        length: u64,
    },
    /// The connection ended, or was announced to end (`Connection: close`), between answers.
    #[error(
        "the server closed a connection that was to be held open, after {answers} {} on it",
        if *answers == 1 { "answer" } else { "answers" }
    )]
    Closed {
        /// Answers that had come on it.
        answers: u64,
    },
    /// Answers are missing, and none has come for as long as the connections were opened to wait.
    #[error("no answer within {:.1} s, with {outstanding} outstanding", waited.as_secs_f64())]
    Timeout {
        /// How long was waited.
        waited: Duration,
        /// Requests not answered.
        outstanding: u64,
    },
    /// An earlier slice on these connections failed.
    #[error("an earlier slice failed on these connections: open new ones")]
    Unusable,
}

impl Error {
    /// What a connection's end means where it was to be held open: `answers` had come on it, and `reader` has read
    /// of the next one what came.
    pub(super) fn ended(reader: &ResponseReader, answers: u64) -> Self {
        if reader.is_between() {
            Self::Closed { answers }
        } else {
            Self::Truncated {
                length: reader.length(),
            }
        }
    }

    /// What it means that a connection could not be read from or written to. A reset is how a server's end arrives
    /// where it had not read everything.
    pub(super) fn of_connection(
        action: &'static str,
        source: io::Error,
        reader: &ResponseReader,
        answers: u64,
    ) -> Self {
        match source.kind() {
            ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset => {
                Self::ended(reader, answers)
            }
            _ => Self::Io { action, source },
        }
    }
}
