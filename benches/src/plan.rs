//! What is measured, how often, and in which order.

mod lane;
mod modes;

use std::collections::BTreeMap;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::schedule::{balanced_orders, period};

pub use lane::{Lane, LaneLoad};
pub use modes::{CapacityOrders, CapacityPlan, LatencyOrders, LatencyPlan};

/// How long one slice counts requests. Machine speed wanders over tenths of a second, so that
/// servers must be compared within less.
pub const SLICE: Duration = Duration::from_millis(20);

/// How long a slice runs before it counts, so that its connections' requests are spread out.
pub const RAMP: Duration = Duration::from_millis(3);

/// What a slice costs beyond its ramp and window: drain, settling, accounting. For estimates only.
const SLICE_OVERHEAD: Duration = Duration::from_micros(700);

/// The fewest blocks that tell a slice that was disturbed from one that was not, if so many are asked
/// for.
const FEWEST_BLOCKS: u32 = 3;

/// What starting, checking and stopping one server costs, unless it is slow. For estimates only.
pub(crate) const START_OVERHEAD: Duration = Duration::from_millis(40);

/// What an arm is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArmRole {
    /// Compared with the others, and given a place.
    Compared,
    /// Measured beside the others, for it does not do the same work, and given no place.
    Aside,
    /// A second process of the first compared server: how far two equals seem apart (A/A).
    Again,
    /// The contract without a framework. Every ratio's denominator.
    Reference,
    /// Constant bytes: what the kernel and the generator alone cost.
    Floor,
}

/// One thing measured: a server in a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Arm {
    /// Its name in tables: the server's, with "(again)" on the second copy.
    pub name: String,
    /// The server's name in the catalogue.
    pub server: String,
    /// What it is there for.
    pub role: ArmRole,
    /// Lanes it takes no part in, for it does not answer what they ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Lane>,
    /// How long one of its slices takes, milliseconds, where its answers take so long that slices
    /// are longer than planned: what a first look found. It decides nothing but how many blocks fit
    /// into a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_slice_ms: Option<u64>,
    /// How long starting it, opening its connections and ending it takes, milliseconds, where that is
    /// much longer than planned: what a first look found. It decides nothing but the remaining time
    /// that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_start_ms: Option<u64>,
}

/// How much to measure: many restarts of few blocks. Processes differ for as long as they live, by
/// more than what a block adds to be known, and starting them takes less than a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Fresh processes of every server.
    pub restarts: u32,
    /// Blocks of each restart, about, where no server is slow.
    pub blocks: u32,
}

impl Effort {
    /// About a minute for four servers in two lanes, for a first look.
    pub const QUICK: Self = Self {
        restarts: 14,
        blocks: 6,
    };
    /// About six minutes for four servers in two lanes.
    pub const NORMAL: Self = Self {
        restarts: 84,
        blocks: 8,
    };
    /// About half an hour for four servers in every lane.
    pub const THOROUGH: Self = Self {
        restarts: 164,
        blocks: 8,
    };
}

/// How many restarts of each mode a record holds already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) comparison: u32,
    pub(crate) capacity: u32,
    pub(crate) latency: u32,
}

/// One turn: a lane of an arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    /// Index into [`Plan::arms`].
    pub arm: usize,
    /// The kind of request.
    pub lane: Lane,
}

/// One restart's orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// In which order the arms are started: indices into [`Plan::arms`].
    pub start_order: Vec<usize>,
    /// The turns of each block.
    pub blocks: Vec<Vec<Cell>>,
}

/// What is measured, how often, and with which random seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Decides every order; the same plan gives the same orders.
    pub seed: u64,
    /// Fresh processes of every server: the repetitions.
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
    /// Requests per second against connections; not measured where absent.
    #[serde(default)]
    pub capacity: Option<CapacityPlan>,
    /// Latency at given rates; not measured where absent.
    #[serde(default)]
    pub latency: Option<LatencyPlan>,
}

impl Plan {
    /// How many blocks a restart has where about so many are asked for: a number with which the
    /// balance of positions over the run is exact, unless that is far off; and, beyond a few, no more
    /// than fit into the time that they would take if no arm were slow.
    pub fn blocks_near(&self, asked: u32) -> u32 {
        let planned: Duration = self
            .cells()
            .into_iter()
            .map(|cell| self.planned(cell))
            .sum();
        let share = planned.as_secs_f64() / self.block_length().as_secs_f64();
        let wanted = (f64::from(asked) * share).max(asked.clamp(1, FEWEST_BLOCKS).into());
        let period = period(self.cells().len());
        // All restarts together are to make whole periods.
        let step = (1..=period).find(|step| (step * self.restarts as usize).is_multiple_of(period));
        let step = step.unwrap_or(period) as f64;
        let steps = (wanted / step).round();
        let blocks = if steps >= 1.0 {
            steps * step
        } else {
            wanted.floor()
        };
        blocks as u32
    }

    /// How long one block takes, about.
    fn block_length(&self) -> Duration {
        let cells = self.cells();
        let slices = cells.iter().map(|&cell| self.slice_length(cell));
        slices.sum::<Duration>().max(SLICE_OVERHEAD)
    }

    /// How long one slice takes, about.
    pub(crate) fn slice_length(&self, cell: Cell) -> Duration {
        let slow = self.arms[cell.arm].slow_slice_ms;
        slow.map_or(self.planned(cell), |slow| {
            Duration::from_millis(slow) + SLICE_OVERHEAD
        })
    }

    /// How long one slice takes of an arm that is not slow, about.
    fn planned(&self, cell: Cell) -> Duration {
        self.load(cell.lane).length() + SLICE_OVERHEAD
    }

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

    /// The second copy of a server, and the first (A/A).
    pub(crate) fn copied(&self) -> Option<(usize, usize)> {
        let again = self
            .arms
            .iter()
            .position(|arm| arm.role == ArmRole::Again)?;
        let is_first =
            |arm: &Arm| arm.role != ArmRole::Again && arm.server == self.arms[again].server;
        Some((again, self.arms.iter().position(is_first)?))
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

    /// How long one restart of the comparison takes, about.
    pub(crate) fn restart_length(&self) -> Duration {
        let arms = 0..self.arms.len();
        let large = arms
            .clone()
            .filter(|&arm| self.takes_part(arm, Lane::Large));
        let starts = arms.chain(large).map(|arm| self.start_length(arm));
        self.block_length() * self.blocks + starts.sum::<Duration>()
    }

    /// How long starting and ending an arm's server takes, about.
    pub(crate) fn start_length(&self, arm: usize) -> Duration {
        let slow = self.arms[arm].slow_start_ms;
        slow.map_or(START_OVERHEAD, Duration::from_millis)
    }

    /// How long the measurement takes, about; builds and the gate not included.
    pub fn expected_length(&self) -> Duration {
        self.expected_rest(Held::default())
    }

    /// How long the restarts take, about, that are not held yet.
    pub(crate) fn expected_rest(&self, held: Held) -> Duration {
        let missing = |planned: u32, held| planned.saturating_sub(held);
        let capacity = self.capacity.as_ref().map_or(Duration::ZERO, |plan| {
            plan.restart_length(self) * missing(plan.restarts, held.capacity)
        });
        let latency = self.latency.as_ref().map_or(Duration::ZERO, |plan| {
            plan.restart_length(self) * missing(plan.restarts, held.latency)
        });
        self.restart_length() * missing(self.restarts, held.comparison) + capacity + latency
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
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn plan(arms: usize, effort: Effort) -> Plan {
        let lanes = vec![Lane::One, Lane::List];
        let arm = |index| Arm {
            name: format!("arm {index}"),
            server: format!("server {index}"),
            role: ArmRole::Compared,
            without: Vec::new(),
            slow_slice_ms: None,
            slow_start_ms: None,
        };
        let mut plan = Plan {
            seed: 3,
            restarts: effort.restarts,
            blocks: 1,
            slice_ms: 20,
            ramp_ms: 3,
            connections: 64,
            workers: 1,
            server_cores: vec![0],
            generator_cores: vec![1],
            lanes,
            arms: (0..arms).map(arm).collect(),
            lane_loads: BTreeMap::new(),
            capacity: None,
            latency: None,
        };
        plan.blocks = plan.blocks_near(effort.blocks);
        plan
    }

    #[test]
    fn every_block_holds_every_cell_once() {
        let plan = plan(5, Effort::QUICK);
        let schedule = plan.schedule();
        assert_eq!(schedule.len(), plan.restarts as usize);
        for restart in &schedule {
            assert_eq!(restart.blocks.len(), plan.blocks as usize);
            for block in &restart.blocks {
                for cell in plan.cells() {
                    assert_eq!(block.iter().filter(|&&found| found == cell).count(), 1);
                }
            }
        }
    }

    #[test]
    fn seven_arms_are_balanced_exactly_in_a_normal_run() {
        let plan = plan(7, Effort::NORMAL);
        assert!(plan.positions_balanced() && plan.starts_balanced());
        let mut positions = HashMap::new();
        let mut starts = HashMap::new();
        for restart in plan.schedule() {
            for (place, arm) in restart.start_order.into_iter().enumerate() {
                *starts.entry((place, arm)).or_insert(0_u32) += 1;
            }
            for block in restart.blocks {
                for (position, cell) in block.into_iter().enumerate() {
                    *positions.entry((position, cell)).or_insert(0_u32) += 1;
                }
            }
        }
        assert!(starts.values().all(|&times| times == plan.restarts / 7));
        let blocks = plan.restarts * plan.blocks;
        assert!(positions.values().all(|&times| times == blocks / 14));
    }

    #[test]
    fn effort_decides_the_length() {
        // Four servers, the second copy and both floors.
        for (effort, seconds) in [
            (Effort::QUICK, 20..40),
            (Effort::NORMAL, 220..280),
            (Effort::THOROUGH, 420..520),
        ] {
            let length = plan(7, effort).expected_length().as_secs();
            assert!(seconds.contains(&length), "{effort:?} takes {length} s");
        }
    }

    #[test]
    fn what_is_added_takes_longer_and_takes_nothing_from_the_rest() {
        for arms in 4..20 {
            let blocks = plan(arms, Effort::NORMAL).blocks;
            assert!(
                (Effort::NORMAL.blocks..=13).contains(&blocks),
                "{arms}: {blocks}"
            );
        }
        let mut every_lane = plan(7, Effort::THOROUGH);
        every_lane.lanes = Lane::ALL.to_vec();
        // The floor does not answer the last.
        every_lane.arms[6].without = vec![Lane::Large];
        every_lane.blocks = every_lane.blocks_near(Effort::THOROUGH.blocks);
        assert!(every_lane.blocks >= Effort::THOROUGH.blocks);
        assert!(every_lane.positions_balanced());
    }

    #[test]
    fn an_arm_has_no_turn_in_a_lane_it_does_not_answer() {
        let mut plan = plan(3, Effort::QUICK);
        plan.arms[1].without = vec![Lane::List];
        assert_eq!(plan.cells().len(), 5);
        assert!(!plan.takes_part(1, Lane::List) && plan.takes_part(1, Lane::One));
        assert!(!plan.takes_part(0, Lane::Miss) && !plan.takes_part(3, Lane::One));
    }

    #[test]
    fn time_grows_with_what_is_measured_and_with_nothing_else() {
        let mut plan = plan(7, Effort::NORMAL);
        plan.blocks = 10;
        let length = |plan: &Plan| (plan.restart_length() - START_OVERHEAD * 7).as_secs_f64();
        let two = length(&plan);
        plan.blocks = 20;
        assert!((length(&plan) / two - 2.0).abs() < 1e-6);
        plan.lanes = vec![Lane::One, Lane::List, Lane::Miss, Lane::Connect];
        assert!((length(&plan) / two - 4.0).abs() < 1e-6);
        let without = plan.expected_length();
        let capacity = CapacityPlan::new(Lane::One, vec![1, 64], 4);
        plan.capacity = Some(capacity.clone());
        assert_eq!(
            plan.expected_length(),
            without + capacity.restart_length(&plan) * 4
        );
    }

    #[test]
    fn what_is_held_takes_no_more_time() {
        let mut plan = plan(7, Effort::NORMAL);
        plan.capacity = Some(CapacityPlan::new(Lane::One, vec![1, 64], 4));
        plan.latency = Some(LatencyPlan::new(Lane::One, vec![], 64, 4));
        let mut held = Held::default();
        let mut rest = plan.expected_length();
        for (mode, count) in [(0, Effort::NORMAL.restarts), (1, 4), (2, 4)] {
            match mode {
                0 => held.comparison = count,
                1 => held.capacity = count,
                _ => held.latency = count,
            }
            let less = plan.expected_rest(held);
            assert!(less < rest, "{held:?}");
            rest = less;
        }
        assert_eq!(rest, Duration::ZERO);
    }

    #[test]
    fn cores_are_shared_where_both_lists_name_them() {
        let mut plan = plan(2, Effort::QUICK);
        (plan.server_cores, plan.generator_cores) = (vec![0, 1, 2], vec![5, 4]);
        assert!(!plan.shares_a_core());
        assert_eq!(plan.measured_cores(), [0, 1, 2, 4, 5]);
        plan.generator_cores.push(2);
        assert_eq!(plan.shared_cores(), [2]);
        assert_eq!(plan.measured_cores(), [0, 1, 2, 4, 5]);
        plan.generator_cores.clear();
        assert!(!plan.shares_a_core());
    }

    #[test]
    fn a_slow_arm_leaves_room_for_fewer_blocks() {
        let effort = Effort {
            blocks: 60,
            ..Effort::QUICK
        };
        let mut plan = plan(3, effort);
        let (blocks, length) = (plan.blocks, plan.restart_length());
        plan.arms[2].slow_slice_ms = Some(400);
        plan.blocks = plan.blocks_near(effort.blocks);
        assert!(plan.blocks < blocks / 3, "{} of {blocks}", plan.blocks);
        assert!(plan.restart_length() < length + Duration::from_secs(1));
    }

    #[test]
    fn a_slow_start_takes_its_time_in_every_restart() {
        let mut plan = plan(3, Effort::QUICK);
        plan.capacity = Some(CapacityPlan::new(Lane::One, vec![1, 64], 4));
        plan.latency = Some(LatencyPlan::new(Lane::One, vec![], 64, 4));
        let (blocks, length) = (plan.blocks, plan.expected_length());
        plan.arms[2].slow_start_ms = Some(1040);
        assert_eq!(plan.blocks_near(Effort::QUICK.blocks), blocks);
        let starts = plan.restarts + 4 + 4;
        assert_eq!(
            plan.expected_length(),
            length + Duration::from_secs(1) * starts
        );
    }

    #[test]
    fn there_are_always_a_few_blocks() {
        let mut plan = plan(50, Effort::QUICK);
        plan.arms[1].slow_slice_ms = Some(60_000);
        assert_eq!(plan.blocks_near(Effort::QUICK.blocks), FEWEST_BLOCKS);
        assert_eq!(plan.blocks_near(1), 1);
    }
}
