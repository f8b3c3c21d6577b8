//! Why there is no report. It knows nothing of how one is made.

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    /// A wrong option, or a file that cannot be used.
    #[error("{0}")]
    Usage(String),
    /// A server cannot be built, started or reached.
    #[error("{0}")]
    Unreachable(String),
}

pub(super) fn usage(error: impl std::fmt::Display) -> RunError {
    RunError::Usage(error.to_string())
}

pub(super) fn unreachable(error: impl std::fmt::Display) -> RunError {
    RunError::Unreachable(error.to_string())
}
