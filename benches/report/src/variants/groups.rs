//! What a variant's functions cost beside its base's, by groups of them, as sentences. It knows no record.

use quartet_analysis::GroupChange;
use quartet_record::plan::Lane;

use super::{and, instead};
use crate::numbers::{tenths, thousands};

/// How much of all of the base's instructions a group's must change by to be named: counts repeat less exactly by group.
const SHARE: f64 = 0.005;

/// How many allocations a group's must change by to be named.
const ALLOCATIONS: f64 = 0.5;

/// A sentence for each lane.
pub(super) fn changes(changes: &[GroupChange]) -> Vec<String> {
    changes
        .chunk_by(|a, b| a.lane == b.lane)
        .flat_map(|changes| of_lane(changes[0].lane, changes))
        .collect()
}

fn of_lane(lane: Lane, changes: &[GroupChange]) -> [String; 2] {
    let whole: f64 = changes.iter().map(|change| change.from.instructions).sum();
    let instructions = sentence(
        changes,
        |change| (change.from.instructions, change.to.instructions),
        SHARE * whole,
        thousands,
    );
    let allocations = sentence(
        changes,
        |change| (change.from.allocations, change.to.allocations),
        ALLOCATIONS,
        tenths,
    );
    let lane = lane.name();
    [
        format!("Instructions by group of functions in {lane}: {instructions}"),
        format!("Allocations by group of functions in {lane}: {allocations}"),
    ]
}

/// What changed by more than a threshold, and the names of what did not.
fn sentence(
    changes: &[GroupChange],
    figures: impl Fn(&GroupChange) -> (f64, f64),
    threshold: f64,
    shown: impl Fn(f64) -> String,
) -> String {
    let differs = |change: &&GroupChange| {
        let (from, to) = figures(change);
        (to - from).abs() > threshold
    };
    let (changed, same): (Vec<_>, Vec<_>) = changes.iter().partition(differs);
    let mut said: Vec<String> = changed
        .into_iter()
        .map(|change| {
            let (from, to) = figures(change);
            format!("{} {}", change.group.name(), instead(from, to, &shown, ""))
        })
        .collect();
    // A group without any is not worth a name.
    let is_none = |figure| shown(figure) == shown(0.0);
    let names: Vec<&str> = same
        .into_iter()
        .filter(|change| {
            let (from, to) = figures(change);
            !is_none(from) || !is_none(to)
        })
        .map(|change| change.group.name())
        .collect();
    if !names.is_empty() {
        said.push(format!("no change in {}", and(&names)));
    }
    said.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::cost::{FunctionGroup as Group, GroupCost};

    #[test]
    fn groups_that_changed_come_first_and_the_others_are_named() {
        let change = |lane, group, from: (f64, f64), to: (f64, f64)| {
            let cost = |(instructions, allocations)| GroupCost {
                instructions,
                allocations,
            };
            GroupChange {
                lane,
                group,
                from: cost(from),
                to: cost(to),
            }
        };
        let said = changes(&[
            change(Lane::Item, Group::Framework, (4_000.0, 6.0), (6_000.0, 6.1)),
            change(Lane::Item, Group::Http, (15_000.0, 3.0), (15_090.0, 4.0)),
            change(
                Lane::Item,
                Group::Allocator,
                (1_000.0, -0.004),
                (900.0, 0.002),
            ),
            change(Lane::List, Group::Json, (0.0, 0.0), (2_000.0, 1.0)),
        ]);
        assert_eq!(
            said,
            [
                "Instructions by group of functions in item: framework 6,000 instead of 4,000 (+50.0 %); no change in \
                 HTTP and allocator",
                "Allocations by group of functions in item: HTTP 4.0 instead of 3.0 (+33.3 %); no change in framework",
                "Instructions by group of functions in list: JSON 2,000 instead of 0",
                "Allocations by group of functions in list: JSON 1.0 instead of 0.0",
            ]
        );
    }
}
