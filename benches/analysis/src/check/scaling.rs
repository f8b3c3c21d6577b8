//! Whether what was measured against workers is what the plan has.

use std::collections::HashSet;

use quartet_record::plan::{ScalingCell, ScalingOrders};
use quartet_record::{Record, ScalingRestart};

use super::{Misfits, number};

/// More turns than anyone plans. A record that has more would take all memory to plan again.
const MOST: usize = 50_000_000;

pub(super) fn check(record: &Record, misfits: &mut Misfits) {
    misfits.next();
    let Some(plan) = &record.plan.scaling else {
        if !record.scaling.is_empty() {
            misfits.add("unplanned", || {
                "requests per second by number of workers are measured, but not planned".to_owned()
            });
        }
        return;
    };
    if !plan
        .levels
        .is_sorted_by(|one, other| one.workers < other.workers)
    {
        misfits.add("levels", || {
            "the plan's numbers of workers are not ascending".to_owned()
        });
    }
    let turns = plan.cells(&record.plan).len() * plan.blocks as usize;
    if turns.saturating_mul(plan.restarts as usize) > MOST {
        return misfits.add("length", || {
            let restarts = plan.restarts;
            format!("scaling has {restarts} restarts of {turns} slices, more than anyone measures")
        });
    }
    let schedule = plan.schedule(&record.plan);
    let mut seen = HashSet::new();
    for restart in &record.scaling {
        if !seen.insert(restart.restart) {
            misfits.add("twice", || {
                format!(
                    "scaling, restart {}: measured twice",
                    number(restart.restart)
                )
            });
        }
        match schedule.get(restart.restart as usize) {
            Some(orders) => order(restart, orders, misfits),
            None => misfits.add("number", || {
                let (number, planned) = (number(restart.restart), plan.restarts);
                format!("scaling, restart {number} is measured, but the plan has {planned}")
            }),
        }
    }
}

fn order(restart: &ScalingRestart, planned: &ScalingOrders, misfits: &mut Misfits) {
    let number = number(restart.restart);
    let starts = restart.start_order.iter();
    let starts = starts.map(|start| (start.arm, start.workers));
    if !starts.eq(planned.start_order.iter().copied()) {
        misfits.add("start order", || {
            format!("scaling, restart {number}: servers were not started in the order of the plan's seed")
        });
    }
    let mut places = HashSet::new();
    for one in &restart.slices {
        let slice = &one.slice;
        let cell = ScalingCell {
            arm: slice.arm,
            workers: one.workers,
            lane: slice.lane,
        };
        let block = planned.blocks.get(slice.block as usize);
        let turn = block.and_then(|turns| turns.get(slice.position as usize));
        if turn != Some(&cell) || !places.insert((slice.block, slice.position)) {
            misfits.add("order", || {
                let block = slice.block.saturating_add(1);
                format!(
                    "scaling, restart {number}, block {block}: slices are not in the order of the plan's seed"
                )
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use quartet_record::testing::{Scaled, record, with_scaling};

    use super::*;
    use crate::check;

    fn scaled() -> Record {
        let scaled = Scaled {
            workers: &[1, 2],
            cores: 4,
            efficiency: &|_, _, _| 1.0,
            noise: 0.01,
        };
        with_scaling(record(), &scaled)
    }

    /// What is found beyond what the record has without the change.
    fn found(change: impl FnOnce(&mut Record)) -> Vec<String> {
        let mut record = scaled();
        let before = check(&record);
        change(&mut record);
        let found = check(&record).into_iter();
        found.filter(|one| !before.contains(one)).collect()
    }

    #[test]
    fn what_fits_is_not_complained_of() {
        let complaints = check(&scaled());
        assert!(
            !complaints.iter().any(|one| one.contains("scaling")),
            "{complaints:?}"
        );
    }

    #[test]
    fn what_does_not_fit_is_found() {
        let slices = found(|record| record.scaling[1].slices[0].workers = 2);
        let other = found(|record| record.scaling[1].slices[0].workers = 1);
        assert_eq!(slices.len() + other.len(), 1, "{slices:?} {other:?}");
        let starts = found(|record| record.scaling[0].start_order.reverse());
        assert!(starts[0].contains("not started in the order"), "{starts:?}");
        let twice = found(|record| record.scaling[1].restart = 0);
        assert!(
            twice.iter().any(|one| one.contains("measured twice")),
            "{twice:?}"
        );
        let more = found(|record| record.scaling[1].restart = 99);
        assert!(more[0].contains("restart 100 is measured, but"), "{more:?}");
        let levels = found(|record| record.plan.scaling.as_mut().unwrap().levels.reverse());
        assert!(levels[0].contains("not ascending"), "{levels:?}");
        let unplanned = found(|record| record.plan.scaling = None);
        assert!(unplanned[0].contains("not planned"), "{unplanned:?}");
    }
}
