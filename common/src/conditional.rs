//! Preconditions (RFC 9110 §13). What is sent is not known here, only its entity tag.

use crate::{EntityTag, Problem};

/// What a request's preconditions make of the answer to GET or HEAD that would be 200, given the
/// field lines of If-Match and If-None-Match and the entity tag of what would be sent: whether it is
/// 304 instead.
///
/// They are evaluated in the order of RFC 9110 §13.2.2. If-Modified-Since and If-Unmodified-Since
/// are ignored, as they must be where there is no modification date (§13.1.3, §13.1.4).
///
/// # Errors
/// The problem that If-Match names no present entity tag (412).
pub fn not_modified<'a>(
    if_match: impl IntoIterator<Item = &'a [u8]>,
    if_none_match: impl IntoIterator<Item = &'a [u8]>,
    current: &EntityTag,
) -> Result<bool, Problem> {
    let mut if_match = if_match.into_iter().peekable();
    let compare_strongly = |line| names(line, current, Comparison::Strong);
    // A list with nothing in it names no entity tag: only where there is no field all is well.
    if if_match.peek().is_some() && !if_match.any(compare_strongly) {
        return Err(Problem::precondition_failed());
    }
    let mut if_none_match = if_none_match.into_iter();
    Ok(if_none_match.any(|line| names(line, current, Comparison::Weak)))
}

/// How entity tags are compared (RFC 9110 §8.8.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    /// A weak tag is like none: what If-Match asks for (§13.1.1).
    Strong,
    /// Whether a tag is weak makes no difference: what If-None-Match asks for (§13.1.2).
    Weak,
}

/// Whether a field line names the present entity tag, or any with `*`. One that breaks the grammar
/// names no further: the whole representation is a right answer to If-None-Match, and refusing is the
/// safe one to If-Match.
fn names(line: &[u8], current: &EntityTag, comparison: Comparison) -> bool {
    let mut rest = line.trim_ascii();
    if rest == b"*" {
        return true;
    }
    loop {
        // RFC 9110 §5.6.1.2: a recipient takes empty list elements.
        while let [b',' | b' ' | b'\t', tail @ ..] = rest {
            rest = tail;
        }
        let (is_weak, opaque_tag) = match rest.strip_prefix(b"W/") {
            Some(opaque_tag) => (true, opaque_tag),
            None => (false, rest),
        };
        let [b'"', after_quote @ ..] = opaque_tag else {
            return false;
        };
        // An opaque tag may hold commas, so that the list cannot be split at them.
        let Some(close) = after_quote.iter().position(|&octet| octet == b'"') else {
            return false;
        };
        let counts = !is_weak || comparison == Comparison::Weak;
        if counts && opaque_tag[..close + 2] == *current.as_bytes() {
            return true;
        }
        rest = &opaque_tag[close + 2..];
    }
}

#[cfg(test)]
mod tests;
