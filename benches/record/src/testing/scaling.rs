//! Records of servers with several numbers of workers, whose efficiency is known.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::idle_machine;
use super::slice::slice;
use crate::plan::{Lane, ScalingLevel, ScalingPlan};
use crate::record::Record;
use crate::scaling::{ScalingRestart, ScalingSlice, ScalingStart};

/// What is true of the servers.
pub struct Scaled<'a> {
    /// Numbers of workers, ascending.
    pub workers: &'a [usize],
    /// Cores of the machine.
    pub cores: usize,
    /// What an arm answers for each worker with so many of them, of what it answers with one.
    pub efficiency: &'a dyn Fn(usize, usize, Lane) -> f64,
    /// How far a slice may be off, as a share.
    pub noise: f64,
}

/// A record with requests per second against workers. The arms answer with one worker what they answer in the
/// comparison, a little of which differs from process to process, on a machine whose speed wanders.
pub fn with_scaling(mut record: Record, scaled: &Scaled<'_>) -> Record {
    let rates: Vec<f64> = (0..record.plan.arms.len())
        .map(|arm| {
            let mut slices = record.restarts.iter().flat_map(|restart| &restart.slices);
            let of_arm = slices.find(|slice| slice.arm == arm);
            of_arm.map_or(1.0, |slice| slice.rate())
        })
        .collect();
    let level = |&workers: &usize| ScalingLevel {
        workers,
        server_cores: (0..workers).collect(),
        // As many threads as workers while there are cores, the last core otherwise.
        generator_cores: match scaled.cores.checked_sub(workers) {
            None | Some(0) => vec![scaled.cores - 1],
            Some(free) => (scaled.cores - free.min(workers)..scaled.cores).collect(),
        },
    };
    let levels = scaled.workers.iter().map(level).collect();
    let plan = ScalingPlan::new(vec![Lane::Item, Lane::Connect], levels, 64, 12);
    record.plan.scaling = Some(plan.clone());
    let mut random = StdRng::seed_from_u64(23);
    let orders = plan.schedule(&record.plan).into_iter().zip(0..);
    record.scaling = orders
        .map(|(orders, restart)| {
            let mut slices = Vec::new();
            let mut speed = 1.0 + 0.1 * random.random_range(-1.0..1.0);
            for (turns, block) in orders.blocks.iter().zip(0..) {
                for (cell, position) in turns.iter().zip(0..) {
                    speed *= 1.0 + 0.002 * random.random_range(-1.0..1.0);
                    let off = 1.0 + scaled.noise * random.random_range(-1.0..1.0);
                    let efficiency = (scaled.efficiency)(cell.arm, cell.workers, cell.lane);
                    let each = rates[cell.arm] * efficiency * speed * off;
                    let mut one = slice(block, position, cell.arm, cell.lane, each);
                    let workers = cell.workers as u64;
                    one.requests *= workers;
                    one.total_requests *= workers;
                    one.cpu_ns = one.cpu_ns.map(|cpu| cpu * workers);
                    slices.push(ScalingSlice {
                        workers: cell.workers,
                        slice: one,
                    });
                }
            }
            let starts = orders.start_order.into_iter();
            ScalingRestart {
                restart,
                started: "2026-11-02T13:00:00Z".to_owned(),
                complete: true,
                start_order: starts
                    .map(|(arm, workers)| ScalingStart { arm, workers })
                    .collect(),
                machine: Some(idle_machine()),
                slices,
                failures: Vec::new(),
            }
        })
        .collect();
    record
}
