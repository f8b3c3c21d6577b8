//! Requests per second against the number of workers: what is measured, on which cores, and in which order. It
//! knows nothing of the comparison.

use rand::SeedableRng;
use rand::rngs::StdRng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Plan;
use super::durations::{RAMP, SLICE};
use super::lane::{Lane, LaneLoad};
use crate::schedule::balanced_orders;

/// Requests per second against the number of workers: what is measured, on restarts of its own. In a restart
/// every server runs once with each number of workers, all at the same time, and a block holds one slice of each
/// of these processes in every lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScalingPlan {
    /// The kinds of request: one on connections that are held open, and `connect`, each request of which opens
    /// and closes a connection.
    pub lanes: Vec<Lane>,
    /// Numbers of workers, ascending, each with its cores.
    pub levels: Vec<ScalingLevel>,
    /// Connections to each server for each of its workers, each with one request in flight.
    pub connections_per_worker: usize,
    /// Fresh processes of every server with each number of workers.
    pub restarts: u32,
    /// Blocks in a restart.
    pub blocks: u32,
    /// The counted part of a slice, milliseconds.
    pub slice_ms: u64,
    /// The uncounted part before it, milliseconds.
    pub ramp_ms: u64,
}

/// A number of workers, and the cores that are used with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScalingLevel {
    /// Worker threads each server is told to use.
    pub workers: usize,
    /// The cores the servers are confined to, one for each worker. Empty where the platform cannot.
    pub server_cores: Vec<usize>,
    /// The cores of the load generator, one for each of its threads. Empty where the platform cannot.
    pub generator_cores: Vec<usize>,
}

impl ScalingLevel {
    /// The cores that servers and generator were both allowed to run on: where there are any, requests per second
    /// are not the servers' alone.
    pub fn shared_cores(&self) -> Vec<usize> {
        let cores = self.generator_cores.iter().copied();
        cores
            .filter(|core| self.server_cores.contains(core))
            .collect()
    }
}

/// One turn: a lane of an arm with a number of workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScalingCell {
    /// Index into the plan's arms.
    pub arm: usize,
    /// Worker threads.
    pub workers: usize,
    /// The kind of request.
    pub lane: Lane,
}

/// One restart's orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalingOrders {
    /// In which order the processes are started: arms, each with a number of workers.
    pub start_order: Vec<(usize, usize)>,
    /// The turns of each block.
    pub blocks: Vec<Vec<ScalingCell>>,
}

impl ScalingPlan {
    /// So many restarts with these numbers of workers.
    pub fn new(
        lanes: Vec<Lane>,
        levels: Vec<ScalingLevel>,
        connections_per_worker: usize,
        restarts: u32,
    ) -> Self {
        Self {
            lanes,
            levels,
            connections_per_worker,
            restarts,
            blocks: 4,
            slice_ms: SLICE.as_millis() as u64,
            ramp_ms: RAMP.as_millis() as u64,
        }
    }

    /// How servers with so many workers are loaded.
    pub fn load(&self, workers: usize) -> LaneLoad {
        LaneLoad {
            connections: self.connections_per_worker * workers,
            slice_ms: self.slice_ms,
            ramp_ms: self.ramp_ms,
        }
    }

    /// The numbers of workers, ascending.
    pub fn workers(&self) -> impl Iterator<Item = usize> + Clone {
        self.levels.iter().map(|level| level.workers)
    }

    /// The lanes that an arm of the plan is measured in.
    pub fn lanes_of(&self, plan: &Plan, arm: usize) -> Vec<Lane> {
        let without = |lane: &Lane| plan.arms[arm].without.contains(lane);
        let lanes = self.lanes.iter().copied();
        lanes.filter(|lane| !without(lane)).collect()
    }

    /// The processes of a restart, unordered: arms, each with a number of workers.
    pub fn processes(&self, plan: &Plan) -> Vec<(usize, usize)> {
        let arms = 0..plan.arms.len();
        arms.filter(|&arm| !self.lanes_of(plan, arm).is_empty())
            .flat_map(|arm| self.workers().map(move |workers| (arm, workers)))
            .collect()
    }

    /// The turns of one block, unordered.
    pub fn cells(&self, plan: &Plan) -> Vec<ScalingCell> {
        let cell = |(arm, workers)| {
            let lanes = self.lanes_of(plan, arm).into_iter();
            lanes.map(move |lane| ScalingCell { arm, workers, lane })
        };
        let processes = self.processes(plan).into_iter();
        processes.flat_map(cell).collect()
    }

    /// Every order. Neighbours in time are of all numbers of workers, so that what changes on the machine changes
    /// for all.
    pub fn schedule(&self, plan: &Plan) -> Vec<ScalingOrders> {
        let mut random = StdRng::seed_from_u64(plan.seed ^ 0x5CA1);
        let (processes, cells) = (self.processes(plan), self.cells(plan));
        let restarts = self.restarts as usize;
        let blocks = self.blocks as usize;
        let starts = balanced_orders(processes.len(), restarts, &mut random);
        let mut orders = balanced_orders(cells.len(), restarts * blocks, &mut random)
            .into_iter()
            .map(|order| order.into_iter().map(|index| cells[index]).collect());
        starts
            .into_iter()
            .map(|start| ScalingOrders {
                start_order: start.into_iter().map(|index| processes[index]).collect(),
                blocks: orders.by_ref().take(blocks).collect(),
            })
            .collect()
    }
}
