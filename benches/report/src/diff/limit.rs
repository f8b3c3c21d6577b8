//! Whether the second of two records is worse than the first by more than was allowed.

use quartet_analysis::statistics::Verdict;
use quartet_record::plan::{ArmRole, Lane};

use super::counts::Counted;
use super::sample::Kind;
use super::view::View;
use super::{Difference, Figure};
use crate::numbers::percentage;
use crate::variants::Slowdown;

/// A server in a lane that must have a valid figure in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    server: String,
    lane: Lane,
}

/// The servers that were asked for in both records, in each lane that both planned for them, whose requests per
/// second are of interest. The copy, the reference and the floor are there for the measurement.
pub(super) fn wanted(views: &[View<'_>; 2]) -> Vec<Wanted> {
    let [first, second] = views;
    let mut wanted = Vec::new();
    for (arm, planned) in first.record.plan.arms.iter().enumerate() {
        if !matches!(planned.role, ArmRole::Compared | ArmRole::Aside) {
            continue;
        }
        let Some(other) = second.arm(&planned.name) else {
            continue;
        };
        for &lane in &first.record.plan.lanes {
            let both = first.record.plan.takes_part(arm, lane)
                && second.record.plan.takes_part(other, lane);
            if both && !lane.is_over_database() {
                wanted.push(Wanted {
                    server: planned.name.clone(),
                    lane,
                });
            }
        }
    }
    wanted
}

impl Difference {
    /// Whether B answers fewer requests than A, relative to the reference of each, by more than a share, such as
    /// 0.03.
    pub fn slowdown(&self, share: f64) -> Slowdown {
        let percent = percentage(share);
        let bound = 1.0 - share;
        let (mut proven, mut open, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for Wanted { server, lane } in &self.wanted {
            let of = format!("{server}, {}", lane.name());
            let is_it = |figure: &&Figure| figure.kind == Kind::Rate && figure.of == of;
            let place = format!("{server} in {}", lane.name());
            match self.figures.iter().find(is_it) {
                None => unknown.push(place),
                Some(figure) if figure.change.high < bound && figure.verdict == Verdict::Behind => {
                    let change = 100.0 * (figure.change.estimate - 1.0);
                    let same = match figure.same_programs {
                        true => ", of the same programs",
                        false => "",
                    };
                    proven.push(format!("{place} ({change:+.1} %{same})"));
                }
                Some(figure) if figure.change.low >= bound => {}
                Some(_) => open.push(place),
            }
        }
        if !proven.is_empty() {
            let sentence = format!("slower by more than {percent}: {}", proven.join(", "));
            return Slowdown::Proven(sentence);
        }
        if !unknown.is_empty() || self.wanted.is_empty() {
            let sentence = match unknown.as_slice() {
                [] => "the records have no server in common".to_owned(),
                places => format!("not comparable: {}", places.join(", ")),
            };
            return Slowdown::Unknown(sentence);
        }
        if !open.is_empty() {
            return Slowdown::Open(format!(
                "undecided whether slower by more than {percent}: {}",
                open.join(", ")
            ));
        }
        Slowdown::Refuted
    }

    /// Where B executes more instructions per request than A by more than a share, such as 0.02. None where no
    /// server's were counted in both.
    pub fn more_instructions(&self, share: f64) -> Option<Vec<String>> {
        let rows = self.counts.iter();
        let rows: Vec<_> = rows
            .filter(|row| row.counted == Counted::Instructions)
            .collect();
        if rows.is_empty() {
            return None;
        }
        let more = rows.into_iter().filter(|row| row.ratio() > 1.0 + share);
        let said = more.map(|row| {
            let percent = 100.0 * (row.ratio() - 1.0);
            format!("{} in {} ({percent:+.1} %)", row.server, row.lane.name())
        });
        Some(said.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::{Simulation, record};
    use quartet_record::{Exclusion, Record};

    fn with(warp: f64) -> Record {
        let mut simulation = Simulation::new(14);
        simulation.arms[1].2 *= warp;
        simulation.run()
    }

    fn slowdown(second: &Record, share: f64) -> Slowdown {
        let difference = Difference::between(&with(1.0), second).unwrap();
        difference.slowdown(share)
    }

    #[test]
    fn only_what_is_proven_is_a_slowdown() {
        assert_eq!(slowdown(&with(1.0), 0.03), Slowdown::Refuted);
        assert_eq!(slowdown(&with(1.2), 0.03), Slowdown::Refuted);
        let Slowdown::Proven(sentence) = slowdown(&with(0.9), 0.03) else {
            panic!("{:?}", slowdown(&with(0.9), 0.03));
        };
        assert!(
            sentence.starts_with("slower by more than 3 %: warp in item (-"),
            "{sentence}"
        );
        assert!(
            sentence.contains(" %, of the same programs), warp in list (-"),
            "{sentence}"
        );
        let Slowdown::Open(sentence) = slowdown(&with(0.97), 0.03) else {
            panic!("{:?}", slowdown(&with(0.97), 0.03));
        };
        assert!(
            sentence.contains("whether slower by more than 3 %: warp in item"),
            "{sentence}"
        );
    }

    #[test]
    fn what_is_not_comparable_is_not_taken_for_as_fast() {
        let mut second = with(1.0);
        second.exclusions.push(Exclusion {
            arm: 1,
            restart: None,
            lane: None,
            reason: "it fails must-cases".to_owned(),
        });
        assert_eq!(
            slowdown(&second, 0.03),
            Slowdown::Unknown("not comparable: warp in item, warp in list".to_owned())
        );
        let difference = Difference::between(&with(1.0), &record()).unwrap();
        assert_eq!(difference.more_instructions(0.02), None);
    }
}
