//! Whether something rises or falls in the course of a run.

use statrs::function::erf::erfc;

use super::descriptive::median;

/// With fewer values than this the normal approximation of Kendall's S is too rough.
const FEWEST: usize = 10;

/// A monotone trend of a sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// From the first value to the last: the median slope of all pairs (Theil and Sen) times the steps between.
    pub change: f64,
    /// The chance of so clear an order, or a clearer, were there no trend: the two-sided p-value of Mann and Kendall.
    pub chance: f64,
}

/// The trend of values taken at equal steps; none of fewer than ten.
///
/// It asks for the order of values alone, so that one wild value is no trend (H. B. Mann, "Nonparametric tests against
/// trend", Econometrica 13, 1945; P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal
/// of the American Statistical Association 63, 1968).
pub fn trend(values: &[f64]) -> Option<Trend> {
    let count = values.len();
    if count < FEWEST {
        return None;
    }
    let mut slopes = Vec::with_capacity(count * (count - 1) / 2);
    let mut balance = 0.0;
    for (later, value) in values.iter().enumerate() {
        for (earlier, before) in values[..later].iter().enumerate() {
            let rise = value - before;
            slopes.push(rise / (later - earlier) as f64);
            if rise != 0.0 {
                balance += rise.signum();
            }
        }
    }
    let n = count as f64;
    let deviation = (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    // S takes every other integer: one is the correction for continuity.
    let z = (balance.abs() - 1.0).max(0.0) / deviation;
    Some(Trend {
        change: median(&slopes)? * (n - 1.0),
        chance: erfc(z / std::f64::consts::SQRT_2),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_trend_of_its_length() {
        let line: Vec<f64> = (0..12).map(|step| 3.0 - 0.5 * f64::from(step)).collect();
        let found = trend(&line).unwrap();
        assert!((found.change + 5.5).abs() < 1e-12, "{found:?}");
        // S = 66, its standard deviation √(12 · 11 · 29 / 18) = 14.58, z = 65 / 14.58 = 4.458.
        assert!(
            (found.chance / 8.28e-6 - 1.0).abs() < 0.02,
            "{}",
            found.chance
        );
    }

    #[test]
    fn one_wild_value_is_none() {
        let mut flat = [0.0, 1.0].repeat(8);
        flat[15] = 1e6;
        let found = trend(&flat).unwrap();
        assert!(found.chance > 0.2 && found.change.abs() < 1.0, "{found:?}");
    }

    #[test]
    fn few_values_or_equal_ones_show_nothing() {
        assert_eq!(trend(&[1.0; 9]), None);
        let equal = trend(&[1.0; 10]).unwrap();
        assert_eq!((equal.change, equal.chance), (0.0, 1.0));
    }
}
