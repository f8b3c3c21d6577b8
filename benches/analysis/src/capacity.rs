//! Requests per second against the number of connections.

use quartet_record::Record;
use serde::Serialize;

use crate::statistics::median;

/// What one arm answers at one number of connections.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Capacity {
    /// Index into the plan's arms.
    pub arm: usize,
    /// Connections, each with one request in flight.
    pub connections: usize,
    /// Requests per second: over restarts the median of the medians of slices.
    pub requests_per_second: f64,
    /// Of the slowest restart.
    pub lowest: f64,
    /// Of the fastest restart.
    pub highest: f64,
}

/// What every arm answers at every number of connections, by arm and then by number. What could
/// not be measured is absent.
pub fn capacities(record: &Record) -> Vec<Capacity> {
    let Some(plan) = &record.plan.capacity else {
        return Vec::new();
    };
    let cells = (0..record.plan.arms.len())
        .flat_map(|arm| plan.connections.iter().map(move |&number| (arm, number)));
    cells
        .filter_map(|(arm, connections)| of(record, arm, connections))
        .collect()
}

fn of(record: &Record, arm: usize, connections: usize) -> Option<Capacity> {
    let rates: Vec<f64> = record
        .capacity
        .iter()
        .filter_map(|restart| {
            let slices = restart
                .slices
                .iter()
                .filter(|one| one.slice.arm == arm && one.connections == connections);
            median(&slices.map(|one| one.slice.rate()).collect::<Vec<_>>())
        })
        .collect();
    Some(Capacity {
        arm,
        connections,
        requests_per_second: median(&rates)?,
        lowest: rates.iter().copied().reduce(f64::min)?,
        highest: rates.iter().copied().reduce(f64::max)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::{record, with_modes};

    #[test]
    fn restarts_are_summed_up_by_their_median() {
        let found = capacities(&with_modes(record()));
        let one: Vec<&Capacity> = found.iter().filter(|one| one.arm == 0).collect();
        assert_eq!(
            one.iter().map(|one| one.connections).collect::<Vec<_>>(),
            [1, 64]
        );
        // Restarts answer 10,000, 20,000 and 30,000 a second for each doubling of connections.
        assert_eq!(one[0].requests_per_second, 20_000.0);
        assert_eq!((one[0].lowest, one[0].highest), (10_000.0, 30_000.0));
        assert!(one[1].requests_per_second > one[0].requests_per_second);
    }

    #[test]
    fn what_was_not_asked_for_is_not_there() {
        assert!(capacities(&record()).is_empty());
    }
}
