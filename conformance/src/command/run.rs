//! What the command does between reading its options and printing.

use std::path::{Path, PathBuf};

use super::error::{RunError, unreachable, usage};
use super::options::Options;
use super::testing::{Program, Run, not_tested};
use crate::deviations::Deviations;
use crate::differential::{self, Between};
use crate::over::Over;
use crate::postgres::Installation;
use crate::report::Report;
use crate::servers::{Catalogue, Process, Role, Server, StartOptions};
use crate::{Case, Model, Need, Target, Workbench, cases, stop};

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
    let mut absent = Vec::new();
    let mut programs = Vec::new();
    let names_others = !options.urls.is_empty() || !options.commands.is_empty();
    if !names_others || !options.servers.is_empty() {
        let catalogue = Catalogue::find().map_err(usage)?;
        for server in chosen(options, &catalogue)? {
            let program = match &options.program {
                Some(program) => std::path::absolute(program).map_err(usage)?,
                None => {
                    stage_line("building", &server.name);
                    match server.build(catalogue.root()) {
                        Ok(artifact) => artifact.program,
                        // The rest goes on: what it is written in need not be on every machine.
                        Err(error) if server.role == Role::Original && asks_for_all(options) => {
                            absent.push(error.to_string().trim_end().to_owned());
                            continue;
                        }
                        Err(error) => return Err(unreachable(error)),
                    }
                }
            };
            programs.push(Program {
                server: server.clone(),
                database: database_program(options, selected, server, &program, &catalogue)?,
                program,
                version: catalogue.framework_version(server),
            });
        }
    }
    programs.extend(
        distinct(&options.commands)
            .into_iter()
            .map(|server| Program {
                program: PathBuf::from(&server.program),
                database: None,
                server,
                version: None,
            }),
    );
    // While servers are built an interrupt ends the run: nothing is decided yet.
    stop::arm();
    let mut targets = run.test_programs(&programs, &mut absent)?;
    let mut contestants: Vec<Contestant> = programs
        .into_iter()
        .map(|it| Contestant::Program(Box::new(it)))
        .collect();
    let mut document = None;
    for url in &options.urls {
        if stop::is_requested() {
            absent.push(not_tested(&url.to_string()));
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
        listed: match &options.deviations {
            Some(_) => run.deviations.clone(),
            None => Deviations::default(),
        },
        between: run.compare(contestants)?,
    })
}

/// The program that serves the greetings of a database, where a case needs it. Beside a program that
/// was named it is the one of that name in the same place, if there is one.
fn database_program(
    options: &Options,
    selected: &[&'static Case],
    server: &Server,
    program: &Path,
    catalogue: &Catalogue,
) -> Result<Option<PathBuf>, RunError> {
    let is_needed = selected
        .iter()
        .any(|case| case.needs.contains(&Need::Database) && server.is_shown_in(case));
    if !is_needed || Installation::get().is_none() || !Over::can(server) {
        return Ok(None);
    }
    if options.program.is_some() {
        let named = match &server.database_program {
            Some(name) => program.with_file_name(name),
            None => program.to_owned(),
        };
        return Ok(named.is_file().then_some(named));
    }
    stage_line("building for a database", &server.name);
    let built = server.with_database_program().build(catalogue.root());
    built
        .map(|artifact| Some(artifact.program))
        .map_err(unreachable)
}

/// A server that takes part in the comparison with others.
enum Contestant {
    /// It is started for it.
    Program(Box<Program>),
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
    if options.program.is_some() && (options.servers.len() > 1 || asks_for_all(options)) {
        return Err(usage("--program needs exactly one --server"));
    }
    if options.servers.is_empty() {
        return Ok(catalogue.with_role(Role::Framework).collect());
    }
    if asks_for_all(options) {
        // A server that is held to nothing and shown in nothing has nothing to be tested for, and
        // the slowed copies of one that is tested anyway tell nothing more, nor do programs with one of its routes.
        let is_tested = |server: &&Server| {
            !matches!(server.role, Role::Calibration | Role::Features)
                && cases::all().any(|case| server.is_shown_in(case))
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

impl Run<'_> {
    /// Compares the answers of the servers that are held to [`GENERATED`], where that is asked for
    /// and there are several.
    fn compare(&self, contestants: Vec<Contestant>) -> Result<Option<Between>, RunError> {
        let Some(generated) = self.selected.iter().find(|case| case.id == GENERATED) else {
            return Ok(None);
        };
        let takes_part = |contestant: &Contestant| match contestant {
            Contestant::Program(it) => it.server.is_held_to(generated),
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
                Contestant::Program(it) => {
                    let Program {
                        server, program, ..
                    } = *it;
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
        let between = differential::compare(&targets, self.options.requests, self.options.seed);
        Ok((!stop::is_requested()).then_some(between))
    }
}

/// Says what is being done, for what has no bar.
fn stage_line(doing: &str, what: &str) {
    eprintln!("{doing} {what}");
}
