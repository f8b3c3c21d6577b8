//! The figures that two records are compared by.

use quartet_record::ArmRestart;
use quartet_record::plan::ArmRole;

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
