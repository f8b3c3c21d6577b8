//! Parts of a message that stand in its head and in its trailers alike. It knows nothing of the rest.

use super::rules::Refusal;

/// RFC 9112 §5: no space before the colon, no folding, no control characters in the value.
pub(super) fn field_line(line: &[u8]) -> Result<(String, Vec<u8>), Refusal> {
    let colon = find(line, b":").ok_or((400, "A field line has no colon"))?;
    let (name, mut value) = (&line[..colon], &line[colon + 1..]);
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
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

/// Where a pattern begins.
pub(super) fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes
        .windows(pattern.len())
        .position(|window| window == pattern)
}

/// RFC 9110 §5.6.2.
pub(super) fn is_token_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet)
}
