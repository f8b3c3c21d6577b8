//! A request that a case wants sent.

/// A request, built up field by field and written as it is: nothing is checked or normalised.
///
/// ```
/// use quartet_conformance::http::Request;
/// let request = Request::new("GET", "/greetings").header("If-None-Match", "*");
/// assert_eq!(
///     request.to_bytes(),
///     b"GET /greetings HTTP/1.1\r\nIf-None-Match: *\r\n\r\n"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    /// The minor version of HTTP/1 that it says: 0 or 1.
    pub(crate) minor_version: u8,
}

impl Request {
    /// A request without header fields or content.
    pub fn new(method: impl Into<String>, target: impl Into<Vec<u8>>) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            headers: Vec::new(),
            body: Vec::new(),
            minor_version: 1,
        }
    }

    /// A GET request.
    pub fn get(target: impl Into<Vec<u8>>) -> Self {
        Self::new("GET", target)
    }

    /// Adds a field line. A name given twice is sent twice.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the content, and with it `Content-Length`.
    pub fn content(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.header("Content-Length", length)
    }

    /// The same in HTTP/1.0, which a server may answer in 1.1 and then closes the connection after
    /// (RFC 9112 §9.3).
    pub fn in_http10(mut self) -> Self {
        self.minor_version = 0;
        self
    }

    /// Whether a field of this name is set; names compare without regard to case.
    pub fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(given, _)| given.eq_ignore_ascii_case(name))
    }

    /// The message as it goes over the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256 + self.body.len());
        bytes.extend_from_slice(self.method.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(&self.target);
        bytes.extend_from_slice(format!(" HTTP/1.{}\r\n", self.minor_version).as_bytes());
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}
