//! How long answers take, before anything counts.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

use super::life::{Life, Start};
use super::{Measurement, Subject};
use crate::plan::{ArmRole, Lane, Plan};

/// How many times as long as planned a slice must take for its arm to be slow.
const SLOW: u32 = 2;

impl Measurement<'_> {
    /// Takes a slice of every server, and notes in the plan which take much longer than it says.
    ///
    /// # Errors
    /// If the generator cannot be given its core. A server that fails here fails in its turn as
    /// well, where that is recorded.
    pub fn look_for_slow_arms(&self, plan: &mut Plan) -> Result<()> {
        self.placement.confine_generator()?;
        let mut found: BTreeMap<String, Option<u64>> = BTreeMap::new();
        for (arm, subject) in self.subjects.iter().enumerate() {
            let Some(subject) = subject.as_ref().filter(|_| !self.interrupt.requested()) else {
                continue;
            };
            let server = &plan.arms[arm].server;
            let slow = match found.get(server) {
                Some(known) => *known,
                None => self.slow_slice(plan, arm, subject).unwrap_or_default(),
            };
            found.insert(server.clone(), slow);
            plan.arms[arm].slow_slice_ms = slow;
        }
        Ok(())
    }

    /// How long a slice of this arm takes, milliseconds, if that is much longer than planned.
    fn slow_slice(&self, plan: &Plan, arm: usize, subject: &Subject<'_>) -> Result<Option<u64>> {
        let mut lanes = plan.lanes.iter().copied();
        let lane = lanes.find(|&lane| lane != Lane::Large && plan.takes_part(arm, lane));
        let Some(lane) = lane else {
            return Ok(None);
        };
        let load = plan.load(lane);
        let start = Start {
            workers: plan.workers,
            lanes: &[lane],
            model: self.model,
            data: None,
            answers_alike: plan.arms[arm].role == ArmRole::Floor,
        };
        let mut life = Life::begin(&start, subject, self.placement)?.whole()?;
        life.connect(load.connections)?;
        let mut took = Duration::ZERO;
        // The first one finds the server cold.
        for _ in 0..2 {
            let slice = life.slice(load, lane, None)?;
            took = Duration::from_nanos(slice.total_ns);
        }
        life.end(arm, true)?;
        let is_slow = took > load.length() * SLOW;
        Ok(is_slow.then_some(took.as_millis() as u64))
    }
}
