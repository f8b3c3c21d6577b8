//! Reading requests as RFC 9112 has it, refusing what a recipient may refuse.

use super::chunked::chunked;
use super::message::{Answer, Request};
use super::octets::{field_line, find, is_token_octet};
use super::rules::{Framing, LateContent, Refusal, Rules};

/// What the octets received so far are.
pub(super) enum Parsed {
    /// A request, and how many octets it takes up.
    Complete(Request, usize),
    /// A request without all of its content, which is not waited for.
    Early(Request),
    /// The start of a request.
    Incomplete {
        /// Whether the client waits for 100 (Continue) before it sends the content.
        expects_100: bool,
    },
    /// No request; the answer says why, and the connection ends with it.
    Refused(Answer),
}

pub(super) fn parse(bytes: &[u8], rules: &Rules) -> Parsed {
    match try_parse(bytes, rules) {
        Ok(parsed) => parsed,
        Err((status, detail)) => {
            let answer = Answer::problem(status, detail);
            Parsed::Refused(answer.with("X-Content-Type-Options", "nosniff"))
        }
    }
}

fn try_parse(bytes: &[u8], rules: &Rules) -> Result<Parsed, Refusal> {
    let Some((mut request, head_length)) = head(bytes, rules)? else {
        return Ok(Parsed::Incomplete { expects_100: false });
    };
    let content = &bytes[head_length..];
    let length = match (rules.framing)(&request)? {
        Framing::Length(length) => content.get(..length).map(|body| {
            request.body = body.to_vec();
            length
        }),
        Framing::Chunked => chunked(content, rules)?.map(|chunked| {
            request.body = chunked.body;
            if rules.merges_trailers {
                request.headers.extend(chunked.trailers);
            }
            chunked.length
        }),
    };
    let expects_100 = content.is_empty() && (rules.expects_100)(&request);
    Ok(match length {
        Some(length) => Parsed::Complete(request, head_length + length),
        None if rules.late_content != LateContent::Awaited && !expects_100 => {
            Parsed::Early(request)
        }
        None => Parsed::Incomplete { expects_100 },
    })
}

/// The request line and the fields, and how long they are with the empty line after them; nothing
/// while they are incomplete.
fn head(bytes: &[u8], rules: &Rules) -> Result<Option<(Request, usize)>, Refusal> {
    let mut lines = Lines { bytes, at: 0 };
    for _ in 0..rules.empty_lines {
        // RFC 9112 §2.2: at least one empty line before the request line is ignored.
        if lines.rest().starts_with(b"\r\n") {
            lines.at += 2;
        }
    }
    let rest = lines.rest();
    if rest.first().is_some_and(|octet| !is_token_octet(*octet)) && rest != b"\r" {
        return Err((400, "The request line does not start with a method"));
    }
    const TOO_LONG: Refusal = (414, "The request line is too long");
    let Some(line) = lines.next(rules.limits.request_line, rules, TOO_LONG)? else {
        return Ok(None);
    };
    let mut request = request_line(line)?;
    let start = lines.at;
    const TOO_LARGE: Refusal = (431, "The header fields are too large");
    loop {
        let room = rules.limits.header_block.saturating_sub(lines.at - start);
        let Some(line) = lines.next(room, rules, TOO_LARGE)? else {
            return Ok(None);
        };
        if line.is_empty() {
            return Ok(Some((request, lines.at)));
        }
        request.headers.push(field_line(line)?);
        if request.headers.len() > rules.limits.header_count {
            return Err((431, "There are too many header fields"));
        }
    }
}

/// The lines of a head, each ended by CRLF.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// The next line, or nothing while it is incomplete; one longer than `most` is `too_long`.
    fn next(
        &mut self,
        most: usize,
        rules: &Rules,
        too_long: Refusal,
    ) -> Result<Option<&'a [u8]>, Refusal> {
        let rest = self.rest();
        // Unlike a search for the place, this is quick in a build without optimisation.
        if !rest.contains(&b'\n') {
            return match rules.limits_partial_lines && rest.len() > most + 1 {
                true => Err(too_long),
                false => Ok(None),
            };
        }
        let end = find(rest, b"\n").unwrap_or_default();
        let line = rest[..end]
            .strip_suffix(b"\r")
            .ok_or((400, "A line ends in LF alone"))?;
        if line.contains(&b'\r') {
            return Err((400, "A CR has no LF after it"));
        }
        if line.len() > most {
            return Err(too_long);
        }
        self.at += end + 1;
        Ok(Some(line))
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
