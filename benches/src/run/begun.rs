//! A run that was begun: its record, and where that goes.

use std::path::Path;

use anyhow::Result;
use quartet_analysis::{Analysis, Division};
use quartet_conformance::servers::Catalogue;
use quartet_record::cores::Core;
use quartet_record::plan::{Arm, Effort, Plan};
use quartet_record::{Record, SCHEMA_VERSION, State, now};
use quartet_report::{Conclusion, html};

use super::claim::Claim;
use super::options::Options;
use super::planned::{plans_database, some_read_a_database};
use crate::database::Database;
use crate::environment::{self, Private};
use crate::exec::Own;
use crate::failure::{Failure, print};
use crate::host::Site;
use crate::page::background;
use crate::shell::quoted;
use crate::{machine, runs};

/// The cores that are measured on: those of the comparison, then those that more workers are on.
fn cores_of(plan: &Plan, site: &Site) -> Vec<Core> {
    let mut cores = site.cores.clone();
    let levels = plan.scaling.iter().flat_map(|scaling| &scaling.levels);
    for level in levels {
        for core in site.placement.with_workers(level).cores {
            if !cores.iter().any(|known| known.number == core.number) {
                cores.push(core);
            }
        }
    }
    cores
}

/// A comparison under way.
pub(crate) struct Run {
    pub(super) catalogue: Catalogue,
    pub(super) site: Site,
    /// Where the record goes.
    pub(super) claim: Claim,
    /// What was measured so far.
    pub(crate) record: Record,
    /// Servers of the command line, and what they must answer; none where there are none.
    pub(super) own: Option<Own>,
    /// How many blocks a restart is to have, about; none where the process that began the run has
    /// decided that.
    pub(super) blocks: Option<u32>,
}

impl Run {
    /// A new one, of the arms that `choose` takes from the catalogue, in which servers of the command line are
    /// then too, by these names.
    ///
    /// # Errors
    /// Where an option cannot be met.
    pub(crate) fn new(
        options: &Options,
        command: &str,
        choose: impl Fn(&mut Catalogue, &[String]) -> Result<Vec<Arm>, String>,
    ) -> Result<Self, Failure> {
        let mut catalogue = options.catalogue()?;
        let own = options.own()?;
        if let Some(own) = &own {
            own.enter(&mut catalogue).map_err(Failure::Usage)?;
        }
        let names = own.as_ref().map(Own::names).unwrap_or_default();
        let arms = choose(&mut catalogue, &names).map_err(Failure::Usage)?;
        let private = Private::here(catalogue.root());
        let site = options.site(&private)?;
        let mut plan = options.plan(arms, &site);
        plan.custom = own.as_ref().map(Own::custom);
        plan.scaling = options.scaling(&plan, &site)?;
        if plans_database(&plan) {
            some_read_a_database(&plan)?;
            Database::look()?;
        }
        let started = now();
        let claim = match options.output() {
            Some(directory) => Claim::new(directory)?,
            None => Claim::named(
                &runs::runs(catalogue.root()),
                &started.replace([':', '-'], ""),
            )?,
        };
        let machine = site.machine.clone();
        let cores = cores_of(&plan, &site);
        let record = Record {
            schema_version: SCHEMA_VERSION,
            started,
            command: private.without(command),
            resumed: Vec::new(),
            state: State::Running,
            calibration: runs::calibration(catalogue.root(), &machine),
            machine,
            servers_via: site.via.clone(),
            toolchain: machine::toolchain(catalogue.root()),
            environment: Some(environment::look(catalogue.root())),
            source: machine::source(catalogue.root()),
            plan,
            core_clock: false,
            cores,
            servers: Vec::new(),
            restarts: Vec::new(),
            exclusions: Vec::new(),
            warnings: Vec::new(),
            database: None,
            capacity: Vec::new(),
            latency: None,
            scaling: Vec::new(),
            cost: None,
            estimates: None,
        };
        Ok(Self {
            catalogue,
            site,
            claim,
            record,
            own,
            blocks: Some(options.effort().blocks),
        })
    }

    /// Measures the comparison alone, in so many restarts and blocks, and latency only if that was asked for.
    pub(crate) fn shorten(&mut self, effort: Effort, latency: bool) {
        let plan = &mut self.record.plan;
        plan.restarts = effort.restarts;
        plan.capacity = None;
        plan.latency = plan.latency.take().filter(|_| latency);
        self.blocks = Some(effort.blocks);
    }

    /// Prints what was found, and where the record is.
    ///
    /// # Errors
    /// Where standard output cannot be written to.
    pub(crate) fn show(&self, found: &str) -> Result<()> {
        let file = Record::file(self.claim.directory());
        print(&format!("\n{found}\nThe record: {}\n", file.display()))
    }

    /// Prints what was found, writes the page, and ends with the verdict and where both files are.
    ///
    /// # Errors
    /// Where standard output cannot be written to, or the page cannot be written.
    pub(crate) fn conclude(&self, found: &str, analysis: &Analysis) -> Result<()> {
        let directory = self.claim.directory();
        print(&format!("\n{found}\n"))?;
        let division = Division::of(&self.record)?;
        let page = html::write(
            &self.record,
            analysis,
            &division,
            &background(Some(self.catalogue.root())),
            directory,
        )?;
        let place = quoted(&directory.to_string_lossy());
        let conclusion = Conclusion::of(&self.record, analysis, Some(&place));
        let (record, page) = (Record::file(directory), page.display());
        print(&format!(
            "{}\nThe report: {page}; the record: {}\n",
            conclusion.text(),
            record.display()
        ))
    }

    /// The directory of `servers.toml`.
    pub(crate) fn root(&self) -> &Path {
        self.catalogue.root()
    }
}
