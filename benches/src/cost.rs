//! What a server costs besides the time of its requests: to start, to keep connections open, to
//! build, to read.
//!
//! It is measured once, after the comparison, on processes of its own. What could not be had is
//! said with its reason, and keeps nothing else from being measured.

mod build;
mod connections;
pub(crate) mod counted;
mod entries;
mod groups;
pub(crate) mod lines;
mod memory;
mod process;
pub(crate) mod source;
mod start_up;
mod stripped;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
mod waiting;

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use clap::Args;
use indicatif::HumanDuration;
use quartet_conformance::Model;
use quartet_conformance::servers::Role;
use quartet_record::Record;
use quartet_record::cost::{Cost, MemoryStart, RequestCost, ServerCost, WAITING};
use quartet_record::plan::{ArmRole, Lane, Plan};

use crate::cores::{Placement, Usable};
use crate::exec::Expected;
use crate::host::{Host, Launch, Started};
use crate::interrupt::Interrupt;
use crate::measure::{self, Place};
use crate::profiling;
use crate::subject::Subject;
use entries::{forget, lacks, of, of_again};
use process::First;
use start_up::Turns;

/// What to measure besides what costs little time.
#[derive(Args, Clone, Copy, Debug, Default)]
#[group(id = "CostOptions")]
pub struct Options {
    /// Count instructions and allocations per request with valgrind: they compare versions of one
    /// server, never two servers; takes about 10 seconds for each server and lane
    #[arg(long)]
    cost: bool,

    /// Count them by group of functions too, such as framework, HTTP, JSON and allocator; builds each
    /// server once more, which takes a minute or more for each
    #[arg(long)]
    cost_by_group: bool,

    /// Time how long each server takes to build, from nothing and after a change to its own crate,
    /// in a target directory apart from yours; takes a minute or more for each
    #[arg(long)]
    build_cost: bool,
}

impl Options {
    /// Has instructions and allocations counted too.
    pub(crate) fn count(&mut self) {
        self.cost = true;
    }
}

/// An arm whose start-up and memory are measured.
struct Measured<'a> {
    subject: &'a Subject<'a>,
    /// Index into the plan's arms.
    arm: usize,
    /// The arm's name, where it is the second copy of a server.
    again: Option<&'a str>,
}

impl Measured<'_> {
    /// The entry of what is measured, made where there is none.
    fn entry<'a>(&self, cost: &'a mut Cost) -> &'a mut ServerCost {
        match self.again {
            None => of(cost, &self.subject.server.name),
            Some(name) => of_again(cost, name),
        }
    }
}

/// What costs are measured with.
#[derive(Debug)]
pub struct Costing<'a> {
    /// What else to measure.
    pub options: Options,
    /// The directory of servers.toml, from which servers are built.
    pub root: &'a Path,
    /// What each arm of the plan runs; none where it is excluded from the start.
    pub subjects: &'a [Option<Subject<'a>>],
    /// Where the generator runs, and the servers where they are on this machine.
    pub placement: &'a Placement,
    /// What servers are started by.
    pub(crate) host: &'a dyn Host,
    /// Worker threads each server is told to use.
    pub workers: usize,
    /// The cores that builds may use.
    pub usable: &'a Usable,
    /// The answers that are right.
    pub model: &'a Model,
    /// What servers of the command line must answer, where there are such.
    pub expected: Option<&'a Expected>,
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
        // A run of features asks what requests cost that wait, of each program and not of what has more of a feature.
        if plan.lanes.iter().any(|lane| lane.posted().is_some()) {
            let programs = |subject: &&&Subject<'_>| {
                subject.server.role == Role::Features && subject.server.variant.is_none()
            };
            let programs: Vec<&Subject<'_>> = subjects.iter().filter(programs).copied().collect();
            self.waiting(&programs, record.cost.get_or_insert_default());
            keep(record)?;
            return self.built(&programs, record, keep);
        }
        eprintln!("measuring start-up, memory and size");
        let cost = record.cost.get_or_insert_default();
        self.start_ups(&measured, cost);
        keep(record)?;
        let cost = record.cost.get_or_insert_default();
        self.memory(&plan, &measured, cost);
        for subject in &subjects {
            self.once(subject, of(cost, &subject.server.name));
        }
        keep(record)?;
        for subject in &subjects {
            self.usable.restore()?;
            let cost = record.cost.get_or_insert_default();
            let entry = of(cost, &subject.server.name);
            self.count(subject, &plan.lanes, entry);
            self.count_by_group(subject, entry);
            keep(record)?;
        }
        self.built(&subjects, record, keep)
    }

    fn built(
        &self,
        subjects: &[&Subject<'_>],
        record: &mut Record,
        mut keep: impl FnMut(&Record) -> Result<()>,
    ) -> Result<()> {
        for subject in subjects {
            self.usable.restore()?;
            let cost = record.cost.get_or_insert_default();
            self.build(subject, of(cost, &subject.server.name));
            keep(record)?;
        }
        Ok(())
    }

    /// Requests that wait, one start of a server after the other, each server in its turn.
    fn waiting(&self, subjects: &[&Subject<'_>], cost: &mut Cost) {
        eprintln!("measuring requests that wait");
        for subject in subjects {
            for level in WAITING {
                forget(of(cost, &subject.server.name), &waits(level));
            }
        }
        for start in 0..waiting::STARTS {
            for (subject, connections) in subjects
                .iter()
                .flat_map(|&subject| WAITING.map(|level| (subject, level)))
            {
                let (entry, what) = (of(cost, &subject.server.name), waits(connections));
                let held = entry.waiting.iter();
                let held = held.filter(|held| held.connections == connections).count();
                if held > start || lacks(entry, &what) || self.is_over() {
                    continue;
                }
                let first = self.first(subject);
                let measured = waiting::start(|| self.start(subject), &first, connections);
                match measured {
                    Ok(Some(taken)) => entry.waiting.push(taken),
                    Ok(None) => self.note(entry, &what, &anyhow!("the system does not tell")),
                    Err(error) => self.note(entry, &what, &error),
                }
            }
        }
    }

    /// Each server once, and the second copy of the first.
    fn measured<'a>(&'a self, plan: &'a Plan) -> Vec<Measured<'a>> {
        let mut seen = HashSet::new();
        let arms = self.subjects.iter().zip(&plan.arms).enumerate();
        arms.filter_map(|(arm, (subject, planned))| {
            let subject = subject.as_ref()?;
            let is_again = planned.role == ArmRole::Again;
            if is_again && plan.first(ArmRole::Again) != Some(arm) {
                return None;
            }
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
            let entry = measured.entry(cost);
            forget(entry, START_UP);
            let starts = &entry.start_up_ns;
            (starts.len(), Duration::from_nanos(starts.iter().sum()))
        }));
        for round in 0.. {
            let due = turns.round(round);
            if due.is_empty() || self.is_over() {
                break;
            }
            if round == 1 && turns.remaining() >= WORTH_SAYING {
                eprintln!("start-ups: about {} left", HumanDuration(turns.remaining()));
            }
            cost.spawn_ns.extend(self.host.cost_of_a_process());
            for index in due {
                let begun = Instant::now();
                let subject = measured[index].subject;
                let entry = measured[index].entry(cost);
                if !self.is_over() && !lacks(entry, START_UP) {
                    let started = start_up::once(|| self.start(subject), &self.first(subject));
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
            forget(one.entry(cost), MEMORY);
        }
        for start in 0..memory::STARTS {
            for one in measured {
                let entry = one.entry(cost);
                let due = entry.memory.len() <= start && !lacks(entry, MEMORY);
                if !due || self.is_over() {
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
        let place = Place {
            host: self.host,
            placement: self.placement,
        };
        let loaded = measure::load(of.subject, plan, of.arm, place, self.model, self.expected)?;
        let Some(loaded) = loaded.filter(|_| !self.is_over()) else {
            return Ok(None);
        };
        let idle = connections::idle(self.start(of.subject)?, &self.first(of.subject))?;
        Ok(idle.map(|idle| memory::start(&loaded, plan.connections, idle)))
    }

    /// What takes no time worth asking for.
    fn once(&self, subject: &Subject<'_>, entry: &mut ServerCost) {
        // What was built elsewhere is not here.
        if self.is_over() || self.host.programs().is_some() {
            return;
        }
        let program = &subject.artifact.program;
        // Of one that was not built here nothing is known but how to start it.
        if subject.server.role == Role::Exec {
            return;
        }
        if entry.stripped_bytes.is_none() {
            let size = stripped::size(program);
            self.keep(entry, "stripped size", size, |entry, bytes| {
                entry.stripped_bytes = bytes;
            });
        }
        if entry.lines.is_none() {
            let root = subject.server.root(self.root);
            let lines = source::of(subject.server, program, root)
                .and_then(|source| source.map(|source| lines::of(&source)).transpose());
            self.keep(entry, "lines", lines, |entry, lines| entry.lines = lines);
        }
    }

    fn count(&self, subject: &Subject<'_>, lanes: &[Lane], entry: &mut ServerCost) {
        let missing = lanes
            .iter()
            .filter(|lane| !lane.is_over_database() && !entry.requests.contains_key(lane));
        let missing: Vec<Lane> = missing.copied().collect();
        // An interpreter under valgrind is another program.
        let is_own = subject.server.role == Role::Exec || self.host.programs().is_some();
        let is_asked = self.options.cost || self.options.cost_by_group;
        if !is_asked || is_own || missing.is_empty() || self.is_over() {
            return;
        }
        eprintln!("counting instructions and allocations of {}", entry.name);
        forget(entry, INSTRUCTIONS);
        for lane in missing {
            if self.is_over() {
                return;
            }
            match counted::per_request(subject, lane) {
                Ok(Some(counted)) => {
                    if counted.allocations.is_none() && !lacks(entry, ALLOCATIONS) {
                        self.note(entry, ALLOCATIONS, &anyhow!(counted::UNSEEN));
                    }
                    entry.requests.insert(lane, counted);
                }
                Ok(None) => {}
                Err(error) => return self.note(entry, INSTRUCTIONS, &error),
            }
        }
    }

    /// Counts by group of functions for the lanes that instructions are known of.
    fn count_by_group(&self, subject: &Subject<'_>, entry: &mut ServerCost) {
        let lacks_groups = |counted: &RequestCost| counted.groups.is_empty();
        let is_due = self.options.cost_by_group && entry.requests.values().any(lacks_groups);
        if !is_due || self.interrupt.requested() {
            return;
        }
        forget(entry, BY_GROUP);
        let named = profiling::with_names(subject.server);
        if named == *subject.server {
            return self.note(entry, BY_GROUP, &anyhow!("cargo does not build it"));
        }
        eprintln!("building {} with the names of its functions", entry.name);
        let subject = match named.build_verbosely(self.root) {
            Ok(artifact) => Subject {
                server: &named,
                artifact,
                over_database: None,
                content: None,
            },
            Err(error) => return self.note(entry, BY_GROUP, &error.into()),
        };
        let root = named.root(self.root);
        for (lane, counted) in &mut entry.requests {
            let Some(path) = lane.path().filter(|_| lacks_groups(counted)) else {
                continue;
            };
            if self.interrupt.requested() {
                return;
            }
            match counted::by_group(&subject, path, root) {
                Ok(groups) => counted.groups = groups,
                Err(error) => return self.note(entry, BY_GROUP, &error),
            }
        }
    }

    fn build(&self, subject: &Subject<'_>, entry: &mut ServerCost) {
        if !self.options.build_cost || entry.build.is_some() || self.is_over() {
            return;
        }
        eprintln!("building {} from nothing: a minute or more", entry.name);
        let timed = build::time(
            subject.server,
            &subject.artifact.program,
            subject.server.root(self.root),
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
        forget(entry, what);
        match measured {
            Ok(value) => put(entry, value),
            Err(error) => self.note(entry, what, &error),
        }
    }

    /// Whether nothing more can or is to be measured.
    fn is_over(&self) -> bool {
        self.interrupt.requested() || self.host.lost().is_some()
    }

    /// Notes what is missing, unless the wish to stop explains it, or the servers' machine is lost.
    fn note(&self, entry: &mut ServerCost, what: &str, error: &anyhow::Error) {
        if self.interrupt.requested() || self.host.look().is_some() {
            return;
        }
        let reason = format!("{error:#}");
        let reason = reason.trim().lines().next().unwrap_or_default();
        let sentence = format!("{what}: {reason}");
        eprintln!("{}, {sentence}", entry.name);
        entry.missing.push(sentence);
    }

    fn start(&self, subject: &Subject<'_>) -> Result<Started> {
        self.host.start(&Launch {
            server: subject.server,
            program: &subject.artifact.program,
            workers: self.workers,
            locales: None,
            path: self.first(subject).path(),
        })
    }

    /// What a server is asked first.
    fn first(&self, subject: &Subject<'_>) -> First<'_> {
        let own = self.expected.filter(|_| subject.server.role == Role::Exec);
        own.map_or_else(
            || First::Greeting(self.model.item("en").unwrap_or_default()),
            First::Own,
        )
    }
}

/// What is missing where a server does not start.
const START_UP: &str = "start-up";

/// What is missing where memory cannot be measured.
const MEMORY: &str = "memory";

/// What is missing where so many requests that wait cannot be measured.
fn waits(connections: usize) -> String {
    format!("{connections} requests that wait")
}

/// What is missing where instructions and allocations cannot be counted.
const INSTRUCTIONS: &str = "instructions";

/// What is missing where they cannot be counted by group of functions.
const BY_GROUP: &str = "instructions by group of functions";

/// What is missing where allocations alone cannot.
const ALLOCATIONS: &str = "allocations";

/// A wait shorter than this is not announced.
const WORTH_SAYING: Duration = Duration::from_secs(5);
