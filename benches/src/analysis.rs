//! From a record's samples to figures, intervals, verdicts and places.

mod busy;
mod capacity;
mod detail;
mod division;
mod drift;
mod footprint;
mod gates;
mod open_loop;
mod samples;

use serde::Serialize;

use crate::plan::{ArmRole, Lane};
use crate::record::Record;
use crate::statistics::{
    CONFIDENCE, LEAST_MARGIN, Place, Ratio, Verdict, margin, median, restarts_needed,
    simultaneous_confidence,
};

pub use capacity::{Capacity, capacities};
pub use detail::{Detail, Distribution, PERCENTILES, Percentile, RestartFigures, details};
pub use division::{Division, DivisionRow, LaneDivision};
pub use footprint::{Footprint, Range, Spread};
pub(crate) use footprint::{memory_alone, memory_starts};
pub use gates::{CPU_OF_OTHERS, FLOOR_FACTOR, LITTLE, SATURATION};
pub(crate) use open_loop::LatencySamples;
pub use open_loop::{
    ANSWERED, COMPARED, Equals as LatencyEquals, LatencyComparison, LatencyLevel, LatencyPair,
    OpenLoop, latency_comparison,
};
pub(crate) use samples::Samples;

/// Everything that is said of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// Restarts that count: those of which at least half was measured.
    pub restarts: usize,
    /// One entry a lane.
    pub lanes: Vec<LaneAnalysis>,
    /// Requests per second against connections, by arm and then by number.
    pub capacities: Vec<Capacity>,
    /// Latency at given rates. Absent where it was not measured, or not so that it repeats.
    pub latency: Option<LatencyComparison>,
    /// One entry an arm.
    pub footprints: Vec<Footprint>,
    /// How far apart start-up and memory of two equals are, as a sentence without its full stop.
    pub footprints_again: Option<String>,
    /// What to know of memory in an old record, as sentences without their full stop.
    pub memory_notes: Vec<String>,
    /// What starting a process that does nothing cost, nanoseconds: the median of `spawn`.
    pub spawn_ns: Option<f64>,
    /// How that spread.
    pub spawn: Option<Spread>,
    /// What a reader should know before believing any of it.
    pub warnings: Vec<String>,
}

/// What is said of one kind of request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LaneAnalysis {
    /// The kind of request.
    pub lane: Lane,
    /// How far apart two servers must be to differ, as a ratio less one: see [`margin`].
    pub margin: f64,
    /// The second copy against the first.
    pub again: Option<Ratio>,
    /// One row an arm: the compared by place, then those aside, the second copy, the reference
    /// and the floor.
    pub rows: Vec<Row>,
    /// Each compared server against each below it.
    pub pairs: Vec<Pair>,
    /// Each compared server against one shown aside on the same framework, such as its
    /// hello-world: what doing the whole work costs. Each interval is a 95 % one by itself.
    pub asides: Vec<Pair>,
}

/// One arm in one lane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Index into the plan's arms.
    pub arm: usize,
    /// Why the row is void; it counts only where this is empty.
    pub void: Vec<String>,
    /// Figures, where anything was measured.
    pub figures: Option<Figures>,
    /// Requests per second relative to the reference, with a 95 % interval over restarts.
    pub relative: Option<Ratio>,
    /// Its place among the compared servers that are not void.
    pub place: Option<Place>,
}

/// An arm's figures in one lane.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Requests per second. Where it is known relative to the reference, as many as that ratio makes
    /// of the reference's: the median of its slices would compare it at moments of its own, and be
    /// another ratio. Otherwise the median of all slices.
    pub requests_per_second: f64,
    /// CPU time per request.
    pub cpu: Option<CpuPerRequest>,
    /// How busy the servers' cores were, of 1: the median of all slices.
    pub utilisation: Option<f64>,
    /// Median latency at saturation, nanoseconds, over all requests.
    pub p50_ns: u64,
    /// 99th percentile of latency at saturation, nanoseconds, over all requests.
    pub p99_ns: u64,
}

/// What one request costs, nanoseconds: the median over restarts, of which the share in user mode is that
/// of all restarts together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CpuPerRequest {
    /// All of it.
    pub total: f64,
    /// In user mode.
    pub user: f64,
    /// In the kernel.
    pub system: f64,
}

impl CpuPerRequest {
    /// Of each restart's requests, their CPU time and the part of it in user mode, nanoseconds.
    fn of(restarts: &[(f64, f64, f64)]) -> Option<Self> {
        let each: Vec<f64> = restarts
            .iter()
            .map(|(requests, cost, _)| cost / requests)
            .collect();
        let cost: f64 = restarts.iter().map(|(_, cost, _)| cost).sum();
        let user: f64 = restarts.iter().map(|(.., user)| user).sum();
        let total = median(&each)?;
        // Of the same restarts: where some were slow, their sum is above the median by itself.
        let user = total * (user / cost).min(1.0);
        Some(Self {
            total,
            user,
            system: total - user,
        })
    }
}

/// One server against another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Index into the plan's arms: whose rate is divided.
    pub arm: usize,
    /// Index into the plan's arms: by whose.
    pub against: usize,
    /// The ratio of their rates, with an interval wide enough that all pairs of the run hold at
    /// once with 95 % confidence.
    pub ratio: Ratio,
    /// What that says.
    pub verdict: Verdict,
    /// About how many restarts would decide, where this run does not.
    pub restarts_needed: Option<u32>,
}

impl Analysis {
    /// Works everything out.
    ///
    /// # Errors
    /// Where the record is damaged.
    pub fn of(record: &Record) -> anyhow::Result<Self> {
        let samples = Samples::of(record)?;
        let lanes: Vec<LaneAnalysis> = record
            .plan
            .lanes
            .iter()
            .map(|&lane| LaneAnalysis::of(record, &samples, lane))
            .collect();
        let mut warnings = gates::warnings(record, &samples, &lanes);
        warnings.extend(busy::of_capacity(record));
        let spawn = footprint::spawn(record);
        let footprints = footprint::all(record);
        Ok(Self {
            restarts: samples.restarts(),
            lanes,
            capacities: capacities(record),
            latency: latency_comparison(record)?,
            footprints_again: footprint::again(record, &footprints),
            footprints,
            memory_notes: footprint::memory_notes(record),
            spawn_ns: spawn.map(|spread| spread.median),
            spawn,
            warnings,
        })
    }

    /// Whether any row counts of a server that the run is about: what stands beside it tells nothing
    /// alone.
    pub fn anything_counts(&self, record: &Record) -> bool {
        let asked_for = |arm: usize| {
            let role = record.plan.arms[arm].role;
            matches!(role, ArmRole::Compared | ArmRole::Aside)
        };
        self.lanes
            .iter()
            .flat_map(|lane| &lane.rows)
            .any(|row| asked_for(row.arm) && row.void.is_empty())
    }
}

impl LaneAnalysis {
    fn of(record: &Record, samples: &Samples<'_>, lane: Lane) -> Self {
        let arms = &record.plan.arms;
        let with_role = |role| arms.iter().position(|arm| arm.role == role);
        let voids: Vec<Vec<String>> = (0..arms.len())
            .map(|arm| gates::reasons(record, samples, arm, lane))
            .collect();
        let sound = |arm: usize| voids[arm].is_empty();
        let against = |arm: usize, other: Option<usize>| {
            let other = other.filter(|&other| sound(arm) && sound(other))?;
            Ratio::over_restarts(&samples.log_ratios(arm, other, lane), CONFIDENCE)
        };

        let copied = record.plan.copied();
        let again = copied.and_then(|(again, first)| against(again, Some(first)));
        // How far equals are apart counts though their rows may not: it only makes verdicts rarer.
        let log_ratios = copied.map_or_else(Vec::new, |(again, first)| {
            samples.log_ratios(again, first, lane)
        });
        let apart = Ratio::over_restarts(&log_ratios, CONFIDENCE);
        let equals = Equals {
            margin: margin(apart, LEAST_MARGIN),
            known: apart.is_some(),
            log_ratios,
        };

        let compared: Vec<usize> = (0..arms.len())
            .filter(|&arm| record.plan.takes_part(arm, lane))
            .filter(|&arm| arms[arm].role == ArmRole::Compared && sound(arm))
            .collect();
        let confidence = simultaneous_confidence(comparisons(record));
        let pair = |arm, against| Pair::of(samples, lane, (arm, against), confidence, &equals);
        let reference = with_role(ArmRole::Reference);
        let of_reference = reference.and_then(|arm| samples.figures(arm, lane));
        let mut rows: Vec<Row> = (0..arms.len())
            .filter(|&arm| record.plan.takes_part(arm, lane))
            .map(|arm| {
                let verdicts: Option<Vec<Verdict>> = compared
                    .iter()
                    .filter(|&&other| other != arm)
                    .map(|&other| pair(arm, other).map(|pair| pair.verdict))
                    .collect();
                let other = reference.filter(|&reference| reference != arm);
                let relative = other.and_then(|_| against(arm, other));
                let mut figures = samples.figures(arm, lane);
                if let (Some(figures), Some(ratio), Some(of_reference)) =
                    (&mut figures, relative, of_reference)
                {
                    let rate = of_reference.requests_per_second * ratio.estimate;
                    figures.requests_per_second = rate;
                }
                Row {
                    arm,
                    void: voids[arm].clone(),
                    figures,
                    relative,
                    place: verdicts
                        .filter(|_| compared.contains(&arm))
                        .filter(|verdicts| !verdicts.is_empty())
                        .map(|verdicts| Place::of(&verdicts)),
                }
            })
            .collect();
        rows.sort_by(|a, b| {
            let key = |row: &Row| (display_order(arms[row.arm].role), !row.void.is_empty());
            let rate = |row: &Row| {
                row.figures
                    .map_or(0.0, |figures| figures.requests_per_second)
            };
            let ratio = |row: &Row| {
                row.relative
                    .map_or_else(|| rate(row), |ratio| ratio.estimate)
            };
            key(a)
                .cmp(&key(b))
                .then_with(|| ratio(b).total_cmp(&ratio(a)))
        });
        let order: Vec<usize> = rows
            .iter()
            .map(|row| row.arm)
            .filter(|arm| compared.contains(arm))
            .collect();
        let pairs = order
            .iter()
            .enumerate()
            .flat_map(|(index, &arm)| order[index + 1..].iter().map(move |&other| (arm, other)))
            .filter_map(|(arm, other)| pair(arm, other))
            .collect();
        let framework = |arm| record.server_of(arm)?.framework.as_ref();
        let asides = order
            .iter()
            .flat_map(|&arm| (0..arms.len()).map(move |aside| (arm, aside)))
            .filter(|&(_, aside)| arms[aside].role == ArmRole::Aside && sound(aside))
            .filter(|&(arm, aside)| framework(arm).is_some_and(|f| framework(aside) == Some(f)))
            .filter_map(|both| Pair::of(samples, lane, both, CONFIDENCE, &equals))
            .collect();
        Self {
            lane,
            margin: equals.margin,
            again,
            rows,
            pairs,
            asides,
        }
    }
}

/// How far apart two copies of one server are.
struct Equals {
    margin: f64,
    /// Whether that was measured. Where it was not, none can be called equal.
    known: bool,
    log_ratios: Vec<f64>,
}

impl Equals {
    fn verdict(&self, ratio: Ratio) -> Verdict {
        match Verdict::of(ratio, self.margin, LEAST_MARGIN) {
            Verdict::Tie if !self.known => Verdict::Unresolved,
            verdict => verdict,
        }
    }
}

impl Pair {
    fn of(
        samples: &Samples<'_>,
        lane: Lane,
        (arm, against): (usize, usize),
        confidence: f64,
        equals: &Equals,
    ) -> Option<Self> {
        let log_ratios = samples.log_ratios(arm, against, lane);
        let ratio = Ratio::over_restarts(&log_ratios, confidence)?;
        let verdict = equals.verdict(ratio);
        let restarts_needed = (verdict == Verdict::Unresolved)
            .then(|| restarts_needed(&log_ratios, &equals.log_ratios, confidence, LEAST_MARGIN))
            .flatten();
        Some(Self {
            arm,
            against,
            ratio,
            verdict,
            restarts_needed,
        })
    }
}

/// How many verdicts the run was planned to give: every pair, in every lane.
fn comparisons(record: &Record) -> usize {
    let arms = record.plan.arms.iter();
    let compared = arms.filter(|arm| arm.role == ArmRole::Compared).count();
    pairs_of(compared, record.plan.lanes.len())
}

/// How many pairs so many servers make, in so many lanes.
pub(crate) fn pairs_of(servers: usize, lanes: usize) -> usize {
    lanes * servers * servers.saturating_sub(1) / 2
}

fn display_order(role: ArmRole) -> u8 {
    match role {
        ArmRole::Compared => 0,
        ArmRole::Aside => 1,
        ArmRole::Again => 2,
        ArmRole::Reference => 3,
        ArmRole::Floor => 4,
    }
}

#[cfg(test)]
mod tests;
