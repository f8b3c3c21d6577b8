//! The options of a run, and the plan that follows from them. It measures nothing.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::Args;
use quartet_conformance::servers::Catalogue;
use quartet_record::plan::{Arm, Effort, Lane, LatencyPlan, Plan, RAMP, SLICE, ScalingPlan};

use super::load::{Depth, LoadOptions};
use crate::cores::{CoreList, levels};
use crate::cost;
use crate::environment::Private;
use crate::exec::{ExecOptions, Own};
use crate::failure::Failure;
use crate::host::{Site, ViaOptions, Wishes};
use crate::numbers::at_least_one;

/// What to measure, how long, and where.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Measure less, in about a minute
    #[arg(long, conflicts_with = "thorough")]
    quick: bool,

    /// Measure every lane with more restarts, in about half an hour
    #[arg(long)]
    thorough: bool,

    /// Number of restarts of every server (the sample size) [default: 84; --quick: 14; --thorough: 164]
    #[arg(long, value_name = "N", value_parser = at_least_one::<NonZeroU32>)]
    restarts: Option<NonZeroU32>,

    /// Servers to compare, by their names in servers.toml, or `all`, `originals` (those in Python) or
    /// `originals-variants` (with each one's variants of servers.toml); and variants, such as
    /// axum@0.8.4, salvo+mimalloc or warp+serde_json=1.0.145 (README lists what may differ) [default: the
    /// frameworks]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    servers: Vec<String>,

    #[command(flatten)]
    load: LoadOptions,

    #[command(flatten)]
    exec: ExecOptions,

    #[command(flatten)]
    via: ViaOptions,

    /// Seed of all random orders; the record stores it [default: random]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Cores for the servers, one worker each, such as `1` or `0,2-3` [default: one core]
    #[arg(long, value_name = "LIST")]
    server_cores: Option<CoreList>,

    /// Number of worker threads of each server, up to 1024 [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,

    /// Cores for the load generator, one thread each, such as `4` or `4-7`; the threads share the
    /// connections [default: one core]
    #[arg(long, value_name = "LIST", alias = "generator-core")]
    generator_cores: Option<CoreList>,

    /// Measure even if only one core is available. The figures then measure server and generator
    /// together. Every row is excluded; the record keeps the samples
    #[arg(long, conflicts_with_all = ["server_cores", "generator_cores", "scaling"])]
    shared_core: bool,

    #[command(flatten)]
    cost: cost::Options,

    /// Directory of the record [default: target/compare/ and the current time]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Resume a run that was interrupted or killed, given its record or directory, with the same plan
    /// and exactly the same binaries
    #[arg(
        long, value_name = "RUN",
        conflicts_with_all = [
            "quick", "thorough", "restarts", "servers", "lanes", "database", "connections", "seed",
            "server_cores", "workers", "generator_cores", "shared_core", "rate", "latency",
            "no_latency", "scaling", "output",
        ]
    )]
    resume: Option<PathBuf>,

    /// The list of servers [default: servers.toml, here or in a parent directory]
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
}

impl Options {
    /// The list of servers.
    ///
    /// # Errors
    /// [`Failure::Usage`] where there is none, or it cannot be used.
    pub(crate) fn catalogue(&self) -> Result<Catalogue, Failure> {
        let catalogue = match &self.catalogue {
            Some(file) => Catalogue::load(file),
            None => Catalogue::find(),
        };
        catalogue.map_err(|error| Failure::Usage(error.to_string()))
    }

    /// The kinds of request.
    pub(crate) fn lanes(&self) -> Vec<Lane> {
        self.load.lanes(self.depth())
    }

    /// The servers asked for, if any were.
    pub(crate) fn servers(&self) -> &[String] {
        &self.servers
    }

    /// Whether the number of restarts follows from the options.
    pub(crate) fn restarts_are_asked_for(&self) -> bool {
        self.quick || self.thorough || self.restarts.is_some()
    }

    /// The option that says otherwise with what servers are loaded, or which they are, if any does.
    pub(crate) fn beyond_servers(&self) -> Option<&'static str> {
        match self.has_own() {
            true => Some("--exec"),
            false => self.load.beyond_connections(),
        }
    }

    /// Whether servers of the command line are among those asked for.
    pub(crate) fn has_own(&self) -> bool {
        self.exec.any()
    }

    /// The servers of the command line, and what they must answer; none where there are none.
    ///
    /// # Errors
    /// Where a program or a file does not exist, or the lane for them is asked for without them.
    pub(crate) fn own(&self) -> Result<Option<Own>, Failure> {
        let own = self.exec.own()?;
        if own.is_none() && self.load.asks_for_custom() {
            let sentence = "the lane custom needs --exec, --path and --expect";
            return Err(Failure::Usage(sentence.to_owned()));
        }
        Ok(own)
    }

    /// Whether anything of the contract is measured.
    pub(crate) fn measures_contract(&self) -> bool {
        let lanes = self.load.lanes(self.depth());
        lanes.iter().any(|lane| lane.path().is_some())
    }

    /// The run to go on with, if any was named.
    pub(crate) fn resumes(&self) -> Option<&Path> {
        self.resume.as_deref()
    }

    /// Where the record is to go, if that was said.
    pub(super) fn output(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// What servers cost besides, as far as it was asked for.
    pub(crate) fn cost(&self) -> cost::Options {
        self.cost
    }

    /// Where the run takes place.
    pub(super) fn site(&self, private: &Private) -> Result<Site, Failure> {
        let lanes = self.lanes();
        if self.via.any() && lanes.iter().any(|lane| lane.is_over_database()) {
            let sentence =
                "the lanes db-item and db-list need servers on this machine, without --servers-via";
            return Err(Failure::Usage(sentence.to_owned()));
        }
        let wishes = Wishes {
            server: self.server_cores.as_ref().map(CoreList::cores),
            generator: self.generator_cores.as_ref().map(CoreList::cores),
            shared: self.shared_core,
            again: false,
        };
        self.via.site(wishes, private)
    }

    /// How the servers' machine is reached.
    pub(super) fn via(&self) -> &ViaOptions {
        &self.via
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

    /// How much is measured of a server and a variant of it.
    pub(crate) fn effort_of_pair(&self) -> Effort {
        let effort = self.effort();
        match self.restarts_are_asked_for() {
            true => Effort {
                restarts: effort.restarts,
                ..Effort::PAIR
            },
            false => Effort::PAIR,
        }
    }

    /// Whether latency was asked for, and not only not refused.
    pub(crate) fn asks_for_latency(&self) -> bool {
        self.load.asks_for_latency()
    }

    /// The plan of a run of these arms, but for the number of its blocks.
    pub(super) fn plan(&self, arms: Vec<Arm>, site: &Site) -> Plan {
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
                .map_or(site.server_cores.len().max(1), usize::from),
            server_cores: site.server_cores.clone(),
            generator_cores: site.placement.generator.clone(),
            lanes: self.load.lanes(depth),
            arms,
            lane_loads: BTreeMap::new(),
            custom: None,
            capacity: None,
            latency: None,
            scaling: None,
        };
        if self.has_own() && !plan.lanes.contains(&Lane::Custom) {
            plan.lanes.push(Lane::Custom);
        }
        self.load.extend(&mut plan, depth);
        plan
    }

    /// Requests per second against workers, if that was asked for, beside what `plan` has.
    ///
    /// # Errors
    /// [`Failure::Usage`] where the machine has not so many cores, or no lane is fit for it.
    pub(super) fn scaling(&self, plan: &Plan, site: &Site) -> Result<Option<ScalingPlan>, Failure> {
        let numbers = self.load.scaling().map_err(Failure::Usage)?;
        if numbers.is_empty() {
            return Ok(None);
        }
        let (server, generator) = (&self.server_cores, &self.generator_cores);
        let levels = levels(
            &numbers,
            &site.placement.every_core(),
            &site.placement,
            server.as_ref().map(CoreList::cores),
            generator.as_ref().map(CoreList::cores),
        );
        let levels = levels.map_err(|error| Failure::usage(&error))?;
        let scaling = LoadOptions::scaling_plan(plan, levels, self.depth());
        scaling.map(Some).map_err(Failure::Usage)
    }

    /// Refuses `--scaling` for a command that does not measure it.
    ///
    /// # Errors
    /// [`Failure::Usage`] where it was given.
    pub(crate) fn without_scaling(&self, command: &str) -> Result<(), Failure> {
        match self.load.scaling().as_deref() {
            Ok([]) => Ok(()),
            _ => Err(Failure::Usage(format!("{command} does not take --scaling"))),
        }
    }

    /// The help of `--restarts` where what is restarted and how often differ from a run's.
    pub(crate) fn restarts_help(of_what: &str, usual: Effort) -> String {
        format!(
            "Number of restarts of {of_what} (the sample size) [default: {}; --quick: {}; --thorough: {}]",
            usual.restarts,
            Effort::QUICK.restarts,
            Effort::THOROUGH.restarts
        )
    }

    /// Nothing over a database, of which a variant has no program.
    ///
    /// # Errors
    /// [`Failure::Usage`] where it was given.
    pub(crate) fn without_database(&self, command: &str) -> Result<(), Failure> {
        match self.lanes().iter().any(|lane| lane.is_over_database()) {
            false => Ok(()),
            true => Err(Failure::Usage(format!(
                "{command} does not take --database or its lanes: variants are not built over a database"
            ))),
        }
    }

    fn depth(&self) -> Depth {
        let (capacity, latency, scaling) = match (self.quick, self.thorough) {
            (true, _) => (2, 14, 12),
            (_, true) => (12, 84, 84),
            _ => (4, LatencyPlan::RESTARTS, 28),
        };
        let asked = self.restarts.map_or(u32::MAX, NonZeroU32::get);
        Depth {
            modes: !self.quick,
            capacity_restarts: capacity.min(asked),
            latency_restarts: latency.min(asked),
            scaling_restarts: scaling.min(asked),
            every_lane: self.thorough,
        }
    }
}
