//! What a search has found, in words.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use quartet_analysis::Count;
use quartet_record::plan::Lane;
use quartet_report::numbers::{percentage, thousands};
use quartet_report::table::{Align, Table};
use quartet_report::variants::Rates;

use super::candidates::{Candidate, Candidates};
use super::counts::{Rise, figure};
use super::search::Boundary;
use super::trial::Trial;

/// What a search has found.
pub(super) struct Conclusion<'a> {
    /// The server, as the command line has it.
    pub(super) server: &'a str,
    /// What was looked through.
    pub(super) candidates: &'a Candidates,
    /// What came of each that was tried.
    pub(super) tried: &'a [Option<Trial>],
    /// Where it becomes slower.
    pub(super) boundary: &'a Boundary,
    /// What a slower one is told by.
    pub(super) rise: Rise,
}

impl Conclusion<'_> {
    /// The differences of the last good one and of the first slower one, as `--with` has them.
    pub(super) fn texts(&self) -> [&str; 2] {
        [self.boundary.last_good, self.boundary.first_bad]
            .map(|index| self.candidates.all[index].text.as_str())
    }

    /// Everything that was tried, and what was not.
    pub(super) fn trials(&self, threshold: f64) -> String {
        let rule = format!(
            "\n- slower: more than {} more {} per request in {} than {}\n",
            percentage(threshold),
            word(self.rise.count),
            self.rise.lane.name(),
            self.candidates.all[0].label,
        );
        let judge = |trial: &Trial| match trial {
            Trial::Counted(counts) => match self.rise.is_in(counts, threshold) {
                Some(true) => "slower",
                Some(false) => "good",
                None => "not counted",
            },
            Trial::Skipped(_) => "skipped",
        };
        let shown = table(self.candidates, self.tried, Some(&judge));
        // What was not tried follows the rule in the list.
        match shown.split_once("\n\n- ") {
            Some((table, rest)) => format!("{table}\n{rule}- {rest}"),
            None => shown + &rule,
        }
    }

    /// Since when the server is slower, as a sentence without its full stop.
    pub(super) fn sentence(&self, rates: Option<&Rates>) -> String {
        let candidate = |index: usize| &self.candidates.all[index];
        let (good, bad) = (self.boundary.last_good, self.boundary.first_bad);
        let figure = |index: usize| match self.tried.get(index) {
            Some(Some(Trial::Counted(counts))) => self.rise.figure(counts),
            _ => None,
        };
        let (from, to) = (
            figure(good).unwrap_or(self.rise.from),
            figure(bad).unwrap_or(self.rise.to),
        );
        let shown = |value: f64| match self.rise.count {
            Count::Instructions => thousands(value),
            Count::Allocations => format!("{value:.1}"),
        };
        let share = |to: f64, from: f64| format!("{:.1} %", 100.0 * (to / from - 1.0));
        let change = format!(
            "{} more {} per request in {} than {} ({} instead of {})",
            share(to, from),
            word(self.rise.count),
            self.rise.lane.name(),
            candidate(good).label,
            shown(to),
            shown(from),
        );
        let is_slower = match rates {
            Some(rates) if rates.is_slower => "is slower",
            _ => match self.rise.count {
                Count::Instructions => "executes more instructions",
                Count::Allocations => "allocates more",
            },
        };
        let since = self.since();
        let mut said = format!("{} {is_slower} since {since}: {change}", self.server);
        if let Some(rates) = rates {
            let _ = write!(said, "; rate: {}", rates.sentence);
        }
        if self.is_a_part() {
            let _ = write!(
                said,
                "; that is a part of the {} from {} to {}, and the rest is found from {} on",
                share(self.rise.to, self.rise.from),
                self.candidates.all[0].label,
                candidate(self.candidates.all.len() - 1).label,
                candidate(bad).label
            );
        }
        said
    }

    /// The first slower one, or those that may be it.
    fn since(&self) -> String {
        let range = self.boundary.last_good + 1..=self.boundary.first_bad;
        let possible: Vec<&Candidate> = self.candidates.all[range].iter().collect();
        match possible.as_slice() {
            [one] => one.title(),
            several => {
                let labels: Vec<&str> = several.iter().map(|one| one.label.as_str()).collect();
                let (last, rest) = labels.split_last().unwrap_or((&"", &[]));
                format!(
                    "one of {} and {last} (all but the last could not be tried)",
                    rest.join(", ")
                )
            }
        }
    }

    /// Whether less than half of the rise from one end to the other begins here.
    fn is_a_part(&self) -> bool {
        let of = |index: usize| match &self.tried[index] {
            Some(Trial::Counted(counts)) => self.rise.figure(counts),
            _ => None,
        };
        let here = of(self.boundary.first_bad).zip(of(self.boundary.last_good));
        here.is_some_and(|(to, from)| 2.0 * (to - from) < self.rise.to - self.rise.from)
    }
}

/// What is counted, in words.
fn word(count: Count) -> &'static str {
    match count {
        Count::Instructions => "instructions",
        Count::Allocations => "allocations",
    }
}

/// A table of all that was tried, and a list of what was skipped or left out.
pub(super) fn table(
    candidates: &Candidates,
    tried: &[Option<Trial>],
    judge: Option<&dyn Fn(&Trial) -> &'static str>,
) -> String {
    let counted = tried.iter().flatten().filter_map(|trial| match trial {
        Trial::Counted(counts) => Some(counts.keys().copied()),
        Trial::Skipped(_) => None,
    });
    let lanes: BTreeSet<Lane> = counted.flatten().collect();
    let columns: Vec<(Lane, Count)> = lanes
        .iter()
        .flat_map(|&lane| [(lane, Count::Instructions), (lane, Count::Allocations)])
        .collect();
    let names = columns
        .iter()
        .map(|&(lane, count)| format!("{} ({})", word(count), lane.name()));
    let names: Vec<String> = names.collect();
    let heads = names.iter().map(|name| (name.as_str(), Align::Right));
    let verdict = judge.map(|_| ("", Align::Left));
    let heads = [(candidates.kind, Align::Left)].into_iter().chain(heads);
    let mut table = Table::new(heads.chain(verdict));
    let mut notes = Vec::new();
    for (candidate, trial) in candidates.all.iter().zip(tried) {
        let Some(trial) = trial else { continue };
        let figures = columns.iter().map(|&(lane, count)| {
            let Trial::Counted(counts) = trial else {
                return String::new();
            };
            match (figure(counts, lane, count), count) {
                (None, _) => String::new(),
                (Some(value), Count::Instructions) => thousands(value),
                (Some(value), Count::Allocations) => format!("{value:.1}"),
            }
        });
        let row = [candidate.title()].into_iter().chain(figures);
        table.push(
            row.chain(judge.map(|judge| judge(trial).to_owned()))
                .collect(),
        );
        if let Trial::Skipped(reason) = trial {
            notes.push(format!("skipped: {}: {reason}", candidate.label));
        }
    }
    if !candidates.left_out.is_empty() {
        notes.push(format!("left out: {}", candidates.left_out.join(", ")));
    }
    let mut text = table.text();
    for (index, note) in notes.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}- {note}", if index == 0 { "\n" } else { "" });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::counts::tests::counts;
    use super::*;

    fn release(version: &str) -> Candidate {
        Candidate {
            label: version.to_owned(),
            subject: None,
            text: format!("web={version}"),
        }
    }

    /// Releases with these instructions in item; what has none was skipped.
    fn of(instructions: &[Option<f64>]) -> (Candidates, Vec<Option<Trial>>) {
        let labels = (0..instructions.len()).map(|index| release(&format!("1.{index}.0")));
        let candidates = Candidates {
            kind: "release",
            all: labels.collect(),
            left_out: vec!["1.0.1 (yanked)".to_owned()],
        };
        let tried = instructions.iter().map(|instructions| {
            Some(match instructions {
                Some(instructions) => {
                    Trial::Counted(counts((*instructions, 30.0), (30_000.0, 30.0)))
                }
                None => Trial::Skipped("it cannot be built: error[E0432]: no `a`".to_owned()),
            })
        });
        let tried = tried.collect();
        (candidates, tried)
    }

    fn conclude(
        instructions: &[Option<f64>],
        [last_good, first_bad]: [usize; 2],
        look: impl Fn(&Conclusion<'_>) -> String,
    ) -> String {
        let (candidates, tried) = of(instructions);
        let conclusion = Conclusion {
            server: "axum",
            candidates: &candidates,
            tried: &tried,
            boundary: &Boundary {
                last_good,
                first_bad,
            },
            rise: Rise {
                lane: Lane::Item,
                count: Count::Instructions,
                from: instructions[0].unwrap(),
                to: instructions.last().unwrap().unwrap(),
            },
        };
        look(&conclusion)
    }

    #[test]
    fn since_when_is_said_with_instructions_and_rates() {
        let three = [Some(20_000.0), Some(20_010.0), Some(22_000.0)];
        let slower = Rates {
            is_slower: true,
            sentence: "5.0 % fewer requests (4.0 to 6.0) in item".to_owned(),
        };
        let said = conclude(&three, [1, 2], |found| found.sentence(Some(&slower)));
        assert_eq!(
            said,
            "axum is slower since 1.2.0: 9.9 % more instructions per request in item than 1.1.0 \
             (22,000 instead of 20,010); rate: 5.0 % fewer requests (4.0 to 6.0) in item"
        );
        let equal = Rates {
            is_slower: false,
            sentence: "no difference in item (within 1 %)".to_owned(),
        };
        let said = conclude(&three, [1, 2], |found| found.sentence(Some(&equal)));
        assert!(
            said.starts_with("axum executes more instructions since 1.2.0: ")
                && said.ends_with("; rate: no difference in item (within 1 %)"),
            "{said}"
        );
        let said = conclude(&three, [1, 2], |found| found.sentence(None));
        assert!(said.ends_with("(22,000 instead of 20,010)"), "{said}");
    }

    #[test]
    fn what_was_skipped_may_be_the_first_and_is_named() {
        let four = [Some(20_000.0), None, None, Some(22_000.0)];
        let said = conclude(&four, [0, 3], |found| found.sentence(None));
        assert!(
            said.starts_with(
                "axum executes more instructions since one of 1.1.0, 1.2.0 and 1.3.0 (all but the \
                 last could not be tried): 10.0 % more instructions per request in item than 1.0.0"
            ),
            "{said}"
        );
        let trials = conclude(&four, [0, 3], |found| found.trials(0.01));
        let lines: Vec<&str> = trials.lines().collect();
        assert!(lines[0].starts_with("release") && lines[0].contains("instructions (item)"));
        assert!(
            lines[2].starts_with("1.0.0") && lines[2].ends_with("good"),
            "{trials}"
        );
        assert!(
            lines[3].ends_with("skipped") && lines[5].ends_with("slower"),
            "{trials}"
        );
        assert_eq!(
            lines[6..],
            [
                "",
                "- slower: more than 1 % more instructions per request in item than 1.0.0",
                "- skipped: 1.1.0: it cannot be built: error[E0432]: no `a`",
                "- skipped: 1.2.0: it cannot be built: error[E0432]: no `a`",
                "- left out: 1.0.1 (yanked)"
            ],
            "{trials}"
        );
    }

    #[test]
    fn a_small_part_of_the_rise_is_called_one() {
        let gradual = [Some(20_000.0), Some(20_300.0), Some(24_000.0)];
        let said = conclude(&gradual, [0, 1], |found| found.sentence(None));
        assert!(
            said.ends_with(
                "; that is a part of the 20.0 % from 1.0.0 to 1.2.0, and the rest is found from \
                 1.1.0 on"
            ),
            "{said}"
        );
    }
}
