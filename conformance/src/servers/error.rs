//! Why a list of servers cannot be used. It knows nothing of what is in one.

use std::io;
use std::path::PathBuf;

/// Why a `servers.toml` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It cannot be read.
    #[error("{}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not what it must be; the message names the line.
    #[error("{}: {message}", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
}
