//! The two other modes of load, each on restarts of its own.

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lane, Plan, RAMP, SLICE, SLICE_OVERHEAD};
use crate::schedule::balanced_orders;

/// What opening one connection costs. For estimates only.
const OPENING: Duration = Duration::from_micros(400);

/// How often a slow slice of a closed loop has every connection answered: twice in its ramp, twice in
/// its window, and once at its end. For estimates only.
const ANSWERS: u32 = 5;

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

/// How many requests a slice holds at least, so that its 99th percentile has some beyond it.
const LEAST_REQUESTS: u64 = 400;

/// Latency at given rates: what is measured, on restarts of its own. A block holds one slice of
/// every arm at one rate, so that slices that follow each other can be compared.
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
    /// Blocks at each rate in a restart.
    pub blocks: u32,
    /// The counted part of a slice, milliseconds.
    pub slice_ms: u64,
    /// The fewest requests due in it: where the rate is so low that there would be fewer, it is longer.
    #[serde(default)]
    pub least_requests: u64,
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
    /// The turns of each block: an arm, and the index of a rate, which is the same for the whole block.
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

    /// How long one slice of an arm takes at so many connections, about.
    pub(crate) fn slice_length(&self, plan: &Plan, arm: usize, connections: usize) -> Duration {
        let planned = Duration::from_millis(self.slice_ms + self.ramp_ms);
        let slow = answer_time(plan, arm) * ANSWERS * connections as u32;
        planned.max(slow) + SLICE_OVERHEAD
    }

    /// How long a restart takes, about.
    pub(super) fn restart_length(&self, plan: &Plan) -> Duration {
        let of_level = |arm, connections: usize| {
            OPENING * connections as u32 + self.slice_length(plan, arm, connections) * self.blocks
        };
        let of_arm = |arm| {
            let levels = self.connections.iter();
            plan.start_length(arm) + levels.map(|&level| of_level(arm, level)).sum::<Duration>()
        };
        arms(plan, self.lane).map(of_arm).sum()
    }
}

/// The arms that take part in a mode.
fn arms(plan: &Plan, lane: Lane) -> impl Iterator<Item = usize> {
    (0..plan.arms.len()).filter(move |&arm| plan.takes_part(arm, lane))
}

/// How long an arm takes for each answer under load, about; nought unless it is slow.
fn answer_time(plan: &Plan, arm: usize) -> Duration {
    let slice = Duration::from_millis(plan.arms[arm].slow_slice_ms.unwrap_or(0));
    slice / (ANSWERS * plan.connections.max(1) as u32)
}

impl LatencyPlan {
    /// Restarts of a default run.
    pub const RESTARTS: u32 = 28;

    /// So many restarts at a quarter and half of capacity, and at these rates.
    pub fn new(lane: Lane, rates: Vec<f64>, connections: usize, restarts: u32) -> Self {
        Self {
            lane,
            shares: vec![0.25, 0.5],
            rates,
            connections,
            restarts,
            blocks: 6,
            slice_ms: SLICE.as_millis() as u64,
            least_requests: LEAST_REQUESTS,
            ramp_ms: RAMP.as_millis() as u64,
        }
    }

    /// How many rates there are.
    pub fn count(&self) -> usize {
        self.shares.len() + self.rates.len()
    }

    /// How long the window of a slice is at a rate, requests per second.
    pub fn window(&self, per_second: f64) -> Duration {
        let planned = Duration::from_millis(self.slice_ms);
        let filled = Duration::try_from_secs_f64(self.least_requests as f64 / per_second);
        filled.map_or(planned, |filled| planned.max(filled))
    }

    /// Every order. Rates take turns, block by block; each has a balanced sequence of its own.
    pub fn schedule(&self, arms: usize, seed: u64) -> Vec<LatencyOrders> {
        let mut random = StdRng::seed_from_u64(seed ^ 0x1A7E);
        let restarts = self.restarts as usize;
        let blocks = self.blocks as usize;
        let starts = balanced_orders(arms, restarts, &mut random);
        let mut orders: Vec<_> = (0..self.count())
            .map(|_| balanced_orders(arms, restarts * blocks, &mut random).into_iter())
            .collect();
        let mut block_of = |rate: usize| -> Vec<(usize, usize)> {
            let order = orders[rate].next().unwrap_or_default();
            order.into_iter().map(|arm| (arm, rate)).collect()
        };
        starts
            .into_iter()
            .map(|start_order| LatencyOrders {
                start_order,
                blocks: (0..blocks)
                    .flat_map(|_| 0..self.count())
                    .map(&mut block_of)
                    .collect(),
            })
            .collect()
    }

    /// How long one slice of an arm takes at the rate of this index, about. Shares of what the slowest
    /// can do are answered while they are offered; at a given rate a slow arm has answers left to give.
    pub(crate) fn slice_length(&self, plan: &Plan, arm: usize, rate: usize) -> Duration {
        let ramp = Duration::from_millis(self.ramp_ms);
        let given = rate.checked_sub(self.shares.len());
        let given = given.and_then(|index| self.rates.get(index)).copied();
        let slowest = arms(plan, self.lane)
            .map(|arm| answer_time(plan, arm))
            .max();
        let slowest = slowest.unwrap_or_default().as_secs_f64();
        // Where none is slow, windows are as planned.
        let shared = || {
            self.shares
                .get(rate)
                .map_or(f64::INFINITY, |share| share / slowest)
        };
        let planned = ramp + self.window(given.unwrap_or_else(shared));
        let offered = given.unwrap_or(0.0) * planned.as_secs_f64();
        let slow = answer_time(plan, arm).as_secs_f64() * offered;
        let slow = Duration::try_from_secs_f64(slow).unwrap_or(planned);
        // Where a turn takes long, connections are idle for so long that they are opened anew.
        let opening = if slowest > 0.0 {
            OPENING * self.connections as u32
        } else {
            Duration::ZERO
        };
        opening + planned.max(slow) + SLICE_OVERHEAD
    }

    /// How long a restart takes, about.
    pub(super) fn restart_length(&self, plan: &Plan) -> Duration {
        let of_arm = |arm| {
            let rates = 0..self.count();
            let block: Duration = rates.map(|rate| self.slice_length(plan, arm, rate)).sum();
            plan.start_length(arm) + block * self.blocks
        };
        arms(plan, self.lane).map(of_arm).sum()
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
    fn every_block_of_latency_holds_every_arm_at_one_rate_and_rates_take_turns() {
        let plan = LatencyPlan::new(Lane::One, vec![1000.0], 64, 14);
        let schedule = plan.schedule(3, 1);
        assert_eq!(schedule.len(), 14);
        let mut first = std::collections::HashMap::new();
        for restart in &schedule {
            assert_eq!(restart.blocks.len(), 3 * plan.blocks as usize);
            for (block, number) in restart.blocks.iter().zip(0..) {
                let rate = number % 3;
                let mut sorted = block.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, [(0, rate), (1, rate), (2, rate)]);
                *first.entry(block[0]).or_insert(0) += 1;
            }
        }
        // Every arm is first at every rate equally often.
        let wanted = 14 * plan.blocks / 3;
        assert!(first.values().all(|&times| times == wanted), "{first:?}");
        assert_eq!(schedule, plan.schedule(3, 1));
    }

    #[test]
    fn a_slice_is_long_enough_for_its_percentiles() {
        let plan = LatencyPlan::new(Lane::One, Vec::new(), 64, 2);
        assert_eq!(plan.window(50_000.0).as_millis(), 20);
        assert_eq!(plan.window(4_000.0).as_millis(), 100);
    }

    #[test]
    fn a_mode_takes_as_long_as_its_slices() {
        let plan = crate::testing::record().plan;
        let arms = plan.arms.len() as u32;
        let capacity = CapacityPlan::new(Lane::One, vec![1, 64], 2);
        let slices = arms * 2 * 4;
        assert!(capacity.restart_length(&plan) > Duration::from_millis(23) * slices);
        assert!(capacity.restart_length(&plan) < Duration::from_millis(35) * slices);
        let latency = LatencyPlan::new(Lane::One, vec![], 64, 2);
        let slices = arms * 2 * latency.blocks;
        assert!(latency.restart_length(&plan) > Duration::from_millis(23) * slices);
        assert!(latency.restart_length(&plan) < Duration::from_millis(35) * slices);
    }

    #[test]
    fn a_slow_arm_takes_longer_the_more_it_is_asked() {
        let mut plan = crate::testing::record().plan;
        plan.arms[0].slow_slice_ms = Some(640);
        let capacity = CapacityPlan::new(Lane::One, vec![1, 64, 1024], 2);
        let at = |arm, connections| {
            let length = capacity.slice_length(&plan, arm, connections) - SLICE_OVERHEAD;
            length.as_millis()
        };
        assert_eq!((at(0, 1), at(0, 64), at(0, 1024)), (23, 640, 10_240));
        assert_eq!(at(1, 1024), 23);

        // It gives 500 answers a second: at half of that a slice of 400 takes 1.6 s, of every arm.
        let latency = LatencyPlan::new(Lane::One, vec![10_000.0], 64, 2);
        let at = |arm, rate| latency.slice_length(&plan, arm, rate).as_millis() as u64;
        let opening = (OPENING * 64 + SLICE_OVERHEAD).as_millis() as u64;
        assert_eq!(at(0, 1), 1_603 + opening);
        assert_eq!(at(1, 1), at(0, 1));
        // Of 430 requests in 43 ms the last is answered after 860.
        assert_eq!(at(1, 2), 43 + opening);
        assert_eq!(at(0, 2), 860 + opening);
    }

    #[test]
    fn an_arm_that_takes_no_part_takes_no_time() {
        let mut plan = crate::testing::record().plan;
        let capacity = CapacityPlan::new(Lane::One, vec![1, 64], 2);
        let latency = LatencyPlan::new(Lane::One, vec![], 64, 2);
        let lengths = |plan: &Plan| (capacity.restart_length(plan), latency.restart_length(plan));
        let all = lengths(&plan);
        let arms = plan.arms.len() as u32;
        plan.arms[0].without.push(Lane::One);
        let fewer = lengths(&plan);
        assert_eq!(fewer.0 * arms, all.0 * (arms - 1));
        assert_eq!(fewer.1 * arms, all.1 * (arms - 1));
    }
}
