//! Every case as a test of its own, under `cargo test` and whatever else runs libtest programs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::deviations::Deviations;
use crate::examination::{Examination, Plan};
use crate::judgement::{Judged, Standing};
use crate::report::describe;
use crate::servers::{Catalogue, Server};
use crate::{Case, Model, Need, cases, turns};

/// Seed of what the tests draw at random: the same in every run.
pub const TEST_SEED: u64 = 20_250_101;

/// How many tests run at once, unless the command line says otherwise: most wait, and the suite lets
/// few work at once.
pub fn test_threads() -> usize {
    turns::with_those_that_wait()
}

/// Every case, in the order in which to run many: what waits for long comes first, so that the others run
/// meanwhile.
pub fn in_order() -> Vec<&'static Case> {
    let mut all: Vec<&'static Case> = cases::all().collect();
    all.sort_by_key(|case| turns::order(case));
    all
}

/// The `main` of a server's test program: starts `program`, which must have been built with the
/// `fault-injection` feature, and makes each case that the server `name` is held to a test named
/// `name::area/slug`.
///
/// A known deviation passes, one that no longer occurs fails, and a case that does not apply is
/// ignored, with the reason. The server is started by the first test that needs it: listing the
/// tests starts nothing.
pub fn server_tests(name: &str, program: &str) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert_with(test_threads);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let prepared = Catalogue::load(root.join("servers.toml"))
        .map_err(|error| error.to_string())
        .and_then(|catalogue| prepare(&catalogue, name, program));
    let tests = match prepared {
        Ok(tests) => Arc::new(tests),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let trials = in_order()
        .into_iter()
        .filter(|case| tests.server.is_held_to(case))
        .map(|case| {
            let tests = tests.clone();
            let trial = move || tests.run(case);
            Trial::ignorable_test(format!("{name}::{}", case.id), trial)
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    tests.stop();
    conclusion.exit_code()
}

fn prepare(catalogue: &Catalogue, name: &str, program: &str) -> Result<Tests, String> {
    let server = catalogue
        .get(name)
        .ok_or_else(|| format!("servers.toml has no server {name:?}"))?;
    Ok(Tests {
        server: server.clone(),
        plan: Plan {
            program: PathBuf::from(program),
            database: None,
            model: Some(Model::embedded()),
            provides: vec![Need::Fault],
            seed: TEST_SEED,
        },
        deviations: Deviations::embedded().map_err(|error| error.to_string())?,
        running: Mutex::new(State::Stopped),
    })
}

struct Tests {
    server: Server,
    plan: Plan,
    deviations: Deviations,
    running: Mutex<State>,
}

enum State {
    Stopped,
    Running(Arc<Examination>),
    Failed(String),
}

impl Tests {
    fn run(&self, case: &'static Case) -> Result<Completion, Failed> {
        let examination = self.examination()?;
        let finding = examination.suite().run(case);
        let judged = Judged::new(finding, &self.server.name, &self.deviations);
        if judged.standing.is_failure() {
            return Err(Failed::from(describe(&judged)));
        }
        match &judged.finding.verdict {
            Ok(verdict) if judged.standing == Standing::NotApplicable => {
                Ok(Completion::ignored_with(verdict.note().unwrap_or_default()))
            }
            _ => Ok(Completion::Completed),
        }
    }

    fn examination(&self) -> Result<Arc<Examination>, Failed> {
        let mut state = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Stopped = *state {
            *state = match Examination::start(&self.server, &self.plan) {
                Ok(examination) => State::Running(Arc::new(examination)),
                Err(error) => State::Failed(error.to_string()),
            };
        }
        match &*state {
            State::Running(examination) => Ok(examination.clone()),
            State::Failed(error) => Err(Failed::from(error)),
            State::Stopped => Err(Failed::from("the server has been stopped")),
        }
    }

    fn stop(&self) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = State::Stopped;
    }
}
