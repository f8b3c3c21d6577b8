//! What else the machines did while the slices of a restart were taken: this one, and the servers' where that is another.

use anyhow::Result;
use quartet_record::MachineLoad;

use super::life::Life;
use crate::accounting::{FamilyTime, own_cpu};
use crate::cores::Placement;
use crate::database::Database;
use crate::host::Host;
use crate::system::System;
use crate::watch::{self, Ours, Watch};

/// The books of the cores measured on, from before the slices of a restart.
pub(super) struct Load<'a> {
    host: &'a dyn Host,
    watch: &'a Watch,
    here: watch::Load,
    /// What servers read from, and what it had used.
    database: Option<(&'a Database, Option<FamilyTime>)>,
}

impl<'a> Load<'a> {
    pub(super) fn begin<'l>(
        host: &'a dyn Host,
        watch: &'a Watch,
        lives: impl Iterator<Item = &'l Life>,
        database: Option<&'a Database>,
    ) -> Result<Self> {
        // Where it is gone its lanes fail, and the others go on.
        let books = |database: &'a Database| (database, database.cpu().ok().flatten());
        let ours = ours(lives)?;
        host.begin_load()?;
        Ok(Self {
            host,
            watch,
            here: watch::Load::begin(watch, ours),
            database: database.map(books),
        })
    }

    /// What the machines did since.
    pub(super) fn end<'l>(self, lives: impl Iterator<Item = &'l Life>) -> Result<MachineLoad> {
        let elsewhere = self.host.end_load()?;
        let of_database = match self.database {
            Some((database, Some(before))) => {
                let now = database.cpu().ok().flatten();
                now.map(|now| now.since(&before))
            }
            Some((_, None)) => None,
            None => Some(0),
        };
        let Some(elsewhere) = elsewhere else {
            let here = self.here.end(self.watch, ours(lives)?, of_database);
            // On loopback segments are lost to nothing but full queues, which waiting shows.
            return Ok(MachineLoad {
                sent_segments: None,
                resent_segments: None,
                ..here
            });
        };
        let agent = elsewhere.agent_ns.unwrap_or_default();
        let here = self.here.end(self.watch, ours(lives)?, Some(agent));
        Ok(here.and(&elsewhere.machine))
    }
}

/// What to watch of these cores.
pub(super) fn watch(placement: &Placement) -> Watch {
    let measured = [placement.server.as_slice(), &placement.generator].concat();
    let beside = placement.with_siblings();
    Watch::of(&System::live(), &measured, &beside, &placement.usable)
}

/// What is used so far on this machine. Nothing where a process of a server is gone: that is the server's failure, and
/// shows in its slices.
fn ours<'l>(lives: impl Iterator<Item = &'l Life>) -> Result<Option<Ours>> {
    let mut ours = Ours {
        cpu: own_cpu()?.unwrap_or_default(),
        servers: 0,
    };
    for life in lives.filter(|life| life.is_here()) {
        let Ok(cpu) = life.cpu() else {
            return Ok(None);
        };
        ours.cpu += cpu.unwrap_or_default();
        ours.servers += 1;
    }
    Ok(Some(ours))
}
