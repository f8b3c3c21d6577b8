//! A request, and the answer that is right for it. It knows no socket.

use std::{fmt, sync::Arc};

/// One kind of request, and the answer that is right for it. Cloning it copies no bytes.
#[derive(Clone, Debug)]
pub struct Exchange {
    request: Arc<[u8]>,
    status: u16,
    body: Arc<[u8]>,
    closes: bool,
    /// Whether every answer is compared byte for byte, however long it is.
    pub(super) compares_all: bool,
}

impl Exchange {
    /// A GET of `path`, which must answer with this status and exactly this content.
    ///
    /// `path` goes into the request line, `authority` into `Host`, and `headers` after it, all as
    /// they are. A path may be any request target, and none of them may hold a line break.
    /// `Connection: close` among the headers lets the answer end its connection.
    pub fn get(
        path: &str,
        authority: &str,
        headers: &[(&str, &str)],
        expected_status: u16,
        expected_body: Vec<u8>,
    ) -> Self {
        Self::of(
            format!("GET {path} HTTP/1.1"),
            authority,
            headers,
            None,
            (expected_status, expected_body),
        )
    }

    /// A POST of `content` to `path`, which must answer with this status and exactly this content.
    ///
    /// Everything is as with [`Exchange::get`]; `Content-Length` is added, and `Content-Type` is for the caller
    /// to give. Head and content are written at once, as far as the socket takes them. A server that answers
    /// before it has all of the content ends the slice with an error, as does one that closes then.
    pub fn post(
        path: &str,
        authority: &str,
        headers: &[(&str, &str)],
        content: &[u8],
        expected_status: u16,
        expected_body: Vec<u8>,
    ) -> Self {
        Self::of(
            format!("POST {path} HTTP/1.1"),
            authority,
            headers,
            Some(content),
            (expected_status, expected_body),
        )
    }

    /// One that begins with this request line.
    fn of(
        mut request: String,
        authority: &str,
        headers: &[(&str, &str)],
        content: Option<&[u8]>,
        (status, body): (u16, Vec<u8>),
    ) -> Self {
        request.extend(["\r\nHost: ", authority, "\r\n"]);
        for (name, value) in headers {
            request.extend([name, ": ", value, "\r\n"]);
        }
        if let Some(content) = content {
            request.extend(["Content-Length: ", &content.len().to_string(), "\r\n"]);
        }
        request.push_str("\r\n");
        let is_close = |(name, value): &(&str, &str)| {
            name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close")
        };
        let mut request = request.into_bytes();
        request.extend_from_slice(content.unwrap_or_default());
        Self {
            closes: headers.iter().any(is_close),
            request: request.into(),
            status,
            body: body.into(),
            compares_all: false,
        }
    }

    /// The same, of which every byte of every answer is compared, however long the content is. Longer content
    /// than 4 KiB is otherwise compared in a sample of the answers.
    pub fn comparing_all(self) -> Self {
        Self {
            compares_all: true,
            ..self
        }
    }

    /// The request's bytes, as they are sent.
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// The status code that is right.
    pub fn expected_status(&self) -> u16 {
        self.status
    }

    /// The content that is right.
    pub fn expected_body(&self) -> &[u8] {
        &self.body
    }

    /// Whether the request asks the server to close its connection after the answer.
    pub fn closes(&self) -> bool {
        self.closes
    }

    /// An answer of this status and content length, and what comparing its bytes found.
    pub(super) fn judge(
        &self,
        status: u16,
        length: u64,
        comparison: &Comparison,
    ) -> Result<(), WrongAnswer> {
        let expected_length = self.body.len() as u64;
        let first_difference = comparison.first_difference(length, expected_length);
        if status == self.status && length == expected_length && first_difference.is_none() {
            return Ok(());
        }
        Err(WrongAnswer {
            expected_status: self.status,
            status,
            expected_length,
            length,
            first_difference,
        })
    }
}

/// An answer that is not the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongAnswer {
    /// The status code that is right.
    pub expected_status: u16,
    /// The status code that came.
    pub status: u16,
    /// Bytes of content that are right.
    pub expected_length: u64,
    /// Bytes of content that came; where it was more than expected, what had come until then.
    pub length: u64,
    /// Offset of the first byte of content that differs, or that only one of the two has; none
    /// where the content is right so far, or was not compared.
    pub first_difference: Option<u64>,
}

impl fmt::Display for WrongAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected status {} with {} bytes, got status {} with {} bytes",
            self.expected_status, self.expected_length, self.status, self.length
        )?;
        match self.first_difference {
            Some(offset) => write!(f, ", the first difference at offset {offset}"),
            None => Ok(()),
        }
    }
}

/// The content that has come, held against the content that is right, piece by piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    /// Whether this answer is one of those whose every byte is compared.
    pub(super) wanted: bool,
    compared: usize,
    difference: Option<u64>,
}

impl Comparison {
    pub(super) fn new(wanted: bool) -> Self {
        Self {
            wanted,
            compared: 0,
            difference: None,
        }
    }

    pub(super) fn take(&mut self, piece: &[u8], exchange: &Exchange) {
        if !self.wanted || self.difference.is_some() {
            return;
        }
        let expected = exchange.body.get(self.compared..).unwrap_or_default();
        if !expected.starts_with(piece) {
            let same = expected
                .iter()
                .zip(piece)
                .take_while(|(a, b)| a == b)
                .count();
            self.difference = Some((self.compared + same) as u64);
        }
        self.compared += piece.len();
    }

    fn first_difference(&self, length: u64, expected_length: u64) -> Option<u64> {
        self.difference.or_else(|| {
            (self.wanted && length != expected_length).then(|| length.min(expected_length))
        })
    }
}
