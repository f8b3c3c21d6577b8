//! Which rows of two records can be compared, and why the others cannot.

use quartet_record::plan::{ArmRole, Lane};

use super::view::View;

/// A server in a lane, of which the two records cannot be compared.
pub(super) struct Incomparable {
    /// The server and the lane.
    pub(super) of: String,
    /// Why, as phrases.
    pub(super) why: String,
    /// Whether it was excluded in a record, and not only missing from one.
    pub(super) excluded: bool,
}

/// What one record has of a server in a lane.
enum State {
    /// Nothing: it was not planned.
    Absent,
    /// It counts.
    Valid,
    /// It does not, for these reasons.
    Excluded(String),
}

impl State {
    fn of(view: &View<'_>, name: &str, lane: Lane) -> Self {
        let found = view.arm(name).and_then(|arm| view.excluded(arm, lane));
        match found {
            None => Self::Absent,
            Some([]) => Self::Valid,
            Some(reasons) => Self::Excluded(reasons.join("; ")),
        }
    }
}

/// Every row of either record that is not compared, in the order of the lanes and then of the arms.
pub(super) fn incomparable(views: &[View<'_>; 2]) -> Vec<Incomparable> {
    let mut lanes: Vec<Lane> = views
        .iter()
        .flat_map(|view| view.record.plan.lanes.iter().copied())
        .collect();
    lanes.sort_unstable();
    lanes.dedup();
    let mut names: Vec<&str> = Vec::new();
    for arm in views.iter().flat_map(|view| &view.record.plan.arms) {
        if !names.contains(&arm.name.as_str()) {
            names.push(&arm.name);
        }
    }
    let rows = lanes
        .into_iter()
        .flat_map(|lane| names.iter().map(move |name| (lane, *name)));
    rows.filter_map(|(lane, name)| {
        let (why, excluded) = why(views, name, lane)?;
        Some(Incomparable {
            of: format!("{name}, {}", lane.name()),
            why,
            excluded,
        })
    })
    .collect()
}

/// Why a server is not compared in a lane, and whether that is because something was excluded. None where it
/// is compared, or in neither record.
fn why(views: &[View<'_>; 2], name: &str, lane: Lane) -> Option<(String, bool)> {
    let [first, second] = views;
    let states = views.each_ref().map(|view| State::of(view, name, lane));
    let excluded = |letter: &str, reasons: &str| format!("excluded in {letter}: {reasons}");
    let why = match &states {
        [State::Absent, State::Absent] => return None,
        [State::Valid, State::Absent] => return Some(("valid in A only".to_owned(), false)),
        [State::Absent, State::Valid] => return Some(("valid in B only".to_owned(), false)),
        [State::Valid, State::Valid] => return of_reference(views, name, lane),
        [State::Valid, State::Excluded(why)] => {
            format!("valid in A only; {}", excluded("B", why))
        }
        [State::Excluded(why), State::Valid] => {
            format!("valid in B only; {}", excluded("A", why))
        }
        [State::Excluded(ours), State::Excluded(theirs)] if ours == theirs => {
            excluded("both", ours)
        }
        [State::Excluded(ours), State::Excluded(theirs)] => {
            format!("{}; {}", excluded("A", ours), excluded("B", theirs))
        }
        [State::Excluded(why), State::Absent] => {
            format!("{}; not measured in B", excluded("A", why))
        }
        [State::Absent, State::Excluded(why)] => {
            format!("{}; not measured in A", excluded("B", why))
        }
    };
    // What is measured at the floor is the generator.
    let is_floor = [first, second].into_iter().any(|view| {
        let arm = view.arm(name);
        arm.is_some_and(|arm| view.record.plan.arms[arm].role == ArmRole::Floor)
    });
    Some((why, !is_floor))
}

/// Why a server is not compared that counts in both.
fn of_reference(views: &[View<'_>; 2], name: &str, lane: Lane) -> Option<(String, bool)> {
    if lane == Lane::Custom && views[0].record.plan.custom != views[1].record.plan.custom {
        return Some((
            "the path or the content is not the same in both".to_owned(),
            false,
        ));
    }
    if let Some(memory) = lane.in_memory() {
        return of_memory(views, name, memory);
    }
    let mut reasons = Vec::new();
    for (view, letter) in views.iter().zip(["A", "B"]) {
        let arm = view.arm(name)?;
        let role = view.record.plan.arms[arm].role;
        if matches!(role, ArmRole::Reference | ArmRole::Floor) {
            return None;
        }
        let Some(reference) = view.reference else {
            reasons.push(format!("there is no reference in {letter}"));
            continue;
        };
        let reference_name = &view.record.plan.arms[reference].name;
        match view.excluded(reference, lane) {
            Some([]) => {}
            Some(why) => reasons.push(format!(
                "{reference_name}, to which it is relative, is excluded in {letter}: {}",
                why.join("; ")
            )),
            None => reasons.push(format!(
                "{reference_name}, to which it is relative, is not measured there in {letter}"
            )),
        }
    }
    (!reasons.is_empty()).then(|| (reasons.join("; "), true))
}

/// Why a server is not compared over a database that counts there in both: it is relative to its lane in memory.
fn of_memory(views: &[View<'_>; 2], name: &str, memory: Lane) -> Option<(String, bool)> {
    let mut reasons = Vec::new();
    for (view, letter) in views.iter().zip(["A", "B"]) {
        let found = view.excluded(view.arm(name)?, memory);
        let lane = memory.name();
        match found {
            Some([]) => {}
            Some(why) => reasons.push(format!(
                "its lane {lane}, to which it is relative, is excluded in {letter}: {}",
                why.join("; ")
            )),
            None => reasons.push(format!(
                "its lane {lane}, to which it is relative, is not measured in {letter}"
            )),
        }
    }
    (!reasons.is_empty()).then(|| (reasons.join("; "), true))
}

#[cfg(test)]
mod tests {
    use super::super::Difference;
    use quartet_record::plan::Lane;
    use quartet_record::testing::{Simulation, over_database, record};
    use quartet_record::{Exclusion, Record};

    fn excluding(mut record: Record, arm: usize, lane: Lane, reason: &str) -> Record {
        record.exclusions.push(Exclusion {
            arm,
            restart: None,
            lane: Some(lane),
            reason: reason.to_owned(),
        });
        record
    }

    #[test]
    fn an_excluded_row_is_not_consistent_but_not_comparable() {
        let run = || Simulation::new(14).run();
        let wrong = |record| excluding(record, 1, Lane::Item, "an answer was wrong");
        for (first, second, why) in [
            (
                run(),
                wrong(run()),
                "valid in A only; excluded in B: an answer was wrong",
            ),
            (
                wrong(run()),
                run(),
                "valid in B only; excluded in A: an answer was wrong",
            ),
            (
                wrong(run()),
                wrong(run()),
                "excluded in both: an answer was wrong",
            ),
        ] {
            let difference = Difference::between(&first, &second).unwrap();
            let text = difference.text(["a", "b"]);
            assert!(difference.consistent(), "{text}");
            assert!(text.contains(&format!("· warp, item: {why}\n")), "{text}");
            let rows = text.lines().filter(|line| line.starts_with("warp, item "));
            let rows: Vec<&str> = rows.collect();
            assert_eq!(rows.len(), 1, "{text}");
            assert!(rows[0].ends_with("not comparable"), "{text}");
            assert!(
                text.ends_with(
                    "Conclusion: consistent in what can be compared. None of 21 figures differs. 1 row is not \
                     comparable.\n"
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn lanes_over_a_database_are_compared_relative_to_memory() {
        let with = |times| over_database(record(), times);
        let same = Difference::between(&with(2.0), &with(2.0)).unwrap();
        assert!(same.consistent(), "{}", same.text(["a", "b"]));
        let text = Difference::between(&with(2.0), &with(2.4))
            .unwrap()
            .text(["a", "b"]);
        let slower = text.lines().filter(|line| line.ends_with("SLOWER"));
        let slower: Vec<&str> = slower.collect();
        // The three servers, and the copy.
        assert_eq!(slower.len(), 4, "{text}");
        for line in slower {
            assert!(
                line.contains(", db-item") && line.contains("relative to memory"),
                "{line}"
            );
        }
        let other = excluding(with(2.0), 0, Lane::Item, "it answered wrongly");
        let text = Difference::between(&with(2.0), &other)
            .unwrap()
            .text(["a", "b"]);
        let why = "axum, db-item: its lane item, to which it is relative, is excluded in B: it answered wrongly";
        assert!(text.contains(why), "{text}");
    }
}
