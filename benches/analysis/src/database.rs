//! What is said of servers that read from a database: what a request costs each, and what PostgreSQL.
//!
//! Where PostgreSQL has no core of its own, requests per second are as much its as the server's. The figure
//! is therefore the server's CPU time per request, relative to that of the same request answered from memory
//! by the same server in the same restart, and to that of the other servers.

use quartet_record::Record;
use quartet_record::plan::{ArmRole, Lane};
use serde::Serialize;

use crate::equals::Equals;
use crate::figures::CpuPerRequest;
use crate::gates;
use crate::lane::{Pair, comparisons, display_order};
use crate::samples::Samples;
use crate::statistics::{
    CONFIDENCE, LEAST_MARGIN, Rank, Ratio, Verdict, median, ratio_over_restarts,
    simultaneous_confidence,
};

/// One kind of request, of servers that read from a database.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DatabaseLane {
    /// The kind of request.
    pub lane: Lane,
    /// How far apart the CPU time of two servers must be for them to differ, as a ratio less one.
    pub margin: f64,
    /// CPU time per request of the second copy over that of the first.
    pub again: Option<Ratio>,
    /// One row an arm: the compared by CPU time, then those aside and the second copy.
    pub rows: Vec<DatabaseRow>,
    /// The pairs of compared servers. The ratio is that of requests for the same CPU time.
    pub pairs: Vec<Pair>,
    /// Each compared server against one shown aside on the same framework, likewise. Each interval is a
    /// 95 % one by itself.
    pub asides: Vec<Pair>,
}

/// One arm in one such lane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DatabaseRow {
    /// Index into the plan's arms.
    pub arm: usize,
    /// Why the row is excluded; it counts only where this is empty.
    pub excluded: Vec<String>,
    /// Its rank by CPU time per request among the compared servers that are not excluded.
    pub rank: Option<Rank>,
    /// The server's CPU time per request.
    pub cpu: Option<CpuPerRequest>,
    /// That over the CPU time of the same request answered from memory, with a 95 % interval over
    /// restarts. Absent where that was not measured, or does not count.
    pub of_memory: Option<Ratio>,
    /// CPU time of PostgreSQL's processes per request, nanoseconds: the median over restarts.
    pub database_ns: Option<f64>,
    /// How busy the servers' cores were, of 1: the median of all slices.
    pub utilisation: Option<f64>,
    /// Requests per second: the median of all slices.
    pub requests_per_second: Option<f64>,
    /// Why that rate is not the server's; it counts only where this is empty.
    pub rate_excluded: Vec<String>,
}

impl DatabaseLane {
    /// Every such lane of a run.
    pub(crate) fn all(record: &Record, samples: &Samples<'_>) -> Vec<Self> {
        let lanes = record.plan.lanes.iter().copied();
        lanes
            .filter(|lane| lane.is_over_database())
            .map(|lane| Self::of(record, samples, lane))
            .collect()
    }

    fn of(record: &Record, samples: &Samples<'_>, lane: Lane) -> Self {
        let plan = &record.plan;
        let arms: Vec<usize> = (0..plan.arms.len())
            .filter(|&arm| plan.takes_part(arm, lane))
            .collect();
        let reasons = |arm| gates::reasons_of_cost(record, samples, arm, lane);
        let sound = |arm: usize| reasons(arm).is_empty();
        let has_role = |arm: usize, role| plan.arms[arm].role == role;
        // Requests for the same CPU time: more is better, as with rates.
        let log_ratios = |arm, against| samples.log_cost_ratios_of((against, lane), (arm, lane));
        let copied = plan.copied_in(lane);
        let copied =
            copied.filter(|&(again, first)| arms.contains(&again) && arms.contains(&first));
        let equals = copied.map_or_else(Vec::new, |(again, first)| log_ratios(again, first));
        let equals = Equals::of(equals, LEAST_MARGIN);
        let again = copied.filter(|&(again, first)| sound(again) && sound(first));
        let again = again.and(equals.apart).map(Ratio::inverse);

        let compared: Vec<usize> = arms
            .iter()
            .copied()
            .filter(|&arm| has_role(arm, ArmRole::Compared) && sound(arm))
            .collect();
        let confidence = simultaneous_confidence(comparisons(plan));
        let pair = |(arm, against): (usize, usize), confidence| {
            let judged = equals.judge(&log_ratios(arm, against), confidence)?;
            Some(Pair {
                arm,
                against,
                ratio: judged.ratio,
                verdict: judged.verdict,
                restarts_needed: judged.restarts_needed,
            })
        };
        let rank = |arm: usize| {
            let others = compared.iter().filter(|&&other| other != arm);
            let verdicts: Option<Vec<Verdict>> = others
                .map(|&other| pair((arm, other), confidence).map(|pair| pair.verdict))
                .collect();
            let verdicts = verdicts.filter(|verdicts| !verdicts.is_empty())?;
            compared.contains(&arm).then(|| Rank::of(&verdicts))
        };
        let mut rows: Vec<DatabaseRow> = arms
            .iter()
            .map(|&arm| DatabaseRow {
                rank: rank(arm),
                ..DatabaseRow::of(record, samples, arm, lane)
            })
            .collect();
        rows.sort_by(|a, b| {
            let key = |row: &DatabaseRow| {
                (
                    display_order(plan.arms[row.arm].role),
                    !row.excluded.is_empty(),
                )
            };
            let cpu = |row: &DatabaseRow| row.cpu.map_or(f64::INFINITY, |cpu| cpu.total);
            key(a).cmp(&key(b)).then_with(|| cpu(a).total_cmp(&cpu(b)))
        });
        let order: Vec<usize> = rows
            .iter()
            .map(|row| row.arm)
            .filter(|arm| compared.contains(arm))
            .collect();
        let pairs = order.iter().enumerate().flat_map(|(index, &arm)| {
            let others = order[index + 1..].iter();
            others.map(move |&other| (arm, other))
        });
        let framework = |arm| record.server_of(arm)?.framework.as_ref();
        let asides = order
            .iter()
            .flat_map(|&arm| arms.iter().map(move |&aside| (arm, aside)))
            .filter(|&(_, aside)| has_role(aside, ArmRole::Aside) && sound(aside))
            .filter(|&(arm, aside)| framework(arm).is_some_and(|f| framework(aside) == Some(f)));
        Self {
            lane,
            margin: equals.margin,
            again,
            pairs: pairs.filter_map(|both| pair(both, confidence)).collect(),
            asides: asides.filter_map(|both| pair(both, CONFIDENCE)).collect(),
            rows,
        }
    }
}

impl DatabaseRow {
    fn of(record: &Record, samples: &Samples<'_>, arm: usize, lane: Lane) -> Self {
        let excluded = gates::reasons_of_cost(record, samples, arm, lane);
        let memory = lane.in_memory().filter(|&memory| {
            let takes_part = record.plan.takes_part(arm, memory);
            takes_part && gates::reasons(record, samples, arm, memory).is_empty()
        });
        let of_memory = memory.filter(|_| excluded.is_empty()).and_then(|memory| {
            let logarithms = samples.log_cost_ratios_of((arm, lane), (arm, memory));
            ratio_over_restarts(&logarithms, CONFIDENCE)
        });
        let slice_median = |figure: fn(&quartet_record::Slice) -> f64| {
            samples.median_of(arm, lane, |slice| Some(figure(slice)))
        };
        let mut rate_excluded = excluded.clone();
        if rate_excluded.is_empty() {
            rate_excluded.extend(shared_core(record));
        }
        if rate_excluded.is_empty() {
            let idle = gates::not_saturated(record, samples, arm, lane);
            rate_excluded.extend(idle.map(|idle| format!("PostgreSQL is the limit: {idle}")));
        }
        Self {
            arm,
            excluded,
            rank: None,
            cpu: samples.figures(arm, lane).and_then(|figures| figures.cpu),
            of_memory,
            database_ns: median(&samples.database_costs(arm, lane)),
            utilisation: samples.median_of(arm, lane, |slice| samples.utilisation(slice)),
            requests_per_second: slice_median(quartet_record::Slice::rate),
            rate_excluded,
        }
    }
}

/// Why no rate counts where PostgreSQL had no core of its own.
fn shared_core(record: &Record) -> Option<String> {
    let Some(database) = record.database.as_ref().filter(|it| !it.cores.is_empty()) else {
        return Some("it is unknown on which cores PostgreSQL ran".to_owned());
    };
    let beside = |core: &usize, others: &[usize]| {
        let mut found = record
            .cores
            .iter()
            .filter(|other| others.contains(&other.number));
        others.contains(core) || found.any(|other| other.siblings.contains(core))
    };
    let plan = &record.plan;
    let ours = [
        ("servers", &plan.server_cores),
        ("generator", &plan.generator_cores),
    ];
    ours.iter().find_map(|(who, cores)| {
        let mut taken = database.cores.iter();
        let core = taken.find(|core| beside(core, cores))?;
        Some(format!(
            "PostgreSQL had no core of its own: core {core} is the {who}'s too"
        ))
    })
}
