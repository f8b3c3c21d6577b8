//! What is measured: a server and its program.

use quartet_conformance::servers::{Artifact, Server};

/// A server that can be started.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// Its stanza.
    pub server: &'a Server,
    /// Its program.
    pub artifact: Artifact,
}
