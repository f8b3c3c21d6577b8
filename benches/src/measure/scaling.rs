//! Requests per second against the number of workers.

use std::collections::BTreeMap;

use anyhow::{Error, Result};
use quartet_record::plan::{Lane, ScalingCell, ScalingLevel, ScalingOrders, ScalingPlan};
use quartet_record::{Record, ScalingFailure, ScalingRestart, ScalingSlice, ScalingStart, now};

use super::life::{Begun, Life};
use super::load::{Load, watch};
use super::measurement::Place;
use super::session::Session;
use crate::cores::Placement;
use crate::host::LocalHost;

/// Where servers with a number of workers run.
struct Level {
    placement: Placement,
    host: LocalHost,
    /// Whether servers and generator share a core.
    is_shared: bool,
}

impl Level {
    fn of(placement: &Placement, level: &ScalingLevel) -> Self {
        let placement = placement.with_workers(level);
        Self {
            host: LocalHost::new(&placement),
            placement,
            is_shared: !level.shared_cores().is_empty(),
        }
    }
}

/// The processes of a restart, by arm and number of workers.
type Lives = BTreeMap<(usize, usize), Life>;

impl Session<'_> {
    /// Measures what the plan has and the record has not.
    pub(super) fn scaling(
        &mut self,
        plan: &ScalingPlan,
        record: &mut Record,
        keep: &mut impl FnMut(&Record) -> Result<()>,
    ) -> Result<()> {
        let levels = plan.levels.iter();
        let levels: BTreeMap<usize, Level> = levels
            .map(|level| (level.workers, Level::of(self.placement(), level)))
            .collect();
        record.scaling.retain(|restart| restart.complete);
        let held: Vec<u32> = record.scaling.iter().map(|it| it.restart).collect();
        for (orders, number) in plan.schedule(self.plan).iter().zip(0..) {
            if self.interrupted() {
                break;
            }
            if !held.contains(&number) {
                let taken = self.scaling_restart(plan, &levels, orders, number)?;
                record.scaling.push(taken);
                keep(record)?;
            }
        }
        Ok(())
    }

    fn scaling_restart(
        &mut self,
        plan: &ScalingPlan,
        levels: &BTreeMap<usize, Level>,
        orders: &ScalingOrders,
        number: u32,
    ) -> Result<ScalingRestart> {
        self.progress
            .restart(Some("scaling"), number, plan.restarts);
        let starts = orders.start_order.iter();
        let mut taken = ScalingRestart {
            restart: number,
            started: now(),
            complete: false,
            start_order: starts
                .map(|&(arm, workers)| ScalingStart { arm, workers })
                .collect(),
            machine: None,
            slices: Vec::new(),
            failures: Vec::new(),
        };
        let mut lives = self.start_levels(plan, levels, orders, &mut taken.failures);
        let watch = watch(&everywhere(self.placement(), levels));
        let load = Load::begin(self.host(), &watch, lives.values(), None);
        let load = self.unless_lost(load)?;
        self.scaling_slices(plan, orders, &mut lives, &mut taken);
        if let Some(load) = load.filter(|_| !self.interrupted()) {
            taken.machine = self.unless_lost(load.end(lives.values()))?;
            taken.complete = taken.machine.is_some();
        }
        for ((arm, _), life) in lives {
            // What was measured of a server that does not end counts all the same.
            if let Err(error) = life.end(arm)
                && let Some(reason) = self.reason(&error)
            {
                let name = &self.plan.arms[arm].name;
                self.progress.say(&format!("{name}: {reason}"));
            }
        }
        Ok(taken)
    }

    fn start_levels(
        &mut self,
        plan: &ScalingPlan,
        levels: &BTreeMap<usize, Level>,
        orders: &ScalingOrders,
        failures: &mut Vec<ScalingFailure>,
    ) -> Lives {
        let mut lives = Lives::new();
        for &(arm, workers) in &orders.start_order {
            if self.interrupted() {
                break;
            }
            self.progress
                .done(plan.start_length(self.plan, arm, workers));
            let mut lanes = plan.lanes_of(self.plan, arm);
            lanes.retain(|&lane| !self.has_failed(arm, lane));
            let Some(level) = levels.get(&workers).filter(|_| !lanes.is_empty()) else {
                continue;
            };
            let place = Place {
                host: &level.host,
                placement: &level.placement,
            };
            let begun = self.start_at(place, workers, (arm, &lanes), None);
            let opened = begun.and_then(|begun| {
                let Some(Begun { life, failed }) = begun else {
                    return Ok(None);
                };
                for (lane, error) in failed {
                    self.fail_scaling((arm, workers), Some(lane), &error, failures);
                }
                let Some(mut life) = life else {
                    return Ok(None);
                };
                if level.is_shared {
                    life.leave_core();
                }
                life.connect(plan.load(workers).connections)?;
                Ok(Some(life))
            });
            match opened {
                Ok(life) => lives.extend(life.map(|life| ((arm, workers), life))),
                Err(error) => self.fail_scaling((arm, workers), None, &error, failures),
            }
        }
        lives
    }

    fn scaling_slices(
        &mut self,
        plan: &ScalingPlan,
        orders: &ScalingOrders,
        lives: &mut Lives,
        taken: &mut ScalingRestart,
    ) {
        for (turns, block) in orders.blocks.iter().zip(0..) {
            for (&cell, position) in turns.iter().zip(0..) {
                if self.interrupted() {
                    return;
                }
                self.progress.done(plan.slice_length(self.plan, cell));
                let ScalingCell { arm, workers, lane } = cell;
                let has_failed = taken.failures.iter().any(|failure| {
                    let same = (failure.arm, failure.workers) == (arm, workers);
                    same && failure.lane.is_none_or(|only| only == lane)
                });
                let life = lives.get_mut(&(arm, workers));
                let Some(life) = life.filter(|_| !has_failed && !self.has_failed(arm, lane)) else {
                    continue;
                };
                let load = plan.load(workers);
                match life.slice(load, lane) {
                    Ok(mut slice) => {
                        (slice.block, slice.position, slice.arm) = (block, position, arm);
                        taken.slices.push(ScalingSlice { workers, slice });
                    }
                    Err(error) => {
                        let failures = &mut taken.failures;
                        self.fail_scaling((arm, workers), Some(lane), &error, failures);
                        // The other lane needs connections that work.
                        if let Err(error) = life.connect(load.connections) {
                            lives.remove(&(arm, workers));
                            self.fail_scaling((arm, workers), None, &error, failures);
                        }
                    }
                }
            }
        }
    }

    fn fail_scaling(
        &self,
        (arm, workers): (usize, usize),
        lane: Option<Lane>,
        error: &Error,
        failures: &mut Vec<ScalingFailure>,
    ) {
        let Some(reason) = self.reason(error) else {
            return;
        };
        let name = &self.plan.arms[arm].name;
        let plural = if workers == 1 { "" } else { "s" };
        self.progress
            .say(&format!("{name}, {workers} worker{plural}: {reason}"));
        failures.push(ScalingFailure {
            arm,
            workers,
            lane,
            reason,
        });
    }
}

/// Every core that is measured on, with some number of workers.
fn everywhere(placement: &Placement, levels: &BTreeMap<usize, Level>) -> Placement {
    let mut all = Placement {
        usable: placement.usable.clone(),
        ..Placement::default()
    };
    for level in levels.values().map(|level| &level.placement) {
        for &core in level.server.iter().chain(&level.generator) {
            if !all.server.contains(&core) {
                all.server.push(core);
            }
        }
        all.cores.extend(level.cores.iter().cloned());
    }
    all
}
