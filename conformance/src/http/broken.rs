//! Why there is no answer.

use std::io;

use crate::Deviation;

/// The most octets read from one connection; a server that sends more is cut off.
pub(super) const MOST_RECEIVED: usize = 16 * 1024 * 1024;

/// Why no response could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The server closed the connection before the first octet of a response.
    Closed,
    /// The server closed the connection within a response.
    Truncated,
    /// The connection was reset, or failed otherwise.
    Reset(String),
    /// Nothing complete came in time.
    TimedOut,
    /// What came is not an HTTP/1.1 response, and why.
    Malformed(String),
    /// More came than the client is prepared to hold.
    TooLong,
}

impl Broken {
    /// Whether the server ended the connection, rather than fell silent or answered nonsense.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed | Self::Reset(_))
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Closed => f.write_str("the connection was closed without a response"),
            Self::Truncated => f.write_str("the connection was closed during the response"),
            Self::Reset(error) => write!(f, "the connection failed: {error}"),
            Self::TimedOut => f.write_str("no complete response arrived in time"),
            Self::Malformed(why) => write!(f, "the response is not HTTP/1.1: {why}"),
            Self::TooLong => write!(f, "the response is longer than {MOST_RECEIVED} octets"),
        }
    }
}

impl std::error::Error for Broken {}

impl From<Broken> for Deviation {
    fn from(broken: Broken) -> Self {
        Self(broken.to_string())
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Reset(error.to_string()),
        }
    }
}
