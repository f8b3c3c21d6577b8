//! Testing a server of `servers.toml`: its processes, the suite, the verdicts.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::deviations::Deviations;
use crate::judgement::Judged;
use crate::servers::{Process, Role, Server, StartError, StartOptions};
use crate::{Case, Finding, Launch, Model, Need, Suite, Target};

/// The key that a server is started with where it can ask for one.
const KEY: &str = "conformance-4f1d7c";

/// How a server is to be tested.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program to start; what the server was built to.
    pub program: PathBuf,
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
    #[error("cannot write the API key to {}: {source}", file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A server that runs, with the suite for it. Its processes end when this is dropped.
#[derive(Debug)]
pub struct Examination {
    suite: Suite,
    _processes: Vec<Process>,
    _key_file: Option<KeyFile>,
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
        let launch = Launch {
            server: server.clone(),
            program: plan.program.clone(),
        };
        let mut target = Target::new(&server.name, open.base_url()).launched_by(launch);
        target.hold(plan.model.clone());
        target.provides.extend(plan.provides.iter().copied());
        if server.role == Role::Framework {
            target.document = Some((
                "the crate quartet-common".to_owned(),
                quartet_common::openapi::document(None).into_bytes(),
            ));
        }
        let mut processes = vec![open];
        let mut key_file = None;
        if let Some(key_args) = &server.key_args {
            let file = KeyFile::write()?;
            let path = file.0.to_string_lossy();
            let fill = |argument: &String| argument.replace("{file}", &path).into();
            options.extra_args = key_args.iter().map(fill).collect();
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

    /// The suite for the running server.
    pub fn suite(&self) -> &Suite {
        &self.suite
    }
}

/// Tests a server: starts it, runs `cases`, judges them and stops it. `found` is called with each
/// finding as it comes.
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
    found: impl Fn(&Finding) + Sync,
) -> Result<Vec<Judged>, ExaminationError> {
    let examination = Examination::start(server, plan)?;
    let findings = examination.suite.run_all(cases, found);
    Ok(findings
        .into_iter()
        .map(|finding| Judged::new(finding, &server.name, deviations))
        .collect())
}

/// A file with one API key, gone when this is.
#[derive(Debug)]
struct KeyFile(PathBuf);

impl KeyFile {
    fn write() -> Result<Self, ExaminationError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "quartet-conformance-{}-{}.key",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let file = std::env::temp_dir().join(name);
        match write_new(&file) {
            Ok(()) => Ok(Self(file)),
            Err(source) => Err(ExaminationError::Key { file, source }),
        }
    }
}

fn write_new(file: &Path) -> io::Result<()> {
    // A process of an earlier boot may have had this id, and left its file behind.
    if file.exists() {
        fs::remove_file(file)?;
    }
    let mut created = OpenOptions::new().write(true).create_new(true).open(file)?;
    writeln!(created, "{KEY}")
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        // In the system's temporary directory a file too many does no harm.
        let _ = fs::remove_file(&self.0);
    }
}
