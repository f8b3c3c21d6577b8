//! The plan of a run: what is measured, how often, and in which order. It knows nothing of what came of it.

mod arm;
mod capacity;
mod custom;
mod durations;
mod effort;
mod feature;
mod lane;
mod latency;
mod length;
mod orders;
mod scaling;

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::rngs::StdRng;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::schedule::{balanced_orders, period};

pub use arm::{Arm, ArmRole};
pub use capacity::{CapacityOrders, CapacityPlan};
pub use custom::Custom;
pub use durations::{RAMP, SLICE};
pub use effort::Effort;
pub use feature::Feature;
pub use lane::{Lane, LaneLoad};
pub use latency::{LatencyOrders, LatencyPlan};
pub use length::{Held, START_OVERHEAD};
pub use orders::{Cell, Restart};
pub use scaling::{ScalingCell, ScalingLevel, ScalingOrders, ScalingPlan};

/// What is measured, how often, and with which random seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Decides every order; the same plan gives the same orders.
    pub seed: u64,
    /// How often every server is started anew: the sample size.
    pub restarts: u32,
    /// Blocks in a restart. A block holds one slice of every arm in every lane.
    pub blocks: u32,
    /// The counted part of a slice, milliseconds.
    pub slice_ms: u64,
    /// The uncounted part before it, milliseconds.
    pub ramp_ms: u64,
    /// Connections held open to each server, each with one request in flight.
    pub connections: usize,
    /// Worker threads each server is told to use.
    pub workers: usize,
    /// The cores every server is confined to. Empty where the platform cannot.
    pub server_cores: Vec<usize>,
    /// The cores of the load generator, one for each of its threads. Empty where the platform
    /// cannot. Version 2 had one, as `generator_core`.
    #[serde(alias = "generator_core", deserialize_with = "one_or_several")]
    pub generator_cores: Vec<usize>,
    /// The kinds of request.
    pub lanes: Vec<Lane>,
    /// What is measured.
    pub arms: Vec<Arm>,
    /// Lanes that are loaded otherwise than by `connections`, `slice_ms` and `ramp_ms`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lane_loads: BTreeMap<Lane, LaneLoad>,
    /// What the lane `custom` asks. Absent where the run has no such lane, and in records from before 2026-11-29.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<Custom>,
    /// Requests per second against connections; not measured where absent.
    #[serde(default)]
    pub capacity: Option<CapacityPlan>,
    /// Latency at given rates; not measured where absent.
    #[serde(default)]
    pub latency: Option<LatencyPlan>,
    /// Requests per second against the number of workers. Absent where not measured, and in records from before
    /// 2026-11-29.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ScalingPlan>,
}

impl Plan {
    /// The turns of one block, unordered.
    pub fn cells(&self) -> Vec<Cell> {
        (0..self.arms.len())
            .flat_map(|arm| self.lanes.iter().map(move |&lane| Cell { arm, lane }))
            .filter(|cell| self.takes_part(cell.arm, cell.lane))
            .collect()
    }

    /// Whether an arm is measured in a lane.
    pub fn takes_part(&self, arm: usize, lane: Lane) -> bool {
        self.lanes.contains(&lane)
            && self
                .arms
                .get(arm)
                .is_some_and(|arm| !arm.without.contains(&lane))
    }

    /// The first arm in a role.
    pub fn first(&self, role: ArmRole) -> Option<usize> {
        self.arms.iter().position(|arm| arm.role == role)
    }

    /// The second copy of a server, and the first (A/A): those of the first server.
    pub fn copied(&self) -> Option<(usize, usize)> {
        self.copy(self.first(ArmRole::Again)?)
    }

    /// The second copy of a server that takes part in a lane, and the first. Where no copy does, those of
    /// the first server.
    pub fn copied_in(&self, lane: Lane) -> Option<(usize, usize)> {
        let mut arms = self.arms.iter().enumerate();
        let again =
            arms.find(|(index, arm)| arm.role == ArmRole::Again && self.takes_part(*index, lane));
        again.map_or_else(|| self.copied(), |(again, _)| self.copy(again))
    }

    fn copy(&self, again: usize) -> Option<(usize, usize)> {
        let is_first =
            |arm: &Arm| arm.role != ArmRole::Again && arm.server == self.arms[again].server;
        Some((again, self.arms.iter().position(is_first)?))
    }

    /// The path that a lane requests.
    pub fn path(&self, lane: Lane) -> &str {
        let custom = self.custom.as_ref().map(|custom| custom.path.as_str());
        lane.path().or(custom).unwrap_or_default()
    }

    /// What a lane asks, as headings have it.
    pub fn request(&self, lane: Lane) -> String {
        match (lane, &self.custom) {
            (Lane::Custom, Some(custom)) => format!("GET {}", custom.path),
            _ => lane.request().to_owned(),
        }
    }

    /// How many servers are compared in a lane.
    pub fn compared_in(&self, lane: Lane) -> usize {
        let arms = self.arms.iter().enumerate();
        arms.filter(|(arm, planned)| {
            planned.role == ArmRole::Compared && self.takes_part(*arm, lane)
        })
        .count()
    }

    /// The variants among the arms, each with an arm that its ratios are to: with its base first, and then with
    /// every further one. What is not measured is left out.
    pub fn variants(&self) -> Vec<(usize, usize)> {
        let base = |of: &str| {
            let mut arms = self.arms.iter();
            arms.position(|arm| arm.role != ArmRole::Again && arm.server == of)
        };
        let arms = self.arms.iter().enumerate();
        arms.filter(|(_, arm)| arm.role != ArmRole::Again)
            .filter_map(|(index, arm)| Some((index, arm.variant.as_ref()?)))
            .flat_map(|(index, variant)| {
                let bases = std::iter::once(&variant.of).chain(&variant.against);
                bases.filter_map(move |of| Some((index, base(of)?)))
            })
            .collect()
    }

    /// How a lane is loaded.
    pub fn load(&self, lane: Lane) -> LaneLoad {
        let usual = LaneLoad {
            connections: self.connections,
            slice_ms: self.slice_ms,
            ramp_ms: self.ramp_ms,
        };
        self.lane_loads.get(&lane).copied().unwrap_or(usual)
    }

    /// Every order of the run. The same plan always gives the same.
    pub fn schedule(&self) -> Vec<Restart> {
        let mut random = StdRng::seed_from_u64(self.seed);
        let cells = self.cells();
        let restarts = self.restarts as usize;
        let blocks = self.blocks as usize;
        let starts = balanced_orders(self.arms.len(), restarts, &mut random);
        // One sequence of blocks through all restarts, so that what is left unbalanced is at most
        // one incomplete design in the whole run.
        let mut orders = balanced_orders(cells.len(), restarts * blocks, &mut random)
            .into_iter()
            .map(|order| order.into_iter().map(|index| cells[index]).collect());
        starts
            .into_iter()
            .map(|start_order| Restart {
                start_order,
                blocks: orders.by_ref().take(blocks).collect(),
            })
            .collect()
    }

    /// Whether every arm and lane takes every position equally often over the run.
    pub fn positions_balanced(&self) -> bool {
        let blocks = self.restarts as usize * self.blocks as usize;
        blocks.is_multiple_of(period(self.cells().len()))
    }

    /// Whether every arm is started at every place equally often over the run.
    pub fn starts_balanced(&self) -> bool {
        (self.restarts as usize).is_multiple_of(period(self.arms.len()))
    }

    /// The cores that servers and generator were both allowed to run on.
    pub fn shared_cores(&self) -> Vec<usize> {
        let cores = self.generator_cores.iter().copied();
        cores
            .filter(|core| self.server_cores.contains(core))
            .collect()
    }

    /// Whether servers and generator were allowed to run on the same core.
    pub fn shares_a_core(&self) -> bool {
        !self.shared_cores().is_empty()
    }

    /// Every core that is measured on, each once.
    pub fn measured_cores(&self) -> Vec<usize> {
        let mut cores = self.server_cores.clone();
        cores.extend(&self.generator_cores);
        cores.sort_unstable();
        cores.dedup();
        cores
    }

    /// How many cores a server can keep busy.
    pub fn busy_cores(&self) -> usize {
        match self.server_cores.len() {
            0 => self.workers.max(1),
            cores => self.workers.clamp(1, cores),
        }
    }

    /// Slices in one restart.
    pub fn slices_per_restart(&self) -> u64 {
        u64::from(self.blocks) * self.cells().len() as u64
    }
}

/// Cores as records have them, or had them: a list, one alone, or nothing for none.
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<usize>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Cores {
        Several(Vec<usize>),
        One(usize),
        None(()),
    }
    Ok(match Cores::deserialize(deserializer)? {
        Cores::Several(cores) => cores,
        Cores::One(core) => vec![core],
        Cores::None(()) => Vec::new(),
    })
}

#[cfg(test)]
mod tests;
