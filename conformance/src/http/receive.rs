//! Responses, read from a connection.

use std::time::Duration;

use super::broken::MOST_RECEIVED;
use super::{Broken, Connection, Response};

/// The longest response head, or line of a chunked body, that is waited for.
const LONGEST_HEAD: usize = 256 * 1024;

/// The most field lines parsed from one response.
const MOST_FIELDS: usize = 256;

/// How a server left a connection after its last response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ended the connection.
    Closed,
    /// It keeps the connection open and says nothing more.
    Silent,
    /// It sent what is no response.
    Broken(Broken),
}

impl Connection {
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
            let mut response = self.receive_next(method)?;
            if !response.is_interim() {
                response.interim = interim;
                return Ok(response);
            }
            interim.push(response.status);
        }
    }

    /// Reads the next response to a request with `method`, be it interim or final.
    ///
    /// # Errors
    /// Why there is no response.
    pub fn receive_next(&mut self, method: &str) -> Result<Response, Broken> {
        let mut response = self.receive_head()?;
        if !response.is_interim() {
            response.body = self.receive_body(method, &response)?;
        }
        Ok(response)
    }

    /// Reads final responses until the server ends the connection, or sends nothing for `quiet`;
    /// the first is waited for as long as any. It is read as one to a request with `method`, the
    /// others as ones to GET.
    pub fn receive_all(&mut self, method: &str, quiet: Duration) -> (Vec<Response>, Ending) {
        let mut responses = Vec::new();
        let mut next = method;
        loop {
            if self.unread.is_empty() {
                let filled = match responses.is_empty() {
                    true => self.fill_patiently(),
                    false => self.fill_within(quiet),
                };
                match filled {
                    Ok(1..) => {}
                    Ok(0) | Err(Broken::Reset(_)) => return (responses, Ending::Closed),
                    Err(Broken::TimedOut) => return (responses, Ending::Silent),
                    Err(broken) => return (responses, Ending::Broken(broken)),
                }
            }
            match self.receive(next) {
                Ok(response) => responses.push(response),
                Err(broken) => return (responses, Ending::Broken(broken)),
            }
            next = "GET";
        }
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
                "a line or head does not end within {LONGEST_HEAD} octets"
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
            return self.receive_to_end(head.status);
        }
        let lengths = head.list("content-length");
        let Some(first) = lengths.first() else {
            return self.receive_to_end(head.status);
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

    /// Reads until the connection ends. A server that refuses a message before it has read all of it
    /// may have the connection reset (RFC 9112 §9.6), which is then the end of its refusal.
    fn receive_to_end(&mut self, status: u16) -> Result<Vec<u8>, Broken> {
        loop {
            match self.fill_patiently() {
                Ok(0) => break,
                Err(Broken::Reset(_)) if status >= 400 => break,
                filled => filled.map(drop)?,
            }
        }
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
