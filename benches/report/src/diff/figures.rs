//! The figures that two records are compared by.

use quartet_record::ArmRestart;
use quartet_record::plan::{ArmRole, Lane};

use super::sample::{Kind, Sample, same_programs};
use super::view::View;
use super::{latency, memory};

/// How far memory and start-up may differ and be the same, as a ratio less one: they come in pages and wake-ups.
const FOOTPRINT_MARGIN: f64 = 0.05;

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
        let mut add = |lane: Option<Lane>, kind, margin, [first, second]: [Vec<f64>; 2]| {
            samples.push(Sample {
                of: match lane {
                    Some(lane) => format!("{}, {}", named.name, lane.name()),
                    None => named.name.clone(),
                },
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
            if lane == Lane::Custom && first.record.plan.custom != second.record.plan.custom {
                continue;
            }
            let references = first.reference.zip(second.reference);
            let counts = |ours, theirs| first.counts(ours, lane) && second.counts(theirs, lane);
            let relevant = |&(ours, theirs): &(usize, usize)| {
                ours != arm && counts(arm, other) && counts(ours, theirs)
            };
            let Some((ours, theirs)) = references.filter(relevant) else {
                continue;
            };
            let rates = [
                first.samples.log_ratios(arm, ours, lane),
                second.samples.log_ratios(other, theirs, lane),
            ];
            add(Some(lane), Kind::Rate, margin, rates);
            let costs = [
                first.samples.log_cost_ratios(arm, ours, lane),
                second.samples.log_cost_ratios(other, theirs, lane),
            ];
            add(Some(lane), Kind::Cpu, margin, costs);
        }
        for found in &first.analysis.database {
            let lane = found.lane;
            let Some((memory, there)) = lane.in_memory().zip(second.database_lane(lane)) else {
                continue;
            };
            let counts = |view: &View<'_>, arm| view.counts(arm, lane) && view.counts(arm, memory);
            if counts(first, arm) && counts(second, other) {
                let of = |view: &View<'_>, arm| {
                    let (one, against) = ((arm, lane), (arm, memory));
                    view.samples.log_cost_ratios_of(one, against)
                };
                let costs = [of(first, arm), of(second, other)];
                let margin = found.margin.max(there.margin);
                add(Some(lane), Kind::CpuOfMemory, margin, costs);
            }
        }
        if Some(arm) == first.reference {
            continue;
        }
        let relative = |figure: fn(&ArmRestart) -> Option<u64>| {
            [first.relative(arm, figure), second.relative(other, figure)]
        };
        if let Some(both) = memory::samples(views, [arm, other]) {
            add(None, Kind::Memory, FOOTPRINT_MARGIN, both);
        }
        add(
            None,
            Kind::StartUp,
            FOOTPRINT_MARGIN,
            relative(|life| Some(life.start_up_ns)),
        );
    }
    samples.extend(latency::samples(views));
    samples.retain(|sample| sample.first.len() > 1 && sample.second.len() > 1);
    samples
}
