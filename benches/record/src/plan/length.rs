//! How long what is planned takes, about: for the number of blocks and the remaining time that is shown. It
//! decides nothing of what is measured but that.

use std::time::Duration;

use super::Plan;
use super::capacity::CapacityPlan;
use super::lane::Lane;
use super::latency::LatencyPlan;
use super::orders::Cell;
use super::scaling::{ScalingCell, ScalingPlan};
use crate::schedule::period;

/// What a slice costs beyond its ramp and window: drain, settling, accounting. For estimates only.
pub(super) const SLICE_OVERHEAD: Duration = Duration::from_micros(700);

/// The fewest blocks that tell a slice that was disturbed from one that was not, if so many are asked
/// for.
pub(super) const FEWEST_BLOCKS: u32 = 3;

/// What starting, checking and stopping one server costs, unless it is slow. For estimates only.
pub const START_OVERHEAD: Duration = Duration::from_millis(40);

/// What opening one connection costs. For estimates only.
pub(super) const OPENING: Duration = Duration::from_micros(400);

/// How often a slow slice of a closed loop has every connection answered: twice in its ramp, twice in
/// its window, and once at its end. For estimates only.
const ANSWERS: u32 = 5;

/// How many restarts of each mode a record holds already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Of the comparison.
    pub comparison: u32,
    /// Of throughput against connections.
    pub capacity: u32,
    /// Of latency at given rates.
    pub latency: u32,
    /// Of throughput against workers.
    pub scaling: u32,
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
    pub fn slice_length(&self, cell: Cell) -> Duration {
        let slow = self.arms[cell.arm].slow_slice_ms;
        slow.map_or(self.planned(cell), |slow| {
            Duration::from_millis(slow) + SLICE_OVERHEAD
        })
    }

    /// How long one slice takes of an arm that is not slow, about.
    fn planned(&self, cell: Cell) -> Duration {
        self.load(cell.lane).length() + SLICE_OVERHEAD
    }

    /// How long one restart of the comparison takes, about.
    pub fn restart_length(&self) -> Duration {
        let arms = 0..self.arms.len();
        let takes_part = |lanes: &'static [Lane]| {
            let takes_part =
                move |arm: &usize| lanes.iter().any(|&lane| self.takes_part(*arm, lane));
            (0..self.arms.len()).filter(takes_part)
        };
        let further = takes_part(&[Lane::Large]).chain(takes_part(&Lane::OVER_DATABASE));
        let starts = arms.chain(further).map(|arm| self.start_length(arm));
        self.block_length() * self.blocks + starts.sum::<Duration>()
    }

    /// How long starting and ending an arm's server takes, about.
    pub fn start_length(&self, arm: usize) -> Duration {
        let slow = self.arms[arm].slow_start_ms;
        slow.map_or(START_OVERHEAD, Duration::from_millis)
    }

    /// How long the measurement takes, about; builds and the gate not included.
    pub fn expected_length(&self) -> Duration {
        self.expected_rest(Held::default())
    }

    /// How long the restarts take, about, that are not held yet.
    pub fn expected_rest(&self, held: Held) -> Duration {
        let missing = |planned: u32, held| planned.saturating_sub(held);
        let capacity = self.capacity.as_ref().map_or(Duration::ZERO, |plan| {
            plan.restart_length(self) * missing(plan.restarts, held.capacity)
        });
        let latency = self.latency.as_ref().map_or(Duration::ZERO, |plan| {
            plan.restart_length(self) * missing(plan.restarts, held.latency)
        });
        let scaling = self.scaling.as_ref().map_or(Duration::ZERO, |plan| {
            plan.restart_length(self) * missing(plan.restarts, held.scaling)
        });
        let comparison = self.restart_length() * missing(self.restarts, held.comparison);
        comparison + capacity + latency + scaling
    }
}

impl CapacityPlan {
    /// How long one slice of an arm takes at so many connections, about.
    pub fn slice_length(&self, plan: &Plan, arm: usize, connections: usize) -> Duration {
        let planned = Duration::from_millis(self.slice_ms + self.ramp_ms);
        let slow = answer_time(plan, arm) * ANSWERS * connections as u32;
        planned.max(slow) + SLICE_OVERHEAD
    }

    /// How long a restart takes, about.
    pub fn restart_length(&self, plan: &Plan) -> Duration {
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

impl LatencyPlan {
    /// How long one slice of an arm takes at the rate of this index, about. Shares of what the slowest
    /// can do are answered while they are offered; at a given rate a slow arm has answers left to give.
    pub fn slice_length(&self, plan: &Plan, arm: usize, rate: usize) -> Duration {
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
    pub fn restart_length(&self, plan: &Plan) -> Duration {
        let of_arm = |arm| {
            let rates = 0..self.count();
            let block: Duration = rates.map(|rate| self.slice_length(plan, arm, rate)).sum();
            plan.start_length(arm) + block * self.blocks
        };
        arms(plan, self.lane).map(of_arm).sum()
    }
}

impl ScalingPlan {
    /// How long one slice takes, about.
    pub fn slice_length(&self, plan: &Plan, cell: ScalingCell) -> Duration {
        let load = self.load(cell.workers);
        // With more workers as many more connections are answered at once.
        let each = answer_time(plan, cell.arm) * ANSWERS * self.connections_per_worker as u32;
        load.length().max(each) + SLICE_OVERHEAD
    }

    /// How long starting a process takes, opening its connections and ending it, about.
    pub fn start_length(&self, plan: &Plan, arm: usize, workers: usize) -> Duration {
        plan.start_length(arm) + OPENING * self.load(workers).connections as u32
    }

    /// How long a restart takes, about.
    pub fn restart_length(&self, plan: &Plan) -> Duration {
        let cells = self.cells(plan).into_iter();
        let block: Duration = cells.map(|cell| self.slice_length(plan, cell)).sum();
        let processes = self.processes(plan).into_iter();
        let starts = processes.map(|(arm, workers)| self.start_length(plan, arm, workers));
        block * self.blocks + starts.sum::<Duration>()
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
