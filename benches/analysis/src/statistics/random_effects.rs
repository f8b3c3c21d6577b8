//! One estimate from several: random-effects meta-analysis. It knows nothing of what was estimated.
//!
//! Each estimate is of a quantity of its own, drawn from a distribution whose mean is asked for and whose variance, τ²,
//! is estimated too. Notation is that of the literature: k estimates y with sampling variances v, and weights
//! w = 1 ÷ (v + τ²).

use serde::{Deserialize, Serialize};

use super::intervals::critical_t;

/// How often an iteration is repeated at most. Newton's takes about ten.
const ROUNDS: usize = 200;

/// A change of τ², as a share of it, that ends an iteration.
const NOTHING: f64 = 1e-9;

/// An estimate and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The estimate, on a scale on which averages make sense; of ratios, their logarithm.
    pub estimate: f64,
    /// Its sampling variance: the square of its standard error. Above 0.
    pub variance: f64,
}

/// How the variance between the quantities is estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// That with which the weighted squares are what is expected of them (R. C. Paule and J. Mandel, "Consensus values
    /// and weighting factors", Journal of Research of the National Bureau of Standards 87, 1982). It assumes no normal
    /// distribution of the quantities and has one solution. Recommended by A. A. Veroniki and others, "Methods to
    /// estimate the between-study variance and its uncertainty in meta-analysis", Research Synthesis Methods 7, 2016.
    #[default]
    PauleMandel,
    /// Restricted maximum likelihood of a normal distribution (described in the same article).
    Reml,
}

/// One estimate from several.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pooled {
    /// How many were pooled.
    pub count: usize,
    /// The mean of the quantities.
    pub estimate: f64,
    /// The standard error of the mean by Hartung, Knapp, Sidik and Jonkman, with the modification: see [`pooled`].
    pub error: f64,
    /// The confidence interval of the mean: Student's, with k − 1 degrees of freedom.
    pub interval: (f64, f64),
    /// The standard deviation of the quantities, τ.
    pub tau: f64,
    /// I²: the share of τ² in it and a typical sampling variance together (J. P. T. Higgins and S. G. Thompson,
    /// "Quantifying heterogeneity in a meta-analysis", Statistics in Medicine 21, 2002).
    pub i_squared: f64,
}

/// Pools estimates of quantities that differ. None of fewer than two, or where an estimate or variance is no number,
/// or a variance not above 0.
///
/// The standard error is that of J. Hartung and G. Knapp ("On tests of the overall treatment effect in meta-analysis
/// with normally distributed responses", Statistics in Medicine 20, 2001) and of K. Sidik and J. N. Jonkman ("A simple
/// confidence interval for meta-analysis", Statistics in Medicine 21, 2002): the usual one times the root of
/// q = Σ w (y − μ)² ÷ (k − 1). Where q is below 1, as when estimates agree by chance more than their errors allow, it
/// is taken as 1, so that the interval is never narrower than without that factor (C. Röver, G. Knapp and T. Friede,
/// "Hartung-Knapp-Sidik-Jonkman approach and its modification for random-effects meta-analysis with few studies", BMC
/// Medical Research Methodology 15, 2015).
pub fn pooled(effects: &[Effect], estimator: Estimator, confidence: f64) -> Option<Pooled> {
    let tau_squared = tau_squared(effects, estimator)?;
    Pooled::given(effects, tau_squared, confidence)
}

/// The variance between the quantities, τ². None as of [`pooled`].
pub fn tau_squared(effects: &[Effect], estimator: Estimator) -> Option<f64> {
    if effects.len() < 2 || !effects.iter().all(Effect::is_sound) {
        return None;
    }
    let paule_mandel = paule_mandel(&[effects]);
    Some(match estimator {
        Estimator::PauleMandel => paule_mandel,
        Estimator::Reml => reml(effects, paule_mandel),
    })
}

/// The variance of repeated estimates of one quantity beyond their sampling variances, where several quantities were
/// each estimated several times and the variance is the same for all: Paule and Mandel's, with every group's own mean.
/// None where no group has two, or one has an estimate or variance as of [`pooled`].
pub fn variance_within(groups: &[&[Effect]]) -> Option<f64> {
    let sound = groups.iter().copied().flatten().all(Effect::is_sound);
    (sound && freedom(groups) > 0).then(|| paule_mandel(groups))
}

/// The mean of estimates of one quantity that differ by `variance` beyond their sampling variances. None of none.
pub fn combined(effects: &[Effect], variance: f64) -> Option<Effect> {
    let weights = Weights::of(effects, variance);
    (weights.sum > 0.0).then(|| Effect {
        estimate: weights.mean,
        variance: weights.sum.recip(),
    })
}

impl Effect {
    fn is_sound(&self) -> bool {
        self.estimate.is_finite() && self.variance.is_finite() && self.variance > 0.0
    }
}

impl Pooled {
    /// Pools, given τ².
    fn given(effects: &[Effect], tau_squared: f64, confidence: f64) -> Option<Self> {
        let freedom = effects.len().checked_sub(1)?;
        let t = critical_t(confidence, freedom)?;
        let weights = Weights::of(effects, tau_squared);
        let q = (weights.squares / freedom as f64).max(1.0);
        let error = (q / weights.sum).sqrt();
        Some(Self {
            count: effects.len(),
            estimate: weights.mean,
            error,
            interval: (weights.mean - t * error, weights.mean + t * error),
            tau: tau_squared.sqrt(),
            i_squared: i_squared(effects, tau_squared),
        })
    }

    /// Where the quantity lies that would be drawn next, if it varies by `variance` besides: Student's interval, with
    /// k − 2 degrees of freedom. None of fewer than three (J. P. T. Higgins, S. G. Thompson and D. J. Spiegelhalter, "A
    /// re-evaluation of random-effects meta-analysis", Journal of the Royal Statistical Society A 172, 2009).
    pub fn prediction(&self, variance: f64, confidence: f64) -> Option<(f64, f64)> {
        let t = critical_t(confidence, self.count.checked_sub(2)?)?;
        let half = t * (self.tau.powi(2) + variance + self.error.powi(2)).sqrt();
        Some((self.estimate - half, self.estimate + half))
    }
}

/// What follows from the weights that a variance gives.
struct Weights {
    sum: f64,
    mean: f64,
    /// Σ w (y − μ)².
    squares: f64,
    /// Σ w² (y − μ)².
    weighted_squares: f64,
    /// Σ w².
    of_squares: f64,
    /// Σ w³.
    of_cubes: f64,
}

impl Weights {
    fn of(effects: &[Effect], variance: f64) -> Self {
        let each = || {
            let weight = |effect: &Effect| (effect.variance + variance).recip();
            effects.iter().map(move |effect| (weight(effect), effect))
        };
        let sum: f64 = each().map(|(weight, _)| weight).sum();
        let weighted: f64 = each()
            .map(|(weight, effect)| weight * effect.estimate)
            .sum();
        let mean = weighted / sum;
        let mut found = Self {
            sum,
            mean,
            squares: 0.0,
            weighted_squares: 0.0,
            of_squares: 0.0,
            of_cubes: 0.0,
        };
        for (weight, effect) in each() {
            let square = weight * (effect.estimate - mean).powi(2);
            found.squares += square;
            found.weighted_squares += weight * square;
            found.of_squares += weight.powi(2);
            found.of_cubes += weight.powi(3);
        }
        found
    }

    /// The logarithm of the restricted likelihood, but for a constant.
    fn restricted_likelihood(&self, effects: &[Effect], variance: f64) -> f64 {
        let logarithms: f64 = effects
            .iter()
            .map(|one| (one.variance + variance).ln())
            .sum();
        -0.5 * (logarithms + self.sum.ln() + self.squares)
    }
}

/// By how many the estimates are more than their groups.
fn freedom(groups: &[&[Effect]]) -> usize {
    groups
        .iter()
        .map(|group| group.len().saturating_sub(1))
        .sum()
}

/// Where the weighted squares are as many as the degrees of freedom; 0 where they are never more.
///
/// The squares fall as the variance rises, and ever less so: Newton's steps from 0 stay below the solution
/// (R. DerSimonian and R. Kacker, "Random-effects model for meta-analysis of clinical trials: an update", Contemporary
/// Clinical Trials 28, 2007).
fn paule_mandel(groups: &[&[Effect]]) -> f64 {
    let freedom = freedom(groups) as f64;
    let mut variance = 0.0;
    for _ in 0..ROUNDS {
        let (mut excess, mut slope) = (-freedom, 0.0);
        for group in groups.iter().filter(|group| group.len() > 1) {
            let weights = Weights::of(group, variance);
            excess += weights.squares;
            slope += weights.weighted_squares;
        }
        if excess <= 0.0 || slope <= 0.0 {
            break;
        }
        let step = excess / slope;
        variance += step;
        if step <= NOTHING * variance {
            break;
        }
    }
    variance
}

/// Where the restricted likelihood is largest, by Fisher's scoring. It may have several maxima, so that it is sought
/// from 0, from Paule and Mandel's estimate and from the variance of the estimates.
fn reml(effects: &[Effect], paule_mandel: f64) -> f64 {
    let count = effects.len() as f64;
    let mean = effects.iter().map(|one| one.estimate).sum::<f64>() / count;
    let squares: f64 = effects
        .iter()
        .map(|one| (one.estimate - mean).powi(2))
        .sum();
    let likelihood =
        |variance: f64| Weights::of(effects, variance).restricted_likelihood(effects, variance);
    let climbed = [0.0, paule_mandel, squares / (count - 1.0)]
        .map(|from| climb(effects, from))
        .map(|variance| (variance, likelihood(variance)));
    let best = climbed
        .into_iter()
        .max_by(|one, other| one.1.total_cmp(&other.1));
    best.map_or(paule_mandel, |(variance, _)| variance)
}

fn climb(effects: &[Effect], from: f64) -> f64 {
    let mut variance = from;
    let mut weights = Weights::of(effects, variance);
    let mut height = weights.restricted_likelihood(effects, variance);
    for _ in 0..ROUNDS {
        let trace = weights.sum - weights.of_squares / weights.sum;
        let score = weights.weighted_squares - trace;
        let information = weights.of_squares - 2.0 * weights.of_cubes / weights.sum
            + (weights.of_squares / weights.sum).powi(2);
        let mut step = score / information;
        // A step may reach beyond the maximum: halve it until it leads upwards.
        let taken = (0..ROUNDS).find_map(|_| {
            let next = (variance + step).max(0.0);
            let weights = Weights::of(effects, next);
            let reached = weights.restricted_likelihood(effects, next);
            step /= 2.0;
            (reached >= height).then_some((next, weights, reached))
        });
        let Some((next, found, reached)) = taken else {
            break;
        };
        let moved = (next - variance).abs();
        (variance, weights, height) = (next, found, reached);
        if moved <= NOTHING * variance {
            break;
        }
    }
    variance
}

/// Higgins and Thompson's I², with their typical sampling variance.
fn i_squared(effects: &[Effect], tau_squared: f64) -> f64 {
    let fixed = Weights::of(effects, 0.0);
    let freedom = effects.len() as f64 - 1.0;
    let typical = freedom * fixed.sum / (fixed.sum.powi(2) - fixed.of_squares);
    tau_squared / (tau_squared + typical)
}

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod tests;
