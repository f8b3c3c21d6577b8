//! The comparison tried on servers whose differences are known: measures, and says what this machine can detect.

use std::path::PathBuf;

use clap::Args;
use quartet_analysis::calibration::{FEWEST, broken, of};
use quartet_record::State;
use quartet_record::calibration::Calibration;
use quartet_report::calibration::text;

use crate::failure::{Failure, named, print};
use crate::run::{self, Run};
use crate::runs::runs;
use crate::selection;

/// What to calibrate by.
#[derive(Args, Debug)]
// The group of `run::Options` has the name that this one would have.
#[group(id = "calibration")]
pub struct Options {
    #[command(flatten)]
    run: run::Options,

    /// Recalculate the result from the record of a calibration, without measuring
    #[arg(long, value_name = "RUN", exclusive = true)]
    from: Option<PathBuf>,
}

/// Measures, and says what this machine can detect.
///
/// # Errors
/// As a run's, after the outcome of what was measured until then was kept. [`Failure::Unmet`] where equals are told
/// apart in more than 1 of 100 runs, where 3 % less in requests per second are not seen in 99 of 100, or where 25 % more
/// in the 99th percentile at half of capacity are not seen in 90 of 100. An error where something was not calibrated,
/// after the outcome of the rest was kept.
pub fn run(options: &Options, command: &str) -> Result<(), Failure> {
    if let Some(record) = &options.from {
        let calibration = of(&named(record)?)?;
        print(&text(&calibration))?;
        return outcome(&calibration);
    }
    let options = &options.run;
    if !options.servers().is_empty() || options.resumes().is_some() || options.has_own() {
        return Err(Failure::Usage(
            "calibrate selects its servers itself, and cannot resume".to_owned(),
        ));
    }
    options.without_scaling("calibrate")?;
    let restarts = options.effort().restarts;
    if (restarts as usize) < FEWEST {
        return Err(Failure::Usage(format!(
            "{restarts} restarts are planned, but a calibration needs {FEWEST}"
        )));
    }
    let mut run = Run::new(options, command, |catalogue, _| {
        selection::calibration(catalogue)
    })?;
    // Throughput against connections has no verdicts to try.
    run.record.plan.capacity = None;
    // Whatever ends it, restarts that were measured before count.
    let measured = run.measure(None);
    let interrupted = run.record.state == State::Interrupted;
    let calibration = match of(&run.record) {
        Ok(calibration) => calibration,
        Err(_) if interrupted => return Err(Failure::Interrupted),
        Err(error) => return Err(measured.err().unwrap_or_else(|| error.into())),
    };
    calibration.write(&runs(run.root()))?;
    run.show(&text(&calibration))?;
    measured?;
    if interrupted {
        return Err(Failure::Interrupted);
    }
    outcome(&calibration)
}

/// How the command ends.
///
/// # Errors
/// [`Failure::Unmet`] where a promise is not kept; and where something was not calibrated.
fn outcome(calibration: &Calibration) -> Result<(), Failure> {
    let broken = broken(calibration);
    if !broken.is_empty() {
        return Err(Failure::Unmet(broken.join("; ")));
    }
    let others = match calibration.missing.len() {
        0 => return Ok(()),
        1 => String::new(),
        several => format!(" (and {} more, listed above)", several - 1),
    };
    Err(anyhow::anyhow!("not calibrated: {}{others}", calibration.missing[0]).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::calibration;

    #[test]
    fn what_was_not_calibrated_is_an_error() {
        let mut calibration = calibration();
        assert!(outcome(&calibration).is_ok());
        calibration.missing = ["slowed-3, list: an answer was wrong", "another"]
            .map(str::to_owned)
            .to_vec();
        let Err(Failure::Other(error)) = outcome(&calibration) else {
            panic!("it counts as whole");
        };
        assert_eq!(
            error.to_string(),
            "not calibrated: slowed-3, list: an answer was wrong (and 1 more, listed above)"
        );
    }

    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn what_is_worked_out_again_takes_no_options_of_a_run() {
        let parse = |line: &[&str]| {
            let line = ["calibrate", "--from", "run"].iter().chain(line);
            <Program as clap::Parser>::try_parse_from(line).is_ok()
        };
        assert!(parse(&[]));
        for ignored in [&["--quick"][..], &["--seed", "5"], &["--output", "place"]] {
            assert!(!parse(ignored), "{ignored:?}");
        }
    }
}
