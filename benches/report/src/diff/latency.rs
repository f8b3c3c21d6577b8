//! Latency of two records, at the rates that both offered.

use quartet_analysis::statistics::LEAST_LATENCY_MARGIN;
use quartet_analysis::{COMPARED, LatencyComparison, LatencySamples};
use quartet_record::plan::ArmRole;
use quartet_record::{Latency, OfferedRate};

use super::contradictions::{contradiction, verdict_of};
use super::sample::{Kind, Sample, same_programs};
use super::view::View;

/// One record's latency, where it repeats.
struct Measured<'a> {
    latency: &'a Latency,
    found: &'a LatencyComparison,
    samples: LatencySamples,
    reference: usize,
}

impl<'a> Measured<'a> {
    fn of(view: &View<'a>) -> Option<Self> {
        let latency = view.record.latency.as_ref()?;
        Some(Self {
            latency,
            found: view.analysis.latency.as_ref()?,
            samples: LatencySamples::of(view.record, latency),
            reference: view.reference?,
        })
    }

    fn counts(&self, arm: usize, rate: usize) -> bool {
        let mut cells = self.found.cells.iter();
        cells.any(|cell| (cell.arm, cell.rate) == (arm, rate) && cell.excluded.is_empty())
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
        let counts = arm != self.reference && self.counts(arm, rate);
        (counts && self.counts(self.reference, rate))
            .then(|| self.samples.log_ratios(arm, self.reference, rate, quantile))
    }
}

/// Percentiles at each rate that both offered, relative to the reference.
pub(super) fn samples(views: &[View<'_>; 2]) -> Vec<Sample> {
    let [Some(first), Some(second)] = views.each_ref().map(Measured::of) else {
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

/// Why latency is not compared, or at which rates it is not.
pub(super) fn notes(views: &[View<'_>; 2]) -> Vec<String> {
    let [first, second] = views.each_ref().map(|view| view.record.latency.as_ref());
    let (first, second) = match (first, second) {
        (None, None) => return Vec::new(),
        (Some(_), None) => return vec!["latency: measured in A only".to_owned()],
        (None, Some(_)) => return vec!["latency: measured in B only".to_owned()],
        (Some(first), Some(second)) => (first, second),
    };
    let letters = views
        .iter()
        .zip(["A", "B"])
        .filter(|(view, _)| view.analysis.latency.is_none())
        .map(|(_, letter)| letter);
    let unrepeatable: Vec<&str> = letters.collect();
    if !unrepeatable.is_empty() {
        return vec![format!(
            "latency: measured in {} in a way that did not repeat",
            unrepeatable.join(" and ")
        )];
    }
    let shared = rates(first, second);
    let only = |latency: &Latency, of_pair: fn(&(usize, usize)) -> usize, letter: &str| {
        let rates = latency.rates.iter().enumerate();
        rates
            .filter(|(rate, _)| !shared.iter().any(|pair| of_pair(pair) == *rate))
            .map(|(_, offered)| format!("latency, {}: offered in {letter} only", name(offered)))
            .collect::<Vec<_>>()
    };
    let mut notes = only(first, |pair| pair.0, "A");
    notes.extend(only(second, |pair| pair.1, "B"));
    notes
}

/// How many requests per second were offered, where it is not the same though their share of the capacity is.
pub(super) fn circumstances(first: Option<&Latency>, second: Option<&Latency>) -> Vec<String> {
    let Some((first, second)) = first.zip(second) else {
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
    let [Some(first), Some(second)] = views.each_ref().map(Measured::of) else {
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

#[cfg(test)]
mod tests {
    use super::super::Difference;
    use quartet_record::testing::{record, with_modes};
    use quartet_record::{OpenSlice, Record};

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
