//! Locale names. Which greetings there are is not known here.

use std::{fmt, str::FromStr};

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize, de};

/// A locale name shaped like a language tag (RFC 5646 §2.1, its outline only): 1 to 35 ASCII
/// letters, digits and hyphens, the first a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Lang(String);

/// A string that is no [`Lang`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not shaped like a language tag ({})", Lang::PATTERN)]
pub struct MalformedLang;

impl Lang {
    /// The shape, as the regular expression that the OpenAPI document states.
    pub const PATTERN: &str = "^[A-Za-z][A-Za-z0-9-]{0,34}$";

    const MAX_LEN: usize = 35;

    /// The locale name in one segment of a request target's path, percent-decoded here
    /// (RFC 3986 §2.1), for frameworks that leave the segment as it was sent.
    pub fn from_path_segment(segment: &str) -> Result<Self, MalformedLang> {
        // A name has no percent sign: what is one as it was sent needs no decoding.
        segment.parse().or_else(|_| {
            percent_decode_str(segment)
                .decode_utf8()
                .map_err(|_| MalformedLang)?
                .parse()
        })
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_well_formed(name: &str) -> bool {
        let octets = name.as_bytes();
        octets.len() <= Self::MAX_LEN
            && octets.first().is_some_and(u8::is_ascii_alphabetic)
            && octets
                .iter()
                .all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
    }
}

impl FromStr for Lang {
    type Err = MalformedLang;

    fn from_str(name: &str) -> Result<Self, MalformedLang> {
        if Self::is_well_formed(name) {
            Ok(Self(name.to_owned()))
        } else {
            Err(MalformedLang)
        }
    }
}

impl TryFrom<String> for Lang {
    type Error = MalformedLang;

    fn try_from(name: String) -> Result<Self, MalformedLang> {
        if Self::is_well_formed(&name) {
            Ok(Self(name))
        } else {
            Err(MalformedLang)
        }
    }
}

impl<'de> Deserialize<'de> for Lang {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .try_into()
            .map_err(de::Error::custom)
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_language_tags() {
        for name in ["a", "en", "chr", "zh-Hant-TW", "x-1", &"a".repeat(35)] {
            assert_eq!(
                name.parse::<Lang>().map(|lang| lang.to_string()),
                Ok(name.to_owned())
            );
        }
    }

    #[test]
    fn refuses_anything_else() {
        for name in [
            "",
            "_",
            "e n",
            "1a",
            "-a",
            "é",
            "👋",
            "en/x",
            "a\0",
            &"a".repeat(36),
        ] {
            assert_eq!(name.parse::<Lang>(), Err(MalformedLang), "{name:?}");
        }
    }

    #[test]
    fn decodes_a_path_segment_once() {
        assert_eq!(Lang::from_path_segment("%65n"), "en".parse());
        for segment in [
            "%2565n", "%FF", "%C0%AF", "%00", "%", "%zz", "%2F", "%2e%2e",
        ] {
            assert_eq!(
                Lang::from_path_segment(segment),
                Err(MalformedLang),
                "{segment}"
            );
        }
    }
}
