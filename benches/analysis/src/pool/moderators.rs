//! What goes with a ratio: the kernel's share of a request, who made the processor, whether the machine is virtual. What
//! goes with it need not be why.

use quartet_record::plan::Lane;
use serde::Serialize;

use super::contribution::Contribution;
use super::group::PooledMachine;
use super::ratio::PooledRatio;
use crate::statistics::{mean, trend};

/// The fewest machines of which a connection with the kernel's share is asked.
pub const FEWEST_FOR_CONNECTION: usize = 10;

/// The chance of a connection by accident that is accepted among all ratios of a pool together.
const CHANCE: f64 = 0.05;

/// The circumstances of one kind of request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machines {
    /// The kernel's share of the reference's CPU time on each machine: the mean over its runs, where known.
    pub kernel_shares: Vec<Option<f64>>,
    /// Whether each ratio rises or falls with it, of ten machines and more.
    pub connections: Vec<Connection>,
    /// Machines by what they have in common.
    pub groups: Vec<Group>,
}

/// A ratio that goes with the kernel's share of a request, or not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Connection {
    /// Whose rate is divided.
    pub of: String,
    /// Machines of which both are known.
    pub machines: usize,
    /// Whether the ratio is higher where the kernel's share is; none where it cannot be told.
    pub rises: Option<bool>,
}

/// Machines that have something in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// What they have in common.
    pub name: String,
    /// How many there are.
    pub machines: usize,
    /// Of each ratio to the reference: the geometric mean, the lowest and the highest of these machines, where any has
    /// it.
    pub ratios: Vec<Option<(f64, f64, f64)>>,
}

impl Machines {
    /// What goes with the ratios to the reference. `comparisons` is how many ratios are asked in the whole pool.
    pub(super) fn of(
        contributions: &[Contribution],
        machines: &[PooledMachine],
        lane: Lane,
        ratios: &[PooledRatio],
        comparisons: usize,
    ) -> Self {
        let share = |machine: &PooledMachine| {
            let records = machine.records.iter();
            let shares: Vec<f64> = records
                .filter_map(|&record| contributions[record].lane(lane)?.kernel_share)
                .collect();
            mean(&shares)
        };
        let kernel_shares: Vec<Option<f64>> = machines.iter().map(share).collect();
        let connections = ratios
            .iter()
            .filter_map(|ratio| connection(ratio, &kernel_shares, comparisons))
            .collect();
        Self {
            groups: groups(machines, ratios),
            kernel_shares,
            connections,
        }
    }
}

fn connection(
    ratio: &PooledRatio,
    shares: &[Option<f64>],
    comparisons: usize,
) -> Option<Connection> {
    let machines = ratio.machines.iter();
    let mut known: Vec<(f64, f64)> = machines
        .filter_map(|one| Some((shares[one.machine]?, one.ratio.estimate.ln())))
        .collect();
    known.sort_by(|one, other| one.0.total_cmp(&other.0));
    let logarithms: Vec<f64> = known.iter().map(|(_, logarithm)| *logarithm).collect();
    let found = trend(&logarithms).filter(|_| known.len() >= FEWEST_FOR_CONNECTION)?;
    let certain = found.chance < CHANCE / comparisons.max(1) as f64;
    Some(Connection {
        of: ratio.of.clone(),
        machines: known.len(),
        rises: certain.then_some(found.change > 0.0),
    })
}

fn groups(machines: &[PooledMachine], ratios: &[PooledRatio]) -> Vec<Group> {
    let vendor = |machine: &PooledMachine| machine.vendor.unwrap_or("unknown maker").to_owned();
    let kind = |machine: &PooledMachine| {
        let kind = match machine.machine.virtual_machine {
            Some(true) => "virtual",
            Some(false) => "not virtual",
            None => "unknown whether virtual",
        };
        kind.to_owned()
    };
    let mut found = Vec::new();
    for of in [&vendor as &dyn Fn(&PooledMachine) -> String, &kind] {
        let mut names: Vec<String> = machines.iter().map(of).collect();
        names.sort();
        names.dedup();
        for name in names {
            let is_in = |machine: usize| of(&machines[machine]) == name;
            let in_group = |ratio: &PooledRatio| {
                let here = ratio.machines.iter().filter(|one| is_in(one.machine));
                let logarithms: Vec<f64> = here.map(|one| one.ratio.estimate.ln()).collect();
                let mean = mean(&logarithms)?.exp();
                let low = logarithms
                    .iter()
                    .copied()
                    .fold(f64::INFINITY, f64::min)
                    .exp();
                let high = logarithms
                    .iter()
                    .copied()
                    .fold(f64::NEG_INFINITY, f64::max)
                    .exp();
                Some((mean, low, high))
            };
            found.push(Group {
                machines: (0..machines.len())
                    .filter(|&machine| is_in(machine))
                    .count(),
                ratios: ratios.iter().map(in_group).collect(),
                name,
            });
        }
    }
    found
}
