//! What the command does between reading its options and printing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::another;
use super::error::{RunError, unreachable, usage};
use super::options::{GENTLE, Options};
use crate::deviations::Deviations;
use crate::differential::{self, Between};
use crate::examination::{Examination, Plan};
use crate::judgement::Judged;
use crate::operations::{self, Resource};
use crate::report::{Report, TargetReport};
use crate::servers::{Catalogue, Process, Role, Server, StartOptions};
use crate::target::ExpectedDocument;
use crate::{BaseUrl, Case, Model, Pace, Scale, Suite, Target, Workbench, cases, stop};

/// The case whose requests also serve to compare servers.
const GENERATED: &str = "contract/property";

/// The word for every server there is.
const ALL: &str = "all";

pub(super) fn run(options: &Options, selected: &[&'static Case]) -> Result<Report, RunError> {
    let run = Run {
        options,
        selected,
        deviations: read_deviations(options)?,
        model: read_model(options)?,
    };
    // What cases start for one target serves the next.
    let _workbench = Workbench::get();
    let mut targets = Vec::new();
    let mut contestants = Vec::new();
    let mut absent = Vec::new();
    let names_others = !options.urls.is_empty() || !options.commands.is_empty();
    if !names_others || !options.servers.is_empty() {
        let catalogue = Catalogue::find().map_err(usage)?;
        for server in chosen(options, &catalogue)? {
            if stop::is_requested() {
                absent.push(interrupted(&server.name));
                continue;
            }
            stage_line("building", &server.name);
            let program = match server.build(catalogue.root()) {
                Ok(artifact) => artifact.program,
                // The rest goes on: what it is written in need not be on every machine.
                Err(error) if server.role == Role::Original && asks_for_all(options) => {
                    absent.push(error.to_string().trim_end().to_owned());
                    continue;
                }
                Err(error) => return Err(unreachable(error)),
            };
            let mut report = run.test_server(server, &program)?;
            report.version = catalogue.framework_version(server);
            targets.push(report);
            contestants.push(Contestant::Program(Box::new(server.clone()), program));
        }
    }
    for server in distinct(&options.commands) {
        if stop::is_requested() {
            absent.push(interrupted(&server.name));
            continue;
        }
        let program = PathBuf::from(&server.program);
        targets.push(run.test_server(&server, &program)?);
        contestants.push(Contestant::Program(Box::new(server), program));
    }
    let mut document = None;
    for url in &options.urls {
        if stop::is_requested() {
            absent.push(interrupted(&url.to_string()));
            continue;
        }
        let target = run.reach(url, &mut document)?;
        targets.push(run.test_url(target.clone()));
        contestants.push(Contestant::Running(Box::new(target)));
    }
    Ok(Report {
        seed: options.seed,
        targets,
        absent,
        between: run.compare(contestants)?,
    })
}

/// A server that takes part in the comparison with others.
enum Contestant {
    /// It is started for it.
    Program(Box<Server>, PathBuf),
    /// It runs.
    Running(Box<Target>),
}

/// The commands' servers, of which those of the same name are numbered.
fn distinct(commands: &[Server]) -> Vec<Server> {
    let mut servers: Vec<Server> = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        let before = commands.iter().take(index);
        let mut server = command.clone();
        match before.filter(|other| other.name == command.name).count() {
            0 => {}
            taken => server.name = format!("{}-{}", command.name, taken + 1),
        }
        servers.push(server);
    }
    servers
}

fn chosen<'a>(options: &Options, catalogue: &'a Catalogue) -> Result<Vec<&'a Server>, RunError> {
    if options.servers.is_empty() {
        return Ok(catalogue.with_role(Role::Framework).collect());
    }
    if asks_for_all(options) {
        // A server that is held to nothing and shown in nothing has nothing to be tested for, and
        // the slowed copies of one that is tested anyway tell nothing more.
        let is_tested = |server: &&Server| {
            server.role != Role::Calibration && cases::all().any(|case| server.is_shown_in(case))
        };
        return Ok(catalogue.servers().iter().filter(is_tested).collect());
    }
    let find = |name: &String| {
        catalogue.get(name).ok_or_else(|| {
            let names: Vec<&str> = catalogue
                .servers()
                .iter()
                .map(|s| s.name.as_str())
                .collect();
            usage(format!(
                "no server {name:?}; the servers are {}, or {ALL:?}",
                names.join(", ")
            ))
        })
    };
    options.servers.iter().map(find).collect()
}

fn asks_for_all(options: &Options) -> bool {
    options.servers.iter().any(|name| name == ALL)
}

fn read_deviations(options: &Options) -> Result<Deviations, RunError> {
    let Some(file) = &options.deviations else {
        return Deviations::embedded().map_err(usage);
    };
    let text = read(file)?;
    Deviations::parse(&text, file).map_err(usage)
}

/// The greetings to expect, or nothing where whatever the server lists is right.
fn read_model(options: &Options) -> Result<Option<Model>, RunError> {
    if options.any_data {
        return Ok(None);
    }
    let Some(file) = &options.greetings else {
        return Ok(Some(Model::embedded()));
    };
    Model::from_json(&read(file)?)
        .map(Some)
        .map_err(|error| usage(format!("{}: {error}", file.display())))
}

fn read(file: &Path) -> Result<String, RunError> {
    std::fs::read_to_string(file).map_err(|error| usage(format!("{}: {error}", file.display())))
}

struct Run<'a> {
    options: &'a Options,
    selected: &'a [&'static Case],
    deviations: Deviations,
    model: Option<Model>,
}

impl Run<'_> {
    fn test_server(&self, server: &Server, program: &Path) -> Result<TargetReport, RunError> {
        let shown = |case: &&Case| server.is_shown_in(case);
        let cases: Vec<&'static Case> = self.selected.iter().copied().filter(shown).collect();
        let plan = Plan {
            program: program.to_owned(),
            model: self.model.clone(),
            provides: self.options.needs_met().collect(),
            seed: self.options.seed,
        };
        let progress = progress(&server.name, cases.len());
        stage(&progress, "testing");
        let mut examination = Examination::start(server, &plan).map_err(unreachable)?;
        if self.is_another_api() {
            examination = examination.retargeted(|target| self.ask_another_api(target))?;
        }
        let examination = examination
            .at_scale(Scale::Full)
            .generating(self.options.requests);
        let judged = examination.judge(&cases, &self.deviations, |_| progress.inc(1));
        progress.finish_and_clear();
        Ok(TargetReport {
            name: server.name.clone(),
            version: None,
            undecided: cases.len() - judged.len(),
            judged,
        })
    }

    /// `document` is the OpenAPI document that all targets of a run must share: the first one's.
    fn reach(
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
        for resource in &resources {
            let answer = target.fetch(&resource.path).map_err(unreachable)?;
            let (name, path, status) = (&target.name, &resource.path, answer.status);
            if resource.described.is_none() && status != 200 {
                let why =
                    format!("{name}: GET {path} is {status}; --path needs a path that gives 200");
                return Err(usage(why));
            }
        }
        target.is_another_api = true;
        target.ask_for(resources);
        Ok(())
    }

    fn test_url(&self, target: Target) -> TargetReport {
        let name = target.name.clone();
        let progress = progress(&name, self.selected.len());
        stage(&progress, "testing");
        let scale = match target.pace {
            Some(_) => Scale::Reduced,
            None => Scale::Full,
        };
        let suite = Suite::new(target, self.options.seed)
            .at_scale(scale)
            .generating(self.options.requests);
        let findings = suite.run_all(self.selected, |_| progress.inc(1));
        progress.finish_and_clear();
        let judge = |finding| Judged::new(finding, &name, &self.deviations);
        TargetReport {
            undecided: self.selected.len() - findings.len(),
            judged: findings.into_iter().map(judge).collect(),
            version: None,
            name: name.clone(),
        }
    }

    /// Compares the answers of the servers that are held to [`GENERATED`], where that is asked for
    /// and there are several.
    fn compare(&self, contestants: Vec<Contestant>) -> Result<Option<Between>, RunError> {
        let Some(generated) = self.selected.iter().find(|case| case.id == GENERATED) else {
            return Ok(None);
        };
        let takes_part = |contestant: &Contestant| match contestant {
            Contestant::Program(server, _) => server.is_held_to(generated),
            Contestant::Running(_) => true,
        };
        let contestants: Vec<Contestant> = contestants.into_iter().filter(takes_part).collect();
        if contestants.len() < 2 || stop::is_requested() {
            return Ok(None);
        }
        stage_line("comparing", "the servers");
        let mut processes = Vec::new();
        let mut targets = Vec::new();
        for contestant in contestants {
            targets.push(match contestant {
                Contestant::Running(target) => *target,
                Contestant::Program(server, program) => {
                    let options = StartOptions {
                        program: Some(program),
                        ..StartOptions::default()
                    };
                    let process = Process::start(&server, &options).map_err(unreachable)?;
                    let mut target = Target::new(&server.name, process.base_url());
                    target.hold(self.model.clone());
                    processes.push(process);
                    target
                }
            });
        }
        let holds_the_same = |target: &Target| target.model == targets[0].model;
        if !targets.iter().all(holds_the_same) {
            eprintln!("the servers have different greetings, so they are not compared");
            return Ok(None);
        }
        Ok(Some(differential::compare(
            &targets,
            self.options.requests,
            self.options.seed,
        )))
    }
}

/// Why a server that was asked for was not tested.
fn interrupted(name: &str) -> String {
    format!("{name}: not tested, because the run was interrupted")
}

/// Says what is being done, for what has no bar.
fn stage_line(doing: &str, what: &str) {
    eprintln!("{doing} {what}");
}

/// Says what is being done, also where no bar is drawn: a build can take minutes.
fn stage(bar: &ProgressBar, doing: &'static str) {
    bar.set_message(doing);
    if bar.is_hidden() {
        eprintln!("{doing} {}", bar.prefix());
    }
}

/// A bar on standard error; none is drawn where that is no terminal.
pub(super) fn progress(name: &str, cases: usize) -> ProgressBar {
    let bar = ProgressBar::new(cases as u64).with_prefix(name.to_owned());
    // A template that does not parse leaves the default, which says the same less well.
    if let Ok(style) = ProgressStyle::with_template("{prefix} {msg} {bar:30} {pos}/{len}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
