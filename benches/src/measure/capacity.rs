//! Requests per second against the number of connections.

use anyhow::Result;
use quartet_record::plan::{CapacityOrders, CapacityPlan, LaneLoad};
use quartet_record::{CapacityFailure, CapacityRestart, CapacitySlice, Record, now};

use super::life::Life;
use super::load::Load;
use super::session::Session;

impl Session<'_> {
    /// Measures what the plan has and the record has not.
    pub(super) fn capacity(
        &mut self,
        plan: &CapacityPlan,
        record: &mut Record,
        keep: &mut impl FnMut(&Record) -> Result<()>,
    ) -> Result<()> {
        record.capacity.retain(|restart| restart.complete);
        let held: Vec<u32> = record
            .capacity
            .iter()
            .map(|restart| restart.restart)
            .collect();
        let schedule = plan.schedule(self.plan.arms.len(), self.plan.seed);
        for (orders, number) in schedule.iter().zip(0..) {
            if self.interrupted() {
                break;
            }
            if !held.contains(&number) {
                record
                    .capacity
                    .push(self.capacity_restart(plan, orders, number)?);
                keep(record)?;
            }
        }
        Ok(())
    }

    fn capacity_restart(
        &mut self,
        plan: &CapacityPlan,
        orders: &CapacityOrders,
        number: u32,
    ) -> Result<CapacityRestart> {
        self.progress
            .restart(Some("capacity"), number, plan.restarts);
        let mut taken = CapacityRestart {
            restart: number,
            started: now(),
            complete: false,
            start_order: orders.start_order.clone(),
            machine: None,
            slices: Vec::new(),
            failures: Vec::new(),
        };
        let failures = &mut taken.failures;
        let mut lives = self.start_for_mode(&orders.start_order, plan.lane, |arm, reason| {
            failures.push(CapacityFailure {
                arm,
                connections: None,
                reason,
            });
        });
        let watch = self.watch();
        let host = self.host();
        let load = Load::begin(host, &watch, lives.iter().flatten(), None);
        let load = self.unless_lost(load)?;
        for (connections, blocks) in &orders.levels {
            self.capacity_level(plan, *connections, blocks, &mut lives, &mut taken);
        }
        if let Some(load) = load.filter(|_| !self.interrupted()) {
            taken.machine = self.unless_lost(load.end(lives.iter().flatten()))?;
            taken.complete = taken.machine.is_some();
        }
        self.end_of_mode(lives);
        Ok(taken)
    }

    fn capacity_level(
        &mut self,
        plan: &CapacityPlan,
        connections: usize,
        blocks: &[Vec<usize>],
        lives: &mut [Option<Life>],
        taken: &mut CapacityRestart,
    ) {
        let load = LaneLoad {
            connections,
            slice_ms: plan.slice_ms,
            ramp_ms: plan.ramp_ms,
        };
        let mut open = vec![false; lives.len()];
        for (arm, life) in lives.iter_mut().enumerate() {
            let Some(life) = life else { continue };
            if self.interrupted() {
                return;
            }
            match life.connect(connections) {
                Ok(()) => open[arm] = true,
                Err(error) => self.fail_capacity(arm, connections, &error, taken),
            }
        }
        for (turns, block) in blocks.iter().zip(0..) {
            for (&arm, position) in turns.iter().zip(0..) {
                if self.interrupted() {
                    return;
                }
                if !self.plan.takes_part(arm, plan.lane) {
                    continue;
                }
                let length = plan.slice_length(self.plan, arm, connections);
                self.progress.done(length);
                let Some(life) = lives[arm].as_mut().filter(|_| open[arm]) else {
                    continue;
                };
                match life.slice(load, plan.lane) {
                    Ok(mut slice) => {
                        (slice.block, slice.position, slice.arm) = (block, position, arm);
                        taken.slices.push(CapacitySlice { connections, slice });
                    }
                    Err(error) => {
                        open[arm] = false;
                        self.fail_capacity(arm, connections, &error, taken);
                    }
                }
            }
        }
    }

    fn fail_capacity(
        &self,
        arm: usize,
        connections: usize,
        error: &anyhow::Error,
        taken: &mut CapacityRestart,
    ) {
        let Some(reason) = self.reason(error) else {
            return;
        };
        let name = &self.plan.arms[arm].name;
        self.progress
            .say(&format!("{name}, {connections} connections: {reason}"));
        taken.failures.push(CapacityFailure {
            arm,
            connections: Some(connections),
            reason,
        });
    }
}
