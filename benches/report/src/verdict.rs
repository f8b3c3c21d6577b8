//! What a run decides, in a sentence or two, and what it lacks: how every report begins or ends.

mod missing;

use quartet_analysis::statistics::{Ratio, Verdict};
use quartet_analysis::{Analysis, LaneAnalysis, Pair};
use quartet_record::Record;
use quartet_record::plan::ArmRole;

use crate::numbers::interval;
use crate::{features, variants};

/// More kinds of request than these are put together where the same servers are first.
const APART: usize = 2;

/// What a run decides, and what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// Who is first and by how much, as sentences: one a kind of request, or one for several that agree.
    pub verdict: Vec<String>,
    /// What is missing and what to do about it, as sentences.
    pub missing: Vec<String>,
}

impl Conclusion {
    /// Concludes. `place` is what the record's directory is called on the command line; without it, advice says RUN.
    pub fn of(record: &Record, analysis: &Analysis, place: Option<&str>) -> Self {
        Self {
            verdict: verdict(record, analysis),
            missing: missing::all(record, analysis, place),
        }
    }

    /// As the last lines on a terminal.
    pub fn text(&self) -> String {
        let mut text = String::from("Verdict\n");
        let missing = self.missing.iter().map(|said| ("!", said));
        let verdict = self.verdict.iter().map(|said| (" ", said));
        for (mark, said) in verdict.chain(missing) {
            text += &format!("{mark} {said}\n");
        }
        text
    }
}

fn verdict(record: &Record, analysis: &Analysis) -> Vec<String> {
    if !analysis.features.is_empty() {
        return features::sentences(record, analysis);
    }
    let variants = variants::sentences(record, analysis);
    let mut said: Vec<String> = variants
        .into_iter()
        .filter_map(|sentences| Some(format!("{}.", sentences.into_iter().next()?)))
        .collect();
    let compared = record.plan.arms.iter();
    let compared = compared.filter(|arm| arm.role == ArmRole::Compared).count();
    // A run about variants alone has nothing else to say.
    if compared > 0 || said.is_empty() {
        said.extend(of_lanes(record, &analysis.lanes));
    }
    for lane in &analysis.database {
        let rows = lane.rows.iter();
        let ranked = rows.filter_map(|row| Some((row.arm, row.rank?.best, row.rank?.worst)));
        let standing = Standing::of(&ranked.collect::<Vec<_>>(), &lane.pairs, compared > 0);
        said.push(format!(
            "{}, by CPU time: {}",
            lane.lane.name(),
            standing.sentence(record, "")
        ));
    }
    said
}

fn of_lanes(record: &Record, lanes: &[LaneAnalysis]) -> Vec<String> {
    let mut groups: Vec<(Vec<&str>, Standing)> = Vec::new();
    for lane in lanes {
        let standing = Standing::of_lane(record, lane);
        let same = groups
            .iter_mut()
            .find(|(_, known)| lanes.len() > APART && known.agrees_with(&standing));
        match same {
            Some((names, known)) => {
                names.push(lane.lane.name());
                known.add(&standing);
            }
            None => groups.push((vec![lane.lane.name()], standing)),
        }
    }
    groups.sort_by_key(|(names, _)| std::cmp::Reverse(names.len()));
    let said = groups.iter().map(|(names, standing)| {
        let alone = lanes.iter().find(|lane| names[0] == lane.lane.name());
        let relative = alone.and_then(|lane| only(record, lane));
        let relative = relative.filter(|_| names.len() == 1);
        let said = standing.sentence(record, &relative.unwrap_or_default());
        match (names.as_slice(), alone) {
            ([name], Some(lane)) => format!("{name} ({}): {said}", record.plan.request(lane.lane)),
            _ => format!("{}: {said}", list(names, "and")),
        }
    });
    said.collect()
}

/// What is known of the one server that a run compares with none but the reference.
fn only(record: &Record, lane: &LaneAnalysis) -> Option<String> {
    let reference = record.plan.first(ArmRole::Reference)?;
    let mut rows = lane.rows.iter();
    let row = rows.find(|row| {
        record.plan.arms[row.arm].role == ArmRole::Compared && row.relative.is_some()
    })?;
    Some(format!(
        " {} answers {} times as many requests as bare {}.",
        name(record, row.arm),
        interval(row.relative?),
        name(record, reference)
    ))
}

/// Who is first in a kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    /// Nothing was to be ranked.
    NothingCompared,
    /// Fewer than two rows are valid.
    TooFew,
    /// One server.
    One,
    /// Several, all of which tie.
    Shared,
    /// One of several.
    Undecided,
}

/// Who is first, and how far ahead of whom.
pub(crate) struct Standing {
    pub(crate) first: First,
    /// Those that may be first, by their arms.
    pub(crate) leaders: Vec<usize>,
    /// By how much the first of them is proven to be ahead of others, with the number of lanes that says so.
    ahead: Vec<(usize, Ratio, usize)>,
    /// How many restarts would tell the leaders apart, where any would.
    needed: Option<u32>,
}

impl Standing {
    pub(crate) fn of_lane(record: &Record, lane: &LaneAnalysis) -> Self {
        let ranked = lane.rows.iter();
        let ranked = ranked.filter_map(|row| Some((row.arm, row.rank?.best, row.rank?.worst)));
        let mut rows = lane.rows.iter();
        let any = rows.any(|row| record.plan.arms[row.arm].role == ArmRole::Compared);
        Self::of(&ranked.collect::<Vec<_>>(), &lane.pairs, any)
    }

    /// `ranked` has arms, each with its best and worst rank.
    fn of(ranked: &[(usize, usize, usize)], pairs: &[Pair], any_compared: bool) -> Self {
        let leaders = ranked.iter().filter(|(_, best, _)| *best == 1);
        let leaders: Vec<usize> = leaders.map(|(arm, ..)| *arm).collect();
        let between = |pair: &&Pair| leaders.contains(&pair.arm) && leaders.contains(&pair.against);
        let all_tie = || {
            pairs
                .iter()
                .filter(between)
                .all(|pair| pair.verdict == Verdict::Tie)
        };
        let first = match leaders[..] {
            [] if !any_compared => First::NothingCompared,
            [] => First::TooFew,
            [_] => First::One,
            _ if all_tie() => First::Shared,
            _ => First::Undecided,
        };
        let ahead = leaders.first().into_iter().flat_map(|&leader| {
            let of_leader = pairs.iter().filter(move |pair| pair.arm == leader);
            of_leader.filter(|pair| pair.verdict == Verdict::Ahead)
        });
        let undecided = pairs.iter().filter(between);
        let undecided = undecided.filter(|pair| pair.verdict == Verdict::Undecided);
        let needed: Option<Vec<u32>> = undecided.map(|pair| pair.restarts_needed).collect();
        Self {
            first,
            ahead: ahead.map(|pair| (pair.against, pair.ratio, 1)).collect(),
            needed: needed.and_then(|needed| needed.into_iter().max()),
            leaders,
        }
    }

    fn agrees_with(&self, other: &Self) -> bool {
        let sorted = |arms: &[usize]| {
            let mut arms = arms.to_vec();
            arms.sort_unstable();
            arms
        };
        self.first == other.first && sorted(&self.leaders) == sorted(&other.leaders)
    }

    /// Takes another lane in: an estimate becomes the range of estimates.
    fn add(&mut self, other: &Self) {
        for (arm, ratio, lanes) in &mut self.ahead {
            let Some((_, found, _)) = other.ahead.iter().find(|(other, ..)| other == arm) else {
                continue;
            };
            if *lanes == 1 {
                (ratio.low, ratio.high) = (ratio.estimate, ratio.estimate);
            }
            ratio.low = ratio.low.min(found.estimate);
            ratio.high = ratio.high.max(found.estimate);
            *lanes += 1;
        }
        self.needed = self.needed.max(other.needed);
    }

    /// `alone` is what is said where nothing was compared with it.
    fn sentence(&self, record: &Record, alone: &str) -> String {
        let names: Vec<&str> = self.leaders.iter().map(|&arm| name(record, arm)).collect();
        let lead = match self.first {
            First::NothingCompared => return "no server has a rank in this run.".to_owned(),
            First::TooFew if !alone.is_empty() => return alone.trim_start().to_owned(),
            First::TooFew => {
                return "no verdict, because fewer than two servers are valid.".to_owned();
            }
            First::One => format!("{} is first", names[0]),
            First::Shared => format!("{} share rank 1", list(&names, "and")),
            First::Undecided => {
                let advice = match self.needed {
                    Some(needed) => format!(
                        "about {needed} restarts would be needed to decide (--restarts {needed})"
                    ),
                    None => "no feasible number of restarts would decide".to_owned(),
                };
                format!("undecided who is first, {}; {advice}", list(&names, "or"))
            }
        };
        let ahead = self.ahead.iter();
        let ahead: Vec<String> = ahead
            .map(|(arm, ratio, lanes)| match lanes {
                1 => format!("of {} {}", name(record, *arm), by(*ratio)),
                _ => format!("of {} {}", name(record, *arm), between(*ratio)),
            })
            .collect();
        match (self.first, ahead.is_empty()) {
            (_, true) => format!("{lead}."),
            (First::One, false) => format!("{lead}, ahead {}.", list(&ahead, "and")),
            (_, false) => format!("{lead}. {} is ahead {}.", names[0], list(&ahead, "and")),
        }
    }
}

fn name(record: &Record, arm: usize) -> &str {
    &record.plan.arms[arm].name
}

/// By how much one is ahead: "by 5.1 % (3.9 to 6.2)".
pub(crate) fn by(ratio: Ratio) -> String {
    if ratio.estimate >= 2.0 {
        return format!(
            "by a factor of {:.2} ({:.2} to {:.2})",
            ratio.estimate, ratio.low, ratio.high
        );
    }
    let percent = |ratio: f64| 100.0 * (ratio - 1.0);
    format!(
        "by {:.1} % ({:.1} to {:.1})",
        percent(ratio.estimate),
        percent(ratio.low),
        percent(ratio.high)
    )
}

/// From which estimate to which one is ahead: "by 3.9 to 6.2 %".
fn between(range: Ratio) -> String {
    if range.high >= 2.0 {
        return format!("by a factor of {:.2} to {:.2}", range.low, range.high);
    }
    let percent = |ratio: f64| 100.0 * (ratio - 1.0);
    format!(
        "by {:.1} to {:.1} %",
        percent(range.low),
        percent(range.high)
    )
}

/// "a, b and c".
pub(crate) fn list<T: AsRef<str>>(items: &[T], word: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests;
