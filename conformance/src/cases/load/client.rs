//! A client for many requests: it keeps nothing of what has passed.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::http::{Broken, Response};
use crate::{Context, Deviation};

/// How long a single wait for the server lasts.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most octets of one answer.
const LONGEST: usize = 4 * 1024 * 1024;

/// The most field lines of one answer.
const MOST_FIELDS: usize = 64;

/// A connection.
#[derive(Debug)]
pub(super) struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
    /// How much of `unread` has been taken.
    at: usize,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// Whether the server says that it closes the connection after it.
    pub(super) closes: bool,
    pub(super) content: Vec<u8>,
    head: Vec<u8>,
}

/// How an answer's content ends (RFC 9112 §6.3).
enum Framing {
    Length(usize),
    Chunked,
    Close,
}

impl Client {
    /// Opens a connection to a process.
    ///
    /// # Errors
    /// A deviation if it is not accepted.
    pub(super) fn connect(view: &Context, address: SocketAddr) -> Result<Self, Deviation> {
        let opened = TcpStream::connect_timeout(&address, PATIENCE).and_then(|stream| {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(stream)
        });
        match opened {
            Ok(stream) => Ok(Self {
                stream,
                unread: Vec::new(),
                at: 0,
            }),
            Err(error) => Err(Deviation(format!(
                "no connection to {}: {error}",
                view.base()
            ))),
        }
    }

    /// Limits a single wait for the server.
    ///
    /// # Errors
    /// If the connection is gone.
    pub(super) fn wait_at_most(&self, wait: Duration) -> Result<(), Broken> {
        self.stream
            .set_read_timeout(Some(wait))
            .map_err(|error| Broken::Reset(error.to_string()))
    }

    /// Sends exactly these octets.
    ///
    /// # Errors
    /// If the server does not take them.
    pub(super) fn send(&mut self, octets: &[u8]) -> Result<(), Broken> {
        self.stream.write_all(octets).map_err(broken)
    }

    /// Reads the next answer; `is_bare` where it has no content, as for HEAD.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn receive(&mut self, is_bare: bool) -> Result<Reply, Broken> {
        loop {
            if let Some((mut reply, framing)) = self.parse_head(is_bare)? {
                if (100..200).contains(&reply.status) {
                    continue;
                }
                reply.content = match framing {
                    Framing::Length(length) => self.take(length)?,
                    Framing::Chunked => self.take_chunks()?,
                    Framing::Close => self.take_rest()?,
                };
                return Ok(reply);
            }
            match self.fill() {
                Ok(()) => {}
                Err(Broken::Truncated) if self.at == self.unread.len() => {
                    return Err(Broken::Closed);
                }
                Err(other) => return Err(other),
            }
        }
    }

    /// Takes the next head from what has been read, if it is complete.
    fn parse_head(&mut self, is_bare: bool) -> Result<Option<(Reply, Framing)>, Broken> {
        let octets = &self.unread[self.at..];
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut head = httparse::Response::new(&mut fields);
        let parsed = head.parse(octets);
        let length = match parsed.map_err(|error| Broken::Malformed(error.to_string()))? {
            httparse::Status::Partial => return Ok(None),
            httparse::Status::Complete(length) => length,
        };
        let status = head.code.unwrap_or_default();
        let has = |name: &str, value: &[u8]| {
            head.headers.iter().any(|field| {
                field.name.eq_ignore_ascii_case(name) && field.value.eq_ignore_ascii_case(value)
            })
        };
        let mut lengths = head
            .headers
            .iter()
            .filter(|field| field.name.eq_ignore_ascii_case("content-length"));
        let framing = if is_bare || status < 200 || matches!(status, 204 | 304) {
            Framing::Length(0)
        } else if has("transfer-encoding", b"chunked") {
            Framing::Chunked
        } else if let Some(field) = lengths.next() {
            Framing::Length(number(field.value, 10)?)
        } else {
            Framing::Close
        };
        let reply = Reply {
            status,
            closes: has("connection", b"close"),
            content: Vec::new(),
            head: octets[..length].to_vec(),
        };
        self.at += length;
        Ok(Some((reply, framing)))
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, Broken> {
        while self.unread.len() - self.at < length {
            self.fill()?;
        }
        let taken = self.unread[self.at..self.at + length].to_vec();
        self.at += length;
        Ok(taken)
    }

    fn take_rest(&mut self) -> Result<Vec<u8>, Broken> {
        loop {
            match self.fill() {
                Ok(()) => {}
                Err(Broken::Truncated) => return self.take(self.unread.len() - self.at),
                Err(other) => return Err(other),
            }
        }
    }

    fn take_chunks(&mut self) -> Result<Vec<u8>, Broken> {
        let mut content = Vec::new();
        loop {
            let line = self.take_line()?;
            let size = line.split(|octet| *octet == b';').next();
            let size = number(size.unwrap_or_default().trim_ascii(), 16)?;
            if size == 0 {
                while !self.take_line()?.is_empty() {}
                return Ok(content);
            }
            content.extend(self.take(size)?);
            self.take_line()?;
        }
    }

    fn take_line(&mut self) -> Result<Vec<u8>, Broken> {
        loop {
            let unread = &self.unread[self.at..];
            if let Some(end) = unread.windows(2).position(|pair| pair == b"\r\n") {
                let line = unread[..end].to_vec();
                self.at += end + 2;
                return Ok(line);
            }
            self.fill()?;
        }
    }

    /// Reads once.
    fn fill(&mut self) -> Result<(), Broken> {
        self.unread.drain(..self.at);
        self.at = 0;
        if self.unread.len() > LONGEST {
            return Err(Broken::TooLong);
        }
        let mut chunk = [0; 32 * 1024];
        match self.stream.read(&mut chunk).map_err(broken)? {
            0 => Err(Broken::Truncated),
            read => {
                self.unread.extend_from_slice(&chunk[..read]);
                Ok(())
            }
        }
    }
}

impl Reply {
    /// The same answer, its head taken apart.
    pub(super) fn response(&self) -> Response {
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut head = httparse::Response::new(&mut fields);
        // It has been parsed before.
        let _ = head.parse(&self.head);
        let fields = head.headers.iter();
        Response {
            status: self.status,
            reason: head.reason.unwrap_or_default().to_owned(),
            minor_version: head.version.unwrap_or_default(),
            headers: fields
                .map(|field| (field.name.to_owned(), field.value.to_owned()))
                .collect(),
            body: self.content.clone(),
            interim: Vec::new(),
        }
    }

    /// Whether of the fields of these names, in lower case, its head has these lines and no other:
    /// a quick look, which may say no of a head that has.
    pub(super) fn has_lines(&self, names: &[&str], lines: &[Vec<u8>]) -> bool {
        let head = self.head.strip_suffix(b"\r\n").unwrap_or(&self.head);
        let mut found = 0;
        for line in head.split(|octet| *octet == b'\n').skip(1) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let is_named = |name: &&&str| {
                line.get(name.len()) == Some(&b':')
                    && line[..name.len()].eq_ignore_ascii_case(name.as_bytes())
            };
            let Some(name) = names.iter().find(is_named) else {
                continue;
            };
            let is_line = |wanted: &Vec<u8>| {
                wanted.starts_with(name.as_bytes()) && wanted[name.len()..] == line[name.len()..]
            };
            if !lines.iter().any(is_line) {
                return false;
            }
            found += 1;
        }
        found == lines.len()
    }

    /// The octets it came in, unless it was chunked.
    pub(super) fn octets(&self) -> Vec<u8> {
        [self.head.as_slice(), &self.content].concat()
    }
}

fn number(digits: &[u8], radix: u32) -> Result<usize, Broken> {
    let text = std::str::from_utf8(digits).ok();
    let number = text.and_then(|text| usize::from_str_radix(text, radix).ok());
    match number {
        Some(number) if number <= LONGEST => Ok(number),
        Some(_) => Err(Broken::TooLong),
        None => Err(Broken::Malformed("a length is not a number".to_owned())),
    }
}

fn broken(error: std::io::Error) -> Broken {
    match error.kind() {
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => Broken::TimedOut,
        _ => Broken::Reset(error.to_string()),
    }
}
