//! The tables of a pool.

use quartet_analysis::pool::{Contribution, Pool, PooledLane, PooledMachine, PooledRatio};
use quartet_analysis::statistics::Ratio;

use crate::numbers::interval;
use crate::table::{Align, Table};

/// The most machines that are listed one by one. Of more, those with the lowest and the highest figures are.
const MOST_LISTED: usize = 40;

pub(crate) fn lane_name(lane: &PooledLane) -> String {
    format!("{}: {}", lane.lane.name(), lane.lane.request())
}

/// The name of a machine with its number, by which tables and charts refer to it.
pub(crate) fn numbered(pool: &Pool, machine: usize) -> String {
    format!("{}. {}", machine + 1, pool.machines[machine].name)
}

/// Every record with its machine.
pub(crate) fn records(pool: &Pool, contributions: &[Contribution]) -> Table {
    let columns = [
        "started", "record", "machine", "kernel", "virtual", "restarts",
    ];
    let mut table = Table::new(columns.map(|name| (name, Align::Left)));
    for (number, machine) in pool.machines.iter().enumerate() {
        for &record in &machine.records {
            let one = &contributions[record];
            let complete = if one.complete { "" } else { ", not complete" };
            table.push(vec![
                one.started.clone(),
                one.name.clone(),
                numbered(pool, number),
                one.machine.kernel.clone().unwrap_or_default(),
                is_virtual(machine).to_owned(),
                format!("{}{complete}", one.restarts),
            ]);
        }
    }
    table
}

fn is_virtual(machine: &PooledMachine) -> &'static str {
    match machine.machine.virtual_machine {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    }
}

/// Ratios over machines: those to a reference, or of pairs.
pub(crate) fn ratios(pool: &Pool, ratios: &[PooledRatio], of_pairs: bool) -> Table {
    let reference = ratios.first().map_or("", |ratio| ratio.to.as_str());
    let (first, mean) = if of_pairs {
        ("pair".to_owned(), "ratio (95 %)".to_owned())
    } else {
        (
            "server".to_owned(),
            format!("relative to {reference} (95 %)"),
        )
    };
    let mut table = Table::new([
        (first.as_str(), Align::Left),
        ("machines", Align::Right),
        ("runs", Align::Right),
        (mean.as_str(), Align::Left),
        ("a run on another machine (95 %)", Align::Left),
        ("machines differ by", Align::Right),
        ("runs differ by", Align::Right),
        ("I² %", Align::Right),
        ("without one machine", Align::Left),
    ]);
    for ratio in ratios {
        let name = if of_pairs {
            format!("{} ÷ {}", ratio.of, ratio.to)
        } else {
            ratio.of.clone()
        };
        let alone = ratio.machines.first().map(|machine| machine.ratio);
        let mean = ratio.mean.or(alone).map(interval).unwrap_or_default();
        let prediction = match ratio.prediction {
            Some(prediction) => limits(prediction),
            None => "needs 3 machines".to_owned(),
        };
        table.push(vec![
            name,
            ratio.machines.len().to_string(),
            ratio.runs().to_string(),
            mean,
            prediction,
            ratio
                .pooled
                .map(|pooled| spread(pooled.tau))
                .unwrap_or_default(),
            ratio.within.map(spread).unwrap_or_default(),
            ratio
                .pooled
                .map(|pooled| format!("{:.0}", 100.0 * pooled.i_squared))
                .unwrap_or_default(),
            range_without(pool, ratio),
        ]);
    }
    table
}

/// A standard deviation of logarithms in percent.
pub(crate) fn spread(deviation: f64) -> String {
    format!("{:.1} %", 100.0 * deviation.exp_m1())
}

/// 0.840 to 0.920.
pub(crate) fn limits(ratio: Ratio) -> String {
    format!("{:.3} to {:.3}", ratio.low, ratio.high)
}

/// Between which means it is without any one machine, and which of them moves it most.
fn range_without(pool: &Pool, ratio: &PooledRatio) -> String {
    let means = || ratio.without.iter().map(|one| one.mean.estimate);
    let (low, high) = (
        means().fold(f64::INFINITY, f64::min),
        means().fold(0.0, f64::max),
    );
    let whole = ratio.mean.map_or(1.0, |mean| mean.estimate);
    let moved = |estimate: f64| (estimate / whole).ln().abs();
    let most = ratio
        .without
        .iter()
        .max_by(|one, other| moved(one.mean.estimate).total_cmp(&moved(other.mean.estimate)));
    most.map_or_else(String::new, |most| {
        let number = most.machine + 1;
        debug_assert!(number <= pool.machines.len());
        format!("{low:.3} to {high:.3}, most without {number}")
    })
}

/// The mean without each machine.
pub(crate) fn without(pool: &Pool, ratio: &PooledRatio) -> Table {
    let mut table = Table::new([
        ("without", Align::Left),
        ("mean (95 %)", Align::Left),
        ("machines differ by", Align::Right),
    ]);
    for one in &ratio.without {
        table.push(vec![
            numbered(pool, one.machine),
            interval(one.mean),
            spread(one.tau),
        ]);
    }
    table
}

/// The machines that are listed, in order of what `key` gives, and how many are passed over in their middle.
pub(crate) fn listed(count: usize, key: impl Fn(usize) -> f64) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&one, &other| key(one).total_cmp(&key(other)));
    let passed = count.saturating_sub(MOST_LISTED);
    if passed > 0 {
        let half = MOST_LISTED / 2;
        order.drain(half..half + passed);
    }
    (order, passed)
}

/// What each machine measured of one ratio.
pub(crate) fn machines_of(pool: &Pool, ratio: &PooledRatio) -> Table {
    let mut table = Table::new([
        ("machine", Align::Left),
        ("runs", Align::Right),
        ("ratio (95 %)", Align::Left),
        ("weight %", Align::Right),
    ]);
    let estimate = |index: usize| ratio.machines[index].ratio.estimate;
    for index in listed(ratio.machines.len(), estimate).0 {
        let one = &ratio.machines[index];
        table.push(vec![
            numbered(pool, one.machine),
            one.runs.to_string(),
            interval(one.ratio),
            format!("{:.0}", 100.0 * one.weight),
        ]);
    }
    table
}

/// Each machine's circumstances and ratios, by the kernel's share of a request.
pub(crate) fn moderators(pool: &Pool, lane: &PooledLane) -> Table {
    let names = lane
        .to_reference
        .iter()
        .map(|ratio| (ratio.of.as_str(), Align::Right));
    let columns = [
        ("machine", Align::Left),
        ("processor by", Align::Left),
        ("virtual", Align::Left),
        ("kernel's share %", Align::Right),
    ];
    let mut table = Table::new(columns.into_iter().chain(names));
    let shares = &lane.circumstances.kernel_shares;
    let share = |machine: usize| shares[machine].unwrap_or(f64::INFINITY);
    for machine in listed(pool.machines.len(), share).0 {
        let one = &pool.machines[machine];
        let mut cells = vec![
            numbered(pool, machine),
            one.vendor.unwrap_or("unknown").to_owned(),
            is_virtual(one).to_owned(),
            shares[machine]
                .map(|share| format!("{:.0}", 100.0 * share))
                .unwrap_or_default(),
        ];
        cells.extend(lane.to_reference.iter().map(|ratio| {
            let mut found = ratio.machines.iter();
            let found = found.find(|one| one.machine == machine);
            found
                .map(|one| format!("{:.3}", one.ratio.estimate))
                .unwrap_or_default()
        }));
        table.push(cells);
    }
    table
}

/// Machines by what they have in common.
pub(crate) fn groups(lane: &PooledLane) -> Table {
    let names = lane
        .to_reference
        .iter()
        .map(|ratio| (ratio.of.as_str(), Align::Left));
    let columns = [("machines that are", Align::Left), ("number", Align::Right)];
    let mut table = Table::new(columns.into_iter().chain(names));
    for group in &lane.circumstances.groups {
        let mut cells = vec![group.name.clone(), group.machines.to_string()];
        cells.extend(group.ratios.iter().map(|ratio| match ratio {
            Some((mean, low, high)) if low < high => {
                format!("{mean:.3} ({low:.3}–{high:.3})")
            }
            Some((mean, ..)) => format!("{mean:.3}"),
            None => String::new(),
        }));
        table.push(cells);
    }
    table
}
