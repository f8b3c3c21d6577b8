//! Entity tags (RFC 9110 §8.8.3). What they are compared with is not known here.

use std::str;

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// Octets of an entity tag: two quotes, and two for each octet of half a SHA-256.
const LENGTH: usize = 34;

/// A strong entity tag (RFC 9110 §8.8.3), quotes included: half a SHA-256 of the representation. Its
/// clones share the octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag(Bytes);

impl EntityTag {
    /// The tag of a representation with this content.
    pub fn of(content: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digest = Sha256::digest(content);
        let mut tag = [b'"'; LENGTH];
        for (pair, octet) in tag[1..LENGTH - 1].chunks_exact_mut(2).zip(&digest) {
            pair[0] = DIGITS[usize::from(octet >> 4)];
            pair[1] = DIGITS[usize::from(octet & 15)];
        }
        Self(Bytes::copy_from_slice(&tag))
    }

    /// The tag for the rest of the process's life, so that its clones have nothing to count.
    pub(crate) fn leaked(self) -> Self {
        let octets: &'static [u8] = Box::leak(Box::from(self.as_bytes()));
        Self(Bytes::from_static(octets))
    }

    /// The tag as an ETag field value.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("quotes and hexadecimal digits are ASCII")
    }

    /// The octets of [`as_str`](Self::as_str), which are not looked through again.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The octets of [`as_str`](Self::as_str), shared with this: a field value of them needs no copy.
    pub fn to_bytes(&self) -> Bytes {
        self.0.clone()
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
