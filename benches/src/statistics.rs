//! The statistics of the comparison.
//!
//! The unit of replication is the *restart*, never the slice or the block: a process keeps a bias of up to about one
//! percent for as long as it lives, so any number of rounds within one life are pseudo-replicates (Kalibera and Jones,
//! "Rigorous Benchmarking in Reasonable Time", ISMM 2013, section 3; Georges, Buytaert and Eeckhout, "Statistically
//! Rigorous Java Performance Evaluation", OOPSLA 2007). Each restart therefore gives one number, the median of its
//! blocks' paired log ratios, and intervals are Student's over restarts.
//!
//! Ratios are averaged as logarithms, so that a ÷ b and b ÷ a give reciprocal answers.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The share of runs in which an interval of this module is meant to hold the true value.
pub const CONFIDENCE: f64 = 0.95;

/// A difference smaller than this, as a ratio less one, is of no practical account.
pub const LEAST_MARGIN: f64 = 0.01;

/// More restarts than anyone would run; [`restarts_needed`] gives up here.
const MOST_RESTARTS: u32 = 10_000;

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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
        let centre = mean(log_ratios)?;
        let error = standard_deviation(log_ratios)? / (log_ratios.len() as f64).sqrt();
        let half_width = critical_t(confidence, log_ratios.len() - 1)? * error;
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

/// What one server's interval against another says, given a margin of practical account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval lies above the margin.
    Ahead,
    /// The whole interval lies below the margin.
    Behind,
    /// The whole interval lies within the margin: equal for every practical purpose.
    Tie,
    /// The interval crosses an edge of the margin: this run cannot tell.
    Unresolved,
}

impl Verdict {
    /// Reads `ratio` against a margin, a ratio less one (0.01 for one percent).
    ///
    /// The margin is symmetric on the scale of logarithms: 1.01 above, 1/1.01 below.
    pub fn of(ratio: Ratio, margin: f64) -> Self {
        let upper = 1.0 + margin;
        let lower = upper.recip();
        if ratio.low > upper {
            Self::Ahead
        } else if ratio.high < lower {
            Self::Behind
        } else if ratio.low >= lower && ratio.high <= upper {
            Self::Tie
        } else {
            Self::Unresolved
        }
    }

    /// The same verdict from the other side.
    pub fn inverse(self) -> Self {
        match self {
            Self::Ahead => Self::Behind,
            Self::Behind => Self::Ahead,
            Self::Tie | Self::Unresolved => self,
        }
    }
}

/// About how many restarts would resolve a comparison, were its mean and spread what these restarts say.
///
/// None where even 10,000 would not: the true difference sits at the margin's edge.
pub fn restarts_needed(log_ratios: &[f64], confidence: f64, margin: f64) -> Option<u32> {
    let centre = mean(log_ratios)?.abs();
    let spread = standard_deviation(log_ratios)?;
    let distance = (centre - margin.ln_1p()).abs();
    let resolved = |restarts: u32| {
        critical_t(confidence, restarts as usize - 1)
            .is_some_and(|t| t * spread / f64::from(restarts).sqrt() < distance)
    };
    // The half-width only falls as restarts rise, so the first that resolves is found by bisection.
    if !resolved(MOST_RESTARTS) {
        return None;
    }
    let (mut too_few, mut enough) = (1, MOST_RESTARTS);
    while enough - too_few > 1 {
        let middle = u32::midpoint(too_few, enough);
        if resolved(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough)
}

/// A server's place among those it was compared with; 1 is first.
///
/// `best` counts those shown to be ahead, so that a tie shares a place; `worst` adds those that this run cannot tell
/// from it. Where the two differ, the run leaves the place open between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The place if nothing unresolved turns out to be ahead.
    pub best: usize,
    /// The place if everything unresolved turns out to be ahead.
    pub worst: usize,
}

impl Place {
    /// The place of a server with these verdicts against each of the others.
    pub fn of(verdicts: &[Verdict]) -> Self {
        let count = |wanted| {
            verdicts
                .iter()
                .filter(|&&verdict| verdict == wanted)
                .count()
        };
        let best = 1 + count(Verdict::Behind);
        Self {
            best,
            worst: best + count(Verdict::Unresolved),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    #[track_caller]
    fn close(found: f64, expected: f64, tolerance: f64) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{found} is not {expected} ± {tolerance}"
        );
    }

    #[test]
    fn median_takes_the_middle_or_halves_the_two_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn standard_deviation_of_a_known_sample() {
        let sample = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        close(
            standard_deviation(&sample).unwrap(),
            (32.0_f64 / 7.0).sqrt(),
            1e-12,
        );
        assert_eq!(standard_deviation(&[1.0]), None);
    }

    /// NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2 (three decimals there).
    #[test]
    fn critical_t_agrees_with_the_published_table() {
        for (confidence, freedom, published) in [
            (0.95, 1, 12.706),
            (0.95, 4, 2.776),
            (0.95, 9, 2.262),
            (0.95, 27, 2.052),
            (0.95, 100, 1.984),
            (0.99, 9, 3.250),
            (0.998, 1, 318.313),
            (0.998, 9, 4.297),
        ] {
            close(
                critical_t(confidence, freedom).unwrap(),
                published,
                6e-4 * published.max(1.0),
            );
        }
        assert_eq!(critical_t(0.95, 0), None);
        assert_eq!(critical_t(1.0, 5), None);
    }

    #[test]
    fn correction_divides_the_error_among_the_comparisons() {
        close(simultaneous_confidence(1), 0.95, 1e-12);
        close(simultaneous_confidence(10), 0.995, 1e-12);
    }

    #[test]
    fn ratio_of_a_sample_worked_by_hand() {
        // Mean 0.02, standard deviation 0.01, error 0.01/√3, t(0.95, 2) = 4.30265.
        let ratio = Ratio::over_restarts(&[0.01, 0.02, 0.03], 0.95).unwrap();
        let half_width: f64 = 4.302_652_73 * 0.01 / 3.0_f64.sqrt();
        close(ratio.estimate, 0.02_f64.exp(), 1e-12);
        close(ratio.low, (0.02 - half_width).exp(), 1e-7);
        close(ratio.high, (0.02 + half_width).exp(), 1e-7);
        let back = ratio.inverse();
        close(back.estimate * ratio.estimate, 1.0, 1e-12);
        assert!(back.low < back.estimate && back.estimate < back.high);
        assert_eq!(Ratio::over_restarts(&[0.01], 0.95), None);
    }

    #[test]
    fn reach_is_the_farther_end() {
        close(
            Ratio {
                estimate: 1.0,
                low: 0.99,
                high: 1.02,
            }
            .reach(),
            0.02,
            1e-12,
        );
        close(
            Ratio {
                estimate: 1.0,
                low: 0.96,
                high: 1.02,
            }
            .reach(),
            1.0 / 0.96 - 1.0,
            1e-12,
        );
    }

    #[test]
    fn verdict_asks_where_the_whole_interval_lies() {
        let verdict = |low: f64, high: f64| {
            Verdict::of(
                Ratio {
                    estimate: (low * high).sqrt(),
                    low,
                    high,
                },
                0.01,
            )
        };
        assert_eq!(verdict(1.011, 1.05), Verdict::Ahead);
        assert_eq!(verdict(0.95, 0.989), Verdict::Behind);
        assert_eq!(verdict(0.995, 1.005), Verdict::Tie);
        assert_eq!(verdict(1.009, 1.05), Verdict::Unresolved);
        assert_eq!(verdict(0.98, 1.0), Verdict::Unresolved);
        assert_eq!(verdict(0.98, 1.02), Verdict::Unresolved);
        assert_eq!(Verdict::Ahead.inverse(), Verdict::Behind);
        assert_eq!(Verdict::Tie.inverse(), Verdict::Tie);
    }

    #[test]
    fn restarts_needed_resolves_and_one_fewer_does_not() {
        let (spread, centre) = (0.01_f64, 0.02_f64);
        let sample: Vec<f64> = [-1.0, 0.0, 1.0]
            .iter()
            .map(|z| centre + z * spread)
            .collect();
        let needed = restarts_needed(&sample, 0.95, 0.01).unwrap();
        let half_width =
            |n: u32| critical_t(0.95, n as usize - 1).unwrap() * spread / f64::from(n).sqrt();
        let distance = centre - 0.01_f64.ln_1p();
        assert!(half_width(needed) < distance);
        assert!(half_width(needed - 1) >= distance);
    }

    #[test]
    fn a_difference_at_the_margin_is_never_resolved() {
        let edge = 0.01_f64.ln_1p();
        assert_eq!(
            restarts_needed(&[edge - 0.01, edge, edge + 0.01], 0.95, 0.01),
            None
        );
    }

    #[test]
    fn ties_share_a_place_and_the_unresolved_leave_it_open() {
        use Verdict::{Ahead, Behind, Tie, Unresolved};
        assert_eq!(Place::of(&[Ahead, Ahead, Tie]), Place { best: 1, worst: 1 });
        assert_eq!(
            Place::of(&[Behind, Tie, Ahead]),
            Place { best: 2, worst: 2 }
        );
        assert_eq!(
            Place::of(&[Behind, Unresolved, Ahead]),
            Place { best: 2, worst: 3 }
        );
    }

    /// A standard normal value (Box and Muller, 1958).
    fn normal(random: &mut StdRng) -> f64 {
        let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
        radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
    }

    /// Restarts as they were measured: a bias of 0.7 % that lasts a process's life, over block noise of 3 % in which
    /// one block in ten is far out.
    fn simulated_run(
        random: &mut StdRng,
        restarts: usize,
        blocks: usize,
        truth: f64,
    ) -> Vec<Vec<f64>> {
        (0..restarts)
            .map(|_| {
                let bias = 0.007 * normal(random);
                (0..blocks)
                    .map(|_| {
                        let outlier = if random.random_bool(0.1) { 5.0 } else { 1.0 };
                        truth + bias + 0.03 * outlier * normal(random)
                    })
                    .collect()
            })
            .collect()
    }

    fn covered(run: &[Vec<f64>], truth: f64) -> bool {
        let medians: Vec<f64> = run.iter().filter_map(|blocks| median(blocks)).collect();
        let ratio = Ratio::over_restarts(&medians, CONFIDENCE).unwrap();
        ratio.low <= truth.exp() && truth.exp() <= ratio.high
    }

    /// 2,000 runs: the binomial standard error of 95 % is 0.49 %, so the band is four of them.
    #[test]
    fn intervals_over_restarts_hold_the_truth_as_often_as_they_say() {
        let mut random = StdRng::seed_from_u64(1);
        let runs = 2_000;
        let truth = 0.98_f64.ln();
        let held = (0..runs)
            .filter(|_| covered(&simulated_run(&mut random, 10, 14, truth), truth))
            .count();
        close(held as f64 / f64::from(runs), CONFIDENCE, 0.02);
    }

    /// The mistake the restarts are there to avoid: blocks of few processes taken for independent.
    #[test]
    fn intervals_over_blocks_would_not() {
        let mut random = StdRng::seed_from_u64(2);
        let runs = 400;
        let held = (0..runs)
            .filter(|_| {
                let blocks: Vec<f64> = simulated_run(&mut random, 3, 400, 0.0).concat();
                let ratio = Ratio::over_restarts(&blocks, CONFIDENCE).unwrap();
                ratio.low <= 1.0 && 1.0 <= ratio.high
            })
            .count();
        assert!(
            (held as f64) < 0.8 * f64::from(runs),
            "{held} of {runs} held"
        );
    }
}
