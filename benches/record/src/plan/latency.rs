//! Latency at given rates: what is measured, and in which order. It knows nothing of the comparison.

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::durations::{RAMP, SLICE};
use super::lane::Lane;
use crate::schedule::balanced_orders;

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

/// One restart's orders in the latency mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatencyOrders {
    /// In which order the arms are started: indices into the plan's arms.
    pub start_order: Vec<usize>,
    /// The turns of each block: an arm, and the index of a rate, which is the same for the whole block.
    pub blocks: Vec<Vec<(usize, usize)>>,
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
}
