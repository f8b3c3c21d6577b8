//! What is measured, how often, and in which order.

use std::time::Duration;

use clap::ValueEnum;
use rand::SeedableRng;
use rand::rngs::StdRng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schedule::{balanced_orders, period};

/// How long one slice counts requests. Machine speed wanders over tenths of a second, so that
/// servers must be compared within less.
pub const SLICE: Duration = Duration::from_millis(20);

/// How long a slice runs before it counts, so that its connections' requests are spread out.
pub const RAMP: Duration = Duration::from_millis(3);

/// What a slice costs beyond its ramp and window: drain, settling, accounting. For estimates only.
const SLICE_OVERHEAD: Duration = Duration::from_micros(700);

/// What starting, checking and stopping one server costs. For estimates only.
const START_OVERHEAD: Duration = Duration::from_millis(40);

/// A kind of request.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// GET /greetings/en: one greeting by its path parameter.
    One,
    /// GET /greetings: the whole list.
    List,
}

impl Lane {
    /// The path requested.
    pub fn path(self) -> &'static str {
        match self {
            Self::One => "/greetings/en",
            Self::List => "/greetings",
        }
    }

    /// The name on the command line, in records and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::List => "list",
        }
    }
}

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
}

/// How much to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Fresh processes of every server.
    pub restarts: u32,
    /// How long one restart measures, about.
    pub restart_length: Duration,
}

impl Effort {
    /// About a minute, for a first look.
    pub const QUICK: Self = Self {
        restarts: 6,
        restart_length: Duration::from_millis(4_600),
    };
    /// About five minutes.
    pub const NORMAL: Self = Self {
        restarts: 28,
        restart_length: Duration::from_millis(9_200),
    };
    /// About a quarter of an hour.
    pub const THOROUGH: Self = Self {
        restarts: 84,
        restart_length: Duration::from_millis(9_200),
    };
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// The core of the load generator. None where the platform cannot.
    pub generator_core: Option<usize>,
    /// The kinds of request.
    pub lanes: Vec<Lane>,
    /// What is measured.
    pub arms: Vec<Arm>,
}

impl Plan {
    /// How many blocks fill `length` with this many turns each: a number after which the balance
    /// of positions is exact, unless that would take much longer than asked.
    pub fn blocks_within(length: Duration, turns: usize) -> u32 {
        let block =
            (SLICE + RAMP + SLICE_OVERHEAD) * u32::try_from(turns.max(1)).unwrap_or(u32::MAX);
        let wanted = (length.as_secs_f64() / block.as_secs_f64()).max(1.0);
        let period = period(turns) as f64;
        let periods = (wanted / period).round();
        let blocks = if periods >= 1.0 {
            periods * period
        } else {
            wanted.floor()
        };
        blocks as u32
    }

    /// The turns of one block, unordered.
    pub fn cells(&self) -> Vec<Cell> {
        (0..self.arms.len())
            .flat_map(|arm| self.lanes.iter().map(move |&lane| Cell { arm, lane }))
            .collect()
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

    /// Whether servers and generator were allowed to run on the same core.
    pub fn shares_a_core(&self) -> bool {
        self.generator_core
            .is_some_and(|core| self.server_cores.contains(&core))
    }

    /// Slices in one restart.
    pub fn slices_per_restart(&self) -> u64 {
        u64::from(self.blocks) * self.cells().len() as u64
    }

    /// How long the measurement takes, about; builds and the gate not included.
    pub fn expected_length(&self) -> Duration {
        let slice = Duration::from_millis(self.slice_ms + self.ramp_ms) + SLICE_OVERHEAD;
        let starts = START_OVERHEAD.as_secs_f64() * self.arms.len() as f64;
        let restart = slice.as_secs_f64() * self.slices_per_restart() as f64 + starts;
        Duration::from_secs_f64(restart * f64::from(self.restarts))
    }
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
        };
        Plan {
            seed: 3,
            restarts: effort.restarts,
            blocks: Plan::blocks_within(effort.restart_length, arms * lanes.len()),
            slice_ms: 20,
            ramp_ms: 3,
            connections: 64,
            workers: 1,
            server_cores: vec![0],
            generator_core: Some(1),
            lanes,
            arms: (0..arms).map(arm).collect(),
        }
    }

    #[test]
    fn every_block_holds_every_cell_once() {
        let plan = plan(5, Effort::QUICK);
        let schedule = plan.schedule();
        assert_eq!(schedule.len(), 6);
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
        assert!(starts.values().all(|&times| times == 4));
        assert!(
            positions
                .values()
                .all(|&times| times == 28 * plan.blocks / 14)
        );
    }

    #[test]
    fn effort_decides_the_length() {
        for arms in 4..10 {
            for (effort, seconds) in [
                (Effort::QUICK, 20..50),
                (Effort::NORMAL, 200..400),
                (Effort::THOROUGH, 600..1200),
            ] {
                let length = plan(arms, effort).expected_length().as_secs();
                assert!(seconds.contains(&length), "{arms} arms take {length} s");
            }
        }
    }

    #[test]
    fn there_is_always_a_block() {
        assert_eq!(Plan::blocks_within(Duration::from_millis(1), 200), 1);
    }
}
