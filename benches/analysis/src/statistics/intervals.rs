//! Confidence intervals, alone and several at once. It knows nothing of what they say.

use quartet_record::ratio::Ratio;
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, StudentsT};

use super::descriptive::{mean, standard_deviation};

/// The share of runs in which an interval of this module is meant to hold the true value.
pub const CONFIDENCE: f64 = 0.95;

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

/// How many pairs so many servers make, in so many lanes.
pub fn pairs_of(servers: usize, lanes: usize) -> usize {
    lanes * servers * servers.saturating_sub(1) / 2
}

/// The mean of `log_ratios`, one per restart, with Student's interval at `confidence`, back on the scale of ratios.
///
/// None of fewer than two restarts: one process tells nothing of how processes differ.
pub fn ratio_over_restarts(log_ratios: &[f64], confidence: f64) -> Option<Ratio> {
    let freedom = log_ratios.len().checked_sub(1)?;
    ratio_with_critical(log_ratios, critical_t(confidence, freedom)?)
}

/// As [`ratio_over_restarts`], given the [`critical_t`] of the confidence and the restarts.
pub fn ratio_with_critical(log_ratios: &[f64], t: f64) -> Option<Ratio> {
    let centre = mean(log_ratios)?;
    let error = standard_deviation(log_ratios)? / (log_ratios.len() as f64).sqrt();
    let half_width = t * error;
    Some(Ratio {
        estimate: centre.exp(),
        low: (centre - half_width).exp(),
        high: (centre + half_width).exp(),
    })
}

/// How much larger the second of two independent samples of logarithms is than the first, with an interval at
/// `confidence` that lets their spreads differ (B. L. Welch, Biometrika 34, 1947; degrees of freedom rounded down).
///
/// None where either has fewer than two values.
pub fn ratio_between(first: &[f64], second: &[f64], confidence: f64) -> Option<Ratio> {
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
    Some(Ratio {
        estimate: centre.exp(),
        low: (centre - half_width).exp(),
        high: (centre + half_width).exp(),
    })
}
