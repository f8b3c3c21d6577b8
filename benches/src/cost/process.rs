//! Starting, asking and ending a server that costs are measured of.

use std::path::Path;

use anyhow::{Context as _, Result};
use quartet_conformance::servers::{Process, Server};

/// What is asked of a server that is only to show that it answers.
pub(super) const PATH: &str = "/greetings/en";

/// A server under the same name that runs as the argument of another program.
pub(super) fn wrapped(server: &Server, arguments: Vec<String>, program: &Path) -> Server {
    let mut args = arguments;
    args.push(program.display().to_string());
    args.extend(server.args.iter().cloned());
    Server {
        args,
        ..server.clone()
    }
}

/// Ends a server as it expects to be ended.
pub(super) fn end(process: Process) -> Result<()> {
    process
        .terminate()
        .context("cannot end the server")
        .map(drop)
}
