//! What a server costs besides the time of its requests: to start, to keep connections open, to
//! build, to read.
//!
//! It is measured once, after the comparison, on processes of its own. What could not be had is
//! said with its reason, and keeps nothing else from being measured.

mod build;
mod connections;
mod counted;
mod lines;
mod source;
mod start_up;
mod stripped;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use indicatif::HumanDuration;
use quartet_conformance::Model;
use quartet_conformance::servers::{Process, Server, StartOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cores::{Placement, Usable};
use crate::interrupt::Interrupt;
use crate::measure::Subject;
use crate::plan::{ArmRole, Lane};
use crate::record::{Record, State};
use start_up::Turns;

pub use build::BuildCost;
pub use connections::{COUNT as IDLE_CONNECTIONS, IdleConnections};
pub use counted::{RequestCost, TOOL};
pub use lines::Lines;
pub use start_up::cost_of_a_process;

/// What to measure besides what costs little time.
#[derive(Args, Clone, Copy, Debug, Default)]
#[group(skip)]
pub struct Options {
    /// Count instructions and allocations per request with valgrind, to tell versions of a server
    /// apart, never servers; takes about 10 seconds for each server and lane
    #[arg(long)]
    cost: bool,

    /// Time how long each server takes to build, from nothing and after a change to its own crate,
    /// in a target directory apart from yours; takes a minute or more for each
    #[arg(long)]
    build_cost: bool,
}

/// What servers cost besides the time of their requests. Durations are nanoseconds, sizes bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// What starting a process that does nothing cost, once a round of start-ups.
    pub spawn_ns: Vec<u64>,
    /// One entry a server, in the order of first use in `plan.arms`.
    pub servers: Vec<ServerCost>,
}

/// What one server costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerCost {
    /// Its name in the catalogue.
    pub name: String,
    /// From starting the process to its first complete and right answer, one entry a start. The
    /// servers took turns.
    pub start_up_ns: Vec<u64>,
    /// Memory with many connections that ask nothing.
    pub idle_connections: Option<IdleConnections>,
    /// The program's size once `strip` has taken out what it does not need to run.
    pub stripped_bytes: Option<u64>,
    /// How much source it has of its own.
    pub lines: Option<Lines>,
    /// How long it takes to build, where that was asked for.
    pub build: Option<BuildCost>,
    /// Instructions and allocations per request, where that was asked for.
    #[serde(default)]
    pub requests: BTreeMap<Lane, RequestCost>,
    /// What could not be measured and why, as sentences without their full stop.
    #[serde(default)]
    pub missing: Vec<String>,
}

/// What costs are measured with.
#[derive(Debug)]
pub struct Costing<'a> {
    /// What else to measure.
    pub options: Options,
    /// The directory of servers.toml, from which servers are built.
    pub root: &'a Path,
    /// What each arm of the plan runs; none where it is void from the start.
    pub subjects: &'a [Option<Subject<'a>>],
    /// Where servers and generator run.
    pub placement: &'a Placement,
    /// The cores that builds may use.
    pub usable: &'a Usable,
    /// The answers that are right.
    pub model: &'a Model,
    /// Whether to stop early.
    pub interrupt: &'a Interrupt,
}

impl Costing<'_> {
    /// Measures into the record, and calls `keep` to write it away as it grows. A record whose
    /// costs are cut short is that of an interrupted run.
    ///
    /// # Errors
    /// Those of this process itself, such as no core, and those of `keep`.
    pub fn measure(
        &self,
        record: &mut Record,
        mut keep: impl FnMut(&Record) -> Result<()>,
    ) -> Result<()> {
        let subjects = self.servers(record);
        let lanes = record.plan.lanes.clone();
        let mut cost = Cost {
            servers: subjects
                .iter()
                .map(|subject| ServerCost {
                    name: subject.server.name.clone(),
                    ..ServerCost::default()
                })
                .collect(),
            ..Cost::default()
        };
        eprintln!("measuring start-up, memory and size");
        self.start_ups(&subjects, &mut cost);
        for (subject, entry) in subjects.iter().zip(&mut cost.servers) {
            self.once(subject, entry);
        }
        record.cost = Some(cost);
        keep(record)?;
        for (index, subject) in subjects.iter().enumerate() {
            self.usable.restore()?;
            let Some(entry) = record
                .cost
                .as_mut()
                .and_then(|cost| cost.servers.get_mut(index))
            else {
                continue;
            };
            self.count(subject, &lanes, entry);
            self.build(subject, entry);
            keep(record)?;
        }
        if self.interrupt.requested() {
            record.state = State::Interrupted;
        }
        keep(record)
    }

    /// Each server once, though it may have two arms.
    fn servers(&self, record: &Record) -> Vec<&Subject<'_>> {
        let mut seen = HashSet::new();
        self.subjects
            .iter()
            .zip(&record.plan.arms)
            .filter(|(_, arm)| arm.role != ArmRole::Again)
            .filter_map(|(subject, _)| subject.as_ref())
            .filter(|subject| seen.insert(&subject.server.name))
            .collect()
    }

    fn start_ups(&self, subjects: &[&Subject<'_>], cost: &mut Cost) {
        let mut turns = Turns::new(subjects.len());
        for round in 0.. {
            let due = turns.round(round);
            if due.is_empty() || self.interrupt.requested() {
                break;
            }
            if round == 1 && turns.remaining() >= WORTH_SAYING {
                eprintln!("start-ups: about {} left", HumanDuration(turns.remaining()));
            }
            cost.spawn_ns.extend(cost_of_a_process(self.placement));
            for index in due {
                let begun = Instant::now();
                let entry = &mut cost.servers[index];
                if !self.interrupt.requested() && entry.missing.is_empty() {
                    let started = start_up::once(|| self.start(subjects[index]), &self.expected());
                    self.keep(entry, "start-up", started, |entry, taken| {
                        entry.start_up_ns.push(taken);
                    });
                }
                turns.took(index, begun.elapsed());
            }
        }
    }

    /// What takes no time worth asking for.
    fn once(&self, subject: &Subject<'_>, entry: &mut ServerCost) {
        if self.interrupt.requested() {
            return;
        }
        let held = self
            .start(subject)
            .and_then(|process| connections::idle(process, &self.expected()));
        self.keep(entry, "idle connections", held, |entry, held| {
            entry.idle_connections = held;
        });
        let program = &subject.artifact.program;
        self.keep(
            entry,
            "stripped size",
            stripped::size(program),
            |entry, bytes| entry.stripped_bytes = bytes,
        );
        let lines = source::of(subject.server, program, self.root)
            .and_then(|source| source.map(|source| Lines::of(&source)).transpose());
        self.keep(entry, "lines", lines, |entry, lines| entry.lines = lines);
    }

    fn count(&self, subject: &Subject<'_>, lanes: &[Lane], entry: &mut ServerCost) {
        if !self.options.cost || self.interrupt.requested() {
            return;
        }
        eprintln!("counting instructions and allocations of {}", entry.name);
        for &lane in lanes {
            if self.interrupt.requested() {
                return;
            }
            match counted::per_request(subject, lane) {
                Ok(Some(counted)) => {
                    entry.requests.insert(lane, counted);
                }
                Ok(None) => {}
                Err(error) => return self.note(entry, "instructions", &error),
            }
        }
    }

    fn build(&self, subject: &Subject<'_>, entry: &mut ServerCost) {
        if !self.options.build_cost || self.interrupt.requested() {
            return;
        }
        eprintln!("building {} from nothing: a minute or more", entry.name);
        let timed = build::time(
            subject.server,
            &subject.artifact.program,
            self.root,
            self.interrupt,
        );
        self.keep(entry, "build time", timed, |entry, timed| {
            entry.build = timed;
        });
    }

    fn keep<T>(
        &self,
        entry: &mut ServerCost,
        what: &str,
        measured: Result<T>,
        put: impl FnOnce(&mut ServerCost, T),
    ) {
        match measured {
            Ok(value) => put(entry, value),
            Err(error) => self.note(entry, what, &error),
        }
    }

    /// Notes what is missing, unless the wish to stop explains it.
    fn note(&self, entry: &mut ServerCost, what: &str, error: &anyhow::Error) {
        if self.interrupt.requested() {
            return;
        }
        let reason = format!("{error:#}");
        let reason = reason.trim().lines().next().unwrap_or_default();
        let sentence = format!("{what}: {reason}");
        eprintln!("{}, {sentence}", entry.name);
        entry.missing.push(sentence);
    }

    fn start(&self, subject: &Subject<'_>) -> Result<Process> {
        let options = StartOptions {
            program: Some(subject.artifact.program.clone()),
            workers: Some(self.placement.server.len().max(1)),
            ..StartOptions::default()
        };
        self.placement
            .on_server_cores(|| Ok(Process::start(subject.server, &options)?))
    }

    /// What GET [`PATH`] answers.
    fn expected(&self) -> Value {
        self.model.item("en").unwrap_or_default()
    }
}

/// A wait shorter than this is not announced.
const WORTH_SAYING: Duration = Duration::from_secs(5);

/// What is asked of a server that is only to show that it answers.
const PATH: &str = "/greetings/en";

/// A server under the same name that runs as the argument of another program.
fn wrapped(server: &Server, arguments: Vec<String>, program: &Path) -> Server {
    let mut args = arguments;
    args.push(program.display().to_string());
    args.extend(server.args.iter().cloned());
    Server {
        args,
        ..server.clone()
    }
}

/// Ends a server as it expects to be ended.
fn end(process: Process) -> Result<()> {
    process
        .terminate()
        .context("cannot end the server")
        .map(drop)
}
