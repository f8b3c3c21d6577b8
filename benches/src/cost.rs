//! What a server costs besides the time of its requests: to start, to keep connections open, to
//! build, to read.
//!
//! It is measured once, after the comparison, on processes of its own. What could not be had is
//! said with its reason, and keeps nothing else from being measured.

mod build;
mod connections;
mod counted;
mod lines;
mod memory;
mod source;
mod start_up;
mod stripped;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use indicatif::HumanDuration;
use quartet_conformance::Model;
use quartet_conformance::servers::{Process, Server, StartOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cores::{Placement, Usable};
use crate::interrupt::Interrupt;
use crate::measure::{self, Subject};
use crate::plan::{ArmRole, Lane, Plan};
use crate::record::Record;
use start_up::Turns;

pub use build::BuildCost;
pub use connections::{COUNT as IDLE_CONNECTIONS, IdleConnections};
pub use counted::{RequestCost, TOOL};
pub use lines::Lines;
pub use memory::MemoryStart;
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
    /// Start-up and memory of the server that has a second copy among the arms, measured once more
    /// on starts of their own (A/A), under that arm's name. Absent in records from before 2026-11-28.
    #[serde(default)]
    pub again: Option<ServerCost>,
}

/// What one server costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerCost {
    /// Its name in the catalogue.
    pub name: String,
    /// From starting the process to its first complete and right answer, one entry a start. The
    /// servers took turns.
    pub start_up_ns: Vec<u64>,
    /// Memory, one entry a start, each of processes that ran alone. Empty in records from before
    /// 2026-11-28, whose memory is that of `restarts`.
    #[serde(default)]
    pub memory: Vec<MemoryStart>,
    /// Memory with many connections that ask nothing, in records from before 2026-11-28.
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

impl Cost {
    /// The entry of what is measured, made where there is none.
    fn entry(&mut self, measured: &Measured<'_>) -> &mut ServerCost {
        match measured.again {
            None => self.of(&measured.subject.server.name),
            Some(name) => self.again.get_or_insert_with(|| ServerCost {
                name: name.to_owned(),
                ..ServerCost::default()
            }),
        }
    }

    /// A server's entry, made where there is none.
    fn of(&mut self, name: &str) -> &mut ServerCost {
        let known = self.servers.iter().position(|entry| entry.name == name);
        let place = known.unwrap_or(self.servers.len());
        if known.is_none() {
            self.servers.push(ServerCost {
                name: name.to_owned(),
                ..ServerCost::default()
            });
        }
        &mut self.servers[place]
    }
}

impl ServerCost {
    /// Whether this could not be measured.
    fn lacks(&self, what: &str) -> bool {
        self.missing.iter().any(|reason| is_of(what, reason))
    }

    /// Drops why this could not be measured: it is tried once more.
    fn forget(&mut self, what: &str) {
        self.missing.retain(|reason| !is_of(what, reason));
    }
}

/// Whether a reason is why this is missing.
fn is_of(what: &str, reason: &str) -> bool {
    let rest = reason.strip_prefix(what);
    rest.is_some_and(|rest| rest.starts_with(": "))
}

/// An arm whose start-up and memory are measured.
struct Measured<'a> {
    subject: &'a Subject<'a>,
    /// Index into the plan's arms.
    arm: usize,
    /// The arm's name, where it is the second copy of a server.
    again: Option<&'a str>,
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
    /// Worker threads each server is told to use.
    pub workers: usize,
    /// The cores that builds may use.
    pub usable: &'a Usable,
    /// The answers that are right.
    pub model: &'a Model,
    /// Whether to stop early.
    pub interrupt: &'a Interrupt,
}

impl Costing<'_> {
    /// Measures into the record what it does not hold, and calls `keep` to write it away as it grows.
    /// What it holds stays.
    ///
    /// # Errors
    /// Those of this process itself, such as no core, and those of `keep`.
    pub fn measure(
        &self,
        record: &mut Record,
        mut keep: impl FnMut(&Record) -> Result<()>,
    ) -> Result<()> {
        let plan = record.plan.clone();
        let measured = self.measured(&plan);
        let subjects: Vec<&Subject<'_>> = measured
            .iter()
            .filter(|measured| measured.again.is_none())
            .map(|measured| measured.subject)
            .collect();
        eprintln!("measuring start-up, memory and size");
        let cost = record.cost.get_or_insert_default();
        self.start_ups(&measured, cost);
        keep(record)?;
        let cost = record.cost.get_or_insert_default();
        self.memory(&plan, &measured, cost);
        for subject in &subjects {
            self.once(subject, cost.of(&subject.server.name));
        }
        keep(record)?;
        for subject in &subjects {
            self.usable.restore()?;
            let cost = record.cost.get_or_insert_default();
            let entry = cost.of(&subject.server.name);
            self.count(subject, &plan.lanes, entry);
            self.build(subject, entry);
            keep(record)?;
        }
        Ok(())
    }

    /// Each server once, and the second copy of one.
    fn measured<'a>(&'a self, plan: &'a Plan) -> Vec<Measured<'a>> {
        let mut seen = HashSet::new();
        let arms = self.subjects.iter().zip(&plan.arms).enumerate();
        arms.filter_map(|(arm, (subject, planned))| {
            let subject = subject.as_ref()?;
            let is_again = planned.role == ArmRole::Again;
            let is_new = is_again || seen.insert(&subject.server.name);
            is_new.then_some(Measured {
                subject,
                arm,
                again: is_again.then_some(planned.name.as_str()),
            })
        })
        .collect()
    }

    fn start_ups(&self, measured: &[Measured<'_>], cost: &mut Cost) {
        let mut turns = Turns::after(measured.iter().map(|measured| {
            let entry = cost.entry(measured);
            entry.forget(START_UP);
            let starts = &entry.start_up_ns;
            (starts.len(), Duration::from_nanos(starts.iter().sum()))
        }));
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
                let subject = measured[index].subject;
                let entry = cost.entry(&measured[index]);
                if !self.interrupt.requested() && !entry.lacks(START_UP) {
                    let started = start_up::once(|| self.start(subject), &self.expected());
                    self.keep(entry, START_UP, started, |entry, taken| {
                        entry.start_up_ns.push(taken);
                    });
                }
                turns.took(index, begun.elapsed());
            }
        }
    }

    /// Memory, one start of a server after the other, each server in its turn.
    fn memory(&self, plan: &Plan, measured: &[Measured<'_>], cost: &mut Cost) {
        for one in measured {
            cost.entry(one).forget(MEMORY);
        }
        for start in 0..memory::STARTS {
            for one in measured {
                let entry = cost.entry(one);
                let due = entry.memory.len() <= start && !entry.lacks(MEMORY);
                if !due || self.interrupt.requested() {
                    continue;
                }
                match self.memory_of(plan, one) {
                    Ok(Some(taken)) => entry.memory.push(taken),
                    Ok(None) => self.note(entry, MEMORY, &anyhow!("the system does not tell")),
                    Err(error) => self.note(entry, MEMORY, &error),
                }
            }
        }
    }

    /// Memory of two processes that run one after the other. None where the platform does not tell.
    fn memory_of(&self, plan: &Plan, of: &Measured<'_>) -> Result<Option<MemoryStart>> {
        let loaded = measure::load(of.subject, plan, of.arm, self.placement, self.model)?;
        let Some(loaded) = loaded.filter(|_| !self.interrupt.requested()) else {
            return Ok(None);
        };
        let idle = connections::idle(self.start(of.subject)?, &self.expected())?;
        Ok(idle.map(|idle| MemoryStart::new(&loaded, plan.connections, idle)))
    }

    /// What takes no time worth asking for.
    fn once(&self, subject: &Subject<'_>, entry: &mut ServerCost) {
        if self.interrupt.requested() {
            return;
        }
        let program = &subject.artifact.program;
        if entry.stripped_bytes.is_none() {
            let size = stripped::size(program);
            self.keep(entry, "stripped size", size, |entry, bytes| {
                entry.stripped_bytes = bytes;
            });
        }
        if entry.lines.is_none() {
            let lines = source::of(subject.server, program, self.root)
                .and_then(|source| source.map(|source| Lines::of(&source)).transpose());
            self.keep(entry, "lines", lines, |entry, lines| entry.lines = lines);
        }
    }

    fn count(&self, subject: &Subject<'_>, lanes: &[Lane], entry: &mut ServerCost) {
        let missing = lanes
            .iter()
            .filter(|lane| !entry.requests.contains_key(lane));
        let missing: Vec<Lane> = missing.copied().collect();
        if !self.options.cost || missing.is_empty() || self.interrupt.requested() {
            return;
        }
        eprintln!("counting instructions and allocations of {}", entry.name);
        entry.forget(INSTRUCTIONS);
        for lane in missing {
            if self.interrupt.requested() {
                return;
            }
            match counted::per_request(subject, lane) {
                Ok(Some(counted)) => {
                    if counted.allocations.is_none() && !entry.lacks(ALLOCATIONS) {
                        self.note(entry, ALLOCATIONS, &anyhow!(counted::UNSEEN));
                    }
                    entry.requests.insert(lane, counted);
                }
                Ok(None) => {}
                Err(error) => return self.note(entry, INSTRUCTIONS, &error),
            }
        }
    }

    fn build(&self, subject: &Subject<'_>, entry: &mut ServerCost) {
        if !self.options.build_cost || entry.build.is_some() || self.interrupt.requested() {
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
        entry.forget(what);
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
            workers: Some(self.workers),
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

/// What is missing where a server does not start.
const START_UP: &str = "start-up";

/// What is missing where memory cannot be measured.
const MEMORY: &str = "memory";

/// What is missing where instructions and allocations cannot be counted.
const INSTRUCTIONS: &str = "instructions";

/// What is missing where allocations alone cannot.
const ALLOCATIONS: &str = "allocations";

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
