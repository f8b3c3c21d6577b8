//! Asking and ending a server that costs are measured of.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result};
use quartet_conformance::servers::{Process, Server};
use serde_json::Value;

use crate::exec::Expected;
use crate::probe::checked_get;

/// What is asked of a server of the contract that is only to show that it answers.
const PATH: &str = "/greetings/en";

/// What a server is asked that is only to show that it answers, and what is right.
#[derive(Debug)]
pub(super) enum First<'a> {
    /// One greeting.
    Greeting(Value),
    /// What servers of the command line are asked.
    Own(&'a Expected),
}

impl First<'_> {
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Greeting(_) => PATH,
            Self::Own(expected) => expected.path(),
        }
    }

    /// Asks once.
    ///
    /// # Errors
    /// Where no answer comes, or a wrong one.
    pub(super) fn ask(&self, address: SocketAddr) -> Result<()> {
        match self {
            Self::Greeting(greeting) => checked_get(address, PATH, greeting).map(drop),
            Self::Own(expected) => expected.learn(address).map(drop),
        }
    }
}

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
