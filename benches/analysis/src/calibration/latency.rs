//! What latency at given rates can tell apart.

use quartet_record::Record;
use quartet_record::calibration::{Late, LatencyCalibration};
use quartet_record::plan::LatencyPlan;

use super::Copies;
use super::resample::{self, FEWEST, Pool, Rules, SERVERS, Trials};
use crate::open_loop::{COMPARED, LatencyComparison, LatencySamples};
use crate::statistics::{
    CONFIDENCE, LEAST_LATENCY_MARGIN, pairs_of, ratio_over_restarts, simultaneous_confidence,
};

/// In what share of runs a difference must be seen to count as resolved.
const POWER: f64 = 0.9;

/// One entry for each rate and percentile; none where latency was not measured. And why a rate has none, one sentence
/// each: its excluded cells, or that too few restarts count.
pub(super) fn of(
    record: &Record,
    copies: &Copies,
    found: Option<&LatencyComparison>,
    trials: Trials,
) -> (Vec<LatencyCalibration>, Vec<String>) {
    let (Some(latency), Some(found)) = (&record.latency, found) else {
        let planned = record
            .plan
            .latency
            .as_ref()
            .filter(|_| record.latency.is_none());
        let missing = planned.map(|_| "latency: it was not measured".to_owned());
        return (Vec::new(), missing.into_iter().collect());
    };
    let arms = &record.plan.arms;
    let cells = found.cells.iter().filter(|cell| !cell.excluded.is_empty());
    let mut missing: Vec<String> = cells
        .map(|cell| {
            format!(
                "{}, {}: {}",
                arms[cell.arm].name,
                latency.rates[cell.rate].name(),
                cell.excluded.join(", ")
            )
        })
        .collect();
    let counts = |rate| {
        let mut cells = found.cells.iter().filter(|cell| cell.rate == rate);
        cells.all(|cell| cell.excluded.is_empty())
    };
    let samples = LatencySamples::of(record, latency);
    let comparisons = pairs_of(SERVERS, latency.rates.len() * COMPARED.len());
    let rules = Rules::new(
        LatencyPlan::RESTARTS as usize,
        simultaneous_confidence(comparisons),
        LEAST_LATENCY_MARGIN,
        POWER,
    );
    let mut calibrations = Vec::new();
    let rates = latency.rates.iter().enumerate();
    for (rate, offered) in rates.filter(|&(rate, _)| counts(rate)) {
        // The control's over the other's, so that whoever takes longer is behind.
        let late = copies.late.map(|(arm, _)| (0, arm));
        let pairs: Vec<(usize, usize)> = [(0, copies.again), (0, copies.twin)]
            .into_iter()
            .chain(late)
            .collect();
        let pools = COMPARED.map(|quantile| {
            let mut ratios = samples.log_ratios_together(&pairs, rate, quantile);
            Pool {
                again: ratios.remove(0),
                judged: ratios,
            }
        });
        let restarts = pools.iter().map(|pool| pool.again.len());
        if let Some(few) = restarts.min().filter(|&restarts| restarts < FEWEST) {
            missing.push(format!(
                "{}: {few} restarts are valid, but {FEWEST} are needed",
                offered.name()
            ));
            continue;
        }
        for (quantile, pool) in COMPARED.into_iter().zip(pools) {
            let said = resample::judge(&pool, &rules, trials, record.plan.seed);
            let measured = pool
                .judged
                .get(1)
                .and_then(|ratios| ratio_over_restarts(ratios, CONFIDENCE));
            let late = copies
                .late
                .zip(measured)
                .map(|((_, microseconds), measured)| Late {
                    microseconds,
                    measured: measured.inverse(),
                    seen: said.behind[1],
                });
            calibrations.push(LatencyCalibration {
                per_second: offered.per_second,
                share: offered.share,
                quantile,
                told_apart: said.told_apart,
                late,
                // As a share of the rate there, of the latency here.
                resolves: said.resolves.map(|share| share / (1.0 - share)),
            });
        }
    }
    (calibrations, missing)
}
