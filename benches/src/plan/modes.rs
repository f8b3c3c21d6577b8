//! The two other modes of load, each on restarts of its own.

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lane, RAMP, SLICE, SLICE_OVERHEAD, START_OVERHEAD};
use crate::schedule::balanced_orders;

/// What opening one connection costs. For estimates only.
const OPENING: Duration = Duration::from_micros(400);

/// Requests per second against the number of connections: what is measured, on restarts of its
/// own. A block holds one slice of every arm; each number of connections has its own blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityPlan {
    /// The kind of request.
    pub lane: Lane,
    /// Numbers of connections, ascending.
    pub connections: Vec<usize>,
    /// Fresh processes of every server.
    pub restarts: u32,
    /// Blocks at each number of connections in a restart.
    pub blocks: u32,
    /// The counted part of a slice, milliseconds.
    pub slice_ms: u64,
    /// The uncounted part before it, milliseconds.
    pub ramp_ms: u64,
}

/// Latency at given rates: what is measured, on restarts of its own. A block holds one slice of
/// every arm at every rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyPlan {
    /// The kind of request.
    pub lane: Lane,
    /// Rates offered, as shares of the requests per second which the slowest compared server
    /// answers at saturation in this run.
    pub shares: Vec<f64>,
    /// Rates offered besides, requests per second.
    pub rates: Vec<f64>,
    /// Connections held open to each server; a request goes to one that waits for no answer.
    pub connections: usize,
    /// Fresh processes of every server.
    pub restarts: u32,
    /// Blocks in a restart.
    pub blocks: u32,
    /// The counted part of a slice, milliseconds.
    pub slice_ms: u64,
    /// The uncounted part before it, milliseconds.
    pub ramp_ms: u64,
}

/// One restart's orders in the capacity mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapacityOrders {
    /// In which order the arms are started: indices into the plan's arms.
    pub start_order: Vec<usize>,
    /// Numbers of connections, in the order in which they are measured, each with its blocks: arms
    /// in the order of their turns.
    pub levels: Vec<(usize, Vec<Vec<usize>>)>,
}

/// One restart's orders in the latency mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatencyOrders {
    /// In which order the arms are started: indices into the plan's arms.
    pub start_order: Vec<usize>,
    /// The turns of each block: an arm, and the index of a rate.
    pub blocks: Vec<Vec<(usize, usize)>>,
}

impl CapacityPlan {
    /// So many restarts at these numbers of connections.
    pub fn new(lane: Lane, connections: Vec<usize>, restarts: u32) -> Self {
        Self {
            lane,
            connections,
            restarts,
            blocks: 4,
            slice_ms: SLICE.as_millis() as u64,
            ramp_ms: RAMP.as_millis() as u64,
        }
    }

    /// Every order. Numbers of connections rise in one restart and fall in the next.
    pub fn schedule(&self, arms: usize, seed: u64) -> Vec<CapacityOrders> {
        let mut random = StdRng::seed_from_u64(seed ^ 0xCA9A);
        let restarts = self.restarts as usize;
        let blocks = self.blocks as usize;
        let starts = balanced_orders(arms, restarts, &mut random);
        // A sequence of its own for each number of connections, so that each is balanced.
        let mut orders: Vec<_> = self
            .connections
            .iter()
            .map(|_| balanced_orders(arms, restarts * blocks, &mut random).into_iter())
            .collect();
        starts
            .into_iter()
            .enumerate()
            .map(|(restart, start_order)| {
                let mut levels: Vec<_> = self
                    .connections
                    .iter()
                    .zip(&mut orders)
                    .map(|(&connections, orders)| {
                        (connections, orders.by_ref().take(blocks).collect())
                    })
                    .collect();
                if restart % 2 == 1 {
                    levels.reverse();
                }
                CapacityOrders {
                    start_order,
                    levels,
                }
            })
            .collect()
    }

    /// How long one slice takes, about.
    pub(crate) fn slice_length(&self) -> Duration {
        Duration::from_millis(self.slice_ms + self.ramp_ms) + SLICE_OVERHEAD
    }

    /// How long a restart of so many arms takes, about.
    pub(crate) fn restart_length(&self, arms: usize) -> Duration {
        let levels = self.connections.len() as u32;
        let connections: usize = self.connections.iter().sum();
        let of_arm = START_OVERHEAD
            + OPENING * connections as u32
            + self.slice_length() * levels * self.blocks;
        of_arm * arms as u32
    }
}

impl LatencyPlan {
    /// So many restarts at a quarter, half and three quarters of capacity, and at these rates.
    pub fn new(lane: Lane, rates: Vec<f64>, connections: usize, restarts: u32) -> Self {
        Self {
            lane,
            shares: vec![0.25, 0.5, 0.75],
            rates,
            connections,
            restarts,
            blocks: 1,
            slice_ms: 200,
            ramp_ms: 10,
        }
    }

    /// How many rates there are.
    pub fn count(&self) -> usize {
        self.shares.len() + self.rates.len()
    }

    /// Every order.
    pub fn schedule(&self, arms: usize, seed: u64) -> Vec<LatencyOrders> {
        let mut random = StdRng::seed_from_u64(seed ^ 0x1A7E);
        let restarts = self.restarts as usize;
        let blocks = self.blocks as usize;
        let cells: Vec<(usize, usize)> = (0..arms)
            .flat_map(|arm| (0..self.count()).map(move |rate| (arm, rate)))
            .collect();
        let starts = balanced_orders(arms, restarts, &mut random);
        let mut orders = balanced_orders(cells.len(), restarts * blocks, &mut random)
            .into_iter()
            .map(|order| order.into_iter().map(|index| cells[index]).collect());
        starts
            .into_iter()
            .map(|start_order| LatencyOrders {
                start_order,
                blocks: orders.by_ref().take(blocks).collect(),
            })
            .collect()
    }

    /// How long one slice takes, about.
    pub(crate) fn slice_length(&self) -> Duration {
        Duration::from_millis(self.slice_ms + self.ramp_ms) + SLICE_OVERHEAD
    }

    /// How long a restart of so many arms takes, about.
    pub(crate) fn restart_length(&self, arms: usize) -> Duration {
        let of_arm = START_OVERHEAD
            + OPENING * self.connections as u32
            + self.slice_length() * self.count() as u32 * self.blocks;
        of_arm * arms as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_of_capacity_holds_every_arm_and_levels_rise_and_fall() {
        let plan = CapacityPlan::new(Lane::One, vec![1, 16, 64], 4);
        let schedule = plan.schedule(5, 1);
        assert_eq!(schedule.len(), 4);
        for (restart, number) in schedule.iter().zip(0..) {
            let levels: Vec<usize> = restart.levels.iter().map(|(level, _)| *level).collect();
            let expected = if number % 2 == 0 {
                [1, 16, 64]
            } else {
                [64, 16, 1]
            };
            assert_eq!(levels, expected);
            for (_, blocks) in &restart.levels {
                assert_eq!(blocks.len(), 4);
                for block in blocks {
                    let mut arms = block.clone();
                    arms.sort_unstable();
                    assert_eq!(arms, [0, 1, 2, 3, 4]);
                }
            }
        }
        assert_eq!(schedule, plan.schedule(5, 1));
        assert_ne!(schedule, plan.schedule(5, 2));
    }

    #[test]
    fn every_block_of_latency_holds_every_arm_at_every_rate() {
        let plan = LatencyPlan::new(Lane::One, vec![1000.0], 64, 3);
        let schedule = plan.schedule(3, 1);
        assert_eq!(schedule.len(), 3);
        for restart in schedule {
            assert_eq!(restart.blocks.len(), 1);
            for mut block in restart.blocks {
                block.sort_unstable();
                let cells = (0..3).flat_map(|arm| (0..4).map(move |rate| (arm, rate)));
                let cells: Vec<(usize, usize)> = cells.collect();
                assert_eq!(block, cells);
            }
        }
    }

    #[test]
    fn a_mode_takes_as_long_as_its_slices() {
        let capacity = CapacityPlan::new(Lane::One, vec![1, 64], 2);
        let slices = 7 * 2 * 4;
        assert!(capacity.restart_length(7) > Duration::from_millis(23) * slices);
        assert!(capacity.restart_length(7) < Duration::from_millis(35) * slices);
        let latency = LatencyPlan::new(Lane::One, vec![], 64, 2);
        assert!(latency.restart_length(7) > Duration::from_millis(210) * (7 * 3));
    }
}
