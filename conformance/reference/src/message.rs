//! A request as the reference reads it, and its answer.

use serde_json::{Value, json};

/// A request, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The request target as sent.
    pub target: String,
    /// Minor HTTP version: 0 or 1.
    pub minor_version: u8,
    /// Field lines, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The content.
    pub body: Vec<u8>,
    /// Which request it is of those this server has had, from 0.
    pub number: u64,
}

impl Request {
    /// The values of all fields of this name, given in lower case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(given, _)| given == name)
            .map(|(_, value)| value.as_slice())
    }

    /// The target's path: without scheme and authority, if it has them, and without query.
    pub fn path(&self) -> &str {
        let target = match self.target.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => {
                rest.find('/').map_or("/", |slash| &rest[slash..])
            }
            _ => &self.target,
        };
        target.split('?').next().unwrap_or_default()
    }
}

/// An answer, before it is framed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Field lines, without those that frame the message.
    pub headers: Vec<(String, String)>,
    /// The content; a HEAD request's is counted and not sent.
    pub body: Vec<u8>,
    /// Whether the connection ends after it.
    pub close: bool,
}

impl Answer {
    /// An answer without content.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            close: false,
        }
    }

    /// An answer with content.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::empty(status).with("Content-Type", content_type)
        }
    }

    /// A problem (RFC 9457).
    pub fn problem(status: u16, detail: &str) -> Self {
        let problem = json!({
            "type": "about:blank",
            "title": phrase(status),
            "status": status,
            "detail": detail,
        });
        Self::new(status, "application/problem+json", problem.to_string())
    }

    /// The same answer with one more field line.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same answer, after which the connection ends.
    pub fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    /// Sets a field, replacing any of that name.
    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Removes all fields of this name.
    pub fn remove(&mut self, name: &str) {
        self.headers
            .retain(|(given, _)| !given.eq_ignore_ascii_case(name));
    }

    /// Changes the content as JSON; content that is none stays as it is.
    pub fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        if let Ok(mut value) = serde_json::from_slice(&self.body) {
            change(&mut value);
            self.body = value.to_string().into_bytes();
        }
    }

    /// Changes the content as text; content that is none stays as it is.
    pub fn replace(&mut self, from: &str, to: &str) {
        if let Ok(text) = std::str::from_utf8(&self.body) {
            self.body = text.replace(from, to).into_bytes();
        }
    }
}

/// The reason phrase of a status (RFC 9110 §15, RFC 6585).
pub(super) fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Unknown",
    }
}
