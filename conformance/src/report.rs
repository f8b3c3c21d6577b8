//! What a run found, for people and for programs.

mod between;
mod finding;
pub mod html;
pub mod json;
pub mod junit;
mod matrix;
mod style;

use crate::deviations::Deviations;
use crate::differential::Between;
use crate::judgement::{Judged, Standing};
use crate::{Group, Level, Verdict};

pub use finding::describe;
pub use matrix::{Detail, write_text};
pub use style::Style;

/// What was found of every target of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed of what was drawn at random.
    pub seed: u64,
    /// One entry a target, in the order they were tested.
    pub targets: Vec<TargetReport>,
    /// Servers that were asked for and were not tested, because they could not be built here or the run
    /// ended before, and why, a sentence each.
    pub absent: Vec<String>,
    /// The known deviations that were read from a file.
    pub listed: Deviations,
    /// What was found between the targets, where they were compared.
    pub between: Option<Between>,
}

/// What was found of one target.
#[derive(Clone, Debug)]
pub struct TargetReport {
    /// Its name.
    pub name: String,
    /// The version of the framework it is built on, if that is known.
    pub version: Option<String>,
    /// What was found, in the catalogue's order.
    pub judged: Vec<Judged>,
    /// How many cases were asked for and are not decided, because the run ended early.
    pub undecided: usize,
}

/// Findings that are not as they should be, and that are to be told of together.
#[derive(Clone, Debug)]
pub struct Exception<'a> {
    /// What their cases belong to: that of the first.
    pub group: Group,
    /// What makes all of them deviate, where there is more than one.
    pub cause: Option<&'a str>,
    /// The findings, at least one; all have one standing.
    pub judged: Vec<&'a Judged>,
}

impl Report {
    /// Whether every case is decided, every deviation is known, every known deviation occurs, and no
    /// two targets contradict each other.
    pub fn is_as_expected(&self) -> bool {
        let conflict = self.between.as_ref().and_then(|b| b.conflict.as_ref());
        if conflict.is_some() {
            return false;
        }
        self.targets.iter().all(|target| {
            let mut judged = target.judged.iter();
            target.undecided == 0 && !judged.any(|judged| judged.standing.is_failure())
        })
    }
}

impl Report {
    /// Why the run [is not as expected](Self::is_as_expected), a line for each target and a conflict.
    pub fn unexpected(&self) -> Vec<String> {
        let mut reasons: Vec<String> = Vec::new();
        for target in &self.targets {
            let counts = [
                (target.count(Standing::Error), "errors of the suite"),
                (target.count(Standing::Failure), "failures"),
                (target.count(Standing::Warning), "warnings"),
                (
                    target.count(Standing::Stale),
                    "listed deviations that no longer occur",
                ),
                (target.undecided, "cases not decided"),
            ];
            let counts: Vec<String> = counts
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, what)| format!("{what}: {count}"))
                .collect();
            if !counts.is_empty() {
                reasons.push(format!(
                    "{}: not as expected: {}",
                    target.name,
                    counts.join(", ")
                ));
            }
        }
        let conflict = self.between.as_ref().and_then(|b| b.conflict.as_ref());
        if conflict.is_some() {
            reasons.push("not as expected: servers contradict each other".to_owned());
        }
        reasons
    }
}

impl TargetReport {
    /// How many findings have this standing.
    pub fn count(&self, standing: Standing) -> usize {
        let has = |judged: &&Judged| judged.standing == standing;
        self.judged.iter().filter(has).count()
    }

    /// What is not as it should be: what fails the run first, then by group, then in the
    /// catalogue's order. Findings that one cause makes are together.
    pub fn exceptions(&self) -> Vec<Exception<'_>> {
        let mut exceptions: Vec<Exception<'_>> = Vec::new();
        for judged in &self.judged {
            if judged.standing.severity().is_none() {
                continue;
            }
            let cause = judged.finding.cause.as_deref();
            let is_together = |other: &&mut Exception<'_>| {
                let first = other.judged.first();
                cause.is_some()
                    && other.cause == cause
                    && first.is_some_and(|first| first.standing == judged.standing)
            };
            match exceptions.iter_mut().find(is_together) {
                Some(together) => together.judged.push(judged),
                None => exceptions.push(Exception {
                    group: Group::of(judged.finding.case),
                    cause,
                    judged: vec![judged],
                }),
            }
        }
        for alone in exceptions.iter_mut().filter(|e| e.judged.len() == 1) {
            alone.cause = None;
        }
        exceptions.sort_by_key(|exception| {
            let first = exception.judged.first();
            let severity = first.and_then(|judged| judged.standing.severity());
            (severity, exception.group)
        });
        exceptions
    }

    /// How many cases do not apply, by the reason, the most frequent first.
    pub fn skipped(&self) -> Vec<(&str, usize)> {
        let mut reasons: Vec<(&str, usize)> = Vec::new();
        for judged in &self.judged {
            if judged.standing != Standing::NotApplicable {
                continue;
            }
            let verdict = judged.finding.verdict.as_ref().ok();
            let why = verdict.and_then(Verdict::note).unwrap_or_default();
            match reasons.iter_mut().find(|(reason, _)| *reason == why) {
                Some((_, count)) => *count += 1,
                None => reasons.push((why, 1)),
            }
        }
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        reasons
    }

    /// How many cases came out how, in a line: `127 cases: 66 passed, 6 failed (6 security)`.
    pub fn tally(&self) -> String {
        let is_variant = |judged: &&Judged| {
            let verdict = judged.finding.verdict.as_ref();
            judged.standing == Standing::Good && matches!(verdict, Ok(Verdict::Differs(_)))
        };
        let variants = self.judged.iter().filter(is_variant).count();
        let counts = [
            (self.count(Standing::Good) - variants, "passed"),
            (
                variants,
                plural(variants, "legal variant", "legal variants"),
            ),
            (self.count(Standing::NotApplicable), "skipped"),
            (self.count(Standing::Known), "known"),
            (self.count(Standing::Otherwise), "unlike the contract"),
            (self.count(Standing::Violation), "against an RFC"),
        ];
        let mut parts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        for (standing, one, several) in [
            (Standing::Warning, "warning", "warnings"),
            (Standing::Failure, "failed", "failed"),
            (
                Standing::Stale,
                "no longer deviating",
                "no longer deviating",
            ),
            (Standing::Error, "error", "errors"),
        ] {
            let count = self.count(standing);
            if count > 0 {
                let groups = self.groups(standing);
                parts.push(format!(
                    "{count} {} ({groups})",
                    plural(count, one, several)
                ));
            }
        }
        if self.undecided > 0 {
            parts.push(format!(
                "{} not decided (the run ended early)",
                self.undecided
            ));
        }
        let total = self.judged.len() + self.undecided;
        format!(
            "{total} {}: {}",
            plural(total, "case", "cases"),
            parts.join(", ")
        )
    }

    /// How many findings of this standing belong to which group.
    fn groups(&self, standing: Standing) -> String {
        let count = |group: Group| {
            let is_of_it = |judged: &&Judged| {
                judged.standing == standing && Group::of(judged.finding.case) == group
            };
            self.judged.iter().filter(is_of_it).count()
        };
        let counts = Group::ALL.map(|group| (count(group), group.as_str()));
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        counts.join(", ")
    }

    /// What was found in a case.
    pub fn find(&self, case: &str) -> Option<&Judged> {
        self.judged
            .iter()
            .find(|judged| judged.finding.case.id == case)
    }
}

/// The word for one, or that for several.
fn plural<'a>(count: usize, one: &'a str, several: &'a str) -> &'a str {
    if count == 1 { one } else { several }
}

/// What a finding's heading calls it: `failure (must)`, `warning (should)`.
fn heading(judged: &Judged) -> String {
    let level = judged.finding.level.as_str();
    match judged.standing {
        Standing::Good => match judged.finding.verdict {
            Ok(Verdict::Differs(_)) => "legal variant".to_owned(),
            _ => "passed".to_owned(),
        },
        Standing::NotApplicable => "skipped".to_owned(),
        Standing::Known => "known".to_owned(),
        Standing::Otherwise => "unlike the contract".to_owned(),
        Standing::Violation => "against an RFC".to_owned(),
        Standing::Warning => format!("warning ({level})"),
        Standing::Failure => format!("failure ({level})"),
        Standing::Stale => "listed, but no longer deviates".to_owned(),
        Standing::Error => "error of the suite".to_owned(),
    }
}

/// The source of a finding's case and how binding it is, by itself and by RFCs alone.
fn source(judged: &Judged) -> String {
    let case = judged.finding.case;
    let level = judged.finding.level.as_str();
    match case.rfc_level() {
        Some(alone) if alone != judged.finding.level => {
            let asked = match alone {
                Level::Info => "not asked",
                other => other.as_str(),
            };
            format!("{} ({level}; by RFCs alone: {asked})", case.source)
        }
        _ => format!("{} ({level})", case.source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_ended_early_is_not_as_expected() {
        let report = |undecided| Report {
            seed: 1,
            targets: vec![TargetReport {
                name: "one".to_owned(),
                version: None,
                judged: Vec::new(),
                undecided,
            }],
            absent: Vec::new(),
            listed: Deviations::default(),
            between: None,
        };
        assert!(report(0).is_as_expected());
        assert!(report(0).unexpected().is_empty());
        assert!(!report(1).is_as_expected());
        assert_eq!(
            report(1).unexpected(),
            ["one: not as expected: cases not decided: 1"]
        );
    }
}
