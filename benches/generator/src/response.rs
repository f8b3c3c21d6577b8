//! An incremental reader of HTTP/1.1 responses: bytes in, one response's end out.
//!
//! It knows no socket and no clock, keeps nothing of the content, and allocates only where a
//! response head arrives in more than one piece.

use std::mem::MaybeUninit;

use chunked::Chunked;
use progress::MAX_HEAD;

pub use progress::{Malformed, Progress};

mod chunked;
mod progress;
#[cfg(test)]
mod tests;

const MAX_FIELDS: usize = 128;
/// Interim responses (1xx) allowed before the one that answers.
const MAX_INTERIM: u32 = 16;

/// Reads responses one after another.
#[derive(Debug)]
pub struct ResponseReader {
    state: State,
    /// The head's beginning, where it did not come in one piece.
    head: Vec<u8>,
    status: u16,
    length: u64,
    closes: bool,
    interim: u32,
}

#[derive(Debug)]
enum State {
    /// Between responses: nothing of the next has come.
    Before,
    Head,
    /// Content of this many bytes is still to come.
    Sized(u64),
    Chunked(Chunked),
}

impl ResponseReader {
    /// A reader at the start of a connection.
    pub fn new() -> Self {
        Self {
            state: State::Before,
            head: Vec::new(),
            status: 0,
            length: 0,
            closes: false,
            interim: 0,
        }
    }

    /// Whether no byte of the next response has been fed.
    pub fn is_between(&self) -> bool {
        matches!(self.state, State::Before)
    }

    /// The status code of the response being read, or of the last one; 0 before the first.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Bytes of content that have come, framing not counted.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Whether the response says that its connection ends with it (RFC 9112 §9.3).
    pub fn closes(&self) -> bool {
        self.closes
    }

    /// Reads `input`, which must not be empty, and hands each piece of content to `content`.
    ///
    /// Stops at the response's end; what follows it is to be fed again, to the next response.
    ///
    /// # Errors
    /// The framing is not that of a response. The reader is of no use afterwards.
    pub fn feed(
        &mut self,
        input: &[u8],
        mut content: impl FnMut(&[u8]),
    ) -> Result<Progress, Malformed> {
        let mut used = 0;
        loop {
            let rest = &input[used..];
            match &mut self.state {
                State::Before => {
                    self.length = 0;
                    self.interim = 0;
                    self.state = State::Head;
                }
                State::Head => match self.read_head(rest)? {
                    None => return Ok(Progress::Partial),
                    Some(count) => used += count,
                },
                State::Sized(missing) => {
                    let count = usize::try_from(*missing).map_or(rest.len(), |n| n.min(rest.len()));
                    if count > 0 {
                        content(&rest[..count]);
                    }
                    used += count;
                    self.length += count as u64;
                    *missing -= count as u64;
                    if *missing > 0 {
                        return Ok(Progress::Partial);
                    }
                    return Ok(self.complete(used));
                }
                State::Chunked(chunked) => {
                    let step = chunked.feed(rest, |piece| {
                        self.length += piece.len() as u64;
                        content(piece);
                    })?;
                    return Ok(match step {
                        Progress::Partial => Progress::Partial,
                        Progress::Complete { used: count } => self.complete(used + count),
                    });
                }
            }
        }
    }

    fn complete(&mut self, used: usize) -> Progress {
        self.state = State::Before;
        Progress::Complete { used }
    }

    /// Reads a head, and says how many bytes of `input` belong to it once it is whole.
    fn read_head(&mut self, input: &[u8]) -> Result<Option<usize>, Malformed> {
        let buffered = self.head.len();
        let bytes = if buffered == 0 {
            input
        } else {
            self.head.extend_from_slice(input);
            &self.head
        };
        let Some((length, head)) = Head::parse(bytes)? else {
            if bytes.len() > MAX_HEAD {
                return Err(Malformed::LongHead);
            }
            if buffered == 0 {
                self.head.extend_from_slice(input);
            }
            return Ok(None);
        };
        self.head.clear();
        self.status = head.status;
        self.closes = head.closes;
        if head.is_interim() {
            self.interim += 1;
            if head.status == 101 || self.interim > MAX_INTERIM {
                return Err(Malformed::Interim(head.status));
            }
        } else {
            self.state = head.content()?;
        }
        Ok(Some(length - buffered))
    }
}

impl Default for ResponseReader {
    fn default() -> Self {
        Self::new()
    }
}

/// What a response head says of the message's framing.
struct Head {
    status: u16,
    content_length: Option<u64>,
    chunked: bool,
    closes: bool,
}

impl Head {
    /// A head with its length in bytes, or none where `bytes` end before it does.
    fn parse(bytes: &[u8]) -> Result<Option<(usize, Self)>, Malformed> {
        let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
        let mut response = httparse::Response::new(&mut []);
        let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
            &mut response,
            bytes,
            &mut fields,
        )?;
        let httparse::Status::Complete(length) = parsed else {
            return Ok(None);
        };
        let (Some(status), Some(version)) = (response.code, response.version) else {
            return Err(Malformed::Head(httparse::Error::Status));
        };
        let mut head = Self {
            status,
            content_length: None,
            chunked: false,
            closes: version == 0,
        };
        for field in response.headers.iter() {
            head.read_field(field.name, field.value)?;
        }
        Ok(Some((length, head)))
    }

    fn read_field(&mut self, name: &str, value: &[u8]) -> Result<(), Malformed> {
        if name.eq_ignore_ascii_case("content-length") {
            let length = decimal(value).ok_or(Malformed::ContentLength)?;
            if self.content_length.is_some_and(|other| other != length) {
                return Err(Malformed::ContentLength);
            }
            self.content_length = Some(length);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Malformed::TransferEncoding);
            }
            self.chunked = true;
        } else if name.eq_ignore_ascii_case("connection") {
            for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                if option.eq_ignore_ascii_case(b"close") {
                    self.closes = true;
                } else if option.eq_ignore_ascii_case(b"keep-alive") {
                    self.closes = false;
                }
            }
        }
        Ok(())
    }

    fn is_interim(&self) -> bool {
        (100..200).contains(&self.status)
    }

    /// How the content is framed, by RFC 9112 §6.3, for an answer to GET.
    fn content(&self) -> Result<State, Malformed> {
        if matches!(self.status, 204 | 304) {
            return Ok(State::Sized(0));
        }
        match (self.chunked, self.content_length) {
            (true, None) => Ok(State::Chunked(Chunked::new())),
            (true, Some(_)) => Err(Malformed::TransferEncoding),
            (false, Some(length)) => Ok(State::Sized(length)),
            (false, None) => Err(Malformed::NoLength),
        }
    }
}

/// A number written in ASCII digits and nothing else.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}
