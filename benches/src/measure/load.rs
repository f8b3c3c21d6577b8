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
    ours: u64,
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

    pub(super) fn end<'a>(
        self,
        lives: impl Iterator<Item = &'a Life>,
    ) -> Result<Option<MachineLoad>> {
        let Some((before, after)) = self.before.zip(core_time(&self.cores)?) else {
            return Ok(None);
        };
        let wall = u64::try_from(self.begun.elapsed().as_nanos())
            .context("a restart took longer than five centuries")?;
        let busy = after.busy.saturating_sub(before.busy);
        Ok(Some(MachineLoad {
            available_ns: wall * self.cores.len() as u64,
            others_ns: busy.saturating_sub(ours(lives)?.saturating_sub(self.ours)),
            stolen_ns: after.stolen.saturating_sub(before.stolen),
        }))
    }
}

/// CPU time of this process and of every server: what the measurement itself uses.
fn ours<'a>(lives: impl Iterator<Item = &'a Life>) -> Result<u64> {
    let mut sum = own_cpu()?.unwrap_or_default();
    for life in lives {
        sum += life.cpu()?.unwrap_or_default();
    }
    Ok(sum)
}
