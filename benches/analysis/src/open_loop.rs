//! Latency at given rates: an open loop, in which requests come whether or not earlier ones are
//! answered.
//!
//! Percentiles are those within slices. A slice in which the machine rather than the server made
//! requests wait is left out ([`undisturbed`]); the others are compared with
//! those of their block.

mod samples;

use anyhow::Result;
use hdrhistogram::Histogram;
use quartet_record::plan::ArmRole;
use quartet_record::{Latency, LatencyTotals, OpenSlice, Record, decode};
use serde::Serialize;

use crate::busy::{taken_by_others, throttled};
use crate::detail::Distribution;
use crate::disturbance::undisturbed;
use crate::equals::Equals;
use crate::statistics::{
    CONFIDENCE, LEAST_LATENCY_MARGIN, Ratio, Verdict, median, pairs_of, ratio_over_restarts,
    simultaneous_confidence,
};

pub use samples::{COMPARED, LatencySamples};

/// The least share of the offered requests that must be answered in time: below it the queue
/// grows, and latency tells how long the run was.
pub const ANSWERED: f64 = 0.99;

/// The most of a server's slices at a rate that may have been disturbed: of more the rest is no
/// fair sample.
const DISTURBED: f64 = 0.5;

/// What is said of latency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LatencyComparison {
    /// By rate and then by arm. What was not measured is absent.
    pub cells: Vec<OpenLoop>,
    /// Each compared server against each after it, at each rate and percentile.
    pub pairs: Vec<LatencyPair>,
    /// Each variant against its base, likewise. Their intervals hold at once among themselves.
    pub variants: Vec<LatencyPair>,
    /// How far apart the two copies of one server are, by rate and then by percentile; how far apart
    /// others must be to differ beside it.
    pub again: Vec<LatencyEquals>,
}

/// Two copies of one server, at one rate and percentile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LatencyEquals {
    /// Index into the record's offered rates.
    pub rate: usize,
    /// One of [`COMPARED`].
    pub quantile: f64,
    /// The second copy's latency over the first's, with a 95 % interval.
    pub ratio: Option<Ratio>,
    /// How far apart two servers must be to differ, as a ratio less one.
    pub margin: f64,
}

/// One arm at one rate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenLoop {
    /// Index into the plan's arms.
    pub arm: usize,
    /// Index into the record's offered rates.
    pub rate: usize,
    /// [`COMPARED`], in this order. Empty where every slice was disturbed.
    pub levels: Vec<LatencyLevel>,
    /// From when a request was due to the last byte of its answer, over all requests of slices that
    /// were not disturbed.
    pub latencies: Distribution,
    /// From when a request was due to when it was sent.
    pub lateness: Distribution,
    /// Slices taken in restarts that were measured to their end.
    pub slices: usize,
    /// Slices of these that were disturbed, and are left out of everything above but the lateness.
    pub disturbed: usize,
    /// Answers that came while requests were offered, for each request offered, over all slices that
    /// were not disturbed.
    pub answered: f64,
    /// Why it does not count; empty where it does.
    pub excluded: Vec<String>,
}

/// A percentile of latency within slices.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LatencyLevel {
    /// One of [`COMPARED`].
    pub quantile: f64,
    /// The median over slices that were not disturbed, nanoseconds.
    pub typical_ns: f64,
    /// Relative to the reference's, with a 95 % interval over restarts.
    pub relative: Option<Ratio>,
}

/// Two compared servers at one rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LatencyPair {
    /// Index into the record's offered rates.
    pub rate: usize,
    /// One of [`COMPARED`].
    pub quantile: f64,
    /// Index into the plan's arms: whose latency is divided.
    pub arm: usize,
    /// Index into the plan's arms: by whose.
    pub against: usize,
    /// The ratio of their latencies, with an interval wide enough that all pairs at all rates and
    /// percentiles hold at once with 95 % confidence.
    pub ratio: Ratio,
    /// What that says of the first: it is ahead where its latency is lower.
    pub verdict: Verdict,
    /// About how many restarts would decide, where this run does not.
    pub restarts_needed: Option<u32>,
}

/// Compares latencies. None where they were not measured, or as until November 2026: in slices so
/// long that each was disturbed by something, which nobody noted.
///
/// # Errors
/// Where the record is damaged.
pub fn latency_comparison(record: &Record) -> Result<Option<LatencyComparison>> {
    let Some(latency) = record.latency.as_ref().filter(|latency| repeats(latency)) else {
        return Ok(None);
    };
    let samples = LatencySamples::of(record, latency);
    let arms = &record.plan.arms;
    let reference = record.plan.first(ArmRole::Reference);
    let mut cells = Vec::new();
    for rate in 0..latency.rates.len() {
        for arm in 0..arms.len() {
            cells.extend(of(latency, &samples, (arm, rate))?);
        }
    }
    let sound = |arm, rate| {
        cells
            .iter()
            .any(|cell| (cell.arm, cell.rate) == (arm, rate) && cell.excluded.is_empty())
    };
    let relative: Vec<Vec<Option<Ratio>>> = cells
        .iter()
        .map(|cell| {
            let reference = reference.filter(|&reference| {
                reference != cell.arm && sound(cell.arm, cell.rate) && sound(reference, cell.rate)
            });
            let ratio = |quantile| {
                let log_ratios = samples.log_ratios(cell.arm, reference?, cell.rate, quantile);
                ratio_over_restarts(&log_ratios, CONFIDENCE)
            };
            COMPARED.map(ratio).to_vec()
        })
        .collect();
    let lane = record.plan.latency.as_ref().map(|plan| plan.lane);
    let copied = match lane {
        Some(lane) => record.plan.copied_in(lane),
        None => record.plan.copied(),
    };
    let takes_part = |arm| lane.is_none_or(|lane| record.plan.takes_part(arm, lane));
    let mut again = Vec::new();
    let mut pairs = Vec::new();
    let mut variants = Vec::new();
    let compared: Vec<usize> = (0..arms.len())
        .filter(|&arm| arms[arm].role == ArmRole::Compared && takes_part(arm))
        .collect();
    let comparisons = pairs_of(compared.len(), latency.rates.len() * COMPARED.len());
    let confidence = simultaneous_confidence(comparisons);
    let of_variants = record.plan.variants();
    let comparisons = of_variants.len() * latency.rates.len() * COMPARED.len();
    let confidence_of_variants = simultaneous_confidence(comparisons);
    for rate in 0..latency.rates.len() {
        for quantile in COMPARED {
            // How far equals are apart counts though their cells may not: it only makes verdicts rarer.
            let equals = copied.map_or_else(Vec::new, |(again, first)| {
                samples.log_ratios(again, first, rate, quantile)
            });
            let equals = Equals::of(equals, LEAST_LATENCY_MARGIN);
            again.push(LatencyEquals {
                rate,
                quantile,
                ratio: equals.apart.filter(|_| {
                    copied.is_some_and(|(again, first)| sound(again, rate) && sound(first, rate))
                }),
                margin: equals.margin,
            });
            let both = compared.iter().enumerate().flat_map(|(index, &arm)| {
                compared[index + 1..]
                    .iter()
                    .map(move |&against| (arm, against))
            });
            let pair = |(arm, against): (usize, usize), confidence| {
                if !sound(arm, rate) || !sound(against, rate) {
                    return None;
                }
                let log_ratios = samples.log_ratios(arm, against, rate, quantile);
                let judged = equals.judge(&log_ratios, confidence)?;
                Some(LatencyPair {
                    rate,
                    quantile,
                    arm,
                    against,
                    ratio: judged.ratio,
                    // Less is better.
                    verdict: judged.verdict.inverse(),
                    restarts_needed: judged.restarts_needed,
                })
            };
            pairs.extend(both.filter_map(|both| pair(both, confidence)));
            let of_variants = of_variants.iter();
            variants.extend(of_variants.filter_map(|&both| pair(both, confidence_of_variants)));
        }
    }
    for (cell, relative) in cells.iter_mut().zip(relative) {
        for (level, relative) in cell.levels.iter_mut().zip(relative) {
            level.relative = relative;
        }
    }
    Ok(Some(LatencyComparison {
        cells,
        pairs,
        variants,
        again,
    }))
}

/// Whether it was noted what disturbed each slice.
fn repeats(latency: &Latency) -> bool {
    let mut slices = latency.restarts.iter().flat_map(|restart| &restart.slices);
    slices.all(|slice| slice.generator_stall_ns.is_some())
}

fn of(
    latency: &Latency,
    samples: &LatencySamples,
    (arm, rate): (usize, usize),
) -> Result<Option<OpenLoop>> {
    let totals: Vec<&LatencyTotals> = latency
        .complete()
        .flat_map(|restart| &restart.totals)
        .filter(|totals| totals.arm == arm && totals.rate == rate)
        .collect();
    let distribution = |text: fn(&LatencyTotals) -> &str| -> Result<Distribution> {
        let histograms: Result<Vec<Histogram<u64>>> =
            totals.iter().map(|totals| decode(text(totals))).collect();
        Ok(Distribution::of(&histograms?))
    };
    let slices: Vec<&OpenSlice> = latency
        .complete()
        .flat_map(|restart| &restart.slices)
        .filter(|slice| slice.arm == arm && slice.rate == rate)
        .collect();
    let kept = || {
        let slices = latency
            .complete()
            .flat_map(|restart| undisturbed(restart, rate));
        slices.filter(|slice| slice.arm == arm)
    };
    let mut excluded: Vec<String> = latency
        .restarts
        .iter()
        .flat_map(|restart| &restart.failures)
        .filter(|failure| failure.arm == arm && failure.rate.is_none_or(|one| one == rate))
        .map(|failure| failure.reason.clone())
        .collect();
    excluded.dedup();
    let disturbed = slices.len() - kept().count();
    let offered: u64 = kept().map(|slice| slice.offered).sum();
    if slices.is_empty() && excluded.is_empty() {
        return Ok(None);
    }
    if disturbed as f64 > DISTURBED * slices.len() as f64 {
        excluded.push(format!(
            "the machine, not the server, made requests wait in {disturbed} of {} slices",
            slices.len()
        ));
    }
    let answered = kept().map(|slice| slice.achieved).sum::<u64>() as f64 / offered.max(1) as f64;
    if offered > 0 {
        let loads = || {
            let restarts = latency.complete();
            restarts.filter_map(|restart| restart.machine.as_ref())
        };
        excluded.extend(taken_by_others(loads()));
        excluded.extend(throttled(loads()));
        if answered < ANSWERED {
            excluded.push(format!(
                "it answered only {:.1} % of the offered requests; {:.0} % is required",
                100.0 * answered,
                100.0 * ANSWERED
            ));
        }
    }
    let levels = COMPARED.into_iter().map(|quantile| {
        Some(LatencyLevel {
            quantile,
            typical_ns: median(&samples.values(arm, rate, quantile))?,
            relative: None,
        })
    });
    let levels: Option<Vec<LatencyLevel>> = levels.collect();
    Ok(Some(OpenLoop {
        arm,
        rate,
        levels: levels.unwrap_or_default(),
        latencies: distribution(|totals| &totals.latencies)?,
        lateness: distribution(|totals| &totals.lateness)?,
        slices: slices.len(),
        disturbed,
        answered,
        excluded,
    }))
}

#[cfg(test)]
mod tests;
