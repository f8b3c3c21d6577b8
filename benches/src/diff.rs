//! Two records side by side: do they say the same?

mod memory;

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::analysis::{Analysis, LaneAnalysis, Samples};
use crate::failure::{Failure, print};
use crate::plan::{ArmRole, Lane, Plan};
use crate::record::{ArmRestart, Record};
use crate::statistics::{Ratio, Verdict, simultaneous_confidence};
use crate::table::{Align, Table};

/// How far memory and start-up may differ and be the same, as a ratio less one: they come in pages and wake-ups.
const FOOTPRINT_MARGIN: f64 = 0.05;

/// Which records.
#[derive(Args, Debug)]
pub struct Options {
    /// A record, or the directory it is in
    #[arg(value_name = "A")]
    first: PathBuf,

    /// The one it is compared with
    #[arg(value_name = "B")]
    second: PathBuf,
}

/// Compares two records, figure by figure, and prints what it finds.
///
/// # Errors
/// [`Failure::Unmet`] where a figure differs; and where a record cannot be read, or they share no figure.
pub fn run(options: &Options) -> Result<(), Failure> {
    let records = [
        Record::read(&options.first)?,
        Record::read(&options.second)?,
    ];
    let difference = Difference::between(&records[0], &records[1])?;
    print(&difference.text())?;
    match difference.summary() {
        Ok(_) => Ok(()),
        Err(sentence) => Err(Failure::Unmet(sentence)),
    }
}

/// What two records say of the same things.
#[derive(Debug)]
pub struct Difference {
    figures: Vec<Figure>,
    contradictions: Vec<String>,
    notes: Vec<String>,
}

/// One figure of two records.
#[derive(Debug)]
struct Figure {
    of: String,
    what: &'static str,
    first: f64,
    second: f64,
    /// The second over the first, with an interval that is corrected for the number of figures.
    change: Ratio,
    verdict: Verdict,
}

/// A figure before its interval is known: logarithms, one a restart.
struct Sample {
    of: String,
    what: &'static str,
    first: Vec<f64>,
    second: Vec<f64>,
    margin: f64,
}

impl Difference {
    /// Compares what relates to the reference of each run, since machine speed is no server's, and memory, which is
    /// the same on any day. The floor is left out: at it the generator is measured.
    ///
    /// # Errors
    /// Where a record is damaged, or they share no figure that counts.
    pub fn between(first: &Record, second: &Record) -> Result<Self> {
        let analyses = [Analysis::of(first)?, Analysis::of(second)?];
        let views = [
            View::of(first, &analyses[0])?,
            View::of(second, &analyses[1])?,
        ];
        let samples = samples(&views);
        let confidence = simultaneous_confidence(samples.len());
        let figures: Vec<Figure> = samples
            .into_iter()
            .filter_map(|sample| Figure::of(sample, confidence))
            .collect();
        ensure!(
            !figures.is_empty(),
            "the records share no figure that counts in both"
        );
        Ok(Self {
            figures,
            contradictions: contradictions(&views),
            notes: notes(&views),
        })
    }

    /// A sentence; as an error where the records are not consistent.
    ///
    /// # Errors
    /// As said.
    pub fn summary(&self) -> Result<String, String> {
        let count = self.figures.len();
        let apart = self.figures.iter().filter(|figure| figure.differs());
        let apart = apart.count();
        if apart == 0 && self.contradictions.is_empty() {
            Ok(format!("consistent: none of {count} figures differs"))
        } else {
            Err(format!(
                "not consistent: {apart} of {count} figures differ, {} verdicts contradict each other",
                self.contradictions.len()
            ))
        }
    }

    /// Whether nothing differs.
    pub fn consistent(&self) -> bool {
        self.summary().is_ok()
    }

    /// All of it, for people.
    pub fn text(&self) -> String {
        let mut table = Table::new([
            ("of", Align::Left),
            ("figure", Align::Left),
            ("A", Align::Right),
            ("B", Align::Right),
            ("B ÷ A (95 %, all at once)", Align::Left),
            ("", Align::Left),
        ]);
        for figure in &self.figures {
            let said = match figure.verdict {
                Verdict::Tie => "the same",
                Verdict::Unresolved => "consistent",
                Verdict::Ahead | Verdict::Behind => "DIFFERS",
            };
            let change = figure.change;
            table.push(vec![
                figure.of.clone(),
                figure.what.to_owned(),
                shown(figure.first),
                shown(figure.second),
                format!(
                    "{:.3} ({:.3} to {:.3})",
                    change.estimate, change.low, change.high
                ),
                said.to_owned(),
            ]);
        }
        let mut text = table.text();
        for line in self.contradictions.iter().chain(&self.notes) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "· {line}");
        }
        let summary = match self.summary() {
            Ok(sentence) | Err(sentence) => sentence,
        };
        text + &summary + "\n"
    }
}

impl Figure {
    fn of(sample: Sample, confidence: f64) -> Option<Self> {
        let change = Ratio::between(&sample.first, &sample.second, confidence)?;
        let mean = |logarithms: &[f64]| crate::statistics::mean(logarithms).map(f64::exp);
        Some(Self {
            of: sample.of,
            what: sample.what,
            first: mean(&sample.first)?,
            second: mean(&sample.second)?,
            change,
            verdict: Verdict::within(change, sample.margin),
        })
    }

    fn differs(&self) -> bool {
        matches!(self.verdict, Verdict::Ahead | Verdict::Behind)
    }
}

/// A record with what was worked out of it.
struct View<'a> {
    record: &'a Record,
    analysis: &'a Analysis,
    samples: Samples<'a>,
    reference: Option<usize>,
}

impl<'a> View<'a> {
    fn of(record: &'a Record, analysis: &'a Analysis) -> Result<Self> {
        let mut arms = record.plan.arms.iter();
        Ok(Self {
            record,
            analysis,
            samples: Samples::of(record)?,
            reference: arms.position(|arm| arm.role == ArmRole::Reference),
        })
    }

    fn lane(&self, lane: Lane) -> Option<&LaneAnalysis> {
        self.analysis.lanes.iter().find(|found| found.lane == lane)
    }

    fn arm(&self, name: &str) -> Option<usize> {
        let mut arms = self.record.plan.arms.iter();
        arms.position(|arm| arm.name == name)
    }

    fn counts(&self, arm: usize, lane: Lane) -> bool {
        self.lane(lane).is_some_and(|found| {
            found
                .rows
                .iter()
                .any(|row| row.arm == arm && row.void.is_empty())
        })
    }

    /// Of each restart the logarithm of something of one process relative to the same of the reference's.
    fn relative(&self, arm: usize, figure: impl Fn(&ArmRestart) -> Option<u64>) -> Vec<f64> {
        let logarithm = |life: &ArmRestart| Some((figure(life)? as f64).ln());
        let find = |lives: &[ArmRestart], arm| {
            logarithm(lives.iter().find(|life| life.arm == arm)?)
                .filter(|logarithm| logarithm.is_finite())
        };
        let restarts = self.record.restarts.iter();
        restarts
            .filter_map(|restart| {
                let reference = find(&restart.arms, self.reference?)?;
                Some(find(&restart.arms, arm)? - reference)
            })
            .collect()
    }
}

fn samples(views: &[View<'_>; 2]) -> Vec<Sample> {
    let [first, second] = views;
    let mut samples = Vec::new();
    let arms = first.record.plan.arms.iter().enumerate();
    for (arm, named) in arms.filter(|(_, arm)| arm.role != ArmRole::Floor) {
        let Some(other) = second.arm(&named.name) else {
            continue;
        };
        let mut add = |of: String, what, margin, [first, second]: [Vec<f64>; 2]| {
            samples.push(Sample {
                of,
                what,
                first,
                second,
                margin,
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
            add(of.clone(), "rate relative to the reference", margin, rates);
            let costs = [
                first.samples.log_cost_ratios(arm, ours, lane),
                second.samples.log_cost_ratios(other, theirs, lane),
            ];
            add(of, "CPU relative to the reference", margin, costs);
        }
        if Some(arm) == first.reference {
            continue;
        }
        let relative = |figure: fn(&ArmRestart) -> Option<u64>| {
            [first.relative(arm, figure), second.relative(other, figure)]
        };
        let name = || named.name.clone();
        if let Some(both) = memory::samples(views, [arm, other]) {
            add(
                name(),
                "memory relative to the reference",
                FOOTPRINT_MARGIN,
                both,
            );
        }
        add(
            name(),
            "start-up relative to the reference",
            FOOTPRINT_MARGIN,
            relative(|life| Some(life.start_up_ns)),
        );
    }
    samples.retain(|sample| sample.first.len() > 1 && sample.second.len() > 1);
    samples
}

/// Pairs of which the two say what cannot both be true.
fn contradictions(views: &[View<'_>; 2]) -> Vec<String> {
    let [first, second] = views;
    let name = |view: &View<'_>, arm: usize| view.record.plan.arms[arm].name.clone();
    let mut found = Vec::new();
    for lane in &first.analysis.lanes {
        for pair in &lane.pairs {
            let both = [name(first, pair.arm), name(first, pair.against)];
            let there = second.lane(lane.lane).and_then(|there| {
                there.pairs.iter().find_map(|other| {
                    let names = [name(second, other.arm), name(second, other.against)];
                    if names == both {
                        return Some(other.verdict);
                    }
                    let [a, b] = &names;
                    ([b, a] == [&both[0], &both[1]]).then(|| other.verdict.inverse())
                })
            });
            let resolved = |verdict| verdict != Verdict::Unresolved;
            if let Some(there) = there
                && there != pair.verdict
                && resolved(there)
                && resolved(pair.verdict)
            {
                found.push(format!(
                    "{}: {} against {} is {:?} in A and {there:?} in B",
                    lane.lane.name(),
                    both[0],
                    both[1],
                    pair.verdict
                ));
            }
        }
    }
    found
}

/// What else is not the same, so that figures may well differ.
fn notes(views: &[View<'_>; 2]) -> Vec<String> {
    let [first, second] = [views[0].record, views[1].record];
    let mut notes = plans(&first.plan, &second.plan);
    notes.extend(memory::note(views));
    notes.extend(only_in_one(&views[0], &views[1], "A"));
    notes.extend(only_in_one(&views[1], &views[0], "B"));
    if !first.machine.is_known_as(&second.machine) {
        let perhaps = if first.machine == second.machine {
            "perhaps "
        } else {
            ""
        };
        notes.push(format!(
            "{perhaps}not the same machine: {} in A, {} in B",
            first.machine.sentence(),
            second.machine.sentence()
        ));
    }
    for server in &first.servers {
        let Some(other) = second
            .servers
            .iter()
            .find(|other| other.name == server.name)
        else {
            continue;
        };
        let version = |version: &Option<String>| version.clone().unwrap_or_default();
        if server.version != other.version {
            notes.push(format!(
                "{}: version {} in A, {} in B",
                server.name,
                version(&server.version),
                version(&other.version)
            ));
        }
        let bytes = [server, other].map(|server| server.program.as_ref().map(|p| p.bytes));
        let hashes = [server, other].map(|server| server.program.as_ref().map(|p| &p.sha256));
        if let ([Some(a), Some(b)], true) = (bytes, hashes[0] != hashes[1]) {
            notes.push(format!(
                "{}: another program, of {a} bytes in A, {b} in B",
                server.name
            ));
        }
        if server.conformance != other.conformance {
            notes.push(format!(
                "{}: the conformance gate found something else",
                server.name
            ));
        }
    }
    notes
}

/// How the load was not the same.
fn plans(first: &Plan, second: &Plan) -> Vec<String> {
    let terms = |plan: &Plan| {
        [
            ("connections", plan.connections),
            ("workers", plan.workers),
            ("cores for servers", plan.server_cores.len()),
            ("cores for the generator", plan.generator_cores.len()),
        ]
    };
    let both = terms(first).into_iter().zip(terms(second));
    both.filter(|((_, ours), (_, theirs))| ours != theirs)
        .map(|((what, ours), (_, theirs))| format!("{what}: {ours} in A, {theirs} in B"))
        .collect()
}

/// What counts in one record and not in the other, where nothing can be compared.
fn only_in_one(here: &View<'_>, there: &View<'_>, name: &str) -> Vec<String> {
    let rows = here.analysis.lanes.iter().flat_map(|found| {
        let rows = found.rows.iter().filter(|row| row.void.is_empty());
        rows.map(move |row| (found.lane, row.arm))
    });
    let missing = rows.filter(|&(lane, arm)| {
        let other = there.arm(&here.record.plan.arms[arm].name);
        !other.is_some_and(|other| there.counts(other, lane))
    });
    missing
        .map(|(lane, arm)| {
            let arm = &here.record.plan.arms[arm].name;
            format!("{arm}, {}: counts in {name} only", lane.name())
        })
        .collect()
}

fn shown(ratio: f64) -> String {
    format!("{ratio:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Simulation;

    #[test]
    fn two_runs_of_the_same_are_consistent() {
        let first = Simulation::new(14).run();
        let mut other = Simulation::new(20);
        // Everything a third slower: another hour, not other servers.
        for arm in &mut other.arms {
            arm.2 *= 0.67;
        }
        let difference = Difference::between(&first, &other.run()).unwrap();
        assert!(difference.consistent(), "{}", difference.text());
        // Four arms in two lanes, two figures each; start-up of each; and memory, but of the first, whose
        // copy ran beside it.
        assert_eq!(difference.figures.len(), 4 * 2 * 2 + 4 + 3);
        assert!(
            difference
                .text()
                .ends_with("consistent: none of 23 figures differs\n")
        );
    }

    #[test]
    fn what_changed_is_named() {
        let first = Simulation::new(14).run();
        let mut other = Simulation::new(14);
        other.arms[1].2 *= 0.95;
        let difference = Difference::between(&first, &other.run()).unwrap();
        let text = difference.text();
        assert!(!difference.consistent());
        let apart: Vec<&str> = text
            .lines()
            .filter(|line| line.ends_with("DIFFERS"))
            .collect();
        assert_eq!(apart.len(), 4, "{text}");
        assert!(
            apart.iter().all(|line| line.starts_with("warp, ")),
            "{text}"
        );
    }

    #[test]
    fn opposite_verdicts_contradict_each_other() {
        let first = Simulation::new(14).run();
        let mut other = Simulation::new(14);
        (other.arms[0].2, other.arms[1].2) = (170_000.0, 150_000.0);
        other.arms[3].2 = 170_000.0;
        let text = Difference::between(&first, &other.run()).unwrap().text();
        assert!(
            text.contains("one: warp against axum is Ahead in A and Behind in B"),
            "{text}"
        );
    }

    #[test]
    fn what_explains_a_difference_is_noted() {
        let first = Simulation::new(3).run();
        let mut other = first.clone();
        other.servers[0].version = Some("0.9.0".to_owned());
        other.servers[0].program.as_mut().unwrap().sha256 = "cd".repeat(32);
        other.machine.cores = 4;
        let text = Difference::between(&first, &other).unwrap().text();
        for note in [
            "axum: version 0.8.9 in A, 0.9.0 in B",
            "axum: another program",
            "· not the same machine",
        ] {
            assert!(text.contains(note), "{text}");
        }
        let mut unnamed = first.clone();
        unnamed.machine.processor = None;
        let text = Difference::between(&unnamed, &unnamed).unwrap().text();
        assert!(text.contains("· perhaps not the same machine"), "{text}");
    }

    #[test]
    fn what_counts_in_one_alone_is_noted_and_nothing_is_relative_to_a_void_reference() {
        let first = Simulation::new(3).run();
        let mut other = first.clone();
        other.plan.connections = 128;
        let arms = other.plan.arms.iter();
        let reference = arms
            .map(|arm| arm.role)
            .position(|role| role == ArmRole::Reference)
            .unwrap();
        other.voids.push(crate::record::Void {
            arm: reference,
            restart: None,
            lane: Some(Lane::List),
            reason: "an answer was wrong".to_owned(),
        });
        let difference = Difference::between(&first, &other).unwrap();
        let text = difference.text();
        for note in [
            "connections: 64 in A, 128 in B",
            "hyper, list: counts in A only",
        ] {
            assert!(text.contains(note), "{text}");
        }
        let mut figures = difference.figures.iter();
        assert!(
            !figures.any(|figure| figure.of.ends_with(", list")),
            "{text}"
        );
    }

    #[test]
    fn nothing_in_common_is_an_error() {
        let first = Simulation::new(3).run();
        let mut other = first.clone();
        other.restarts.clear();
        let error = Difference::between(&first, &other).unwrap_err().to_string();
        assert!(error.contains("share no figure"), "{error}");
    }
}
