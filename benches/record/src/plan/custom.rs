//! What the lane `custom` asks, and what is right there. It knows nothing of who answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The request of the lane `custom`, and the content that every answer must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Custom {
    /// The request target: an absolute path, with a query if it has one.
    pub path: String,
    /// How many bytes of content are right.
    pub bytes: u64,
    /// SHA-256 of them, in hexadecimal.
    pub sha256: String,
    /// For how long each process of a server of the command line is loaded before its first slice,
    /// milliseconds.
    pub warm_up_ms: u64,
}
