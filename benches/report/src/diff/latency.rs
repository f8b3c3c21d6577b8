//! Latency of two records, at the rates that both offered.

use quartet_analysis::statistics::LEAST_LATENCY_MARGIN;
use quartet_analysis::{COMPARED, LatencyComparison, LatencySamples};
use quartet_record::plan::{ArmRole, Lane};
use quartet_record::{Latency, OfferedRate, Record};

use super::contradictions::{contradiction, verdict_of};
use super::sample::{Kind, Sample, same_programs};
use super::view::View;

/// One record's latency, where it repeats.
struct Measured<'a> {
    latency: &'a Latency,
    found: &'a LatencyComparison,
    samples: LatencySamples,
    reference: Option<usize>,
}

impl<'a> Measured<'a> {
    fn of(view: &View<'a>) -> Option<Self> {
        let latency = view.record.latency.as_ref()?;
        Some(Self {
            latency,
            found: view.analysis.latency.as_ref()?,
            samples: LatencySamples::of(view.record, latency),
            reference: view.reference,
        })
    }

    /// That of both records, where it can be compared; or why it cannot, if there is anything of it.
    fn both(views: &[View<'a>; 2]) -> Result<[Self; 2], Option<String>> {
        let here = views.each_ref().map(|view| view.record.latency.is_some());
        match here {
            [true, true] => {}
            [false, false] => return Err(None),
            [first, _] => {
                let letter = if first { "A" } else { "B" };
                return Err(Some(format!("measured in {letter} only")));
            }
        }
        let [first, second] = views.each_ref().map(Self::of);
        let (first, second) = match (first, second) {
            (Some(first), Some(second)) => (first, second),
            (first, second) => {
                let all = [(first, "A"), (second, "B")].into_iter();
                let letters = all.filter(|(measured, _)| measured.is_none());
                let letters: Vec<&str> = letters.map(|(_, letter)| letter).collect();
                return Err(Some(format!(
                    "measured in {} in a way that did not repeat",
                    letters.join(" and ")
                )));
            }
        };
        match views.each_ref().map(|view| lane(view.record)) {
            [Some(ours), Some(theirs)] if ours != theirs => Err(Some(format!(
                "measured in lane {} in A, {} in B",
                ours.name(),
                theirs.name()
            ))),
            _ => Ok([first, second]),
        }
    }

    fn counts(&self, arm: usize, rate: usize) -> bool {
        let mut cells = self.found.cells.iter();
        cells.any(|cell| (cell.arm, cell.rate) == (arm, rate) && cell.excluded.is_empty())
    }

    /// Why an arm is excluded at a rate, where it is.
    fn excluded(&self, arm: usize, rate: usize) -> Option<&[String]> {
        let mut cells = self.found.cells.iter();
        let cell = cells.find(|cell| (cell.arm, cell.rate) == (arm, rate))?;
        (!cell.excluded.is_empty()).then_some(&cell.excluded)
    }

    fn margin(&self, rate: usize, quantile: f64) -> f64 {
        let mut copies = self.found.again.iter();
        copies
            .find(|equals| (equals.rate, equals.quantile) == (rate, quantile))
            .map_or(LEAST_LATENCY_MARGIN, |equals| equals.margin)
    }

    /// The logarithms of an arm's percentile over the reference's, one a restart. None where either does not
    /// count.
    fn relative(&self, arm: usize, rate: usize, quantile: f64) -> Option<Vec<f64>> {
        let reference = self.reference.filter(|&reference| reference != arm)?;
        (self.counts(arm, rate) && self.counts(reference, rate))
            .then(|| self.samples.log_ratios(arm, reference, rate, quantile))
    }
}

/// Percentiles at each rate that both offered, relative to the reference.
pub(super) fn samples(views: &[View<'_>; 2]) -> Vec<Sample> {
    let Ok([first, second]) = Measured::both(views) else {
        return Vec::new();
    };
    let mut samples = Vec::new();
    for (ours, theirs) in rates(first.latency, second.latency) {
        let offered = name(&first.latency.rates[ours]);
        let arms = views[0].record.plan.arms.iter().enumerate();
        for (arm, named) in arms.filter(|(_, arm)| arm.role != ArmRole::Floor) {
            let Some(other) = views[1].arm(&named.name) else {
                continue;
            };
            for quantile in COMPARED {
                let both = first
                    .relative(arm, ours, quantile)
                    .zip(second.relative(other, theirs, quantile));
                samples.extend(both.map(|(ours_of_arm, theirs_of_arm)| {
                    Sample {
                        of: format!("{}, {offered}", named.name),
                        kind: Kind::Latency(quantile),
                        first: ours_of_arm,
                        second: theirs_of_arm,
                        margin: first
                            .margin(ours, quantile)
                            .max(second.margin(theirs, quantile)),
                        same_programs: same_programs(views, [arm, other]),
                    }
                }));
            }
        }
    }
    samples
}

/// The kind of request that latency is measured with.
fn lane(record: &Record) -> Option<Lane> {
    record.plan.latency.as_ref().map(|plan| plan.lane)
}

/// Why latency is not compared, or at which rates and of which servers it is not.
pub(super) fn notes(views: &[View<'_>; 2]) -> Vec<String> {
    let [first, second] = match Measured::both(views) {
        Ok(both) => both,
        Err(reason) => {
            let note = reason.map(|reason| format!("latency: {reason}"));
            return note.into_iter().collect();
        }
    };
    let shared = rates(first.latency, second.latency);
    let only = |latency: &Latency, of_pair: fn(&(usize, usize)) -> usize, letter: &str| {
        let rates = latency.rates.iter().enumerate();
        rates
            .filter(|(rate, _)| !shared.iter().any(|pair| of_pair(pair) == *rate))
            .map(|(_, offered)| format!("latency, {}: offered in {letter} only", name(offered)))
            .collect::<Vec<_>>()
    };
    let mut notes = only(first.latency, |pair| pair.0, "A");
    notes.extend(only(second.latency, |pair| pair.1, "B"));
    let [ours, theirs] = views;
    for &(here, there) in &shared {
        notes.extend(counts_in_one(
            (ours, &first, here),
            (theirs, &second, there),
            "A",
        ));
        notes.extend(counts_in_one(
            (theirs, &second, there),
            (ours, &first, here),
            "B",
        ));
        notes.extend(excluded_in_both(views, [&first, &second], (here, there)));
    }
    notes
}

/// The servers that count at a rate in one record and not in the other.
fn counts_in_one(
    (view, measured, rate): (&View<'_>, &Measured<'_>, usize),
    (other_view, other, other_rate): (&View<'_>, &Measured<'_>, usize),
    letter: &str,
) -> Vec<String> {
    let arms = view.record.plan.arms.iter().enumerate();
    arms.filter(|&(arm, _)| measured.counts(arm, rate))
        .filter_map(|(_, named)| {
            let there = other_view.arm(&named.name);
            if there.is_some_and(|there| other.counts(there, other_rate)) {
                return None;
            }
            let reasons = there.and_then(|there| other.excluded(there, other_rate));
            let elsewhere = if letter == "A" { "B" } else { "A" };
            let why = reasons.map(|why| format!("; excluded in {elsewhere}: {}", why.join("; ")));
            let offered = name(&measured.latency.rates[rate]);
            let of = valid_in_one(&format!("{}, latency, {offered}", named.name), letter);
            Some(of + &why.unwrap_or_default())
        })
        .collect()
}

/// The servers that are excluded at a rate that both offered, in either record.
pub(super) fn excluded(views: &[View<'_>; 2]) -> Vec<String> {
    let Ok([first, second]) = Measured::both(views) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (here, there) in rates(first.latency, second.latency) {
        let arms = views[0].record.plan.arms.iter().enumerate();
        for (arm, named) in arms.filter(|(_, arm)| arm.role != ArmRole::Floor) {
            let Some(other) = views[1].arm(&named.name) else {
                continue;
            };
            let is_excluded =
                first.excluded(arm, here).is_some() || second.excluded(other, there).is_some();
            if is_excluded {
                let offered = name(&first.latency.rates[here]);
                found.push(format!("{}, latency, {offered}", named.name));
            }
        }
    }
    found
}

/// The servers that are excluded at a rate in both records.
fn excluded_in_both(
    views: &[View<'_>; 2],
    [first, second]: [&Measured<'_>; 2],
    (here, there): (usize, usize),
) -> Vec<String> {
    let arms = views[0].record.plan.arms.iter().enumerate();
    arms.filter_map(|(arm, named)| {
        let ours = first.excluded(arm, here)?.join("; ");
        let theirs = second
            .excluded(views[1].arm(&named.name)?, there)?
            .join("; ");
        let why = match ours == theirs {
            true => format!("in both: {ours}"),
            false => format!("in A: {ours}; in B: {theirs}"),
        };
        let offered = name(&first.latency.rates[here]);
        Some(format!(
            "{}, latency, {offered}: excluded {why}",
            named.name
        ))
    })
    .collect()
}

/// How many requests per second were offered, where it is not the same though their share of the capacity is.
pub(super) fn circumstances(first: &Record, second: &Record) -> Vec<String> {
    if lane(first) != lane(second) {
        return Vec::new();
    }
    let Some((first, second)) = first.latency.as_ref().zip(second.latency.as_ref()) else {
        return Vec::new();
    };
    let pairs = rates(first, second).into_iter();
    pairs
        .map(|(ours, theirs)| (&first.rates[ours], &second.rates[theirs]))
        .filter(|(ours, theirs)| ours.per_second.round() != theirs.per_second.round())
        .map(|(ours, theirs)| {
            format!(
                "{}: {:.0} requests/s in A, {:.0} in B",
                name(ours),
                ours.per_second,
                theirs.per_second
            )
        })
        .collect()
}

/// Pairs of servers of which the two records say of latency what cannot both be true.
pub(super) fn contradictions(views: &[View<'_>; 2]) -> Vec<String> {
    let Ok([first, second]) = Measured::both(views) else {
        return Vec::new();
    };
    let arm = |view: &View<'_>, arm: usize| view.record.plan.arms[arm].name.clone();
    let mut found = Vec::new();
    for (ours, theirs) in rates(first.latency, second.latency) {
        for pair in first.found.pairs.iter().filter(|pair| pair.rate == ours) {
            let both = [arm(&views[0], pair.arm), arm(&views[0], pair.against)];
            let mut others = second.found.pairs.iter();
            let there = others.find_map(|other| {
                if (other.rate, other.quantile) != (theirs, pair.quantile) {
                    return None;
                }
                let names = [arm(&views[1], other.arm), arm(&views[1], other.against)];
                verdict_of(&both, &names, other.verdict)
            });
            let of = format!(
                "{}, {}",
                Kind::Latency(pair.quantile).name(),
                name(&first.latency.rates[ours])
            );
            found.extend(there.and_then(|there| contradiction(&of, &both, pair.verdict, there)));
        }
    }
    found
}

/// The rates that both offered, as indices: those of one share of the capacity, or of one number.
fn rates(first: &Latency, second: &Latency) -> Vec<(usize, usize)> {
    let same = |ours: &OfferedRate, theirs: &OfferedRate| match (ours.share, theirs.share) {
        (Some(ours), Some(theirs)) => ours == theirs,
        (None, None) => ours.per_second == theirs.per_second,
        _ => false,
    };
    let ours = first.rates.iter().enumerate();
    ours.filter_map(|(index, rate)| {
        let other = second.rates.iter().position(|other| same(rate, other))?;
        Some((index, other))
    })
    .collect()
}

fn name(offered: &OfferedRate) -> String {
    match offered.share {
        Some(share) => format!("{:.0} % of capacity", 100.0 * share),
        None => format!("{:.0} requests/s", offered.per_second),
    }
}

/// That something counts in one record alone, named by its letter.
fn valid_in_one(of: &str, letter: &str) -> String {
    format!("{of}: valid in {letter} only")
}

#[cfg(test)]
mod tests {
    use super::super::Difference;
    use super::*;
    use quartet_record::OpenSlice;
    use quartet_record::testing::{record, with_modes};

    const WARP: usize = 1;

    fn slices(record: &mut Record) -> impl Iterator<Item = &mut OpenSlice> {
        let restarts = record.latency.as_mut().unwrap().restarts.iter_mut();
        restarts.flat_map(|restart| &mut restart.slices)
    }

    fn rows(text: &str, ending: &str) -> Vec<String> {
        let lines = text.lines().filter(|line| line.ends_with(ending));
        lines.map(str::to_owned).collect()
    }

    #[test]
    fn a_longer_p99_at_one_rate_is_found_there_alone() {
        let first = with_modes(record());
        let mut second = first.clone();
        let same = Difference::between(&first, &second).unwrap();
        assert!(same.consistent(), "{}", same.text(["a", "b"]));
        // axum, warp, salvo and the copy of axum, at two rates and three percentiles.
        assert_eq!(
            same.text(["a", "b"]).matches("latency p").count(),
            4 * 2 * 3
        );
        for slice in slices(&mut second) {
            if (slice.arm, slice.rate) == (WARP, 0) {
                slice.p99_ns = slice.p99_ns * 5 / 4;
            }
        }
        let text = Difference::between(&first, &second)
            .unwrap()
            .text(["a", "b"]);
        let slower = rows(&text, "SLOWER");
        assert_eq!(slower.len(), 1, "{text}");
        assert!(
            slower[0].starts_with("warp, 25 % of capacity") && slower[0].contains("latency p99"),
            "{text}"
        );
    }

    #[test]
    fn verdicts_of_latency_contradict_each_other() {
        let mut first = with_modes(record());
        let mut second = first.clone();
        for (record, factor) in [(&mut first, 130), (&mut second, 70)] {
            for slice in slices(record).filter(|slice| slice.arm == WARP) {
                slice.p50_ns = slice.p50_ns * factor / 100;
            }
        }
        let text = Difference::between(&first, &second)
            .unwrap()
            .text(["a", "b"]);
        assert!(
            text.contains(
                "latency p50, 25 % of capacity: axum is ahead of warp in A, and is behind it in B"
            ),
            "{text}"
        );
    }

    #[test]
    fn what_one_alone_has_is_not_compared() {
        let first = with_modes(record());
        let mut second = first.clone();
        second.latency.as_mut().unwrap().rates[1].per_second = 30_000.0;
        let text = Difference::between(&first, &second)
            .unwrap()
            .text(["a", "b"]);
        assert!(
            text.contains("latency, 20000 requests/s: offered in A only"),
            "{text}"
        );
        assert!(
            text.contains("latency, 30000 requests/s: offered in B only"),
            "{text}"
        );
        for slice in slices(&mut second) {
            slice.generator_stall_ns = None;
        }
        let text = Difference::between(&first, &second)
            .unwrap()
            .text(["a", "b"]);
        assert!(
            text.contains("latency: measured in B in a way that did not repeat"),
            "{text}"
        );
        second.latency = None;
        let text = Difference::between(&first, &second)
            .unwrap()
            .text(["a", "b"]);
        assert!(text.contains("latency: measured in A only"), "{text}");
    }

    #[test]
    fn a_server_that_counts_in_one_alone_is_named() {
        let first = with_modes(record());
        let mut second = first.clone();
        for slice in slices(&mut second) {
            if (slice.arm, slice.rate) == (WARP, 0) {
                slice.achieved /= 2;
            }
        }
        for (records, letter) in [([&first, &second], "A"), ([&second, &first], "B")] {
            let text = Difference::between(records[0], records[1])
                .unwrap()
                .text(["a", "b"]);
            let other = if letter == "A" { "B" } else { "A" };
            let note = format!(
                "· warp, latency, 25 % of capacity: valid in {letter} only; excluded in {other}: "
            );
            let notes = text.lines().filter(|line| line.contains("valid in"));
            let notes: Vec<&str> = notes.collect();
            assert!(notes.len() == 1 && notes[0].starts_with(&note), "{text}");
            let rows = text.lines().filter(|line| line.ends_with("not comparable"));
            let rows: Vec<&str> = rows.collect();
            assert!(
                rows.len() == 1 && rows[0].starts_with("warp, latency, 25 %"),
                "{text}"
            );
        }
        let both = Difference::between(&second, &second).unwrap();
        let text = both.text(["a", "b"]);
        assert!(
            text.contains("· warp, latency, 25 % of capacity: excluded in both: "),
            "{text}"
        );
        assert!(text.contains(" 1 row is not comparable."), "{text}");
    }

    #[test]
    fn latency_of_two_lanes_is_not_compared() {
        let first = with_modes(record());
        let mut second = first.clone();
        second.plan.latency.as_mut().unwrap().lane = Lane::List;
        second.latency.as_mut().unwrap().rates[0].per_second *= 1.1;
        for slice in slices(&mut second) {
            slice.p99_ns *= 2;
        }
        let difference = Difference::between(&first, &second).unwrap();
        let text = difference.text(["a", "b"]);
        assert!(difference.consistent(), "{text}");
        assert!(!text.contains("of capacity"), "{text}");
        assert!(
            text.contains("· latency: measured in lane item in A, list in B"),
            "{text}"
        );
    }

    #[test]
    fn another_rate_of_one_share_is_told() {
        let first = with_modes(record());
        let mut second = first.clone();
        second.latency.as_mut().unwrap().rates[0].per_second *= 1.1;
        let text = Difference::between(&first, &second)
            .unwrap()
            .text(["a", "b"]);
        assert!(
            text.contains("· 25 % of capacity: 25000 requests/s in A, 27500 in B"),
            "{text}"
        );
    }
}
