//! Whether what was measured is what the plan has.

use std::collections::{BTreeSet, HashMap, HashSet};

use quartet_record::plan::{Cell, Lane, Restart};
use quartet_record::{Record, RestartRecord, State};

use super::{Misfits, number, row};

/// More slices than anyone plans. A record that has more would take all memory to plan again.
const MOST_SLICES: u64 = 50_000_000;

pub(super) fn check(record: &Record, misfits: &mut Misfits) {
    misfits.next();
    plan(record, misfits);
    restarts(record, misfits);
    let each = record.plan.slices_per_restart();
    if each.max(1).saturating_mul(record.plan.restarts.into()) > MOST_SLICES {
        return misfits.add("length", || {
            let restarts = record.plan.restarts;
            format!("the plan has {restarts} restarts of {each} slices, more than anyone measures")
        });
    }
    let schedule = record.plan.schedule();
    for restart in &record.restarts {
        let planned = usize::try_from(restart.restart).ok();
        match planned.and_then(|number| schedule.get(number)) {
            Some(planned) => order(record, restart, planned, misfits),
            None => misfits.add("number", || {
                let (number, planned) = (number(restart.restart), record.plan.restarts);
                format!("restart {number} is measured, but the plan has {planned}")
            }),
        }
    }
}

fn plan(record: &Record, misfits: &mut Misfits) {
    let plan = &record.plan;
    if plan.slice_ms == 0 || plan.connections == 0 {
        misfits.add("nothing", || {
            let (time, connections) = (plan.slice_ms, plan.connections);
            format!("the plan has slices of {time} ms on {connections} connections, in which nothing is answered")
        });
    }
    let mut names = HashSet::new();
    for arm in &plan.arms {
        if !names.insert(&arm.name) {
            misfits.add("names", || format!("the plan has {} twice", arm.name));
        }
    }
    let excluded: HashSet<usize> = record.exclusions.iter().map(|one| one.arm).collect();
    for (index, arm) in plan.arms.iter().enumerate() {
        if record.server_of(index).is_none() && !excluded.contains(&index) {
            misfits.add("servers", || {
                format!("the record does not say what {} was", arm.name)
            });
        }
    }
    for exclusion in &record.exclusions {
        if exclusion.arm >= plan.arms.len() {
            misfits.add("exclusions", || {
                format!(
                    "arm {} is excluded, which the plan does not have",
                    exclusion.arm
                )
            });
        }
    }
    let lanes: BTreeSet<Lane> = plan.lanes.iter().copied().collect();
    if lanes.len() < plan.lanes.len() {
        misfits.add("lanes", || "the plan has a lane twice".to_owned());
    }
}

fn restarts(record: &Record, misfits: &mut Misfits) {
    let restarts = &record.restarts;
    if !restarts.is_sorted_by(|one, other| one.restart < other.restart) {
        misfits.add("restarts", || "restarts are not in their order".to_owned());
    }
    let complete = restarts.iter().filter(|restart| restart.complete).count();
    let planned = record.plan.restarts as usize;
    let everything_excluded = (0..record.plan.arms.len()).all(|arm| {
        record
            .exclusions
            .iter()
            .any(|one| one.arm == arm && one.lane.is_none())
    });
    if record.state == State::Complete && complete < planned && !everything_excluded {
        misfits.add("complete", || {
            format!("the run is called complete with {complete} of {planned} restarts")
        });
    }
}

/// Whether a restart has the slices that it was to have, in the order that follows from the seed.
fn order(record: &Record, restart: &RestartRecord, planned: &Restart, misfits: &mut Misfits) {
    let number = number(restart.restart);
    if restart.start_order != planned.start_order {
        misfits.add("start order", || {
            format!("restart {number}: servers were not started in the order of the plan's seed")
        });
    }
    let mut counts: HashMap<Cell, u32> = HashMap::new();
    let mut places = HashSet::new();
    for slice in &restart.slices {
        let cell = Cell {
            arm: slice.arm,
            lane: slice.lane,
        };
        *counts.entry(cell).or_default() += 1;
        let block = planned.blocks.get(slice.block as usize);
        let turn = block.and_then(|turns| turns.get(slice.position as usize));
        if turn != Some(&cell) {
            misfits.add("order", || {
                format!(
                    "restart {number}, block {}: slices are not in the order of the plan's seed",
                    slice.block.saturating_add(1)
                )
            });
        }
        if !places.insert((slice.block, slice.position)) {
            misfits.add("places", || {
                format!("restart {number} has two slices at one place")
            });
        }
    }
    if !restart.complete {
        return;
    }
    for cell in record.plan.cells() {
        let is_excluded = record
            .exclusions
            .iter()
            .any(|one| one.arm == cell.arm && one.lane.is_none_or(|lane| lane == cell.lane));
        let found = counts.get(&cell).copied().unwrap_or(0);
        if !is_excluded && found != record.plan.blocks {
            let row = row(record, cell.arm, cell.lane);
            misfits.add(format!("count {row}"), || {
                let planned = record.plan.blocks;
                format!("restart {number}, {row}: {found} slices, where the plan has {planned}")
            });
        }
    }
}
