//! What a machine can resolve, worked out from the record of servers whose differences are known.
//!
//! A control is measured against itself and against copies of it that are slower by known shares, in as many restarts
//! as a run has. Many runs are then put together from these restarts, and judged as any run is: how often two equals
//! are told apart, and how often a copy is found to be slower.

mod broken;
mod latency;
mod resample;
mod sentence;

use anyhow::{Context as _, Result, ensure};
use quartet_record::Record;
use quartet_record::calibration::{Calibration, LaneCalibration, SCHEMA_VERSION, Slowed};
use quartet_record::plan::{ArmRole, Effort, Lane};

use crate::analysis::Analysis;
use crate::lane::LaneAnalysis;
use crate::samples::Samples;
use crate::statistics::{
    CONFIDENCE, LEAST_MARGIN, pairs_of, ratio_over_restarts, simultaneous_confidence,
};
use resample::{Pool, Rules, SERVERS, Trials};

pub use broken::broken;
pub use resample::FEWEST;
pub use sentence::sentence;

/// In what share of runs a difference in rates must be seen to count as resolved.
const POWER: f64 = 0.99;

/// Works a calibration out from the record of its restarts.
///
/// # Errors
/// Where the record is no calibration's, nothing in it counts, or too few restarts do.
pub fn of(record: &Record) -> Result<Calibration> {
    by(record, Trials::ENOUGH)
}

fn by(record: &Record, trials: Trials) -> Result<Calibration> {
    let samples = Samples::of(record)?;
    let restarts = samples.restarts();
    ensure!(
        restarts >= FEWEST,
        "{restarts} restarts are valid, but a calibration needs {FEWEST}"
    );
    let run_restarts = Effort::NORMAL.restarts as usize;
    let comparisons = pairs_of(SERVERS, record.plan.lanes.len());
    let rules = Rules::new(
        run_restarts,
        simultaneous_confidence(comparisons),
        LEAST_MARGIN,
        POWER,
    );
    let copies = Copies::of(record)?;
    let analysis = Analysis::of(record)?;
    let mut missing = Vec::new();
    let mut lanes = Vec::new();
    for found in &analysis.lanes {
        let excluded = excluded_rows(record, found);
        if excluded.is_empty() {
            match of_lane(record, &samples, &copies, found.lane, &rules, trials) {
                Ok(lane) => lanes.push(lane),
                Err(error) => missing.push(format!("{}: {error:#}", found.lane.name())),
            }
        }
        missing.extend(excluded);
    }
    let (latency, why_not) = latency::of(record, &copies, analysis.latency.as_ref(), trials);
    missing.extend(why_not);
    ensure!(
        !lanes.is_empty() || !latency.is_empty(),
        "nothing is valid: {}",
        missing.join("; ")
    );
    Ok(Calibration {
        schema_version: SCHEMA_VERSION,
        started: record.started.clone(),
        machine: record.machine.clone(),
        restarts,
        run_restarts,
        comparisons,
        trials: trials.whole,
        lanes,
        latency,
        missing,
    })
}

/// Why a lane is no base for a calibration: its excluded rows, one sentence each.
fn excluded_rows(record: &Record, found: &LaneAnalysis) -> Vec<String> {
    let rows = found.rows.iter().filter(|row| !row.excluded.is_empty());
    rows.map(|row| {
        let name = &record.plan.arms[row.arm].name;
        format!("{name}, {}: {}", found.lane.name(), row.excluded.join(", "))
    })
    .collect()
}

/// The copies of the control, which is the first arm.
struct Copies {
    /// The one that decides the margin.
    again: usize,
    /// The one that is judged.
    twin: usize,
    /// Those that are slower, and by how many percent.
    slower: Vec<(usize, f64)>,
    /// The one of which every hundredth answer is late, and by how many microseconds.
    late: Option<(usize, u32)>,
}

impl Copies {
    fn of(record: &Record) -> Result<Self> {
        let arms = &record.plan.arms;
        let aside = || (1..arms.len()).filter(|&arm| arms[arm].role == ArmRole::Aside);
        let percent = |arm| record.server_of(arm).and_then(|server| server.slowed_by);
        let late_by = |arm| record.server_of(arm).and_then(|server| server.late_by);
        let is_twin =
            |&arm: &usize| arms[arm].server == arms[0].server && percent(arm) == Some(0.0);
        let copied = record.plan.copied();
        let again = copied.filter(|&(_, first)| first == 0);
        let (again, twin) = again
            .map(|(again, _)| again)
            .zip(aside().find(is_twin))
            .context("this is not the record of a calibration")?;
        let slower = aside().filter_map(|arm| Some((arm, percent(arm)?)));
        Ok(Self {
            again,
            twin,
            slower: slower.filter(|&(_, percent)| percent > 0.0).collect(),
            late: aside().find_map(|arm| Some((arm, late_by(arm)?))),
        })
    }
}

fn of_lane(
    record: &Record,
    samples: &Samples<'_>,
    copies: &Copies,
    lane: Lane,
    rules: &Rules,
    trials: Trials,
) -> Result<LaneCalibration> {
    let against_control = |arm: usize| {
        let ratios = samples.log_ratios(arm, 0, lane);
        ensure!(
            ratios.len() == samples.restarts(),
            "{} is missing in some restarts",
            record.plan.arms[arm].name
        );
        Ok(ratios)
    };
    let slower = copies.slower.iter().map(|&(arm, _)| arm);
    let pool = Pool {
        again: against_control(copies.again)?,
        judged: [copies.twin]
            .into_iter()
            .chain(slower)
            .map(against_control)
            .collect::<Result<_>>()?,
    };
    let found = resample::judge(&pool, rules, trials, record.plan.seed);
    let slowed = copies.slower.iter().zip(1..).map(|(&(_, percent), index)| {
        let measured = ratio_over_restarts(&pool.judged[index], CONFIDENCE);
        let measured = measured.context("too few restarts")?;
        Ok(Slowed {
            percent,
            measured,
            seen: found.behind[index],
        })
    });
    Ok(LaneCalibration {
        lane,
        told_apart: found.told_apart,
        slowed: slowed.collect::<Result<_>>()?,
        resolves: found.resolves,
    })
}

#[cfg(test)]
mod tests;
