//! Orders in which everything takes its turn, counterbalanced.
//!
//! What comes before a slice, and when in its block it is measured, shifts its result by a few
//! tenths of a percent. So every item takes every position equally often, and follows every other
//! equally often: a Williams design (E. J. Williams, "Experimental designs balanced for the
//! estimation of residual effects of treatments", Australian Journal of Scientific Research A 2,
//! 1949). Its labels and the order of its rows are drawn at random.

use rand::Rng;
use rand::seq::SliceRandom;

/// `count` orders of `0..items`.
///
/// Orders come in pairs of one and its reverse, so after every even number of them each item's
/// mean position is the same. After every multiple of [`period`] the balance is exact.
pub(crate) fn balanced_orders(
    items: usize,
    count: usize,
    random: &mut impl Rng,
) -> Vec<Vec<usize>> {
    if items == 0 {
        return vec![Vec::new(); count];
    }
    let mut orders = Vec::with_capacity(count);
    while orders.len() < count {
        orders.extend(square(items, random));
    }
    orders.truncate(count);
    orders
}

/// After how many orders the balance of [`balanced_orders`] is exact.
pub(crate) fn period(items: usize) -> usize {
    match items {
        0 | 1 => 1,
        even if even.is_multiple_of(2) => even,
        odd => 2 * odd,
    }
}

/// One whole Williams design, as pairs of an order and its reverse.
fn square(items: usize, random: &mut impl Rng) -> Vec<Vec<usize>> {
    let mut labels: Vec<usize> = (0..items).collect();
    labels.shuffle(random);
    if items == 1 {
        return vec![labels];
    }
    // An even design is closed under reversal: its second half of rows are the reverses of its
    // first. An odd one needs the reverse of every row beside it.
    let rows = if items.is_multiple_of(2) {
        items / 2
    } else {
        items
    };
    let mut pairs: Vec<[Vec<usize>; 2]> = (0..rows)
        .map(|row| {
            let order: Vec<usize> = zigzag(items)
                .map(|position| labels[(position + row) % items])
                .collect();
            let reverse = order.iter().rev().copied().collect();
            if random.random() {
                [order, reverse]
            } else {
                [reverse, order]
            }
        })
        .collect();
    pairs.shuffle(random);
    pairs.into_iter().flatten().collect()
}

/// 0, n − 1, 1, n − 2, …: each neighbouring difference modulo n once, which is what balances the
/// design for what comes before.
fn zigzag(items: usize) -> impl Iterator<Item = usize> {
    (0..items).map(move |index| {
        if index % 2 == 0 {
            index / 2
        } else {
            items - 1 - index / 2
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use std::collections::{HashMap, HashSet};

    fn orders(items: usize, count: usize) -> Vec<Vec<usize>> {
        balanced_orders(items, count, &mut StdRng::seed_from_u64(7))
    }

    #[test]
    fn every_order_is_a_permutation() {
        for items in 0..20 {
            for order in orders(items, 50) {
                assert_eq!(order.iter().collect::<HashSet<_>>().len(), items);
                assert!(order.iter().all(|&item| item < items));
            }
        }
    }

    #[test]
    fn after_a_period_every_item_was_at_every_position_equally_often() {
        for items in 1..20 {
            let mut seen = HashMap::new();
            for order in orders(items, 3 * period(items)) {
                for (position, item) in order.into_iter().enumerate() {
                    *seen.entry((position, item)).or_insert(0_usize) += 1;
                }
            }
            assert_eq!(seen.len(), items * items);
            assert!(
                seen.values()
                    .all(|&times| times == 3 * period(items) / items),
                "{items} items"
            );
        }
    }

    #[test]
    fn after_a_period_every_item_followed_every_other_equally_often() {
        for items in 2..20 {
            let mut seen = HashMap::new();
            for order in orders(items, period(items)) {
                for pair in order.windows(2) {
                    *seen.entry((pair[0], pair[1])).or_insert(0_usize) += 1;
                }
            }
            assert_eq!(seen.len(), items * (items - 1));
            assert!(
                seen.values().all(|&times| times == period(items) / items),
                "{items} items"
            );
        }
    }

    #[test]
    fn each_order_is_followed_by_its_reverse() {
        for items in 2..20 {
            for pair in orders(items, 2 * period(items)).chunks(2) {
                assert!(
                    pair[0].iter().eq(pair[1].iter().rev()),
                    "{items} items: {pair:?}"
                );
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        let drawn = |seed| balanced_orders(6, 12, &mut StdRng::seed_from_u64(seed));
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }
}
