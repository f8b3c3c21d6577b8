use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// A strong entity tag (RFC 9110 §8.8.3), quotes included: half a SHA-256 of the representation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag(String);

impl EntityTag {
    /// The tag of a representation with this content.
    pub fn of(content: &[u8]) -> Self {
        let digest = Sha256::digest(content);
        let mut tag = String::with_capacity(34);
        tag.push('"');
        for octet in &digest[..16] {
            let _ = write!(tag, "{octet:02x}"); // writing to a String cannot fail
        }
        tag.push('"');
        Self(tag)
    }

    /// The tag as an ETag field value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for EntityTag {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_quoted_digest_of_the_content() {
        // SHA-256("abc"), FIPS 180-4's example.
        assert_eq!(
            EntityTag::of(b"abc").as_str(),
            "\"ba7816bf8f01cfea414140de5dae2223\""
        );
        assert_ne!(EntityTag::of(b"abc"), EntityTag::of(b"abd"));
    }
}
