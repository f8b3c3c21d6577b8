//! What is counted of a request, and when that is more.

use std::collections::BTreeMap;

use quartet_analysis::Count;
use quartet_record::cost::RequestCost;
use quartet_record::plan::Lane;

/// What is counted, by the kind of request.
pub(super) type Counts = BTreeMap<Lane, RequestCost>;

/// What a slower one is told by: a figure that is higher at one end than at the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rise {
    /// The kind of request.
    pub(super) lane: Lane,
    /// What is counted.
    pub(super) count: Count,
    /// The figure of the first end.
    pub(super) from: f64,
    /// The figure of the other end.
    pub(super) to: f64,
}

impl Rise {
    /// The largest rise of instructions from one end to the other, if any is larger than the threshold, a share; or else
    /// that of allocations.
    pub(super) fn between(from: &Counts, to: &Counts, threshold: f64) -> Option<Self> {
        let largest = |count| {
            let rises = from.keys().filter_map(|&lane| {
                let (from, to) = (figure(from, lane, count)?, figure(to, lane, count)?);
                Some(Self {
                    lane,
                    count,
                    from,
                    to,
                })
            });
            rises
                .filter(|rise| is_more(rise.to, rise.from, threshold))
                .max_by(|one, other| one.share().total_cmp(&other.share()))
        };
        largest(Count::Instructions).or_else(|| largest(Count::Allocations))
    }

    /// Whether a figure is higher than the first end's by more than the threshold. None where it was not counted.
    pub(super) fn is_in(&self, counts: &Counts, threshold: f64) -> Option<bool> {
        Some(is_more(self.figure(counts)?, self.from, threshold))
    }

    /// This figure of another one.
    pub(super) fn figure(&self, counts: &Counts) -> Option<f64> {
        figure(counts, self.lane, self.count)
    }

    fn share(&self) -> f64 {
        self.to / self.from
    }
}

/// A figure, if it was counted.
pub(super) fn figure(counts: &Counts, lane: Lane, count: Count) -> Option<f64> {
    let cost = counts.get(&lane)?;
    match count {
        Count::Instructions => Some(cost.instructions),
        Count::Allocations => cost.allocations,
    }
}

fn is_more(figure: f64, than: f64, threshold: f64) -> bool {
    figure > than * (1.0 + threshold)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Counts of the two lanes.
    pub(in super::super) fn counts(item: (f64, f64), list: (f64, f64)) -> Counts {
        let cost = |(instructions, allocations): (f64, f64)| RequestCost {
            instructions,
            allocations: Some(allocations),
            allocated_bytes: None,
            ..RequestCost::default()
        };
        Counts::from([(Lane::Item, cost(item)), (Lane::List, cost(list))])
    }

    #[test]
    fn the_largest_rise_of_instructions_decides_and_without_one_that_of_allocations() {
        let before = counts((20_000.0, 30.0), (30_000.0, 30.0));
        let rise = |item, list| {
            let rise = Rise::between(&before, &counts(item, list), 0.01)?;
            Some((rise.lane, rise.count))
        };
        use Count::{Allocations, Instructions};
        use Lane::{Item, List};
        for (item, list, expected) in [
            ((20_000.0, 30.0), (30_000.0, 30.0), None),
            ((20_190.0, 30.2), (29_000.0, 20.0), None),
            (
                (20_300.0, 30.0),
                (30_600.0, 40.0),
                Some((List, Instructions)),
            ),
            (
                (20_500.0, 30.0),
                (30_600.0, 40.0),
                Some((Item, Instructions)),
            ),
            (
                (20_100.0, 31.0),
                (30_000.0, 30.0),
                Some((Item, Allocations)),
            ),
        ] {
            assert_eq!(rise(item, list), expected, "{item:?} {list:?}");
        }
    }

    #[test]
    fn a_figure_is_judged_by_the_first_end() {
        let before = counts((20_000.0, 30.0), (30_000.0, 30.0));
        let rise = Rise::between(&before, &counts((25_000.0, 30.0), (30_000.0, 30.0)), 0.01);
        let rise = rise.unwrap();
        let judged = |instructions| rise.is_in(&counts((instructions, 99.0), (9e9, 99.0)), 0.01);
        assert_eq!(judged(20_200.0), Some(false));
        assert_eq!(judged(20_201.0), Some(true));
        assert_eq!(judged(10_000.0), Some(false));
        assert_eq!(rise.is_in(&Counts::new(), 0.01), None);
    }
}
