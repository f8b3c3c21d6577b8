//! What the URL of a database may demand of TLS, and why one cannot be used.

use std::{path::PathBuf, str::FromStr};

/// libpq's `sslmode`: whether the connection is encrypted, and what is asked of the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl FromStr for SslMode {
    type Err = UrlError;

    fn from_str(mode: &str) -> Result<Self, UrlError> {
        Ok(match mode {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return Err(UrlError::SslMode),
        })
    }
}

/// Why the URL of a database cannot be used. None repeats a part of it that may belong to the password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UrlError {
    #[error("the URL of the database must begin with postgres:// or postgresql://")]
    Scheme,
    #[error("the URL of the database is malformed: {0}")]
    Malformed(String),
    #[error(
        "the URL of the database has a parameter that is unknown (or its password a character that must be \
         percent-encoded)"
    )]
    Parameter,
    #[error("the URL of the database names no host")]
    NoHost,
    #[error("sslmode must be disable, allow, prefer, require, verify-ca or verify-full")]
    SslMode,
    #[error("sslrootcert {}: {reason}", file.display())]
    Roots {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    #[error("cannot read the system's root certificates: {0}")]
    SystemRoots(String),
    #[error("cannot set TLS up: {0}")]
    Tls(#[from] rustls::Error),
}
