//! Requests per second against the number of workers: what each worker is worth beside others, and where that
//! falls. It knows nothing of the comparison.
//!
//! The efficiency with n workers is the rate for each of them over the same with the least number, by differences
//! between slices that follow each other in one restart. Where servers and generator share cores that is no
//! property of the servers; there CPU time per request says what more workers cost, but not what they do.

use std::collections::{BTreeMap, HashMap};

use quartet_record::plan::{Lane, Plan, ScalingLevel, ScalingPlan};
use quartet_record::{Record, RestartRecord, ScalingRestart, ScalingSlice, Slice};
use serde::Serialize;

use crate::gates;
use crate::lane::display_order;
use crate::samples::Samples;
use crate::statistics::{CONFIDENCE, Ratio, levels, median, ratio_over_restarts};

/// The efficiency below which scaling is said to bend.
pub const EFFICIENT: f64 = 0.9;

/// Requests per second against the number of workers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scaling {
    /// Restarts that were measured to their end.
    pub restarts: usize,
    /// Numbers of workers, ascending.
    pub workers: Vec<usize>,
    /// One entry a kind of request.
    pub lanes: Vec<ScalingLane>,
}

/// One kind of request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScalingLane {
    /// The kind of request.
    pub lane: Lane,
    /// One row an arm: the compared, then those aside, the second copy, the reference and the floor.
    pub rows: Vec<ScalingRow>,
    /// The efficiency of the second copy over that of the first, by number of workers, where both count.
    pub again: Vec<(usize, Ratio)>,
}

/// One arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScalingRow {
    /// Index into the plan's arms.
    pub arm: usize,
    /// One figure for each number of workers, ascending.
    pub figures: Vec<ScalingFigure>,
    /// Where its efficiency falls.
    pub bend: Bend,
}

/// One arm with one number of workers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScalingFigure {
    /// Worker threads.
    pub workers: usize,
    /// Requests per second: the median over restarts of the medians of slices.
    pub requests_per_second: Option<f64>,
    /// How busy the servers' cores were, of 1: the median of all slices.
    pub utilisation: Option<f64>,
    /// The rate for each worker over that with the least number, with a 95 % interval over restarts. Absent with the
    /// least, and where either does not count.
    pub efficiency: Option<Ratio>,
    /// Why its rate does not count; it does where this is empty.
    pub rate_excluded: Vec<String>,
    /// CPU time of the server's processes per request, nanoseconds: the median over restarts.
    pub cpu_ns: Option<f64>,
    /// CPU time per request with the least number over that with this one, likewise. It counts where cores are shared,
    /// too, and says what a request costs, not how many are answered.
    pub cpu_efficiency: Option<Ratio>,
    /// Why its CPU time does not count; it does where this is empty.
    pub cpu_excluded: Vec<String>,
}

/// Where an arm's efficiency falls below [`EFFICIENT`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bend {
    /// The interval with so many workers is the first that lies below. With the fewer in `open` it is not known.
    At {
        /// The number of workers.
        workers: usize,
        /// Fewer, whose rates do not count, or whose intervals hold the threshold.
        open: Vec<usize>,
    },
    /// No interval lies below, and all of them lie above up to so many workers.
    NotUpTo(usize),
    /// No interval lies below, but with these numbers of workers none lies above either.
    Open(Vec<usize>),
    /// With no more workers than the least is there an interval.
    Unknown,
}

impl Bend {
    fn of(figures: &[ScalingFigure]) -> Self {
        let above =
            |figure: &ScalingFigure| figure.efficiency.is_some_and(|it| it.low >= EFFICIENT);
        let below =
            |figure: &ScalingFigure| figure.efficiency.is_some_and(|it| it.high < EFFICIENT);
        let more = figures.get(1..).unwrap_or_default();
        let open = |figures: &[ScalingFigure]| -> Vec<usize> {
            let open = figures.iter().filter(|figure| !above(figure));
            open.map(|figure| figure.workers).collect()
        };
        if !more.iter().any(|figure| figure.efficiency.is_some()) {
            return Self::Unknown;
        }
        match more.iter().position(below) {
            Some(place) => Self::At {
                workers: more[place].workers,
                open: open(&more[..place]),
            },
            None => match (open(more), more.last()) {
                (open, Some(last)) if open.is_empty() => Self::NotUpTo(last.workers),
                (open, _) => Self::Open(open),
            },
        }
    }
}

impl Scaling {
    /// Works it out, where it was measured.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let plan = record.plan.scaling.as_ref()?;
        let of_level = |level: &ScalingLevel| Level {
            workers: level.workers,
            record: alone(record, plan, level),
        };
        let views: Vec<Level> = plan.levels.iter().map(of_level).collect();
        let samples: Vec<(&Level, Samples<'_>)> = views
            .iter()
            .map(|level| (level, Samples::without_latencies(&level.record)))
            .collect();
        let restarts: Vec<Restart> = complete(record).map(Restart::of).collect();
        let lanes = plan.lanes.iter();
        let lanes = lanes.map(|&lane| ScalingLane::of(record, plan, &samples, &restarts, lane));
        Some(Self {
            restarts: restarts.len(),
            workers: plan.workers().collect(),
            lanes: lanes.collect(),
        })
    }
}

impl ScalingLane {
    fn of(
        record: &Record,
        plan: &ScalingPlan,
        samples: &[(&Level, Samples<'_>)],
        restarts: &[Restart],
        lane: Lane,
    ) -> Self {
        let arms = &record.plan.arms;
        let takes_part = |arm: &usize| plan.lanes_of(&record.plan, *arm).contains(&lane);
        let mut rows: Vec<ScalingRow> = (0..arms.len())
            .filter(takes_part)
            .map(|arm| ScalingRow::of(samples, restarts, arm, lane))
            .collect();
        rows.sort_by_key(|row| display_order(arms[row.arm].role));
        let counts = |arm: usize, workers: usize| {
            let mut figures = rows.iter().filter(|row| row.arm == arm);
            let mut figures = figures.next()?.figures.iter();
            figures.find(|one| one.workers == workers)?.efficiency
        };
        let again = record.plan.copied_in(lane).map_or_else(Vec::new, |both| {
            let ratio = |workers| {
                let (again, first) = both;
                counts(again, workers).and(counts(first, workers))?;
                let least = plan.workers().next()?;
                let each = |restart: &Restart| {
                    let efficiency = |arm| restart.log_efficiency((arm, lane), workers, least);
                    Some(efficiency(again)? - efficiency(first)?)
                };
                let apart: Vec<f64> = restarts.iter().filter_map(each).collect();
                Some((workers, ratio_over_restarts(&apart, CONFIDENCE)?))
            };
            plan.workers().filter_map(ratio).collect()
        });
        Self { lane, rows, again }
    }
}

impl ScalingRow {
    fn of(samples: &[(&Level, Samples<'_>)], restarts: &[Restart], arm: usize, lane: Lane) -> Self {
        let mut figures: Vec<ScalingFigure> = Vec::new();
        for (level, samples) in samples {
            let least = figures.first();
            let figure = ScalingFigure::of(level, samples, restarts, (arm, lane), least);
            figures.push(figure);
        }
        Self {
            arm,
            bend: Bend::of(&figures),
            figures,
        }
    }
}

impl ScalingFigure {
    fn of(
        level: &Level,
        samples: &Samples<'_>,
        restarts: &[Restart],
        place: (usize, Lane),
        least: Option<&Self>,
    ) -> Self {
        let (arm, lane) = place;
        let workers = level.workers;
        let rate_excluded =
            gates::reasons_with_workers(&level.record, samples, place, least.is_none());
        let cpu_excluded = gates::reasons_of_cost_with_workers(&level.record, samples, arm, lane);
        let over = |of: &dyn Fn(&Restart, usize) -> Option<f64>| {
            let found: Vec<f64> = restarts
                .iter()
                .filter_map(|restart| of(restart, least?.workers))
                .collect();
            ratio_over_restarts(&found, CONFIDENCE)
        };
        let is_sound = |excluded: &[String], of_least: fn(&Self) -> &[String]| {
            excluded.is_empty() && least.is_some_and(|least| of_least(least).is_empty())
        };
        let efficiency = over(&|restart, least| restart.log_efficiency(place, workers, least));
        let cpu_efficiency = over(&|restart, least| {
            let cost = |workers| restart.costs.get(&(arm, workers, lane));
            Some((cost(least)? / cost(workers)?).ln())
        });
        let costs: Vec<f64> = restarts
            .iter()
            .filter_map(|restart| restart.costs.get(&(arm, workers, lane)).copied())
            .collect();
        Self {
            workers,
            requests_per_second: median(&samples.rates(arm, lane)),
            utilisation: samples.median_of(arm, lane, |slice| samples.utilisation(slice)),
            efficiency: efficiency.filter(|_| is_sound(&rate_excluded, |it| &it.rate_excluded)),
            rate_excluded,
            cpu_ns: median(&costs),
            cpu_efficiency: cpu_efficiency
                .filter(|_| is_sound(&cpu_excluded, |it| &it.cpu_excluded)),
            cpu_excluded,
        }
    }
}

/// What was measured with one number of workers, as a comparison of its own: so the gates of any comparison hold.
struct Level {
    workers: usize,
    record: Record,
}

fn complete(record: &Record) -> impl Iterator<Item = &ScalingRestart> {
    record.scaling.iter().filter(|restart| restart.complete)
}

fn alone(record: &Record, plan: &ScalingPlan, level: &ScalingLevel) -> Record {
    let shares = !level.shared_cores().is_empty();
    let own = |one: &&ScalingSlice| one.workers == level.workers;
    let slice = |one: &ScalingSlice| Slice {
        // What else ran on a shared core is the generator.
        busy_ns: one.slice.busy_ns.filter(|_| !shares),
        ..one.slice
    };
    let restart = |restart: &ScalingRestart| RestartRecord {
        restart: restart.restart,
        started: restart.started.clone(),
        complete: restart.complete,
        start_order: Vec::new(),
        spawn_ns: None,
        machine: restart.machine,
        arms: Vec::new(),
        slices: restart.slices.iter().filter(own).map(slice).collect(),
    };
    let load = plan.load(level.workers);
    Record {
        plan: Plan {
            restarts: plan.restarts,
            blocks: plan.blocks,
            slice_ms: load.slice_ms,
            ramp_ms: load.ramp_ms,
            connections: load.connections,
            workers: level.workers,
            server_cores: level.server_cores.clone(),
            generator_cores: level.generator_cores.clone(),
            lanes: plan.lanes.clone(),
            lane_loads: BTreeMap::new(),
            ..record.plan.clone()
        },
        restarts: complete(record).map(restart).collect(),
        ..shell(record)
    }
}

/// A record's circumstances, without what was measured, which is large.
fn shell(record: &Record) -> Record {
    Record {
        schema_version: record.schema_version,
        started: record.started.clone(),
        command: record.command.clone(),
        resumed: record.resumed.clone(),
        state: record.state,
        calibration: record.calibration.clone(),
        machine: record.machine.clone(),
        servers_via: record.servers_via.clone(),
        toolchain: record.toolchain.clone(),
        environment: record.environment.clone(),
        source: record.source.clone(),
        plan: record.plan.clone(),
        core_clock: record.core_clock,
        cores: record.cores.clone(),
        servers: record.servers.clone(),
        restarts: Vec::new(),
        exclusions: record.exclusions.clone(),
        warnings: record.warnings.clone(),
        database: None,
        capacity: Vec::new(),
        latency: None,
        scaling: Vec::new(),
        cost: None,
        estimates: None,
    }
}

/// What one restart says of each arm, number of workers and lane.
struct Restart {
    /// Levels of the logarithm of the rate, had each always had its usual share of the cores.
    log_rates: BTreeMap<(usize, usize, Lane), f64>,
    /// CPU time of the server's processes per request, nanoseconds.
    costs: HashMap<(usize, usize, Lane), f64>,
}

impl Restart {
    fn of(restart: &ScalingRestart) -> Self {
        let key = |one: &ScalingSlice| (one.slice.arm, one.workers, one.slice.lane);
        let mut cells: HashMap<_, Vec<&Slice>> = HashMap::new();
        for one in &restart.slices {
            cells.entry(key(one)).or_default().push(&one.slice);
        }
        // Of this restart alone: how busy a server keeps its cores may differ from process to process.
        let shares: HashMap<_, f64> = cells
            .iter()
            .filter_map(|(&cell, slices)| {
                let shares: Option<Vec<f64>> = slices.iter().map(|slice| slice.share()).collect();
                Some((cell, median(&shares?).filter(|&share| share > 0.0)?))
            })
            .collect();
        let log_rate = |one: &ScalingSlice| {
            let slice = &one.slice;
            let usual = shares.get(&key(one)).zip(slice.cost_ns());
            let rate = usual.map_or_else(
                || slice.rate(),
                |(share, cost)| slice.total_requests as f64 / (cost as f64 / 1e9) * share,
            );
            rate.ln()
        };
        let mut order: Vec<&ScalingSlice> = restart.slices.iter().collect();
        order.sort_by_key(|one| (one.slice.block, one.slice.position));
        let cost = |(cell, slices): (&(usize, usize, Lane), &Vec<&Slice>)| {
            let cost: Option<u64> = slices.iter().map(|slice| slice.cpu_ns).sum();
            let requests: u64 = slices.iter().map(|slice| slice.total_requests).sum();
            let cost = cost? as f64 / requests as f64;
            (cost > 0.0 && cost.is_finite()).then_some((*cell, cost))
        };
        Self {
            log_rates: levels(order.into_iter().map(|one| (key(one), log_rate(one)))),
            costs: cells.iter().filter_map(cost).collect(),
        }
    }

    /// The logarithm of the rate for each of so many workers over the same with the least number. None with the least
    /// itself.
    fn log_efficiency(
        &self,
        (arm, lane): (usize, Lane),
        workers: usize,
        least: usize,
    ) -> Option<f64> {
        let rate = |workers: usize| {
            let rate = self.log_rates.get(&(arm, workers, lane))?;
            Some(rate - (workers as f64).ln())
        };
        (workers != least).then(|| Some(rate(workers)? - rate(least)?))?
    }
}

#[cfg(test)]
mod tests;
