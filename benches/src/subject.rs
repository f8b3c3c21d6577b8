//! What is measured: a server and its program.

use std::path::PathBuf;

use quartet_conformance::servers::{Artifact, Server};

/// A server that can be started.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// Its stanza.
    pub server: &'a Server,
    /// Its program.
    pub artifact: Artifact,
    /// The same server as it is told the database, and what to start as its program; none where there
    /// is no such lane, or it does not take part in it.
    pub over_database: Option<(Server, PathBuf)>,
}
