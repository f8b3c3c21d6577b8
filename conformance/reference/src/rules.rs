//! How the reference reads messages and keeps connections.

use quartet_common::HeadLimits;

use super::message::Request;

/// Why octets are no request: the status and the detail of the answer.
pub type Refusal = (u16, &'static str);

/// How long a request's content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// So many octets.
    Length(usize),
    /// As the chunks say.
    Chunked,
}

/// What a request gets whose head is there, and its content not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateContent {
    /// The answer once the content is there too.
    Awaited,
    /// The answer at once, which does not say that the connection is closed after it.
    ClosedOn,
    /// The answer at once. What comes is read as the next request.
    NextRequest,
}

/// What the reference goes by when it reads messages and keeps connections. The default is what the
/// RFCs say, refusing whatever may be refused; a fault changes one rule.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How large a head may be.
    pub limits: HeadLimits,
    /// Whether a line that is too long is refused before its end has come.
    pub limits_partial_lines: bool,
    /// How many empty lines before a request line are passed over.
    pub empty_lines: usize,
    /// How long the content of a request is, from its fields.
    pub framing: fn(&Request) -> Result<Framing, Refusal>,
    /// The size that a chunk's first line states, from the line without its end.
    pub chunk_size: fn(&[u8]) -> Option<usize>,
    /// What ends a line of a chunk.
    pub chunk_line_end: &'static [u8],
    /// Whether what is between a chunk and the end of its line is passed over.
    pub skips_after_chunk: bool,
    /// Whether content ends without more ado where the next chunk's size is none.
    pub ends_at_no_size: bool,
    /// Whether trailer fields are taken for fields of the head.
    pub merges_trailers: bool,
    /// Whether a request's sender waits for 100 (Continue).
    pub expects_100: fn(&Request) -> bool,
    /// What a request gets without its content.
    pub late_content: LateContent,
    /// Whether a request must be complete after one read.
    pub reads_once: bool,
    /// Whether requests that come together are answered from the last to the first.
    pub answers_last_first: bool,
    /// Whether the connection is kept after this request.
    pub keeps: fn(&Request) -> bool,
    /// Whether an answer says that the connection is closed after it.
    pub says_close: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            limits: HeadLimits::default(),
            limits_partial_lines: true,
            empty_lines: 1,
            framing,
            chunk_size,
            chunk_line_end: b"\r\n",
            skips_after_chunk: false,
            ends_at_no_size: false,
            merges_trailers: false,
            expects_100: |request| request.minor_version == 1 && wants_100(request),
            late_content: LateContent::Awaited,
            reads_once: false,
            answers_last_first: false,
            keeps: |request| {
                let options = options(request);
                let has = |name: &str| options.iter().any(|option| option == name);
                !has("close") && (request.minor_version == 1 || has("keep-alive"))
            },
            says_close: true,
        }
    }
}

/// The longest content the reference reads.
pub(super) const LONGEST_CONTENT: usize = 1024 * 1024;

/// RFC 9112 §6.3, refusing every message that two recipients might read as two.
pub(super) fn framing(request: &Request) -> Result<Framing, Refusal> {
    let lengths: Vec<&[u8]> = request.values("content-length").collect();
    if request.values("transfer-encoding").next().is_some() {
        if request.minor_version == 0 || !lengths.is_empty() {
            return Err((400, "Transfer-Encoding does not go with this message"));
        }
        return coding(request);
    }
    let [length] = lengths.as_slice() else {
        return match lengths.is_empty() {
            true => Ok(Framing::Length(0)),
            false => Err((400, "There are several Content-Length fields")),
        };
    };
    if length.is_empty() || !length.iter().all(u8::is_ascii_digit) {
        return Err((400, "Content-Length is not a number"));
    }
    match String::from_utf8_lossy(length).parse() {
        Ok(length) if length <= LONGEST_CONTENT => Ok(Framing::Length(length)),
        _ => Err((413, "The content is too large")),
    }
}

/// The framing that the transfer codings make, given that there are some.
fn coding(request: &Request) -> Result<Framing, Refusal> {
    let codings: Vec<String> = elements(request, "transfer-encoding").collect();
    match codings.as_slice() {
        [only] if only == "chunked" => Ok(Framing::Chunked),
        [others @ .., last] if last == "chunked" && !others.contains(last) => {
            Err((501, "The transfer coding is not implemented"))
        }
        _ => Err((400, "The message is not chunked once, and last")),
    }
}

/// RFC 9112 §7.1: hexadecimal digits, and extensions, which are ignored.
pub(super) fn chunk_size(line: &[u8]) -> Option<usize> {
    let end = line.iter().position(|octet| *octet == b';');
    // White space may stand before an extension (§7.1.1).
    let digits = end.map_or(line, |end| line[..end].trim_ascii_end());
    // Zeros may lead; more digits than this are more than any content.
    let significant = digits.iter().skip_while(|digit| **digit == b'0').count();
    if digits.is_empty() || significant > 8 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The connection options (RFC 9110 §7.6.1) in lower case.
pub(super) fn options(request: &Request) -> Vec<String> {
    elements(request, "connection").collect()
}

/// Whether a request has an expectation of 100 (Continue), whatever its version.
pub(super) fn wants_100(request: &Request) -> bool {
    request
        .values("expect")
        .any(|value| value.eq_ignore_ascii_case(b"100-continue"))
}

/// The elements of a list field in lower case, without the empty ones (RFC 9110 §5.6.1).
fn elements<'a>(request: &'a Request, name: &'a str) -> impl Iterator<Item = String> + 'a {
    request
        .values(name)
        .flat_map(|value| value.split(|octet| *octet == b','))
        .map(|element| {
            let element = String::from_utf8_lossy(element);
            element.trim_matches([' ', '\t']).to_ascii_lowercase()
        })
        .filter(|element| !element.is_empty())
}
