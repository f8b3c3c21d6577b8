//! The statistics of the comparison.
//!
//! The unit of replication is the *restart*, never the slice or the block: a process keeps a bias of up to about one
//! percent for as long as it lives, so any number of rounds within one life are pseudo-replicates (Kalibera and Jones,
//! "Rigorous Benchmarking in Reasonable Time", ISMM 2013, section 3; Georges, Buytaert and Eeckhout, "Statistically
//! Rigorous Java Performance Evaluation", OOPSLA 2007). Each restart therefore gives one number, from the
//! [differences between neighbours](levels) in time, and intervals are Student's over restarts.
//!
//! Ratios are averaged as logarithms, so that a ÷ b and b ÷ a give reciprocal answers.

mod blocks;
mod neighbours;
mod trend;
mod verdict;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, StudentsT};

pub use blocks::{Entry, block_levels};
pub use neighbours::levels;
pub use trend::{Trend, trend};
pub use verdict::{LEAST_LATENCY_MARGIN, LEAST_MARGIN, Place, Verdict, margin, restarts_needed};

/// The share of runs in which an interval of this module is meant to hold the true value.
pub const CONFIDENCE: f64 = 0.95;

/// The middle value; the mean of the two middle ones where their number is even. None of an empty slice.
///
/// Values that are not numbers sort last.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(sorted[middle - 1], upper))
}

/// An interval for the median that assumes nothing of how values are distributed: between two order statistics, by
/// the binomial distribution (W. J. Conover, *Practical Nonparametric Statistics*, section 3.2). None of too few
/// values for that confidence, which are five and fewer for [`CONFIDENCE`].
pub fn median_interval(values: &[f64], confidence: f64) -> Option<(f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as u64;
    let below = Binomial::new(0.5, count).ok()?;
    let tail = (1.0 - confidence) / 2.0;
    let outside = (0..count)
        .take_while(|&rank| below.cdf(rank) <= tail)
        .count();
    let low = outside.checked_sub(1)?;
    Some((*sorted.get(low)?, *sorted.get(sorted.len() - 1 - low)?))
}

/// The arithmetic mean. None of an empty slice.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The sample standard deviation (divisor n − 1). None of fewer than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let centre = mean(values)?;
    let freedom = values.len().checked_sub(1).filter(|&freedom| freedom > 0)?;
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    Some((squares / freedom as f64).sqrt())
}

/// The two-sided critical value of Student's t: the t for which P(|T| ≤ t) is `confidence`.
///
/// None where there is no such number: no degree of freedom, or a confidence outside (0, 1).
pub fn critical_t(confidence: f64, freedom: usize) -> Option<f64> {
    if freedom == 0 || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let distribution = StudentsT::new(0.0, 1.0, freedom as f64).ok()?;
    Some(distribution.inverse_cdf(f64::midpoint(1.0, confidence)))
}

/// The confidence each of `comparisons` intervals needs so that all hold at once with [`CONFIDENCE`]: Bonferroni's
/// correction, which assumes nothing of how the comparisons depend on each other.
pub fn simultaneous_confidence(comparisons: usize) -> f64 {
    1.0 - (1.0 - CONFIDENCE) / comparisons.max(1) as f64
}

/// A ratio with its confidence interval; 1.02 is two percent more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ratio {
    /// The geometric mean of the restarts' ratios.
    pub estimate: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Ratio {
    /// The mean of `log_ratios`, one per restart, with Student's interval at `confidence`, back on the scale of ratios.
    ///
    /// None of fewer than two restarts: one process tells nothing of how processes differ.
    pub fn over_restarts(log_ratios: &[f64], confidence: f64) -> Option<Self> {
        let freedom = log_ratios.len().checked_sub(1)?;
        Self::with_critical(log_ratios, critical_t(confidence, freedom)?)
    }

    /// As [`Ratio::over_restarts`], given the [`critical_t`] of the confidence and the restarts.
    pub fn with_critical(log_ratios: &[f64], t: f64) -> Option<Self> {
        let centre = mean(log_ratios)?;
        let error = standard_deviation(log_ratios)? / (log_ratios.len() as f64).sqrt();
        let half_width = t * error;
        Some(Self {
            estimate: centre.exp(),
            low: (centre - half_width).exp(),
            high: (centre + half_width).exp(),
        })
    }

    /// How much larger the second of two independent samples of logarithms is than the first, with an interval at
    /// `confidence` that lets their spreads differ (B. L. Welch, Biometrika 34, 1947; degrees of freedom rounded down).
    ///
    /// None where either has fewer than two values.
    pub fn between(first: &[f64], second: &[f64], confidence: f64) -> Option<Self> {
        let variance = |of: &[f64]| Some(standard_deviation(of)?.powi(2) / of.len() as f64);
        let (ours, theirs) = (variance(first)?, variance(second)?);
        let centre = mean(second)? - mean(first)?;
        let error = (ours + theirs).sqrt();
        let half_width = if error > 0.0 {
            let freedom = (ours + theirs).powi(2)
                / (ours.powi(2) / (first.len() - 1) as f64
                    + theirs.powi(2) / (second.len() - 1) as f64);
            critical_t(confidence, freedom.floor().max(1.0) as usize)? * error
        } else {
            0.0
        };
        Some(Self {
            estimate: centre.exp(),
            low: (centre - half_width).exp(),
            high: (centre + half_width).exp(),
        })
    }

    /// The same comparison read from the other side: b ÷ a of a ÷ b.
    pub fn inverse(self) -> Self {
        Self {
            estimate: self.estimate.recip(),
            low: self.high.recip(),
            high: self.low.recip(),
        }
    }

    /// How far the interval reaches from "no difference", as a ratio less one: 0.02 of (0.99, 1.02).
    pub fn reach(self) -> f64 {
        (self.high.max(self.low.recip())) - 1.0
    }
}

#[cfg(test)]
mod tests;
