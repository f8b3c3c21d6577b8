//! What a load generator says of one round.

use std::time::Duration;

/// What a client says of one round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Said {
    /// Requests per second.
    pub(super) rate: f64,
    /// Half of the requests took no longer; none where the client does not tell.
    pub(super) median: Option<Duration>,
}
