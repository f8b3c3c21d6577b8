//! What is measured: a server and its program.

use std::path::PathBuf;

use quartet_conformance::servers::{Artifact, Server};
use quartet_record::plan::Lane;

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
    /// The server as it serves the content of the lane `custom`, and what to start as its program; none where
    /// it answers there by itself, or takes no part in it.
    pub content: Option<(Server, PathBuf)>,
}

impl Subject<'_> {
    /// Whether a lane is one of its usual process, if it takes part in it.
    pub(crate) fn answers_by_itself(&self, lane: Lane) -> bool {
        match lane {
            Lane::Large | Lane::DbItem | Lane::DbList => false,
            Lane::Custom => self.content.is_none(),
            Lane::Item | Lane::List | Lane::Miss | Lane::Revalidate | Lane::Connect => true,
            Lane::Bytes1k | Lane::Json1k | Lane::Bytes100k | Lane::Json100k => true,
        }
    }
}
