//! Levels from values in blocks.

use std::collections::BTreeMap;

use super::descriptive::median;

/// Rounds of reweighting.
const ROUNDS: usize = 40;

/// Rounds of median polish.
const POLISHES: usize = 10;

/// Up to how many standard deviations of ordinary noise a deviation is squared, and beyond counts by its size: 95 % as
/// efficient as least squares where noise is normal (P. J. Huber, "Robust estimation of a location parameter", Annals
/// of Mathematical Statistics 35, 1964).
const HUBER: f64 = 1.345;

/// What makes a median absolute deviation of normal noise its standard deviation.
const NORMAL: f64 = 1.4826;

/// A deviation that counts as none.
const NOTHING: f64 = 1e-6;

/// A value of some kind in some block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry<K> {
    /// Its block, of any number.
    pub block: u32,
    /// Its kind.
    pub kind: K,
    /// The value. One that is no finite number is passed over.
    pub value: f64,
}

/// Of values in blocks, how far each kind's level is from that of the kind with the least key.
///
/// A value is its kind's level plus its block's plus noise (a randomised block design). What all kinds of a block share
/// drops out. Values that are far off count by their size and not by its square. Unlike [`super::levels`] it compares
/// all values of a block with each other, not only those that follow each other: better where most noise is a value's
/// own, and worse where the machine changes within a block.
///
/// A kind that shares no block with the others, nor with any that does, is left out.
pub fn block_levels<K: Copy + Ord>(
    entries: impl IntoIterator<Item = Entry<K>>,
) -> BTreeMap<K, f64> {
    let finite = entries.into_iter().filter(|entry| entry.value.is_finite());
    let entries = connected(finite.collect());
    let mut fit = Fit::of(&entries);
    // Medians find where most values are (J. W. Tukey's median polish), and how far they ordinarily are from there.
    let alike = vec![1.0; entries.len()];
    for _ in 0..POLISHES {
        fit.improve(&entries, &alike, |values| {
            let values: Vec<f64> = values.iter().map(|&(value, _)| value).collect();
            median(&values)
        });
    }
    let ordinary = NORMAL * median(&fit.deviations(&entries)).unwrap_or_default();
    let squared = (HUBER * ordinary).max(NOTHING);
    for _ in 0..ROUNDS {
        let weights = fit.deviations(&entries);
        let weights: Vec<f64> = weights
            .iter()
            .map(|deviation| squared / deviation.max(squared))
            .collect();
        fit.improve(&entries, &weights, mean);
    }
    let first = fit.kinds.values().next().copied().unwrap_or_default();
    let kinds = fit.kinds.into_iter();
    kinds.map(|(kind, level)| (kind, level - first)).collect()
}

/// A level for each kind and each block.
struct Fit<K> {
    kinds: BTreeMap<K, f64>,
    blocks: BTreeMap<u32, f64>,
}

impl<K: Copy + Ord> Fit<K> {
    fn of(entries: &[Entry<K>]) -> Self {
        Self {
            kinds: entries.iter().map(|entry| (entry.kind, 0.0)).collect(),
            blocks: entries.iter().map(|entry| (entry.block, 0.0)).collect(),
        }
    }

    /// Sets each block's level to the average of what its kinds' levels leave, and then each kind's likewise.
    fn improve(
        &mut self,
        entries: &[Entry<K>],
        weights: &[f64],
        average: impl Fn(&[(f64, f64)]) -> Option<f64>,
    ) {
        let weighted = || entries.iter().zip(weights);
        for (block, level) in &mut self.blocks {
            let own = weighted().filter(|(entry, _)| entry.block == *block);
            let left = own.map(|(entry, &weight)| (entry.value - self.kinds[&entry.kind], weight));
            *level = average(&left.collect::<Vec<_>>()).unwrap_or(*level);
        }
        for (kind, level) in &mut self.kinds {
            let own = weighted().filter(|(entry, _)| entry.kind == *kind);
            let left =
                own.map(|(entry, &weight)| (entry.value - self.blocks[&entry.block], weight));
            *level = average(&left.collect::<Vec<_>>()).unwrap_or(*level);
        }
    }

    /// How far each value is from what is fitted, without its sign.
    fn deviations(&self, entries: &[Entry<K>]) -> Vec<f64> {
        let deviation = |entry: &Entry<K>| {
            (entry.value - self.kinds[&entry.kind] - self.blocks[&entry.block]).abs()
        };
        entries.iter().map(deviation).collect()
    }
}

/// Of values with their weights.
fn mean(values: &[(f64, f64)]) -> Option<f64> {
    let weights: f64 = values.iter().map(|&(_, weight)| weight).sum();
    let sum: f64 = values.iter().map(|&(value, weight)| weight * value).sum();
    (weights > 0.0).then(|| sum / weights)
}

/// The entries of kinds that are comparable with the least: by sharing a block with it, or with one that is.
fn connected<K: Copy + Ord>(entries: Vec<Entry<K>>) -> Vec<Entry<K>> {
    let mut known: Vec<K> = entries
        .iter()
        .map(|entry| entry.kind)
        .min()
        .into_iter()
        .collect();
    loop {
        let reached = |block: u32| {
            let mut own = entries.iter().filter(|entry| entry.block == block);
            own.any(|entry| known.contains(&entry.kind))
        };
        let new = entries
            .iter()
            .find(|entry| !known.contains(&entry.kind) && reached(entry.block))
            .map(|entry| entry.kind);
        match new {
            Some(kind) => known.push(kind),
            None => break,
        }
    }
    let comparable = entries
        .into_iter()
        .filter(|entry| known.contains(&entry.kind));
    comparable.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::normal;
    use crate::statistics::{levels, standard_deviation};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    /// Blocks of three kinds in changing order.
    fn blocks(
        levels: [f64; 3],
        drift: impl Fn(u32) -> f64,
        mut noise: impl FnMut() -> f64,
    ) -> Vec<Entry<char>> {
        let orders = [
            [0, 1, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
            [0, 2, 1],
            [1, 0, 2],
        ];
        let turns = orders
            .iter()
            .zip(0..)
            .flat_map(|(order, block)| order.map(|kind| (block, kind)));
        turns
            .map(|(block, kind)| Entry {
                block,
                kind: ['a', 'b', 'c'][kind],
                value: levels[kind] + drift(block) + noise(),
            })
            .collect()
    }

    #[track_caller]
    fn close(found: &BTreeMap<char, f64>, expected: [f64; 3]) {
        assert_eq!(found.len(), 3);
        for (found, expected) in found.values().zip(expected) {
            assert!((found - expected).abs() < 1e-3, "{found} for {expected}");
        }
    }

    #[test]
    fn what_blocks_share_drops_out() {
        let entries = blocks([0.2, 0.5, -0.1], |block| f64::from(block * block), || 0.0);
        close(&block_levels(entries), [0.0, 0.3, -0.3]);
    }

    #[test]
    fn a_value_that_is_far_off_changes_little() {
        let mut entries = blocks([0.0, 0.1, 0.2], |_| 0.0, || 0.0);
        entries[4].value += 3.0;
        entries[9].value += 5.0;
        close(&block_levels(entries), [0.0, 0.1, 0.2]);
    }

    #[test]
    fn blocks_may_lack_kinds_and_values_be_no_numbers() {
        let mut entries = blocks([0.0, 0.1, 0.2], f64::from, || 0.0);
        entries.remove(7);
        entries.remove(2);
        entries[5].value = f64::NAN;
        entries[8].value = f64::NEG_INFINITY;
        close(&block_levels(entries), [0.0, 0.1, 0.2]);
    }

    #[test]
    fn a_kind_that_shares_no_block_is_left_out() {
        let entry = |block, kind, value| Entry { block, kind, value };
        let entries = [
            entry(0, 'a', 1.0),
            entry(0, 'b', 2.0),
            entry(1, 'c', 9.0),
            entry(2, 'b', 3.0),
            entry(2, 'd', 4.0),
        ];
        let found = block_levels(entries);
        assert_eq!(found.keys().copied().collect::<String>(), "abd");
        assert!((found[&'d'] - 2.0).abs() < 1e-6, "{found:?}");
        assert!(block_levels([entry(0, 'a', f64::NAN)]).is_empty());
    }

    #[test]
    fn of_noise_that_is_each_values_own_less_is_left_than_between_neighbours() {
        let mut random = StdRng::seed_from_u64(5);
        let (mut by_blocks, mut by_neighbours) = (Vec::new(), Vec::new());
        for _ in 0..300 {
            let entries = blocks([0.0; 3], |_| 0.0, || normal(&mut random));
            let sequence = entries.iter().map(|entry| (entry.kind, entry.value));
            by_neighbours.push(levels(sequence)[&'c']);
            by_blocks.push(block_levels(entries)[&'c']);
        }
        let [by_blocks, by_neighbours] =
            [by_blocks, by_neighbours].map(|all| standard_deviation(&all).unwrap());
        assert!(
            by_blocks < 0.9 * by_neighbours,
            "{by_blocks} and {by_neighbours}"
        );
    }
}
