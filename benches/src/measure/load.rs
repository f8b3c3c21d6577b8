//! What else the machine did while slices were taken.

use std::time::Instant;

use anyhow::{Context as _, Result};

use super::life::Life;
use crate::accounting::{CoreTime, core_time, own_cpu};
use crate::plan::Plan;
use crate::record::MachineLoad;

/// The books of the cores measured on, from before the slices of a restart.
pub(super) struct Load {
    begun: Instant,
    cores: Vec<usize>,
    before: Option<CoreTime>,
    ours: Option<Ours>,
}

/// What the measurement itself uses.
#[derive(Clone, Copy)]
struct Ours {
    /// CPU time of this process and of every server, nanoseconds.
    cpu: u64,
    servers: usize,
}

impl Load {
    pub(super) fn begin<'a>(plan: &Plan, lives: impl Iterator<Item = &'a Life>) -> Result<Self> {
        let cores = plan.measured_cores();
        Ok(Self {
            begun: Instant::now(),
            before: core_time(&cores)?,
            cores,
            ours: ours(lives)?,
        })
    }

    /// What the machine did since. Nothing where a server ended meanwhile: its CPU time is not to be
    /// had any more, and would pass for that of others.
    pub(super) fn end<'a>(
        self,
        lives: impl Iterator<Item = &'a Life>,
    ) -> Result<Option<MachineLoad>> {
        let Some((before, after)) = self.before.zip(core_time(&self.cores)?) else {
            return Ok(None);
        };
        let servers = self.ours.zip(ours(lives)?);
        let Some((ours_before, ours_after)) =
            servers.filter(|(before, after)| before.servers == after.servers)
        else {
            return Ok(None);
        };
        let wall = u64::try_from(self.begun.elapsed().as_nanos())
            .context("a restart took longer than five centuries")?;
        let busy = after.busy.saturating_sub(before.busy);
        Ok(Some(MachineLoad {
            available_ns: wall * self.cores.len() as u64,
            others_ns: busy.saturating_sub(ours_after.cpu.saturating_sub(ours_before.cpu)),
            stolen_ns: after.stolen.saturating_sub(before.stolen),
        }))
    }
}

/// What is used so far. Nothing where a process of a server is gone: that is the server's failure, and
/// shows in its slices.
fn ours<'a>(lives: impl Iterator<Item = &'a Life>) -> Result<Option<Ours>> {
    let mut ours = Ours {
        cpu: own_cpu()?.unwrap_or_default(),
        servers: 0,
    };
    for life in lives {
        let Ok(cpu) = life.cpu() else {
            return Ok(None);
        };
        ours.cpu += cpu.unwrap_or_default();
        ours.servers += 1;
    }
    Ok(Some(ours))
}
