//! One comparison, from the options to the record and the table.

mod claim;
mod load;
mod resume;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use quartet_conformance::Model;
use quartet_conformance::servers::Catalogue;

use crate::accounting::Quotas;
use crate::analysis::{Analysis, Division};
use crate::calibrate;
use crate::cores::{CoreList, Placement, Usable};
use crate::cost::{self, Costing};
use crate::environment::{Environment, Private};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::machine::{Machine, Source, Toolchain};
use crate::measure::Measurement;
use crate::plan::{Arm, ArmRole, Effort, LatencyPlan, Plan, RAMP, SLICE};
use crate::prepare::prepare;
use crate::record::{Record, SCHEMA_VERSION, State, now};
use crate::report::{Form, html, render};
use crate::selection;
use crate::system::System;
use claim::Claim;
use load::{Depth, LoadOptions};

/// What to measure, how long, and where.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// A first look, in about a minute
    #[arg(long, conflicts_with = "thorough")]
    quick: bool,

    /// Narrower intervals and every lane, in about half an hour; without either, about six minutes
    #[arg(long)]
    thorough: bool,

    /// How often every server is started afresh: what intervals rest on [default: 84; --quick: 14;
    /// --thorough: 164]
    #[arg(long, value_name = "N", value_parser = at_least_one::<NonZeroU32>)]
    restarts: Option<NonZeroU32>,

    /// Servers to compare, by their names in servers.toml; `all` for every one [default: the
    /// frameworks]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    servers: Vec<String>,

    #[command(flatten)]
    load: LoadOptions,

    /// Decides every random order; the record names it [default: a random one]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Cores the servers run on, one worker each, as `1` or `0,2-3` [default: one]
    #[arg(long, value_name = "LIST")]
    server_cores: Option<CoreList>,

    /// Worker threads each server is told to use, 1024 at most [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,

    /// Cores the load generator runs on, one thread each, as `4` or `4-7`; the threads share the
    /// connections [default: one]
    #[arg(long, value_name = "LIST", alias = "generator-core")]
    generator_cores: Option<CoreList>,

    /// Measure even where only one core is to be had. The figures then tell of server and generator
    /// together, so that every row is void; the record holds them
    #[arg(long, conflicts_with_all = ["server_cores", "generator_cores"])]
    shared_core: bool,

    #[command(flatten)]
    cost: cost::Options,

    /// Where the record goes [default: target/compare/ and the present time]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Go on with a run that was interrupted or killed, given its record or directory: by its own
    /// plan, with the very programs it began with
    #[arg(
        long, value_name = "RUN",
        conflicts_with_all = [
            "quick", "thorough", "restarts", "servers", "lanes", "connections", "seed",
            "server_cores", "workers", "generator_cores", "shared_core", "rate", "latency",
            "no_latency", "output",
        ]
    )]
    resume: Option<PathBuf>,

    /// The list of servers [default: servers.toml, here or above]
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
}

/// Builds, gates, measures, records, and prints the table on standard output.
///
/// # Errors
/// [`Failure::Usage`] where an option cannot be met, [`Failure::Interrupted`] where the run was
/// asked to stop, after what was measured is recorded and shown; and whatever else goes wrong.
pub fn run(options: &Options, command: &str) -> Result<(), Failure> {
    let choose = |catalogue: &Catalogue| selection::arms(catalogue, &options.servers);
    let mut run = match &options.resume {
        Some(record) => Run::again(options, record)?,
        None => Run::new(options, command, choose)?,
    };
    run.measure(Some(options.cost))?;
    let analysis = Analysis::of(&run.record)?;
    run.show(&render(&run.record, &analysis, Form::Text))?;
    run.write_page(&analysis)?;
    match run.record.state {
        State::Interrupted => Err(Failure::Interrupted),
        _ if !analysis.anything_counts(&run.record) => Err(Failure::Void),
        State::Running | State::Complete => Ok(()),
    }
}

/// A comparison under way.
pub(crate) struct Run {
    catalogue: Catalogue,
    placement: Placement,
    /// Where the record goes.
    claim: Claim,
    /// What was measured so far.
    pub(crate) record: Record,
    /// How many blocks a restart is to have, about; none where the process that began the run has
    /// decided that.
    blocks: Option<u32>,
}

impl Run {
    /// A new one, of the arms that `choose` takes from the catalogue.
    ///
    /// # Errors
    /// Where an option cannot be met.
    pub(crate) fn new(
        options: &Options,
        command: &str,
        choose: impl Fn(&Catalogue) -> Result<Vec<Arm>, String>,
    ) -> Result<Self, Failure> {
        let catalogue = options.catalogue()?;
        let arms = choose(&catalogue).map_err(Failure::Usage)?;
        let placement = options.placement()?;
        let started = now();
        let claim = match &options.output {
            Some(directory) => Claim::new(directory)?,
            None => Claim::named(&runs(catalogue.root()), &started.replace([':', '-'], ""))?,
        };
        let machine = Machine::look();
        let record = Record {
            schema_version: SCHEMA_VERSION,
            started,
            command: Private::here(catalogue.root()).without(command),
            resumed: Vec::new(),
            state: State::Running,
            calibration: calibrate::known(catalogue.root(), &machine),
            machine,
            toolchain: Toolchain::look(catalogue.root()),
            environment: Some(Environment::look(catalogue.root())),
            source: Source::look(catalogue.root()),
            plan: options.plan(arms, &placement),
            core_clock: false,
            cores: placement.cores.clone(),
            servers: Vec::new(),
            restarts: Vec::new(),
            voids: Vec::new(),
            warnings: Vec::new(),
            capacity: Vec::new(),
            latency: None,
            cost: None,
            estimates: None,
        };
        Ok(Self {
            catalogue,
            placement,
            claim,
            record,
            blocks: Some(options.effort().blocks),
        })
    }

    /// Measures what the plan has and the record has not, and what servers cost besides, if asked
    /// to. What was measured is in the record and in its file, however this ends.
    ///
    /// # Errors
    /// Where nothing is left to measure, what is to be gone on with is not what was begun, or this
    /// process itself is at fault.
    pub(crate) fn measure(&mut self, cost: Option<cost::Options>) -> Result<(), Failure> {
        let interrupt = Interrupt::listen()?;
        let model = Model::embedded();
        let subjects = match self.blocks {
            None => resume::prepare_again(&self.catalogue, &interrupt, &mut self.record)?,
            Some(_) => prepare(&self.catalogue, &interrupt, &mut self.record),
        };
        if interrupt.requested() {
            return Err(Failure::Interrupted);
        }
        let measurement = Measurement {
            subjects,
            placement: &self.placement,
            model: &model,
            interrupt: &interrupt,
        };
        let anything = measurement
            .subjects
            .iter()
            .zip(&self.record.plan.arms)
            .any(|(subject, arm)| subject.is_some() && arm.role != ArmRole::Floor);
        if !anything {
            return Err(anyhow::anyhow!("nothing is left to measure").into());
        }
        eprintln!("measuring on {}", self.record.machine.sentence());
        for warning in &self.placement.warnings {
            eprintln!("{warning}");
        }
        // Before this thread is confined to the generator's core.
        let usable = Usable::now()?;
        if let Some(blocks) = self.blocks {
            let plan = &mut self.record.plan;
            measurement.look_for_slow_arms(plan)?;
            if interrupt.requested() {
                // Nothing is measured, and who goes on must not go by half a look.
                return Err(Failure::Interrupted);
            }
            plan.blocks = plan.blocks_near(blocks);
            self.record.warnings.extend(warnings(plan, &self.placement));
        }
        let output = self.claim.directory();
        let keep = |record: &Record| record.write(output).map(drop);
        if self.blocks.is_none() {
            // What was packed becomes plain before there is more of it.
            keep(&self.record)?;
        }
        measurement.run(&mut self.record, keep)?;
        if let Some(options) = cost.filter(|_| !interrupt.requested()) {
            let costing = Costing {
                options,
                root: self.catalogue.root(),
                subjects: &measurement.subjects,
                placement: &self.placement,
                workers: self.record.plan.workers,
                usable: &usable,
                model: &model,
                interrupt: &interrupt,
            };
            costing.measure(&mut self.record, keep)?;
        }
        // Not before: a run that is killed while costs are measured is to be gone on with.
        self.record.state = if interrupt.requested() {
            State::Interrupted
        } else {
            State::Complete
        };
        Ok(keep(&self.record)?)
    }

    /// Prints what was found, and where the record is.
    ///
    /// # Errors
    /// Where standard output cannot be written to.
    pub(crate) fn show(&self, found: &str) -> Result<()> {
        let file = Record::file(self.claim.directory());
        crate::failure::print(&format!("\n{found}\nThe record: {}\n", file.display()))
    }

    /// Writes the page beside the record, and says where it is.
    ///
    /// # Errors
    /// Where the page cannot be written.
    fn write_page(&self, analysis: &Analysis) -> Result<()> {
        let division = Division::of(&self.record)?;
        let file = html::write(&self.record, analysis, &division, self.claim.directory())?;
        crate::failure::print(&format!("The report: {}\n", file.display()))
    }

    /// The directory of `servers.toml`.
    pub(crate) fn root(&self) -> &Path {
        self.catalogue.root()
    }
}

/// Where runs leave their records, unless told otherwise.
pub(crate) fn runs(root: &Path) -> PathBuf {
    root.join("target/compare")
}

/// A number of things that are to be measured, of which there must be one.
pub(crate) fn at_least_one<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| {
        if text.bytes().all(|byte| byte == b'0') && !text.is_empty() {
            "at least 1 is needed".to_owned()
        } else {
            "it is not a whole number of at least 1, or too large".to_owned()
        }
    })
}

/// What is known beforehand to make the run less than it could be.
fn warnings(plan: &Plan, placement: &Placement) -> Vec<String> {
    let mut warnings = placement.warnings.clone();
    let quotas = Quotas::of(&System::live());
    warnings.extend(quota_too_small(quotas.cores(), plan.measured_cores().len()));
    if !plan.positions_balanced() {
        warnings.push(
            "positions within blocks are not balanced exactly: restarts × blocks is no multiple \
             of what that takes"
                .to_owned(),
        );
    }
    let (threads, connections) = (plan.generator_cores.len(), plan.connections);
    if threads > connections {
        warnings.push(format!(
            "on {connections} connections only as many of the generator's {threads} cores are used"
        ));
    }
    for (role, what) in [
        (ArmRole::Reference, "`hyper`, so nothing is relative to it"),
        (
            ArmRole::Floor,
            "`null`, so nothing shows that the generator can outrun the servers",
        ),
    ] {
        if !plan.arms.iter().any(|arm| arm.role == role) {
            warnings.push(format!("servers.toml names no {what}"));
        }
    }
    warnings
}

fn quota_too_small(quota: Option<f64>, cores: usize) -> Option<String> {
    let quota = quota.filter(|&quota| quota < cores as f64)?;
    Some(format!(
        "a CPU quota allows this process the time of {quota:.2} cores, and {cores} are measured on: it \
         may be kept from running"
    ))
}

impl Options {
    fn catalogue(&self) -> Result<Catalogue, Failure> {
        let catalogue = match &self.catalogue {
            Some(file) => Catalogue::load(file),
            None => Catalogue::find(),
        };
        catalogue.map_err(|error| Failure::Usage(error.to_string()))
    }

    /// The servers asked for, if any were.
    pub(crate) fn servers(&self) -> &[String] {
        &self.servers
    }

    /// The run to go on with, if any was named.
    pub(crate) fn resumes(&self) -> bool {
        self.resume.is_some()
    }

    fn placement(&self) -> Result<Placement, Failure> {
        if self.shared_core {
            return Ok(Placement::shared()?);
        }
        let server = self.server_cores.as_ref().map(CoreList::cores);
        let generator = self.generator_cores.as_ref().map(CoreList::cores);
        let placed = Placement::new(server, generator);
        if server.is_some() || generator.is_some() {
            placed.map_err(|error| Failure::Usage(format!("{error:#}")))
        } else {
            Ok(placed?)
        }
    }

    /// How much is measured.
    pub(crate) fn effort(&self) -> Effort {
        let usual = match (self.quick, self.thorough) {
            (true, _) => Effort::QUICK,
            (_, true) => Effort::THOROUGH,
            _ => Effort::NORMAL,
        };
        let restarts = self.restarts.map_or(usual.restarts, NonZeroU32::get);
        Effort { restarts, ..usual }
    }

    fn plan(&self, arms: Vec<Arm>, placement: &Placement) -> Plan {
        let effort = self.effort();
        let depth = self.depth();
        let mut plan = Plan {
            // Half the digits of a whole seed are enough, and are typed again more easily.
            seed: self.seed.unwrap_or_else(|| rand::random::<u32>().into()),
            restarts: effort.restarts,
            blocks: 1,
            slice_ms: SLICE.as_millis() as u64,
            ramp_ms: RAMP.as_millis() as u64,
            connections: self.load.connections(),
            workers: self
                .workers
                .map_or(placement.server.len().max(1), usize::from),
            server_cores: placement.server.clone(),
            generator_cores: placement.generator.clone(),
            lanes: self.load.lanes(depth),
            arms,
            lane_loads: BTreeMap::new(),
            capacity: None,
            latency: None,
        };
        self.load.extend(&mut plan, depth);
        plan
    }

    fn depth(&self) -> Depth {
        let (capacity, latency) = match (self.quick, self.thorough) {
            (true, _) => (2, 14),
            (_, true) => (12, 84),
            _ => (4, LatencyPlan::RESTARTS),
        };
        let asked = self.restarts.map_or(u32::MAX, NonZeroU32::get);
        Depth {
            modes: !self.quick,
            capacity_restarts: capacity.min(asked),
            latency_restarts: latency.min(asked),
            every_lane: self.thorough,
        }
    }
}
