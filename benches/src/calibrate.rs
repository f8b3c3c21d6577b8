//! The comparison tried on servers whose differences are known.
//!
//! A control is measured against itself and against copies of it that are slower by known shares, in as many restarts
//! as a run has. Many runs are then put together from these restarts, and judged as any run is: how often two equals
//! are told apart, and how often a copy is found to be slower.

mod latency;
mod outcome;
mod resample;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::analysis::{Analysis, LaneAnalysis, Samples, pairs_of};
use crate::failure::{Failure, print};
use crate::machine::Machine;
use crate::plan::{ArmRole, Effort, Lane};
use crate::record::{Record, State};
use crate::run::{self, Run, runs};
use crate::selection;
use crate::statistics::{CONFIDENCE, LEAST_MARGIN, Ratio, simultaneous_confidence};

pub use outcome::{Calibration, Frequency, LaneCalibration, Late, LatencyCalibration, Slowed};
use resample::{Pool, Rules, Trials};

/// With fewer restarts than this, runs put together from them would all be much alike.
const FEWEST: usize = 10;

/// How many servers a default run compares with each other.
const SERVERS: usize = 4;

/// In what share of runs a difference in rates must be seen to count as resolved.
const POWER: f64 = 0.99;

/// What to calibrate by.
#[derive(Args, Debug)]
// The group of `run::Options` has the name that this one would have.
#[group(id = "calibration")]
pub struct Options {
    #[command(flatten)]
    run: run::Options,

    /// Work it out again from the record of a calibration, and measure nothing
    #[arg(long, value_name = "RUN")]
    from: Option<PathBuf>,
}

/// Measures, and says what this machine can resolve.
///
/// # Errors
/// As a run's; [`Failure::Unmet`] where equals are told apart in more than 1 of 100 runs, or 3 % are not seen in 99
/// of 100; and where rows are void, after the outcome of the others was kept.
pub fn run(options: &Options, command: &str) -> Result<(), Failure> {
    if let Some(record) = &options.from {
        let calibration = of(&Record::named(record)?)?;
        print(&calibration.text())?;
        return calibration.outcome();
    }
    let options = &options.run;
    if !options.servers().is_empty() || options.resumes() {
        return Err(Failure::Usage(
            "calibrate chooses its servers itself, and begins afresh".to_owned(),
        ));
    }
    let restarts = options.effort().restarts;
    if (restarts as usize) < FEWEST {
        return Err(Failure::Usage(format!(
            "{restarts} restarts are planned, a calibration needs {FEWEST}"
        )));
    }
    let mut run = Run::new(options, command, selection::calibration)?;
    // Throughput against connections has no verdicts to try.
    run.record.plan.capacity = None;
    run.measure(None)?;
    let interrupted = run.record.state == State::Interrupted;
    let calibration = match of(&run.record) {
        Ok(calibration) => calibration,
        Err(_) if interrupted => return Err(Failure::Interrupted),
        Err(error) => return Err(error.into()),
    };
    calibration.write(&runs(run.root()))?;
    run.show(&calibration.text())?;
    if interrupted {
        return Err(Failure::Interrupted);
    }
    calibration.outcome()
}

impl Calibration {
    /// How the command ends.
    ///
    /// # Errors
    /// [`Failure::Unmet`] where a promise is not kept; and where something was not calibrated.
    fn outcome(&self) -> Result<(), Failure> {
        let broken = self.broken();
        if !broken.is_empty() {
            return Err(Failure::Unmet(broken.join("; ")));
        }
        let others = match self.missing.len() {
            0 => return Ok(()),
            1 => String::new(),
            several => format!(" (and {} more, listed above)", several - 1),
        };
        Err(anyhow::anyhow!("not calibrated: {}{others}", self.missing[0]).into())
    }
}

/// What is known of this machine, from its last calibration. One of another machine, or that cannot be read, says
/// nothing.
pub(crate) fn known(root: &Path, machine: &Machine) -> Option<Calibration> {
    let known = Calibration::read(&runs(root)).ok()?;
    known.machine.is_known_as(machine).then_some(known)
}

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
        "{restarts} restarts count, a calibration needs {FEWEST}"
    );
    let run_restarts = Effort::NORMAL.restarts as usize;
    let comparisons = pairs_of(SERVERS, record.plan.lanes.len());
    let rules = Rules::new(
        run_restarts,
        simultaneous_confidence(comparisons),
        LEAST_MARGIN,
        POWER,
    );
    let mut missing = Vec::new();
    let mut lanes = Vec::new();
    for found in &Analysis::of(record)?.lanes {
        let void = void(record, found);
        if void.is_empty() {
            lanes.push(of_lane(record, &samples, found.lane, &rules, trials)?);
        }
        missing.extend(void);
    }
    let (latency, void) = latency::of(record, trials)?;
    missing.extend(void);
    ensure!(
        !lanes.is_empty() || !latency.is_empty(),
        "nothing counts: {}",
        missing.join("; ")
    );
    Ok(Calibration {
        schema_version: outcome::SCHEMA_VERSION,
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

/// Why a lane is no base for a calibration: its void rows, one sentence each.
fn void(record: &Record, found: &LaneAnalysis) -> Vec<String> {
    let rows = found.rows.iter().filter(|row| !row.void.is_empty());
    rows.map(|row| {
        let name = &record.plan.arms[row.arm].name;
        format!("{name}, {}: {}", found.lane.name(), row.void.join(", "))
    })
    .collect()
}

fn of_lane(
    record: &Record,
    samples: &Samples<'_>,
    lane: Lane,
    rules: &Rules,
    trials: Trials,
) -> Result<LaneCalibration> {
    let arms = &record.plan.arms;
    let percent = |arm: usize| record.server_of(arm).and_then(|server| server.slowed_by);
    let against_control = |arm: usize| {
        let ratios = samples.log_ratios(arm, 0, lane);
        ensure!(
            ratios.len() == samples.restarts(),
            "{} is missing in some restarts",
            arms[arm].name
        );
        Ok(ratios)
    };
    let position = |wanted: &dyn Fn(usize) -> bool| {
        let found = (1..arms.len()).find(|&arm| wanted(arm));
        found.context("this is not the record of a calibration")
    };
    let aside = |arm: usize| arms[arm].role == ArmRole::Aside;
    let again = position(&|arm| arms[arm].role == ArmRole::Again)?;
    let twin = position(&|arm| aside(arm) && percent(arm) == Some(0.0))?;
    let slower: Vec<(usize, f64)> = (1..arms.len())
        .filter(|&arm| aside(arm))
        .filter_map(|arm| Some((arm, percent(arm).filter(|&percent| percent > 0.0)?)))
        .collect();
    let mut judged = vec![against_control(twin)?];
    for &(arm, _) in &slower {
        judged.push(against_control(arm)?);
    }
    let pool = Pool {
        again: against_control(again)?,
        judged,
    };
    let seed = record.plan.seed;
    let found = resample::judge(&pool, rules, trials, seed);
    let slowed = slower.into_iter().zip(1..).map(|((_, percent), index)| {
        let measured = Ratio::over_restarts(&pool.judged[index], CONFIDENCE);
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
