//! Levels from the differences between neighbours in time.

use std::collections::{BTreeMap, BTreeSet};

/// Rounds of reweighting. Tens are enough for a hundredth of a percent.
const ROUNDS: usize = 40;

/// A residual that counts as none, so that its weight stays finite: a hundredth of a percent.
const NOTHING: f64 = 1e-4;

/// Of values taken one after the other, each of some kind, how far each kind's level is from that of
/// the kind with the least key.
///
/// It is the levels whose differences fit the differences between each value and the next with the
/// least sum of absolute deviations. What all kinds share and what changes slowly drops out of a
/// difference between neighbours; a value that is far off enters two of them, and is not squared.
/// Solved by weighted least squares, reweighted (E. J. Schlossmacher, "An iterative technique for
/// absolute deviations curve fitting", Journal of the American Statistical Association 68, 1973).
///
/// Values that are no finite numbers are passed over.
pub fn levels<K: Copy + Ord>(sequence: impl IntoIterator<Item = (K, f64)>) -> BTreeMap<K, f64> {
    let finite = sequence.into_iter().filter(|(_, value)| value.is_finite());
    let sequence: Vec<(K, f64)> = finite.collect();
    let kinds: BTreeSet<K> = sequence.iter().map(|&(kind, _)| kind).collect();
    let index: BTreeMap<K, usize> = kinds.iter().copied().zip(0..).collect();
    let differences: Vec<Difference> = sequence
        .windows(2)
        .filter(|pair| pair[0].0 != pair[1].0)
        .map(|pair| Difference {
            from: index[&pair[0].0],
            to: index[&pair[1].0],
            value: pair[1].1 - pair[0].1,
        })
        .collect();
    let mut found = vec![0.0; kinds.len()];
    let mut weights = vec![1.0; differences.len()];
    let mut equations = Equations::of(kinds.len());
    for _ in 0..ROUNDS {
        found = equations.fit(&differences, &weights);
        let mut changed = false;
        for (weight, difference) in weights.iter_mut().zip(&differences) {
            let new = difference.residual(&found).abs().max(NOTHING).recip();
            changed |= new != *weight;
            *weight = new;
        }
        // From the same weights the same levels would follow.
        if !changed {
            break;
        }
    }
    kinds.into_iter().zip(found).collect()
}

/// How much larger a value is than the one before it.
struct Difference {
    from: usize,
    to: usize,
    value: f64,
}

impl Difference {
    fn residual(&self, levels: &[f64]) -> f64 {
        self.value - (levels[self.to] - levels[self.from])
    }
}

/// The normal equations of levels. Values one after the other leave no kind apart from the others, so that with one level
/// fixed they have one solution.
struct Equations {
    count: usize,
    /// Rows, each with its right side at the end.
    matrix: Vec<f64>,
}

impl Equations {
    fn of(count: usize) -> Self {
        Self {
            count,
            matrix: vec![0.0; count * (count + 1)],
        }
    }

    /// The levels with the least weighted sum of squared deviations, the first of them 0.
    fn fit(&mut self, differences: &[Difference], weights: &[f64]) -> Vec<f64> {
        let count = self.count;
        let at = |row: usize, column: usize| row * (count + 1) + column;
        let matrix = &mut self.matrix;
        matrix.fill(0.0);
        for (difference, weight) in differences.iter().zip(weights) {
            let (from, to) = (difference.from, difference.to);
            matrix[at(from, from)] += weight;
            matrix[at(to, to)] += weight;
            matrix[at(from, to)] -= weight;
            matrix[at(to, from)] -= weight;
            matrix[at(from, count)] -= weight * difference.value;
            matrix[at(to, count)] += weight * difference.value;
        }
        self.solve()
    }

    /// Solves symmetric positive definite equations but for the first, whose unknown is 0, by elimination.
    fn solve(&mut self) -> Vec<f64> {
        let count = self.count;
        let width = count + 1;
        for pivot in 1..count {
            let (above, below) = self.matrix.split_at_mut((pivot + 1) * width);
            let pivot_row = &above[pivot * width + pivot..];
            for row in below.chunks_exact_mut(width) {
                let row = &mut row[pivot..];
                let factor = row[0] / pivot_row[0];
                for (value, above) in row.iter_mut().zip(pivot_row) {
                    *value -= factor * above;
                }
            }
        }
        let mut solution = vec![0.0; count];
        for row in (1..count).rev() {
            let equation = &self.matrix[row * width..][..width];
            let known: f64 = (row + 1..count)
                .map(|column| equation[column] * solution[column])
                .sum();
            solution[row] = (equation[count] - known) / equation[row];
        }
        solution
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounds of three kinds in changing order, on a machine whose speed wanders.
    fn sequence(levels: [f64; 3], drift: impl Fn(usize) -> f64) -> Vec<(char, f64)> {
        let orders = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let turns = orders.iter().cycle().take(40).flatten();
        turns
            .enumerate()
            .map(|(time, &kind)| (['a', 'b', 'c'][kind], levels[kind] + drift(time)))
            .collect()
    }

    fn close(found: &BTreeMap<char, f64>, expected: [f64; 3]) {
        for (found, expected) in found.values().zip(expected) {
            assert!((found - expected).abs() < 1e-3, "{found} for {expected}");
        }
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn what_is_constant_is_found_exactly() {
        let found = levels(sequence([0.0, 0.1, -0.3], |_| 5.0));
        for (found, expected) in found.values().zip([0.0, 0.1, -0.3]) {
            assert!((found - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn a_machine_that_becomes_slower_by_half_changes_nothing() {
        let found = levels(sequence([0.2, 0.5, 0.1], |time| match time {
            0..50 => 0.0,
            _ => -0.7,
        }));
        close(&found, [0.0, 0.3, -0.1]);
    }

    #[test]
    fn values_that_are_far_off_change_little() {
        let disturbed = |time| if time % 11 == 3 { -0.9 } else { 0.0 };
        close(
            &levels(sequence([0.0, 0.1, 0.2], disturbed)),
            [0.0, 0.1, 0.2],
        );
    }

    #[test]
    fn what_is_no_number_is_passed_over() {
        let mut values = sequence([0.0, 0.1, 0.2], |_| 0.0);
        values[4].1 = f64::NEG_INFINITY;
        values[7].1 = f64::NAN;
        close(&levels(values), [0.0, 0.1, 0.2]);
        assert!(levels([('a', f64::NAN)]).is_empty());
    }

    #[test]
    fn one_kind_is_level_with_itself() {
        assert_eq!(
            levels([('a', 3.0), ('a', 4.0)]),
            BTreeMap::from([('a', 0.0)])
        );
    }
}
