//! Reading requests as RFC 9112 has it, refusing what a recipient may refuse.

use quartet_common::HeadLimits;

use super::message::{Answer, Request};

/// The longest content the reference reads.
const LONGEST_CONTENT: usize = 1024 * 1024;

/// What the octets received so far are.
pub(super) enum Parsed {
    /// A request, and how many octets it takes up.
    Complete(Request, usize),
    /// The start of a request.
    Incomplete {
        /// Whether the client waits for 100 (Continue) before it sends the content.
        expects_100: bool,
    },
    /// No request; the answer says why, and the connection ends with it.
    Refused(Answer),
}

/// Why octets are no request.
type Refusal = (u16, &'static str);

pub(super) fn parse(bytes: &[u8]) -> Parsed {
    match try_parse(bytes) {
        Ok(parsed) => parsed,
        Err((status, detail)) => Parsed::Refused(Answer::problem(status, detail)),
    }
}

fn try_parse(bytes: &[u8]) -> Result<Parsed, Refusal> {
    let incomplete = Ok(Parsed::Incomplete { expects_100: false });
    let limits = HeadLimits::default();
    // RFC 9112 §2.2: at least one empty line before the request line is ignored.
    let skipped = if bytes.starts_with(b"\r\n") { 2 } else { 0 };
    let rest = &bytes[skipped..];
    if !rest.is_empty() && !is_token_octet(rest[0]) && rest != b"\r" {
        return Err((400, "The request line does not start with a method"));
    }
    let Some(line_end) = find(rest, b"\r\n") else {
        return match rest.len() > limits.request_line {
            true => Err((414, "The request line is too long")),
            false if rest.contains(&b'\n') => Err((400, "A line ends in a bare LF")),
            false => incomplete,
        };
    };
    if line_end > limits.request_line {
        return Err((414, "The request line is too long"));
    }
    let mut request = request_line(&rest[..line_end])?;
    let fields_start = line_end + 2;
    let Some(head_end) = find(&rest[line_end..], b"\r\n\r\n") else {
        let block = &rest[fields_start..];
        return match block.len() > limits.header_block {
            true => Err((431, "The header fields are too large")),
            false => incomplete,
        };
    };
    let block = &rest[fields_start..(line_end + head_end + 2).max(fields_start)];
    for line in split_lines(block) {
        request.headers.push(field_line(line)?);
        if request.headers.len() > limits.header_count {
            return Err((431, "There are too many header fields"));
        }
    }
    let head_length = skipped + line_end + head_end + 4;
    let content = &bytes[head_length..];
    let expects_100 = request.minor_version == 1
        && content.is_empty()
        && request
            .values("expect")
            .any(|value| value.eq_ignore_ascii_case(b"100-continue"));
    let framed = match framing(&request)? {
        Framing::Length(length) => content.get(..length).map(|body| (body.to_vec(), length)),
        Framing::Chunked => chunked(content)?,
    };
    match framed {
        Some((body, length)) => {
            request.body = body;
            Ok(Parsed::Complete(request, head_length + length))
        }
        None => Ok(Parsed::Incomplete { expects_100 }),
    }
}

/// RFC 9112 §3: method, target and version, one space between.
fn request_line(line: &[u8]) -> Result<Request, Refusal> {
    let malformed = (400, "The request line is malformed");
    let mut parts = line.split(|octet| *octet == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed);
    };
    let minor_version = match version {
        b"HTTP/1.0" => 0,
        // A recipient treats a higher minor version as its own (RFC 9110 §2.5).
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor] if minor.is_ascii_digit() => 1,
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            return Err((505, "This server speaks HTTP/1.1"));
        }
        _ => return Err(malformed),
    };
    let is_target = |octet: &u8| octet.is_ascii_graphic() && *octet != b'#';
    if method.is_empty() || !method.iter().copied().all(is_token_octet) {
        return Err(malformed);
    }
    if target.is_empty() || !target.iter().all(is_target) {
        return Err(malformed);
    }
    Ok(Request {
        // Both were just found to be ASCII.
        method: String::from_utf8_lossy(method).into_owned(),
        target: String::from_utf8_lossy(target).into_owned(),
        minor_version,
        ..Request::default()
    })
}

/// RFC 9112 §5: no space before the colon, no folding, no control characters in the value.
fn field_line(line: &[u8]) -> Result<(String, Vec<u8>), Refusal> {
    let colon = find(line, b":").ok_or((400, "A field line has no colon"))?;
    let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    if name.is_empty() || !name.iter().copied().all(is_token_octet) {
        return Err((400, "A field name is not a token"));
    }
    if value
        .iter()
        .any(|octet| octet.is_ascii_control() && *octet != b'\t')
    {
        return Err((400, "A field value holds a control character"));
    }
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    Ok((name, value.to_vec()))
}

enum Framing {
    Length(usize),
    Chunked,
}

/// RFC 9112 §6.3, refusing every message that two recipients might read as two.
fn framing(request: &Request) -> Result<Framing, Refusal> {
    let lengths: Vec<&[u8]> = request.values("content-length").collect();
    let codings: Vec<&[u8]> = request.values("transfer-encoding").collect();
    if let [coding] = codings.as_slice() {
        if request.minor_version == 0 || !lengths.is_empty() {
            return Err((400, "Transfer-Encoding does not go with this message"));
        }
        if coding.eq_ignore_ascii_case(b"chunked") {
            return Ok(Framing::Chunked);
        }
        let last = coding.rsplit(|octet| *octet == b',').next();
        let is_chunked_last =
            last.is_some_and(|last| last.trim_ascii().eq_ignore_ascii_case(b"chunked"));
        return Err(match is_chunked_last {
            true => (501, "The transfer coding is not implemented"),
            false => (400, "The last transfer coding is not chunked"),
        });
    }
    if !codings.is_empty() {
        return Err((400, "There are several Transfer-Encoding fields"));
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
        Ok(_) => Err((413, "The content is too large")),
        Err(_) => Err((400, "Content-Length is not a number")),
    }
}

/// The content and its length on the wire (RFC 9112 §7.1), or nothing while it is incomplete.
fn chunked(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, Refusal> {
    const LONGEST_LINE: usize = 1024;
    let malformed = (400, "A chunk is malformed");
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        let Some(end) = find(rest, b"\r\n") else {
            return match rest.len() > LONGEST_LINE {
                true => Err((400, "A chunk's first line is too long")),
                false => Ok(None),
            };
        };
        let line = &rest[..end];
        if end > LONGEST_LINE || line.contains(&b'\n') || line.contains(&b'\r') {
            return Err(malformed);
        }
        let size = line
            .split(|octet| *octet == b';')
            .next()
            .unwrap_or_default();
        let size = size.trim_ascii_end();
        if size.is_empty() || size.len() > 8 || !size.iter().all(u8::is_ascii_hexdigit) {
            return Err(malformed);
        }
        let size =
            usize::from_str_radix(&String::from_utf8_lossy(size), 16).map_err(|_| malformed)?;
        at += end + 2;
        if size == 0 {
            return trailers(&bytes[at..]).map(|length| length.map(|length| (body, at + length)));
        }
        if body.len() + size > LONGEST_CONTENT {
            return Err((413, "The content is too large"));
        }
        let Some(chunk) = bytes.get(at..at + size + 2) else {
            return Ok(None);
        };
        if !chunk.ends_with(b"\r\n") {
            return Err(malformed);
        }
        body.extend_from_slice(&chunk[..size]);
        at += size + 2;
    }
}

/// The length of the trailer section with its empty line; its fields are dropped.
fn trailers(bytes: &[u8]) -> Result<Option<usize>, Refusal> {
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        if rest.len() > HeadLimits::default().header_block {
            return Err((431, "The trailer fields are too large"));
        }
        let Some(end) = find(rest, b"\r\n") else {
            return Ok(None);
        };
        at += end + 2;
        if end == 0 {
            return Ok(Some(at));
        }
        field_line(&rest[..end])?;
    }
}

fn split_lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = block;
    std::iter::from_fn(move || {
        let end = find(rest, b"\r\n")?;
        let line = &rest[..end];
        rest = &rest[end + 2..];
        Some(line)
    })
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes
        .windows(pattern.len())
        .position(|window| window == pattern)
}

/// RFC 9110 §5.6.2.
fn is_token_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet)
}
