//! The figures that two records are compared by.

use super::{View, latency, memory};
use crate::plan::ArmRole;
use crate::record::ArmRestart;

/// How far memory and start-up may differ and be the same, as a ratio less one: they come in pages and wake-ups.
const FOOTPRINT_MARGIN: f64 = 0.05;

/// What a figure is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// Requests per second at saturation.
    Rate,
    /// CPU time per request.
    Cpu,
    /// This quantile of latency at a given rate.
    Latency(f64),
    /// Memory under load.
    Memory,
    /// Time from the start of the process to its first answer.
    StartUp,
}

impl Kind {
    pub(super) fn name(self) -> String {
        match self {
            Self::Rate => "requests/s".to_owned(),
            Self::Cpu => "CPU per request".to_owned(),
            Self::Latency(quantile) => format!("latency p{:.0}", 100.0 * quantile),
            Self::Memory => "memory, loaded".to_owned(),
            Self::StartUp => "start-up".to_owned(),
        }
    }

    /// What is said of a greater figure, and of a lesser.
    pub(super) fn words(self) -> [&'static str; 2] {
        match self {
            Self::Rate => ["FASTER", "SLOWER"],
            Self::Cpu | Self::Latency(_) | Self::StartUp => ["SLOWER", "FASTER"],
            Self::Memory => ["LARGER", "SMALLER"],
        }
    }
}

/// A figure before its interval is known: logarithms, one a restart.
pub(super) struct Sample {
    pub(super) of: String,
    pub(super) kind: Kind,
    pub(super) first: Vec<f64>,
    pub(super) second: Vec<f64>,
    /// How far they may differ and be the same, as a ratio less one.
    pub(super) margin: f64,
    /// Whether the programs that they are of are the same in both.
    pub(super) same_programs: bool,
}

/// Every figure that both records have. A further kind of figure is a further function that adds to these.
pub(super) fn samples(views: &[View<'_>; 2]) -> Vec<Sample> {
    let [first, second] = views;
    let mut samples = Vec::new();
    let arms = first.record.plan.arms.iter().enumerate();
    for (arm, named) in arms.filter(|(_, arm)| arm.role != ArmRole::Floor) {
        let Some(other) = second.arm(&named.name) else {
            continue;
        };
        let same_programs = same_programs(views, [arm, other]);
        let mut add = |of: String, kind, margin, [first, second]: [Vec<f64>; 2]| {
            samples.push(Sample {
                of,
                kind,
                first,
                second,
                margin,
                same_programs,
            });
        };
        for found in &first.analysis.lanes {
            let lane = found.lane;
            let Some(margin) = second.lane(lane).map(|lane| lane.margin.max(found.margin)) else {
                continue;
            };
            let references = first.reference.zip(second.reference);
            let counts = |ours, theirs| first.counts(ours, lane) && second.counts(theirs, lane);
            let relevant = |&(ours, theirs): &(usize, usize)| {
                ours != arm && counts(arm, other) && counts(ours, theirs)
            };
            let Some((ours, theirs)) = references.filter(relevant) else {
                continue;
            };
            let of = format!("{}, {}", named.name, lane.name());
            let rates = [
                first.samples.log_ratios(arm, ours, lane),
                second.samples.log_ratios(other, theirs, lane),
            ];
            add(of.clone(), Kind::Rate, margin, rates);
            let costs = [
                first.samples.log_cost_ratios(arm, ours, lane),
                second.samples.log_cost_ratios(other, theirs, lane),
            ];
            add(of, Kind::Cpu, margin, costs);
        }
        if Some(arm) == first.reference {
            continue;
        }
        let relative = |figure: fn(&ArmRestart) -> Option<u64>| {
            [first.relative(arm, figure), second.relative(other, figure)]
        };
        let name = || named.name.clone();
        if let Some(both) = memory::samples(views, [arm, other]) {
            add(name(), Kind::Memory, FOOTPRINT_MARGIN, both);
        }
        add(
            name(),
            Kind::StartUp,
            FOOTPRINT_MARGIN,
            relative(|life| Some(life.start_up_ns)),
        );
    }
    samples.extend(latency::samples(views));
    samples.retain(|sample| sample.first.len() > 1 && sample.second.len() > 1);
    samples
}

/// Whether an arm's program and the reference's are the same in both records.
pub(super) fn same_programs(views: &[View<'_>; 2], arms: [usize; 2]) -> bool {
    let [first, second] = views;
    let programs = first.programs(arms[0]);
    programs.is_some() && programs == second.programs(arms[1])
}
