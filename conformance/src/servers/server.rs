//! One server of `servers.toml`.

use serde::Deserialize;

use crate::{Case, Selection};

/// One server: how to build it, start it and what it is held to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// What reports and `deviations.toml` call it.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// The crate whose version is shown, if there is one.
    pub framework: Option<String>,
    /// The cargo package it is built from, if it is one.
    pub package: Option<String>,
    /// The build command; empty if there is nothing to build.
    #[serde(default)]
    pub build: Vec<String>,
    /// The program, before [`Server::build`] has resolved it.
    pub program: String,
    /// The program's arguments, with placeholders.
    #[serde(default)]
    pub args: Vec<String>,
    /// How it shows that it accepts connections.
    pub ready: Ready,
    /// The areas and cases it is held to; all of them if there is no such key.
    pub cases: Option<Vec<String>>,
    /// Further arguments with which it asks for an API key.
    pub key_args: Option<Vec<String>>,
    /// Further arguments with which it serves the greetings of a file.
    pub data_args: Option<Vec<String>>,
    /// Further arguments that limit the time for a request's head.
    pub header_timeout_args: Option<Vec<String>>,
    /// Further arguments that limit the time a connection may wait for its next request.
    pub idle_timeout_args: Option<Vec<String>>,
    /// Further arguments that limit the time for what is in flight after SIGTERM.
    pub drain_timeout_args: Option<Vec<String>>,
    /// Further arguments with which it logs all it can.
    pub verbose_args: Option<Vec<String>>,
}

/// What a server is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// One of the servers that are compared: the whole contract, on a framework.
    Framework,
    /// The framework's hello-world of the two data routes, to price the contract.
    Plain,
    /// A floor that the frameworks are measured against.
    Baseline,
    /// The example the API comes from, in its own language.
    Original,
}

/// How a server shows that it accepts connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ready {
    /// It is told to listen on port 0 and prints a line `listening on http://ADDRESS`.
    Line,
    /// It is told a free port, which is then tried until it accepts.
    Port,
}

impl Server {
    /// A server of which only this is known.
    pub(crate) fn new(name: &str, role: Role, program: &str, ready: Ready) -> Self {
        Self {
            name: name.to_owned(),
            role,
            framework: None,
            package: None,
            build: Vec::new(),
            program: program.to_owned(),
            args: Vec::new(),
            ready,
            cases: None,
            key_args: None,
            data_args: None,
            header_timeout_args: None,
            idle_timeout_args: None,
            drain_timeout_args: None,
            verbose_args: None,
        }
    }

    /// Whether the server is held to a case.
    pub fn is_held_to(&self, case: &Case) -> bool {
        match &self.cases {
            None => true,
            // An id that is no case's was refused when the catalogue was read.
            Some(cases) => Selection::new(cases).is_ok_and(|selection| selection.has(case)),
        }
    }
}
