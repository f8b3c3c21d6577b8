//! Chunked content (RFC 9112 §7.1).

use super::octets::{field_line, find};
use super::rules::{LONGEST_CONTENT, Refusal, Rules};

/// The longest first line of a chunk, and the longest trailer section.
const LONGEST_LINE: usize = 1024;

/// Content that came in chunks.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    /// The content.
    pub(super) body: Vec<u8>,
    /// The trailer fields.
    pub(super) trailers: Vec<(String, Vec<u8>)>,
    /// How long all of it is on the wire.
    pub(super) length: usize,
}

/// Reads chunks, or nothing while they are incomplete.
pub(super) fn chunked(bytes: &[u8], rules: &Rules) -> Result<Option<Chunked>, Refusal> {
    const MALFORMED: Refusal = (400, "A chunk is malformed");
    let mut content = Chunked::default();
    loop {
        let rest = &bytes[content.length..];
        let Some((line, after)) = take_line(rest, rules)? else {
            return Ok(None);
        };
        let Some(size) = (rules.chunk_size)(line) else {
            return match rules.ends_at_no_size {
                true => Ok(Some(content)),
                false => Err(MALFORMED),
            };
        };
        content.length += after;
        if size == 0 {
            return trailers(bytes, content, rules);
        }
        if size > LONGEST_CONTENT - content.body.len() {
            return Err((413, "The content is too large"));
        }
        let Some(chunk) = bytes.get(content.length..content.length + size) else {
            return Ok(None);
        };
        content.body.extend_from_slice(chunk);
        content.length += size;
        let Some((between, after)) = take_line(&bytes[content.length..], rules)? else {
            return Ok(None);
        };
        if !between.is_empty() && !rules.skips_after_chunk {
            return Err(MALFORMED);
        }
        content.length += after;
    }
}

/// Reads the trailer section with its empty line.
fn trailers(bytes: &[u8], mut content: Chunked, rules: &Rules) -> Result<Option<Chunked>, Refusal> {
    let start = content.length;
    loop {
        let Some((line, after)) = take_line(&bytes[content.length..], rules)? else {
            return Ok(None);
        };
        content.length += after;
        if line.is_empty() {
            return Ok(Some(content));
        }
        content.trailers.push(field_line(line)?);
        if content.length - start > LONGEST_LINE {
            return Err((431, "The trailer fields are too large"));
        }
    }
}

/// The line at the start and where the next one starts, or nothing while it is incomplete.
fn take_line<'a>(bytes: &'a [u8], rules: &Rules) -> Result<Option<(&'a [u8], usize)>, Refusal> {
    let end = find(bytes, rules.chunk_line_end);
    if end.unwrap_or(bytes.len()) > LONGEST_LINE {
        return Err((400, "A line among the chunks is too long"));
    }
    let Some(end) = end else { return Ok(None) };
    let (line, after) = (&bytes[..end], end + rules.chunk_line_end.len());
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line
        .iter()
        .any(|octet| matches!(octet, b'\r' | b'\n' | b'\0'))
    {
        return Err((400, "A line among the chunks holds a control character"));
    }
    Ok(Some((line, after)))
}
