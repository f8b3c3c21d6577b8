//! What is said of one kind of request: who is ahead of whom, and by how much. It knows nothing of other kinds.

use quartet_record::Record;
use quartet_record::plan::{ArmRole, Lane, Plan};
use serde::Serialize;

use crate::equals::Equals;
use crate::figures::Figures;
use crate::gates;
use crate::samples::Samples;
use crate::statistics::{
    CONFIDENCE, LEAST_MARGIN, Rank, Ratio, Verdict, pairs_of, ratio_over_restarts,
    simultaneous_confidence,
};

/// What is said of one kind of request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LaneAnalysis {
    /// The kind of request.
    pub lane: Lane,
    /// How far apart two servers must be to differ, as a ratio less one: see [`crate::statistics::margin`].
    pub margin: f64,
    /// The second copy against the first.
    pub again: Option<Ratio>,
    /// One row an arm: the compared by rank, then those aside, the second copy, the reference
    /// and the floor.
    pub rows: Vec<Row>,
    /// The pairs of compared servers.
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
    /// Why the row is excluded; it counts only where this is empty.
    pub excluded: Vec<String>,
    /// Figures, where anything was measured.
    pub figures: Option<Figures>,
    /// Requests per second relative to the reference, with a 95 % interval over restarts.
    pub relative: Option<Ratio>,
    /// Its rank among the compared servers that are not excluded.
    pub rank: Option<Rank>,
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

impl LaneAnalysis {
    /// Works out one lane.
    pub(crate) fn of(record: &Record, samples: &Samples<'_>, lane: Lane) -> Self {
        let arms = &record.plan.arms;
        let exclusions: Vec<Vec<String>> = (0..arms.len())
            .map(|arm| gates::reasons(record, samples, arm, lane))
            .collect();
        let sound = |arm: usize| exclusions[arm].is_empty();
        let against = |arm: usize, other: Option<usize>| {
            let other = other.filter(|&other| sound(arm) && sound(other))?;
            ratio_over_restarts(&samples.log_ratios(arm, other, lane), CONFIDENCE)
        };

        let copied = record.plan.copied_in(lane);
        let again = copied.and_then(|(again, first)| against(again, Some(first)));
        // How far equals are apart counts though their rows may not: it only makes verdicts rarer.
        let log_ratios = copied.map_or_else(Vec::new, |(again, first)| {
            samples.log_ratios(again, first, lane)
        });
        let equals = Equals::of(log_ratios, LEAST_MARGIN);

        let compared: Vec<usize> = (0..arms.len())
            .filter(|&arm| record.plan.takes_part(arm, lane))
            .filter(|&arm| arms[arm].role == ArmRole::Compared && sound(arm))
            .collect();
        let confidence = simultaneous_confidence(comparisons(&record.plan));
        let pair = |arm, against| Pair::of(samples, lane, (arm, against), confidence, &equals);
        let reference = record.plan.first(ArmRole::Reference);
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
                    excluded: exclusions[arm].clone(),
                    figures,
                    relative,
                    rank: verdicts
                        .filter(|_| compared.contains(&arm))
                        .filter(|verdicts| !verdicts.is_empty())
                        .map(|verdicts| Rank::of(&verdicts)),
                }
            })
            .collect();
        rows.sort_by(|a, b| {
            let key = |row: &Row| (display_order(arms[row.arm].role), !row.excluded.is_empty());
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
            .filter(|&(_, aside)| arms[aside].variant.is_none())
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

impl Pair {
    fn of(
        samples: &Samples<'_>,
        lane: Lane,
        (arm, against): (usize, usize),
        confidence: f64,
        equals: &Equals,
    ) -> Option<Self> {
        let log_ratios = samples.log_ratios(arm, against, lane);
        let judged = equals.judge(&log_ratios, confidence)?;
        Some(Self {
            arm,
            against,
            ratio: judged.ratio,
            verdict: judged.verdict,
            restarts_needed: judged.restarts_needed,
        })
    }
}

/// How many verdicts the run was planned to give: every pair, in every lane in which both take part.
pub(crate) fn comparisons(plan: &Plan) -> usize {
    let lanes = plan.lanes.iter();
    lanes.map(|&lane| pairs_of(plan.compared_in(lane), 1)).sum()
}

pub(crate) fn display_order(role: ArmRole) -> u8 {
    match role {
        ArmRole::Compared => 0,
        ArmRole::Aside => 1,
        ArmRole::Again => 2,
        ArmRole::Reference => 3,
        ArmRole::Floor => 4,
    }
}
