//! Requests per second against connections: what is measured, and in which order. It knows nothing of the
//! comparison.

use rand::SeedableRng;
use rand::rngs::StdRng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::durations::{RAMP, SLICE};
use super::lane::Lane;
use crate::schedule::balanced_orders;

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

/// One restart's orders in the capacity mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapacityOrders {
    /// In which order the arms are started: indices into the plan's arms.
    pub start_order: Vec<usize>,
    /// Numbers of connections, in the order in which they are measured, each with its blocks: arms
    /// in the order of their turns.
    pub levels: Vec<(usize, Vec<Vec<usize>>)>,
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
}
