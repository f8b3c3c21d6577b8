//! What a calibration found, and the file it is kept in.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::resample::quantile;
use crate::machine::Machine;
use crate::plan::Lane;
use crate::statistics::{CONFIDENCE, Ratio};

/// The version of the file's form.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// The file's name in the directory of runs.
const FILE_NAME: &str = "calibration.json";

/// In what share of runs two equals may be told apart.
const TOLD_APART: f64 = 0.01;

/// What must be seen, percent, and in what share of runs.
const SEEN: (f64, f64) = (3.0, 0.99);

/// What a machine can resolve in a default run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Calibration {
    /// The version of this form.
    pub schema_version: u32,
    /// When its restarts were begun, RFC 3339 in UTC.
    pub started: String,
    /// What it was measured on.
    pub machine: Machine,
    /// Restarts measured.
    pub restarts: usize,
    /// Restarts of each run that was put together from them.
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

/// How much longer a 99th percentile at half load must be to be seen, and in what share of runs.
const LONGER: (f64, f64) = (0.25, 0.9);

impl LatencyCalibration {
    fn name(&self) -> String {
        format!(
            "p{} at {:.0} requests/s",
            100.0 * self.quantile,
            self.per_second
        )
    }

    /// What is promised and not kept.
    fn broken(&self) -> impl Iterator<Item = String> {
        let apart = (self.told_apart.share > TOLD_APART).then(|| {
            format!(
                "{}: two equals were told apart in {} of runs",
                self.name(),
                self.told_apart.percent()
            )
        });
        let promised = self.quantile == 0.99 && self.share == Some(0.5);
        let missed =
            (promised && self.resolves.is_none_or(|longer| longer > LONGER.0)).then(|| {
                format!(
                    "{}: one longer by {:.0} % is found so in fewer than {:.0} of 100 runs",
                    self.name(),
                    100.0 * LONGER.0,
                    100.0 * LONGER.1
                )
            });
        apart.into_iter().chain(missed)
    }

    fn text(&self) -> String {
        let mut text = format!(
            "· {}: two equals are told apart in {} of runs",
            self.name(),
            self.told_apart.percent()
        );
        // Writing to a string does not fail.
        if let Some(late) = self.late {
            let _ = write!(
                text,
                "; every hundredth answer late by {} µs, measured as {:.2} times the control's ({:.2} to {:.2}), is \
                 found so in {}",
                late.microseconds,
                late.measured.estimate,
                late.measured.low,
                late.measured.high,
                late.seen.percent()
            );
        }
        if let Some(longer) = self.resolves {
            let _ = write!(
                text,
                "; {:.0} % longer would be found so in 9 of 10",
                100.0 * longer
            );
        }
        text
    }
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

impl Frequency {
    /// From a count, and the shares found in draws of what the trials were made from. The interval is the wider of the
    /// draws' and the count's own (E. B. Wilson, Journal of the American Statistical Association 22, 1927).
    pub(super) fn new(count: usize, trials: usize, draws: Vec<f64>) -> Self {
        const Z: f64 = 1.959_964;
        let n = trials as f64;
        let share = count as f64 / n;
        let centre = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half_width =
            Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let tail = (1.0 - CONFIDENCE) / 2.0;
        let low = quantile(draws.clone(), tail).unwrap_or(share);
        let high = quantile(draws, 1.0 - tail).unwrap_or(share);
        Self {
            share,
            low: low.min(centre - half_width).clamp(0.0, share),
            high: high.max(centre + half_width).clamp(share, 1.0),
        }
    }

    /// In percent, with the interval's ends.
    pub(crate) fn percent(self) -> String {
        let percent = |share: f64| format!("{:.1}", 100.0 * share);
        format!(
            "{} % ({} to {})",
            percent(self.share),
            percent(self.low),
            percent(self.high)
        )
    }
}

impl Slowed {
    /// How much more time an answer was measured to take it, in percent, with the interval's ends.
    pub(crate) fn measured_percent(&self) -> String {
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
    pub(super) fn write(&self, directory: &Path) -> Result<()> {
        let file = directory.join(FILE_NAME);
        let unfinished = directory.join(format!("{FILE_NAME}.unfinished"));
        let write = || -> Result<()> {
            fs::create_dir_all(directory)?;
            fs::write(&unfinished, serde_json::to_string_pretty(self)? + "\n")?;
            fs::rename(&unfinished, &file)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", file.display()))
    }

    /// Reads the file that a directory of runs has.
    pub(super) fn read(directory: &Path) -> Result<Self> {
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

    /// What a run promises and this machine does not keep.
    pub(super) fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for lane in &self.lanes {
            let name = lane.lane.name();
            if lane.told_apart.share > TOLD_APART {
                broken.push(format!(
                    "{name}: two equals were told apart in {} of runs",
                    lane.told_apart.percent()
                ));
            }
            for slowed in &lane.slowed {
                if slowed.percent >= SEEN.0 && slowed.seen.share < SEEN.1 {
                    broken.push(format!(
                        "{name}: a server slower by {} % was found so in only {} of runs",
                        slowed.percent,
                        slowed.seen.percent()
                    ));
                }
            }
        }
        broken.extend(self.latency.iter().flat_map(LatencyCalibration::broken));
        broken
    }

    /// One line for a report: what a default run on this machine can tell.
    pub fn sentence(&self) -> String {
        let lanes: Vec<String> = self
            .lanes
            .iter()
            .filter_map(|lane| {
                let resolves = 100.0 * lane.resolves?;
                Some(format!("{resolves:.1} % ({})", lane.lane.name()))
            })
            .collect();
        let apart = self.lanes.iter().map(|lane| lane.told_apart.share);
        if lanes.is_empty() {
            return format!(
                "what this machine can resolve is not known: its calibration of {} did not count",
                self.started.get(..10).unwrap_or(&self.started)
            );
        }
        format!(
            "what this machine can resolve, by its calibration of {}: in 99 of 100 default runs a server slower by {}; \
             two equals were told apart in {:.1} % of them",
            self.started.get(..10).unwrap_or(&self.started),
            lanes.join(" and "),
            100.0 * apart.fold(0.0, f64::max)
        )
    }

    /// All of it, for people.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "What a default run can resolve here: {} runs of {} restarts and {} comparisons, put together from {} \
             restarts of a control and of copies slower by a known share (95 % intervals)\n",
            self.trials, self.run_restarts, self.comparisons, self.restarts
        );
        for lane in &self.lanes {
            // Writing to a string does not fail.
            let _ = writeln!(text, "\n{}: GET {}", lane.lane.name(), lane.lane.path());
            let _ = writeln!(
                text,
                "· two equals are told apart in {} of runs",
                lane.told_apart.percent()
            );
            for slowed in &lane.slowed {
                let _ = writeln!(
                    text,
                    "· slower by {} %, measured as {}, is found so in {}",
                    slowed.percent,
                    slowed.measured_percent(),
                    slowed.seen.percent()
                );
            }
            if let Some(resolves) = lane.resolves {
                let _ = writeln!(
                    text,
                    "· slower by {:.2} % would be found so in 99 of 100",
                    100.0 * resolves
                );
            }
        }
        if !self.latency.is_empty() {
            text.push_str("\nlatency at given rates\n");
        }
        for latency in &self.latency {
            let _ = writeln!(text, "{}", latency.text());
        }
        if !self.missing.is_empty() {
            text.push_str("\nnot calibrated\n");
        }
        for reason in &self.missing {
            let _ = writeln!(text, "· {reason}");
        }
        text
    }
}
