//! Testing servers: those that are started here, side by side, and those that run, one by one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::another;
use super::error::{RunError, unreachable, usage};
use super::options::{GENTLE, Options};
use crate::deviations::Deviations;
use crate::examination::{Examination, Plan};
use crate::judgement::Judged;
use crate::operations::{self, Resource};
use crate::report::TargetReport;
use crate::servers::Server;
use crate::target::ExpectedDocument;
use crate::turns::Turns;
use crate::{BaseUrl, Case, Model, Pace, Scale, Suite, Target, stop};

/// How many servers are tested side by side.
const SIDE_BY_SIDE: usize = 4;

/// A server that is started here, and what there is to start.
pub(super) struct Program {
    pub(super) server: Server,
    pub(super) program: PathBuf,
    /// The program that serves the greetings of a database, if that is tested.
    pub(super) database: Option<PathBuf>,
    /// The version of its framework.
    pub(super) version: Option<String>,
}

/// One that runs, and how far its test has come.
struct Running<'a> {
    program: &'a Program,
    examination: Examination,
    cases: Vec<&'static Case>,
    progress: ProgressBar,
}

/// A run, as the options have it.
pub(super) struct Run<'a> {
    pub(super) options: &'a Options,
    pub(super) selected: &'a [&'static Case],
    pub(super) deviations: Deviations,
    pub(super) model: Option<Model>,
}

impl Run<'_> {
    /// Tests servers side by side, a few at a time. Those that an early end leaves unstarted
    /// are told in `absent`.
    pub(super) fn test_programs(
        &self,
        programs: &[Program],
        absent: &mut Vec<String>,
    ) -> Result<Vec<TargetReport>, RunError> {
        let mut reports = Vec::with_capacity(programs.len());
        for few in programs.chunks(SIDE_BY_SIDE) {
            if stop::is_requested() {
                absent.extend(few.iter().map(|it| not_tested(&it.server.name)));
                continue;
            }
            let (bars, turns) = (MultiProgress::new(), Arc::default());
            // All run before the first is tested: to start them takes the machine.
            let running = side_by_side(few, |program| self.start(program, &bars, &turns));
            let running = running.into_iter().collect::<Result<Vec<_>, _>>()?;
            for server in &running {
                stage(&server.progress, "testing");
            }
            reports.extend(side_by_side(&running, |server| self.test(server)));
        }
        Ok(reports)
    }

    fn start<'a>(
        &self,
        program: &'a Program,
        bars: &MultiProgress,
        turns: &Arc<Turns>,
    ) -> Result<Running<'a>, RunError> {
        let server = &program.server;
        let shown = |case: &&Case| server.is_shown_in(case);
        let cases: Vec<&'static Case> = self.selected.iter().copied().filter(shown).collect();
        let plan = Plan {
            program: program.program.clone(),
            database: program.database.clone(),
            model: self.model.clone(),
            provides: self.options.needs_met().collect(),
            seed: self.options.seed,
        };
        let mut examination = Examination::start(server, &plan).map_err(unreachable)?;
        if self.is_another_api() {
            examination = examination.retargeted(|target| self.ask_another_api(target))?;
        }
        Ok(Running {
            program,
            examination: examination
                .at_scale(Scale::Full)
                .generating(self.options.requests)
                .sharing(turns),
            progress: progress(bars, &server.name, cases.len()),
            cases,
        })
    }

    fn test(&self, running: &Running<'_>) -> TargetReport {
        let progress = &running.progress;
        let found = |judged: &Judged| self.counts(judged, progress);
        let judged = running
            .examination
            .judge(&running.cases, &self.deviations, found);
        progress.finish_and_clear();
        TargetReport {
            name: running.program.server.name.clone(),
            version: running.program.version.clone(),
            undecided: running.cases.len() - judged.len(),
            judged,
        }
    }

    /// Shows that another case is decided, and ends the run if that is to be its end.
    fn counts(&self, judged: &Judged, progress: &ProgressBar) {
        progress.inc(1);
        if self.options.fail_fast && judged.standing.is_failure() {
            stop::at_failure();
        }
    }

    /// `document` is the OpenAPI document that all targets of a run must share: the first one's.
    pub(super) fn reach(
        &self,
        url: &BaseUrl,
        document: &mut Option<ExpectedDocument>,
    ) -> Result<Target, RunError> {
        let name = format!("{}{}", url.authority(), url.prefix());
        let mut target = Target::new(&name, url.clone());
        let rate = self.options.rate.or_else(|| {
            if url.is_loopback() {
                return None;
            }
            eprintln!("{name} is on another machine: limited to {GENTLE} sends a second (--rate)");
            Some(GENTLE)
        });
        target.pace = rate.map(|rate| Arc::new(Pace::new(rate)));
        target.provides.extend(self.options.needs_met());
        if self.is_another_api() {
            self.ask_another_api(&mut target)?;
            return Ok(target);
        }
        target.hold(self.model.clone());
        let fetched = target
            .fetch("/openapi.json")
            .map_err(|error| unreachable(format!("{name}: {error}")))?;
        target.document = document.clone();
        if document.is_none() && fetched.status == 200 {
            *document = Some(ExpectedDocument {
                whose: name,
                open: fetched.body,
                keyed: None,
            });
        }
        Ok(target)
    }

    /// Whether the servers are another API than this.
    fn is_another_api(&self) -> bool {
        !self.options.paths.is_empty() || self.options.openapi.is_some()
    }

    /// Sets what another API is asked for: the paths that were named, and what its document has.
    fn ask_another_api(&self, target: &mut Target) -> Result<(), RunError> {
        let paths = self.options.paths.iter();
        let mut resources: Vec<Resource> = paths.map(|path| Resource::at(path)).collect();
        if let Some(url) = &self.options.openapi {
            let (document, page) = another::document(target, url)?;
            let (described, left_out) = operations::of_document(document, &target.base, &page);
            for why in &left_out {
                eprintln!("{}: {why}", target.name);
            }
            if described.is_empty() && resources.is_empty() {
                let name = &target.name;
                return Err(usage(format!("{name}: {url} has no GET operation to test")));
            }
            // A path that was named as well is described by the operation of the same path.
            resources.retain(|named| described.iter().all(|other| other.path != named.path));
            resources.extend(described);
        }
        target.connect().map_err(unreachable)?;
        // What a document describes is for the cases to judge.
        for resource in resources.iter().filter(|it| it.described.is_none()) {
            let answer = target.fetch(&resource.path).map_err(unreachable)?;
            let (name, path, status) = (&target.name, &resource.path, answer.status);
            if status != 200 {
                let why =
                    format!("{name}: GET {path} is {status}; --path needs a path that gives 200");
                return Err(usage(why));
            }
        }
        target.is_another_api = true;
        target.ask_for(resources);
        Ok(())
    }

    pub(super) fn test_url(&self, target: Target) -> TargetReport {
        let name = target.name.clone();
        let progress = progress(&MultiProgress::new(), &name, self.selected.len());
        stage(&progress, "testing");
        let scale = match target.pace {
            Some(_) => Scale::Reduced,
            None => Scale::Full,
        };
        let suite = Suite::new(target, self.options.seed)
            .at_scale(scale)
            .generating(self.options.requests);
        let judged = suite.run_all(self.selected, |finding| {
            let judged = Judged::new(finding, &name, &self.deviations);
            self.counts(&judged, &progress);
            judged
        });
        progress.finish_and_clear();
        TargetReport {
            undecided: self.selected.len() - judged.len(),
            judged,
            version: None,
            name,
        }
    }
}

/// Does this with each on a thread of its own; what it returns is in the order of `items`.
fn side_by_side<'a, T: Sync, R: Send>(items: &'a [T], act: impl Fn(&'a T) -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let act = &act;
        let threads: Vec<_> = items
            .iter()
            .map(|it| scope.spawn(move || act(it)))
            .collect();
        let results = threads.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect()
    })
}

/// Why a server that was asked for was not tested.
pub(super) fn not_tested(name: &str) -> String {
    let why = match stop::is_interrupted() {
        true => "the run was interrupted",
        false => "the run ended at a failure",
    };
    format!("{name}: not tested, because {why}")
}

/// Says what is being done, also where no bar is drawn: it can take minutes.
fn stage(bar: &ProgressBar, doing: &'static str) {
    bar.set_message(doing);
    if bar.is_hidden() {
        eprintln!("{doing} {}", bar.prefix());
    }
}

/// A bar on standard error, below those that `bars` has; none is drawn where that is no terminal.
pub fn progress(bars: &MultiProgress, name: &str, cases: usize) -> ProgressBar {
    let bar = bars.add(ProgressBar::new(cases as u64).with_prefix(name.to_owned()));
    // A template that does not parse leaves the default, which says the same less well.
    if let Ok(style) = ProgressStyle::with_template("{prefix} {msg} {bar:30} {pos}/{len}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
