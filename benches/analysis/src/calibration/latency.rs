//! What latency at given rates can tell apart.

use anyhow::{Context as _, Result, ensure};
use quartet_record::Record;
use quartet_record::calibration::{Late, LatencyCalibration};
use quartet_record::plan::{ArmRole, LatencyPlan};

use super::resample::{self, FEWEST, Pool, Rules, SERVERS, Trials};
use crate::open_loop::{COMPARED, LatencySamples, latency_comparison};
use crate::statistics::{
    CONFIDENCE, LEAST_LATENCY_MARGIN, pairs_of, ratio_over_restarts, simultaneous_confidence,
};

/// In what share of runs a difference must be seen to count as resolved.
const POWER: f64 = 0.9;

/// One entry for each rate and percentile; none where latency was not measured. And why a rate has none: its excluded
/// cells, one sentence each.
///
/// # Errors
/// Where too few restarts count.
pub(super) fn of(
    record: &Record,
    trials: Trials,
) -> Result<(Vec<LatencyCalibration>, Vec<String>)> {
    let (Some(latency), Some(found)) = (&record.latency, latency_comparison(record)?) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let arms = &record.plan.arms;
    let cells = found.cells.iter().filter(|cell| !cell.excluded.is_empty());
    let missing: Vec<String> = cells
        .map(|cell| {
            format!(
                "{}, latency at {:.0} requests/s: {}",
                arms[cell.arm].name,
                latency.rates[cell.rate].per_second,
                cell.excluded.join(", ")
            )
        })
        .collect();
    let counts = |rate| {
        let mut cells = found.cells.iter().filter(|cell| cell.rate == rate);
        cells.all(|cell| cell.excluded.is_empty())
    };
    let aside = |arm: usize| arms[arm].role == ArmRole::Aside;
    let server = |arm: usize| record.server_of(arm);
    let late_by = |arm| server(arm).and_then(|server| server.late_by);
    let twin = (1..arms.len())
        .find(|&arm| aside(arm) && late_by(arm).is_none() && arms[arm].server == arms[0].server)
        .context("this is not the record of a calibration")?;
    let late = (1..arms.len()).find_map(|arm| Some((arm, late_by(arm)?)));
    let (again, _) = record.plan.copied().context("there is no second copy")?;
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
        for quantile in COMPARED {
            // The control's over the other's, so that whoever takes longer is behind.
            let ratios = |arm| {
                let ratios = samples.log_ratios(0, arm, rate, quantile);
                let name = &arms[arm].name;
                let count = ratios.len();
                ensure!(
                    count >= FEWEST,
                    "{name}: latency is valid in {count} restarts, but {FEWEST} are needed"
                );
                Ok(ratios)
            };
            let mut judged = vec![ratios(twin)?];
            if let Some((arm, _)) = late {
                judged.push(ratios(arm)?);
            }
            let pool = Pool {
                again: ratios(again)?,
                judged,
            };
            let restarts = pool.again.len();
            ensure!(
                pool.judged.iter().all(|ratios| ratios.len() == restarts),
                "latency was not measured for every server in every restart"
            );
            let said = resample::judge(&pool, &rules, trials, record.plan.seed);
            let late: Option<Result<Late>> = late.map(|(_, microseconds)| {
                let measured = ratio_over_restarts(&pool.judged[1], CONFIDENCE);
                let measured = measured.context("too few restarts")?.inverse();
                Ok(Late {
                    microseconds,
                    measured,
                    seen: said.behind[1],
                })
            });
            calibrations.push(LatencyCalibration {
                per_second: offered.per_second,
                share: offered.share,
                quantile,
                told_apart: said.told_apart,
                late: late.transpose()?,
                // As a share of the rate there, of the latency here.
                resolves: said.resolves.map(|share| share / (1.0 - share)),
            });
        }
    }
    Ok((calibrations, missing))
}
