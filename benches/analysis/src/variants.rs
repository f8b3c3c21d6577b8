//! Servers in which something differs, each against its base. It knows nothing of other pairs.

use std::collections::BTreeSet;

use quartet_record::cost::{FunctionGroup, GroupCost};
use quartet_record::plan::Lane;
use quartet_record::{CaseVerdict, Record};
use serde::Serialize;

use crate::equals::Equals;
use crate::footprint::{Footprint, Range};
use crate::gates;
use crate::open_loop::{LatencyComparison, LatencyPair};
use crate::samples::Samples;
use crate::statistics::{LEAST_MARGIN, Ratio, Verdict, restarts_needed, simultaneous_confidence};

/// What is said of a variant against its base.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariantComparison {
    /// Index into the plan's arms.
    pub arm: usize,
    /// Index into the plan's arms: what it differs from.
    pub base: usize,
    /// One entry a lane in which both take part.
    pub lanes: Vec<VariantLane>,
    /// Latency at given rates, by rate and then by percentile.
    pub latency: Vec<LatencyPair>,
    /// Memory, and the program's size.
    pub sizes: Vec<SizeChange>,
    /// Instructions and allocations of a request, where they were counted.
    pub counts: Vec<CountChange>,
    /// The same by group of functions, where both were counted so: by lane, and then by group.
    pub groups: Vec<GroupChange>,
    /// What of the suite changed.
    pub suite: SuiteChange,
}

/// A variant against its base in one kind of request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariantLane {
    /// The kind of request.
    pub lane: Lane,
    /// Why nothing is said of it: what excludes either. That the base drifts relative to the reference does not:
    /// where both drift together, their ratio stays.
    pub excluded: Vec<String>,
    /// Requests per second.
    pub requests: Option<Change>,
    /// CPU time per request. Absent where the system does not tell.
    pub cpu: Option<Change>,
}

/// A figure of a variant over that of its base.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The ratio, with an interval wide enough that those of all variants and lanes hold at once with 95 %
    /// confidence.
    pub ratio: Ratio,
    /// What that says: [`Verdict::Ahead`] where the variant's figure is higher.
    pub verdict: Verdict,
    /// How far apart the two must be to differ, as a ratio less one: see [`margin`](crate::statistics::margin).
    pub margin: f64,
    /// About how many restarts would decide, where this run does not.
    pub restarts_needed: Option<u32>,
    /// Of each restart, the logarithm of the ratio.
    #[serde(skip)]
    log_ratios: Vec<f64>,
    /// The same of two equals.
    #[serde(skip)]
    equals: Vec<f64>,
    /// The confidence of the interval.
    #[serde(skip)]
    confidence: f64,
}

impl Change {
    fn of(log_ratios: Vec<f64>, equals: Vec<f64>, confidence: f64) -> Option<Self> {
        let beside = Equals::of(equals.clone(), LEAST_MARGIN);
        let judged = beside.judge(&log_ratios, confidence)?;
        Some(Self {
            ratio: judged.ratio,
            verdict: judged.verdict,
            margin: beside.margin,
            restarts_needed: judged.restarts_needed,
            log_ratios,
            equals,
            confidence,
        })
    }

    /// Whether the variant's figure is lower than its base's by more than a share, as far as this run can tell.
    pub fn is_lower_by(&self, share: f64) -> Loss {
        let bound = 1.0 - share;
        if self.ratio.high < bound && self.verdict == Verdict::Behind {
            Loss::Proven
        } else if self.ratio.low >= bound {
            Loss::Refuted
        } else {
            let least = bound.recip() - 1.0;
            let needed = restarts_needed(&self.log_ratios, &self.equals, self.confidence, least);
            Loss::Open(needed)
        }
    }
}

/// Whether a figure is lower by more than a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The whole interval says so.
    Proven,
    /// The whole interval says that it is not.
    Refuted,
    /// This run cannot tell; about so many restarts could, if any number could.
    Open(Option<u32>),
}

/// A size of a variant and of its base.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SizeChange {
    /// Which.
    pub size: Size,
    /// The base's, bytes.
    pub from: f64,
    /// The variant's, bytes.
    pub to: f64,
    /// Whether they differ: sizes of programs if they are not the same; memory if every start of the one has more
    /// than every start of the other, which chance does in less than 1 of 100 times with five starts each, and the
    /// medians are more than 1 % apart.
    pub differs: bool,
}

/// What has a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// Memory after the first answers.
    Idle,
    /// Memory after load.
    Loaded,
    /// The most that was ever resident.
    Peak,
    /// What a thousand idle connections add.
    Connections,
    /// The executable.
    Program,
}

/// What a request costs a variant and its base by counting, which repeats nearly exactly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CountChange {
    /// The kind of request.
    pub lane: Lane,
    /// What is counted.
    pub count: Count,
    /// The base's.
    pub from: f64,
    /// The variant's.
    pub to: f64,
}

/// What the functions of one group cost a request of a variant and of its base.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GroupChange {
    /// The kind of request.
    pub lane: Lane,
    /// The functions.
    pub group: FunctionGroup,
    /// The base's.
    pub from: GroupCost,
    /// The variant's.
    pub to: GroupCost,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Instructions in user mode.
    Instructions,
    /// Allocations and reallocations.
    Allocations,
}

/// What of the suite changed, by the names of cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SuiteChange {
    /// Cases that both were held to; none where either was not.
    pub asked: usize,
    /// What the base deviates from, and the variant does not.
    pub conforming: Vec<String>,
    /// What the variant deviates from, and the base does not.
    pub deviating: Vec<String>,
}

/// Every variant of a run against its base.
pub(crate) fn variants(
    record: &Record,
    samples: &Samples<'_>,
    footprints: &[Footprint],
    latency: Option<&LatencyComparison>,
) -> Vec<VariantComparison> {
    let variants = record.plan.variants();
    let confidence = simultaneous_confidence(variants.len() * record.plan.lanes.len());
    let takes_part = |arm, lane| record.plan.takes_part(arm, lane);
    variants
        .into_iter()
        .map(|(arm, base)| VariantComparison {
            arm,
            base,
            lanes: record
                .plan
                .lanes
                .iter()
                .filter(|&&lane| takes_part(arm, lane) && takes_part(base, lane))
                .map(|&lane| in_lane(record, samples, lane, (arm, base), confidence))
                .collect(),
            latency: latency
                .into_iter()
                .flat_map(|latency| &latency.variants)
                .filter(|pair| (pair.arm, pair.against) == (arm, base))
                .copied()
                .collect(),
            sizes: sizes(&footprints[arm], &footprints[base]),
            counts: counts(&footprints[arm], &footprints[base]),
            groups: groups(&footprints[arm], &footprints[base]),
            suite: suite(&footprints[arm], &footprints[base]),
        })
        .collect()
}

fn in_lane(
    record: &Record,
    samples: &Samples<'_>,
    lane: Lane,
    (arm, base): (usize, usize),
    confidence: f64,
) -> VariantLane {
    let of_base = gates::reasons_besides_drift(record, samples, base, lane);
    let name = &record.plan.arms[base].name;
    let mut excluded = gates::reasons(record, samples, arm, lane);
    if excluded.is_empty() {
        excluded.extend(of_base.iter().map(|reason| format!("{name}: {reason}")));
    }
    let counts = excluded.is_empty();
    let copied = record.plan.copied_in(lane);
    let change = |of: &dyn Fn(usize, usize) -> Vec<f64>| {
        let equals = copied.map_or_else(Vec::new, |(again, first)| of(again, first));
        Change::of(of(arm, base), equals, confidence).filter(|_| counts)
    };
    VariantLane {
        lane,
        requests: change(&|arm, against| samples.log_ratios(arm, against, lane)),
        cpu: change(&|arm, against| samples.log_cost_ratios(arm, against, lane)),
        excluded,
    }
}

fn sizes(variant: &Footprint, base: &Footprint) -> Vec<SizeChange> {
    type Memory = fn(&Footprint) -> Option<Range>;
    let memory: [(Size, Memory); 4] = [
        (Size::Idle, |print| print.idle),
        (Size::Loaded, |print| print.loaded),
        (Size::Peak, |print| print.peak),
        (Size::Connections, |print| print.connections),
    ];
    let mut found: Vec<SizeChange> = memory
        .into_iter()
        .filter_map(|(size, of)| {
            let (to, from) = (of(variant)?, of(base)?);
            let apart = to.lowest > from.highest || to.highest < from.lowest;
            let matters = (to.median / from.median).ln().abs() > LEAST_MARGIN.ln_1p();
            Some(SizeChange {
                size,
                from: from.median,
                to: to.median,
                differs: apart && matters,
            })
        })
        .collect();
    if let (Some(to), Some(from)) = (variant.program_bytes, base.program_bytes) {
        found.push(SizeChange {
            size: Size::Program,
            from: from as f64,
            to: to as f64,
            differs: from != to,
        });
    }
    found
}

fn counts(variant: &Footprint, base: &Footprint) -> Vec<CountChange> {
    let both = variant.requests.iter();
    both.filter_map(|(&lane, to)| Some((lane, to, base.requests.get(&lane)?)))
        .flat_map(|(lane, to, from)| {
            let change = |count, from, to| CountChange {
                lane,
                count,
                from,
                to,
            };
            let allocations = from.allocations.zip(to.allocations);
            [
                Some(change(
                    Count::Instructions,
                    from.instructions,
                    to.instructions,
                )),
                allocations.map(|(from, to)| change(Count::Allocations, from, to)),
            ]
        })
        .flatten()
        .collect()
}

fn groups(variant: &Footprint, base: &Footprint) -> Vec<GroupChange> {
    let both = variant.requests.iter();
    both.filter_map(|(&lane, to)| Some((lane, &to.groups, &base.requests.get(&lane)?.groups)))
        .filter(|(_, to, from)| !to.is_empty() && !from.is_empty())
        .flat_map(|(lane, to, from)| {
            let all: BTreeSet<FunctionGroup> = to.keys().chain(from.keys()).copied().collect();
            all.into_iter().map(move |group| GroupChange {
                lane,
                group,
                from: from.get(&group).copied().unwrap_or_default(),
                to: to.get(&group).copied().unwrap_or_default(),
            })
        })
        .collect()
}

fn suite(variant: &Footprint, base: &Footprint) -> SuiteChange {
    let (Some(variant), Some(base)) = (&variant.conformance, &base.conformance) else {
        return SuiteChange::default();
    };
    let good = |verdict| match verdict {
        CaseVerdict::Conforms | CaseVerdict::Differs => Some(true),
        CaseVerdict::KnownDeviation | CaseVerdict::Fails | CaseVerdict::Undecided => Some(false),
        CaseVerdict::NotApplicable => None,
    };
    let mut change = SuiteChange::default();
    for case in &variant.cases {
        let before = base.cases.iter().find(|before| before.id == case.id);
        let Some((now, before)) =
            before.and_then(|before| Some((good(case.verdict)?, good(before.verdict)?)))
        else {
            continue;
        };
        change.asked += 1;
        match (before, now) {
            (false, true) => change.conforming.push(case.id.clone()),
            (true, false) => change.deviating.push(case.id.clone()),
            _ => {}
        }
    }
    change
}

#[cfg(test)]
mod tests;
