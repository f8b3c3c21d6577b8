//! What a calibration found, and the file it is kept in. It knows nothing of how it is worked out.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::plan::Lane;
use crate::ratio::Ratio;
use crate::replace::replace;

/// The version of the file's form.
pub const SCHEMA_VERSION: u32 = 1;

/// The file's name in the directory of runs.
const FILE_NAME: &str = "calibration.json";

/// What a machine can resolve in a default run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Calibration {
    /// The version of this form.
    pub schema_version: u32,
    /// When its restarts were begun, RFC 3339 in UTC.
    pub started: String,
    /// What it was measured on.
    pub machine: Machine,
    /// Restarts measured for rates.
    pub restarts: usize,
    /// Restarts of each run that was put together from them. Runs that measure latency have a number of their own.
    pub run_restarts: usize,
    /// Comparisons that each such run was corrected for.
    pub comparisons: usize,
    /// Runs put together.
    pub trials: usize,
    /// One entry a lane.
    pub lanes: Vec<LaneCalibration>,
    /// One entry for each rate and percentile of latency. Empty where it was not measured, as in
    /// calibrations of before 2026-11-28.
    #[serde(default)]
    pub latency: Vec<LatencyCalibration>,
    /// What was measured and did not count, one sentence each without its full stop. Empty in calibrations of
    /// before 2026-11-28, which had no outcome then.
    #[serde(default)]
    pub missing: Vec<String>,
}

/// What it can resolve of latency, at one rate and percentile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyCalibration {
    /// Requests per second.
    pub per_second: f64,
    /// As a share of what the slowest server answers at saturation, where it was given so.
    pub share: Option<f64>,
    /// The percentile, of 1.
    pub quantile: f64,
    /// In what share of runs one of two equals was found faster than the other.
    pub told_apart: Frequency,
    /// The copy of which every hundredth answer is late.
    pub late: Option<Late>,
    /// How much longer a latency must be, as a share of the other's, to be found so in 9 of 10 runs.
    pub resolves: Option<f64>,
}

/// A copy of which every hundredth answer is late by a known time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Late {
    /// By how much, microseconds.
    pub microseconds: u32,
    /// Its latency relative to the control's over all restarts, with a 95 % interval.
    pub measured: Ratio,
    /// In what share of runs it was found slower.
    pub seen: Frequency,
}

/// What it can resolve in one kind of request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LaneCalibration {
    /// The kind of request.
    pub lane: Lane,
    /// In what share of runs one of two equals was found ahead of the other.
    pub told_apart: Frequency,
    /// One entry for each copy that is slower.
    pub slowed: Vec<Slowed>,
    /// How much slower a server must be, as a share of the other's rate, to be found so in 99 of 100 runs.
    pub resolves: Option<f64>,
}

/// A copy that is slower by a known share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slowed {
    /// How much more time an answer takes it, percent.
    pub percent: f64,
    /// Its rate relative to the control's over all restarts, with a 95 % interval.
    pub measured: Ratio,
    /// In what share of runs it was found behind.
    pub seen: Frequency,
}

/// How often something happens, as a share, with a 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Frequency {
    /// In what share of all trials.
    pub share: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl LatencyCalibration {
    /// Which percentile at which rate.
    pub fn name(&self) -> String {
        format!(
            "p{} at {:.0} requests/s",
            100.0 * self.quantile,
            self.per_second
        )
    }
}

impl Frequency {
    /// In percent, with the interval's ends.
    pub fn percent(self) -> String {
        let percent = |share: f64| format!("{:.1}", 100.0 * share);
        format!(
            "{} % ({} to {})",
            percent(self.share),
            percent(self.low),
            percent(self.high)
        )
    }
}

impl Late {
    /// How many times the control's its latency was measured to be, with the interval's ends.
    pub fn measured_times(&self) -> String {
        format!(
            "{:.2} ({:.2} to {:.2})",
            self.measured.estimate, self.measured.low, self.measured.high
        )
    }
}

impl Slowed {
    /// How much more time an answer was measured to take it, in percent, with the interval's ends.
    pub fn measured_percent(&self) -> String {
        let more = |rate: f64| 100.0 * (rate.recip() - 1.0);
        format!(
            "{:.2} ({:.2} to {:.2})",
            more(self.measured.estimate),
            more(self.measured.high),
            more(self.measured.low)
        )
    }
}

impl Calibration {
    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// Where the directory cannot be made or written to.
    pub fn write(&self, directory: &Path) -> Result<()> {
        let write = || -> Result<PathBuf> {
            fs::create_dir_all(directory)?;
            replace(directory, FILE_NAME, |output| {
                serde_json::to_writer_pretty(&mut *output, self)?;
                output.write_all(b"\n")?;
                Ok(())
            })
        };
        let file = directory.join(FILE_NAME);
        write()
            .map(drop)
            .with_context(|| format!("cannot write {}", file.display()))
    }

    /// Reads the file that a directory of runs has.
    pub fn read(directory: &Path) -> Result<Self> {
        let file = directory.join(FILE_NAME);
        let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let read: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{} is no calibration", file.display()))?;
        anyhow::ensure!(
            read.schema_version == SCHEMA_VERSION,
            "{} has another version",
            file.display()
        );
        Ok(read)
    }
}
