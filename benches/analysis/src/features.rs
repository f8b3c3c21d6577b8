//! What features of a framework cost: each program with more of something against the same program without, in the
//! same restarts. It compares no framework with another.
//!
//! The figure is CPU time per request, as for servers over a database: where a request has much content, the generator
//! may be what limits requests per second. Each interval is a 95 % one by itself.

use quartet_record::Record;
use quartet_record::cost::WaitingStart;
use quartet_record::plan::{ArmRole, Feature, Lane};
use serde::Serialize;

use crate::figures::CpuPerRequest;
use crate::footprint::{Range, cost_of};
use crate::gates;
use crate::samples::Samples;
use crate::statistics::{CONFIDENCE, Ratio, ratio_over_restarts};

/// What features cost in one program.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeatureCosts {
    /// Index into the plan's arms: the program without any.
    pub arm: usize,
    /// What a request costs it.
    pub base: Option<CpuPerRequest>,
    /// One entry a number of a feature.
    pub more: Vec<MoreOf>,
    /// One entry a size of content.
    pub extracted: Vec<Extracted>,
    /// One entry a number of requests in flight.
    pub waiting: Vec<Waiting>,
    /// CPU time per request of the second copy of this program over that of the first (A/A), where it has one.
    pub again: Option<Ratio>,
}

/// A program with more of a feature against the same without.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MoreOf {
    /// What it has more of, and how many.
    pub feature: Feature,
    /// Index into the plan's arms.
    pub arm: usize,
    /// Why nothing is said of it; it counts only where this is empty.
    pub excluded: Vec<String>,
    /// What a request costs it.
    pub cpu: Option<CpuPerRequest>,
    /// That over what it costs without.
    pub ratio: Option<Ratio>,
}

/// Content that the framework's JSON extractor takes in against the same taken in as bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Extracted {
    /// Where it is taken in as JSON. [`Lane::as_bytes`] is the other.
    pub lane: Lane,
    /// Why nothing is said of it; it counts only where this is empty.
    pub excluded: Vec<String>,
    /// What a request costs with JSON.
    pub json: Option<CpuPerRequest>,
    /// What it costs with bytes.
    pub bytes: Option<CpuPerRequest>,
    /// The one over the other.
    pub ratio: Option<Ratio>,
}

/// Requests in flight whose handler waits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Waiting {
    /// How many, each on a connection of its own.
    pub connections: usize,
    /// For how long the handler waits, milliseconds.
    pub wait_ms: u64,
    /// Memory of a connection that waits for nothing, bytes.
    pub per_connection: Range,
    /// What a request in flight adds to that, bytes.
    pub per_request: Range,
    /// CPU time of a request, nanoseconds. Absent where the system does not tell.
    pub cpu_ns: Option<Range>,
    /// Requests per second.
    pub rate: Range,
}

impl FeatureCosts {
    /// Whether nothing is known of any.
    pub fn is_empty(&self) -> bool {
        let none = self.more.iter().all(|more| more.ratio.is_none());
        none && self.extracted.iter().all(|one| one.ratio.is_none()) && self.waiting.is_empty()
    }
}

/// One entry a program whose features were measured, in the order of the plan.
pub(crate) fn features(record: &Record, samples: &Samples<'_>) -> Vec<FeatureCosts> {
    let arms = record.plan.arms.iter().enumerate();
    arms.filter(|(_, arm)| arm.role != ArmRole::Again && arm.variant.is_none())
        .filter_map(|(arm, _)| of(record, samples, arm))
        .collect()
}

/// None where an arm is no such program.
fn of(record: &Record, samples: &Samples<'_>, arm: usize) -> Option<FeatureCosts> {
    let plan = &record.plan;
    let lane = Lane::Item;
    let variants = plan.variants().into_iter();
    let more = variants.filter(|&(_, base)| base == arm);
    let more = more.filter_map(|(variant, _)| Some((variant, Feature::of(&plan.arms[variant])?)));
    let more: Vec<MoreOf> = more
        .map(|(variant, feature)| {
            let excluded = either(record, samples, (variant, lane), (arm, lane));
            let ratio = ratio(samples, (variant, lane), (arm, lane));
            MoreOf {
                feature,
                arm: variant,
                cpu: samples.cpu(variant, lane),
                ratio: ratio.filter(|_| excluded.is_empty()),
                excluded,
            }
        })
        .collect();
    let lanes = plan.lanes.iter().copied();
    let lanes = lanes.filter_map(|json| Some((json, json.as_bytes()?)));
    let lanes =
        lanes.filter(|&(json, bytes)| plan.takes_part(arm, json) && plan.takes_part(arm, bytes));
    let extracted: Vec<Extracted> = lanes
        .map(|(json, bytes)| {
            let excluded = either(record, samples, (arm, json), (arm, bytes));
            let ratio = ratio(samples, (arm, json), (arm, bytes));
            Extracted {
                lane: json,
                json: samples.cpu(arm, json),
                bytes: samples.cpu(arm, bytes),
                ratio: ratio.filter(|_| excluded.is_empty()),
                excluded,
            }
        })
        .collect();
    let waiting = waiting(record, arm);
    if more.is_empty() && extracted.is_empty() && waiting.is_empty() {
        return None;
    }
    let copied = plan.copied_in(lane).filter(|&(_, first)| first == arm);
    let again = copied
        .filter(|&(again, first)| either(record, samples, (again, lane), (first, lane)).is_empty());
    Some(FeatureCosts {
        arm,
        base: samples.cpu(arm, lane),
        more,
        extracted,
        waiting,
        again: again.and_then(|(again, first)| ratio(samples, (again, lane), (first, lane))),
    })
}

/// Why the one or the other does not count.
fn either(
    record: &Record,
    samples: &Samples<'_>,
    one: (usize, Lane),
    other: (usize, Lane),
) -> Vec<String> {
    let reasons = |(arm, lane)| gates::reasons_of_cost(record, samples, arm, lane);
    let mut found = reasons(one);
    if found.is_empty() {
        let of_other = reasons(other).into_iter();
        found.extend(of_other.map(|reason| format!("what it is compared with: {reason}")));
    }
    found
}

fn ratio(samples: &Samples<'_>, one: (usize, Lane), other: (usize, Lane)) -> Option<Ratio> {
    ratio_over_restarts(&samples.log_cost_ratios_of(one, other), CONFIDENCE)
}

/// By number of requests in flight.
fn waiting(record: &Record, arm: usize) -> Vec<Waiting> {
    let starts = cost_of(record, arm).map_or(&[][..], |cost| &cost.waiting);
    let mut levels: Vec<(usize, u64)> = starts
        .iter()
        .map(|start| (start.connections, start.wait_ms))
        .collect();
    levels.sort_unstable();
    levels.dedup();
    let levels = levels.into_iter().filter_map(|(connections, wait_ms)| {
        let of = || {
            let is = move |start: &&WaitingStart| {
                (start.connections, start.wait_ms) == (connections, wait_ms)
            };
            starts.iter().filter(is)
        };
        let range =
            |figure: fn(&WaitingStart) -> f64| Range::of(&of().map(figure).collect::<Vec<_>>());
        let cpu: Option<Vec<f64>> = of().map(WaitingStart::cpu_per_request).collect();
        Some(Waiting {
            connections,
            wait_ms,
            per_connection: range(WaitingStart::per_connection)?,
            per_request: range(WaitingStart::per_request)?,
            cpu_ns: cpu.and_then(|cpu| Range::of(&cpu)),
            rate: range(WaitingStart::rate)?,
        })
    });
    levels.collect()
}

#[cfg(test)]
mod tests;
