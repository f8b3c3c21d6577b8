//! API keys and who has one. What they open is not known here.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::Problem;

/// The API keys that open the data routes, sent as `Authorization: Key …`, which is how Posit
/// Connect takes them.
///
/// Only digests are kept and compared, each in constant time, so that neither the log nor the
/// time an answer takes tells anything of a key.
#[derive(Clone)]
pub struct ApiKeys(Vec<[u8; 32]>);

impl std::fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKeys({})", self.0.len())
    }
}

/// Why a file of API keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// It cannot be read as text.
    #[error("{}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It has no key, which would leave nobody with access.
    #[error("{}: the file has no key", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// A key has characters that no Authorization field can carry.
    #[error("{}:{line}: a key must be visible ASCII without spaces", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
    },
}

impl ApiKeys {
    /// The keys in a file, one a line; empty lines do not count.
    pub fn load(file: &Path) -> Result<Self, ApiKeyError> {
        let text = fs::read_to_string(file).map_err(|source| ApiKeyError::Read {
            file: file.to_owned(),
            source,
        })?;
        let mut digests = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let key = line.trim();
            if key.is_empty() {
                continue;
            }
            if !key.bytes().all(|octet| octet.is_ascii_graphic()) {
                return Err(ApiKeyError::Malformed {
                    file: file.to_owned(),
                    line: index + 1,
                });
            }
            digests.push(Sha256::digest(key).into());
        }
        if digests.is_empty() {
            return Err(ApiKeyError::Empty {
                file: file.to_owned(),
            });
        }
        Ok(Self(digests))
    }

    /// Whether a request with this Authorization field value may read the data. The scheme's
    /// name has no case (RFC 9110 §11.1).
    pub fn authorize(&self, authorization: Option<&[u8]>) -> Result<(), Problem> {
        let Some(authorization) = authorization else {
            return Err(Problem::unauthorized(
                "An API key is required: Authorization: Key …",
            ));
        };
        let credentials = authorization
            .split_at_checked(4)
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"Key "))
            .map(|(_, credentials)| credentials.trim_ascii());
        let Some(credentials) = credentials else {
            return Err(Problem::unauthorized(
                "The authentication scheme must be Key",
            ));
        };
        let digest = Sha256::digest(credentials);
        // No early end: every key is compared, whichever matches.
        let known = self
            .0
            .iter()
            .fold(0, |known, key| known | key.ct_eq(&digest).unwrap_u8());
        if known == 1 {
            Ok(())
        } else {
            Err(Problem::unauthorized("The API key is unknown"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> ApiKeys {
        ApiKeys(names.iter().map(|key| Sha256::digest(key).into()).collect())
    }

    #[test]
    fn any_of_the_keys_opens() {
        let keys = keys(&["alpha", "beta"]);
        for value in ["Key alpha", "key beta", "KEY  beta "] {
            assert_eq!(keys.authorize(Some(value.as_bytes())), Ok(()), "{value}");
        }
    }

    #[test]
    fn nothing_else_opens() {
        let keys = keys(&["alpha"]);
        for value in [
            "",
            "Key",
            "Key ",
            "Key alph",
            "Key alphaa",
            "Bearer alpha",
            "alpha",
            "Keyalpha",
        ] {
            let refusal = keys.authorize(Some(value.as_bytes())).expect_err(value);
            assert_eq!(refusal.status(), 401, "{value}");
        }
        assert!(keys.authorize(None).is_err());
    }
}
