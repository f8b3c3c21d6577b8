//! Testing a server of `servers.toml`: its processes, the suite, the verdicts.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::deviations::Deviations;
use crate::judgement::Judged;
use crate::servers::{Process, Role, Server, Setting, StartError, StartOptions};
use crate::target::ExpectedDocument;
use crate::tools::ScratchFile;
use crate::turns::Turns;
use crate::{BaseUrl, Case, Launch, Model, Need, Scale, Suite, Target};

/// The key that a server is started with where it can ask for one.
const KEY: &str = "conformance-4f1d7c";

/// How a server is to be tested.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program to start; what the server was built to.
    pub program: PathBuf,
    /// The program that serves the greetings of a database, if it can.
    pub database: Option<PathBuf>,
    /// The greetings it holds, or nothing if those it lists are right.
    pub model: Option<Model>,
    /// What it offers to cases beyond what its stanza says.
    pub provides: Vec<Need>,
    /// Decides what is drawn at random.
    pub seed: u64,
}

/// Why a server could not be tested.
#[derive(Debug, thiserror::Error)]
pub enum ExaminationError {
    /// It did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The file with its API key could not be written.
    #[error("cannot write the API key to a temporary file: {0}")]
    Key(io::Error),
}

/// A server that runs, with the suite for it. Its processes end when this is dropped.
#[derive(Debug)]
pub struct Examination {
    suite: Suite,
    _processes: Vec<Process>,
    _key_file: Option<ScratchFile>,
}

impl Examination {
    /// Starts the server, and a second instance that asks for an API key if it can.
    ///
    /// # Errors
    /// If one does not start.
    pub fn start(server: &Server, plan: &Plan) -> Result<Self, ExaminationError> {
        let mut options = StartOptions {
            program: Some(plan.program.clone()),
            ..StartOptions::default()
        };
        let open = Process::start(server, &options)?;
        let launch = Launch::new(server.clone(), plan.program.clone(), plan.database.clone());
        let mut target = Target::new(&server.name, open.base_url()).launched_by(launch);
        target.hold(plan.model.clone());
        target.provides.extend(plan.provides.iter().copied());
        if server.role == Role::Framework {
            target.ask_for_what_it_describes();
            target.document = Some(document_of(server));
        }
        let mut processes = vec![open];
        let mut key_file = None;
        if server.key_args.is_some() {
            let file = write_key().map_err(ExaminationError::Key)?;
            let key_args = server.setting(Setting::KeyFile(file.path()));
            options.extra_args = key_args.unwrap_or_default();
            let keyed = Process::start(server, &options)?;
            target = target.with_key(keyed.base_url(), KEY);
            processes.push(keyed);
            key_file = Some(file);
        }
        Ok(Self {
            suite: Suite::new(target, plan.seed),
            _processes: processes,
            _key_file: key_file,
        })
    }

    /// The same, knowing more of the target.
    ///
    /// # Errors
    /// What `change` returns.
    pub(crate) fn retargeted<E>(
        mut self,
        change: impl FnOnce(&mut Target) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut target = self.suite.target().clone();
        change(&mut target)?;
        self.suite = self.suite.of(target);
        Ok(self)
    }

    /// The same, sending as much as `scale` says; at first it is [`Scale::Reduced`].
    pub fn at_scale(mut self, scale: Scale) -> Self {
        self.suite = self.suite.at_scale(scale);
        self
    }

    /// The same, generating so many requests where requests are generated.
    pub fn generating(mut self, requests: u32) -> Self {
        self.suite = self.suite.generating(requests);
        self
    }

    /// The same, beside other examinations that share `turns`.
    pub(crate) fn sharing(mut self, turns: &Arc<Turns>) -> Self {
        self.suite = self.suite.sharing(turns);
        self
    }

    /// The suite for the running server.
    pub fn suite(&self) -> &Suite {
        &self.suite
    }

    /// Runs `cases` and judges them. `found` is called with each as it comes.
    ///
    /// Of cases that the server is not held to ([`Server::is_held_to`]) nothing is expected.
    pub fn judge(
        &self,
        cases: &[&'static Case],
        deviations: &Deviations,
        found: impl Fn(&Judged) + Sync,
    ) -> Vec<Judged> {
        let target = self.suite.target();
        let is_held_to = |case| {
            let launch = target.launch.as_ref();
            launch.is_none_or(|launch| launch.server.is_held_to(case))
        };
        self.suite.run_all(cases, |finding| {
            let judged = match is_held_to(finding.case) {
                true => Judged::new(finding, &target.name, deviations),
                false => Judged::beside(finding),
            };
            found(&judged);
            judged
        })
    }
}

/// Tests a server at [`Scale::Reduced`]: starts it, runs `cases`, judges them and stops it. `found`
/// is called with each as it comes.
///
/// It does not ask whether the server is held to the cases: see [`Server::is_held_to`].
///
/// # Errors
/// If the server does not start.
pub fn examine(
    server: &Server,
    plan: &Plan,
    cases: &[&'static Case],
    deviations: &Deviations,
    found: impl Fn(&Judged) + Sync,
) -> Result<Vec<Judged>, ExaminationError> {
    Ok(Examination::start(server, plan)?.judge(cases, deviations, found))
}

/// Tests a server that runs already, be it on another machine, at [`Scale::Reduced`]. What needs its processes does not apply.
///
/// It does not ask whether the server is held to the cases: see [`Server::is_held_to`].
pub fn examine_running(
    server: &Server,
    address: SocketAddr,
    model: Model,
    seed: u64,
    cases: &[&'static Case],
    deviations: &Deviations,
) -> Vec<Judged> {
    let mut target = Target::new(&server.name, BaseUrl::at(address));
    target.hold(Some(model));
    if server.role == Role::Framework {
        target.ask_for_what_it_describes();
        target.document = Some(document_of(server));
    }
    let suite = Suite::new(target, seed);
    let name = &server.name;
    suite.run_all(cases, |finding| Judged::new(finding, name, deviations))
}

/// The document that one of the four servers must serve.
fn document_of(server: &Server) -> ExpectedDocument {
    ExpectedDocument::shared("the crate quartet-common", server.is_told_database())
}

/// A file with the key.
fn write_key() -> io::Result<ScratchFile> {
    ScratchFile::with(format!("{KEY}\n").as_bytes())
}
