//! One answer from the records of several machines: for each ratio of two servers its mean over machines, how machines
//! differ, and what to expect of a machine that was not measured.
//!
//! A record is reduced to a [`Contribution`], so that many can be pooled without all of them in memory. Runs of one
//! machine are combined first, so that a machine that was measured five times counts once.

mod contribution;
mod difference;
mod group;
mod moderators;
mod ratio;
mod terms;

use std::collections::{BTreeMap, BTreeSet};

use quartet_record::plan::Lane;
use serde::Serialize;

use crate::statistics::Estimator;

pub use contribution::{Contribution, LEAST_RESTARTS, LaneContribution, LeftOut, Measured};
pub use difference::Difference;
pub use group::{Grouping, PooledMachine};
pub use moderators::{Connection, FEWEST_FOR_CONNECTION, Group, Machines};
pub use ratio::{MOST_LEFT_OUT, MachineRatio, PooledRatio, Reversal, WithoutMachine};
pub use terms::Term;

/// Records of several machines, pooled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pool {
    /// How the variance between machines was estimated.
    pub estimator: Estimator,
    /// What counts as one machine.
    pub by: Grouping,
    /// The machines.
    pub machines: Vec<PooledMachine>,
    /// One entry a kind of request that a record has a ratio of.
    pub lanes: Vec<PooledLane>,
    /// How the records differ that were pooled nevertheless.
    pub differences: Vec<Difference>,
}

/// One kind of request on several machines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PooledLane {
    /// The kind of request.
    pub lane: Lane,
    /// Each server's requests per second relative to the reference's, by name.
    pub to_reference: Vec<PooledRatio>,
    /// Each pair of compared servers, by name.
    pub pairs: Vec<PooledRatio>,
    /// What goes with the ratios to the reference.
    pub circumstances: Machines,
    /// Rows that gates exclude, and what else was left out, by record.
    pub left_out: Vec<(usize, LeftOut)>,
}

/// How to pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How the variance between machines is estimated.
    pub estimator: Estimator,
    /// What counts as one machine.
    pub by: Grouping,
    /// Whether records of different programs and contracts are pooled.
    pub across_versions: bool,
}

impl Pool {
    /// Pools records.
    ///
    /// # Errors
    /// Where records differ in what they measured: every difference, those first that no option allows.
    pub fn of(contributions: &[Contribution], options: Options) -> Result<Self, Vec<Difference>> {
        let differences = difference::differences(contributions);
        let forbidden = |difference: &Difference| difference.load || !options.across_versions;
        if differences.iter().any(forbidden) {
            return Err(differences);
        }
        let machines = group::machines(contributions, options.by);
        let lanes: BTreeSet<Lane> = contributions
            .iter()
            .flat_map(|contribution| &contribution.lanes)
            .map(|lane| lane.lane)
            .collect();
        let comparisons: usize = lanes
            .iter()
            .map(|&lane| names(contributions, lane, true).len())
            .sum();
        let lane = |lane: Lane| {
            let pooled = |to_reference: bool| -> Vec<PooledRatio> {
                names(contributions, lane, to_reference)
                    .into_iter()
                    .map(|names| {
                        let runs = runs(contributions, &machines, lane, &names, to_reference);
                        PooledRatio::of(names, &runs, options.estimator)
                    })
                    .collect()
            };
            let to_reference = pooled(true);
            PooledLane {
                lane,
                circumstances: Machines::of(
                    contributions,
                    &machines,
                    lane,
                    &to_reference,
                    comparisons,
                ),
                to_reference,
                pairs: pooled(false),
                left_out: contributions
                    .iter()
                    .enumerate()
                    .flat_map(|(record, one)| one.lane(lane).map(|lane| (record, lane)))
                    .flat_map(|(record, lane)| {
                        lane.left_out.iter().map(move |out| (record, out.clone()))
                    })
                    .collect(),
            }
        };
        Ok(Self {
            estimator: options.estimator,
            by: options.by,
            lanes: lanes.into_iter().map(lane).collect(),
            machines,
            differences,
        })
    }
}

/// Which ratios there are in a lane: whose rate, by whose.
fn names(
    contributions: &[Contribution],
    lane: Lane,
    to_reference: bool,
) -> BTreeSet<(String, String)> {
    contributions
        .iter()
        .filter_map(|contribution| contribution.lane(lane))
        .flat_map(|lane| lane.ratios(to_reference))
        .map(|measured| (measured.of.clone(), measured.to.clone()))
        .collect()
}

/// What each machine's runs measured of a ratio.
fn runs(
    contributions: &[Contribution],
    machines: &[PooledMachine],
    lane: Lane,
    names: &(String, String),
    to_reference: bool,
) -> BTreeMap<usize, Vec<Measured>> {
    let measured = |record: &usize| {
        let lane = contributions[*record].lane(lane)?;
        let mut ratios = lane.ratios(to_reference).iter();
        ratios
            .find(|one| (&one.of, &one.to) == (&names.0, &names.1))
            .cloned()
    };
    machines
        .iter()
        .enumerate()
        .map(|(index, machine)| (index, machine.records.iter().filter_map(measured).collect()))
        .filter(|(_, runs): &(usize, Vec<Measured>)| !runs.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
