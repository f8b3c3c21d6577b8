//! The PostgreSQL of the lanes over a database: started for the run, on cores where no server is, filled
//! by a server's own command, and gone with the run.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use quartet_conformance::Model;
use quartet_conformance::postgres::{self, Cluster, Installation, Options, PostgresError};
use quartet_conformance::servers::{Process, Server, StartOptions};

use crate::accounting::{FamilyTime, family_cpu};
use crate::cores::Placement;
use crate::failure::Failure;

/// What PostgreSQL is told beyond its defaults. It reads one small table for many servers, each with
/// connections of its own, and what it writes need not last.
const SETTINGS: [(&str, &str); 6] = [
    ("max_connections", "400"),
    ("shared_buffers", "64MB"),
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("autovacuum", "off"),
    ("max_parallel_workers", "0"),
];

/// How long filling the table may take.
const FILLING: Duration = Duration::from_secs(30);

/// A PostgreSQL that runs for as long as this is there.
#[derive(Debug)]
pub struct Database {
    cluster: Cluster,
    found: quartet_record::Database,
}

impl Database {
    /// Whether there is a PostgreSQL to measure with.
    ///
    /// # Errors
    /// [`Failure::Usage`] where there is none, with what to install.
    pub fn look() -> Result<(), Failure> {
        match Installation::get() {
            Some(_) => Ok(()),
            None => {
                let error = PostgresError::NotInstalled;
                Err(Failure::Usage(format!(
                    "a database cannot be measured: {error}"
                )))
            }
        }
    }

    /// Starts one, on the cores that are left for it.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn start(placement: &Placement) -> Result<Self> {
        let in_memory = postgres::keep_in_memory();
        let settings: Vec<(String, String)> = SETTINGS
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let options = Options {
            settings: settings.clone(),
            ..Options::default()
        };
        let cores = placement.database();
        let cluster = placement.on_cores(&cores, || Ok(Cluster::start(&options)?))?;
        let found = quartet_record::Database {
            version: cluster.installation().version().to_owned(),
            cores,
            in_memory,
            settings,
            rows: 0,
        };
        Ok(Self { cluster, found })
    }

    /// Fills its table with the greetings, by the command of a server that was built to `program`, and
    /// reads them once.
    ///
    /// # Errors
    /// Where the command fails, or leaves other rows.
    pub fn fill(&mut self, server: &Server, program: &Path, model: &Model) -> Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix("quartet-greetings-")
            .suffix(".json")
            .tempfile()?;
        serde_json::to_writer(&mut file, model.greetings())?;
        file.flush()?;
        let filling = server
            .filling_database(&self.cluster.url(), file.path())
            .context("servers.toml has no database_seed_args for it")?;
        let options = StartOptions {
            program: Some(program.to_owned()),
            ..StartOptions::default()
        };
        let mut process = Process::spawn(&filling, &options)?;
        let status = process
            .ended_within(FILLING)
            .context("it did not fill the database in time")?;
        ensure!(
            status.success(),
            "it cannot fill the database: {}",
            process.stderr_at_end().trim()
        );
        let mut session = self.cluster.session()?;
        session.run("VACUUM (ANALYZE, FREEZE) greetings")?;
        let rows = session.run("SELECT lang, text FROM greetings ORDER BY lang")?;
        let held = model.greetings().iter();
        let held = held.map(|(lang, text)| vec![Some(lang.clone()), Some(text.clone())]);
        ensure!(
            rows.iter().cloned().eq(held),
            "the database has other rows than the greetings"
        );
        self.found.rows = rows.len();
        Ok(())
    }

    /// The server that reads from it, and what to start as its program. None where it cannot.
    pub fn told(&self, server: &Server, program: &Path) -> Option<(Server, PathBuf)> {
        server.over_database(program, &self.cluster.url())
    }

    /// What it is, for the record.
    pub fn found(&self) -> &quartet_record::Database {
        &self.found
    }

    /// The process that has started its others.
    pub fn parent(&self) -> Option<u32> {
        self.cluster.parent()
    }

    /// CPU time of its processes so far. None where the platform does not tell.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn cpu(&self) -> Result<Option<FamilyTime>> {
        let parent = self.cluster.parent().context("PostgreSQL does not run")?;
        family_cpu(parent).context("PostgreSQL is gone")
    }

    /// Whether its processes run on a core of the generator's.
    pub fn shares_core(&self, placement: &Placement) -> bool {
        let mut cores = placement.generator.iter();
        placement.generator.is_empty() || cores.any(|core| self.found.cores.contains(core))
    }
}
