//! One connection to a server.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Response;
use crate::evidence::{Exchange, Log};
use crate::{Deviation, Pace};

/// The most octets read from one connection; a server that sends more is cut off.
const MOST_RECEIVED: usize = 16 * 1024 * 1024;

/// The longest response head, or line of a chunked body, that is waited for.
const LONGEST_HEAD: usize = 256 * 1024;

/// The most field lines parsed from one response.
const MOST_FIELDS: usize = 256;

/// How long a single wait for the server lasts, unless the case's own limit comes first.
const PATIENCE: Duration = Duration::from_secs(5);

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
            Self::Closed => f.write_str("the connection was closed without an answer"),
            Self::Truncated => f.write_str("the connection was closed within the answer"),
            Self::Reset(error) => write!(f, "the connection failed: {error}"),
            Self::TimedOut => f.write_str("no complete answer came in time"),
            Self::Malformed(why) => write!(f, "the answer is not HTTP/1.1: {why}"),
            Self::TooLong => write!(f, "the answer is longer than {MOST_RECEIVED} octets"),
        }
    }
}

impl std::error::Error for Broken {}

impl From<Broken> for Deviation {
    fn from(broken: Broken) -> Self {
        Self(broken.to_string())
    }
}

/// A connection that records what passes over it; the record joins the evidence when it is dropped.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    deadline: Instant,
    unread: Vec<u8>,
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
        self.exchange.sends(bytes);
        self.stream
            .set_write_timeout(Some(self.patience()?))
            .and_then(|()| self.stream.write_all(bytes))
            .map_err(broken)
    }

    /// Reads the next final response to a request with `method`, stepping over interim ones.
    ///
    /// The content ends as RFC 9112 §6.3 has it: none for HEAD, 204, 304 and a tunnel; then
    /// chunked; then `Content-Length`; then the end of the connection.
    ///
    /// # Errors
    /// Why there is no response.
    pub fn receive(&mut self, method: &str) -> Result<Response, Broken> {
        let mut interim = Vec::new();
        loop {
            let mut response = self.receive_head()?;
            if (100..200).contains(&response.status) && response.status != 101 {
                interim.push(response.status);
                continue;
            }
            response.body = self.receive_body(method, &response)?;
            response.interim = interim;
            return Ok(response);
        }
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
        self.exchange.half_closes();
        self.stream.shutdown(Shutdown::Write).map_err(broken)
    }

    /// Waits without sending.
    pub fn pause(&mut self, wait: Duration) {
        self.exchange.pauses();
        std::thread::sleep(wait.min(self.deadline.saturating_duration_since(Instant::now())));
    }

    fn patience(&self) -> Result<Duration, Broken> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Broken::TimedOut);
        }
        Ok(left.min(PATIENCE))
    }

    /// Reads once into `unread`. Zero is the end of the connection.
    fn fill(&mut self, until: Instant) -> Result<usize, Broken> {
        if self.exchange.received.total >= MOST_RECEIVED {
            return Err(Broken::TooLong);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Broken::TimedOut);
        }
        self.stream.set_read_timeout(Some(left)).map_err(broken)?;
        let mut chunk = [0; 16 * 1024];
        let read = loop {
            match self.stream.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(broken)?,
            }
        };
        let chunk = chunk.get(..read).unwrap_or_default();
        self.exchange.receives(chunk);
        self.unread.extend_from_slice(chunk);
        Ok(read)
    }

    fn fill_patiently(&mut self) -> Result<usize, Broken> {
        let until = Instant::now() + self.patience()?;
        self.fill(until)
    }

    fn receive_head(&mut self) -> Result<Response, Broken> {
        loop {
            if let Some((response, length)) = parse_head(&self.unread)? {
                self.unread.drain(..length);
                return Ok(response);
            }
            self.check_head_length()?;
            if self.fill_patiently()? == 0 {
                return Err(if self.unread.is_empty() {
                    Broken::Closed
                } else {
                    Broken::Truncated
                });
            }
        }
    }

    /// Without an end to it, what is unread is searched again with each read: not without bound.
    fn check_head_length(&self) -> Result<(), Broken> {
        if self.unread.len() > LONGEST_HEAD {
            return Err(Broken::Malformed(format!(
                "there is no end to a line or head within {LONGEST_HEAD} octets"
            )));
        }
        Ok(())
    }

    fn receive_body(&mut self, method: &str, head: &Response) -> Result<Vec<u8>, Broken> {
        let is_tunnel = method == "CONNECT" && (200..300).contains(&head.status);
        if is_tunnel || method == "HEAD" || matches!(head.status, 101 | 204 | 304) {
            return Ok(Vec::new());
        }
        let codings = head.list("transfer-encoding");
        if let Some(last) = codings.last() {
            if last.eq_ignore_ascii_case("chunked") {
                return self.receive_chunked();
            }
            return self.receive_to_end();
        }
        let lengths = head.list("content-length");
        let Some(first) = lengths.first() else {
            return self.receive_to_end();
        };
        if lengths.iter().any(|length| length != first) {
            return Err(Broken::Malformed("it has several lengths".to_owned()));
        }
        if !first.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Broken::Malformed(format!("its length is {first:?}")));
        }
        match first.parse() {
            Ok(length) if length <= MOST_RECEIVED => self.receive_exactly(length),
            _ => Err(Broken::TooLong),
        }
    }

    fn receive_exactly(&mut self, length: usize) -> Result<Vec<u8>, Broken> {
        while self.unread.len() < length {
            if self.fill_patiently()? == 0 {
                return Err(Broken::Truncated);
            }
        }
        Ok(self.unread.drain(..length).collect())
    }

    fn receive_to_end(&mut self) -> Result<Vec<u8>, Broken> {
        while self.fill_patiently()? > 0 {}
        Ok(std::mem::take(&mut self.unread))
    }

    /// Reads a chunked body and its trailer section (RFC 9112 §7.1).
    fn receive_chunked(&mut self) -> Result<Vec<u8>, Broken> {
        let mut body = Vec::new();
        loop {
            let line = self.receive_line()?;
            let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
            let size = std::str::from_utf8(digits.trim_ascii_end())
                .ok()
                .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
                .and_then(|digits| usize::from_str_radix(digits, 16).ok())
                .ok_or_else(|| Broken::Malformed("a chunk size is not a number".to_owned()))?;
            if size > MOST_RECEIVED {
                return Err(Broken::TooLong);
            }
            if size == 0 {
                break;
            }
            body.extend(self.receive_exactly(size)?);
            if !self.receive_line()?.is_empty() {
                return Err(Broken::Malformed(
                    "a chunk is longer than its size".to_owned(),
                ));
            }
        }
        while !self.receive_line()?.is_empty() {}
        Ok(body)
    }

    /// Reads up to and including CRLF, and returns what is before it.
    fn receive_line(&mut self) -> Result<Vec<u8>, Broken> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                let mut line: Vec<u8> = self.unread.drain(..end + 2).collect();
                line.truncate(end);
                return Ok(line);
            }
            self.check_head_length()?;
            if self.fill_patiently()? == 0 {
                return Err(Broken::Truncated);
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.log.push(std::mem::take(&mut self.exchange));
    }
}

/// The response head at the start of `bytes` and its length, or nothing if it is incomplete.
fn parse_head(bytes: &[u8]) -> Result<Option<(Response, usize)>, Broken> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut head = httparse::Response::new(&mut fields);
    match head.parse(bytes) {
        Ok(httparse::Status::Partial) => Ok(None),
        Ok(httparse::Status::Complete(length)) => Ok(Some((
            Response {
                status: head.code.unwrap_or_default(),
                reason: head.reason.unwrap_or_default().to_owned(),
                minor_version: head.version.unwrap_or_default(),
                headers: head
                    .headers
                    .iter()
                    .map(|field| (field.name.to_owned(), field.value.to_owned()))
                    .collect(),
                body: Vec::new(),
                interim: Vec::new(),
            },
            length,
        ))),
        Err(error) => Err(Broken::Malformed(error.to_string())),
    }
}

fn broken(error: io::Error) -> Broken {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Broken::TimedOut,
        _ => Broken::Reset(error.to_string()),
    }
}
