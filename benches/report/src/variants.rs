//! Variants against their bases, in sentences: for a terminal, for a page and for a pull request's comment.

mod comment;
mod groups;
mod names;
mod rates;

use quartet_analysis::statistics::{Ratio, Verdict};
use quartet_analysis::{
    Analysis, Change, Count, CountChange, LatencyPair, Loss, Size, SizeChange, SuiteChange,
    VariantComparison, VariantLane,
};
use quartet_record::Record;
use quartet_record::plan::{Arm, Lane};
use quartet_record::variant::PackageChange;

use crate::numbers::{megabytes, percent_of, percentage, signed, thousands};
use names::Names;

pub use comment::comment;
pub use rates::{Rates, rates};

/// Below which difference the layout of the programs is mentioned, as a share.
const LAYOUT: f64 = 0.02;

/// What is said of each variant, as sentences without their full stop: first who answers more, then what else
/// changed.
pub fn sentences(record: &Record, analysis: &Analysis) -> Vec<Vec<String>> {
    let variants = analysis.variants.iter();
    variants.map(|variant| of(record, variant)).collect()
}

fn of(record: &Record, variant: &VariantComparison) -> Vec<String> {
    let names = Names::of(record, variant);
    if let Some(reason) = unmeasured(record, variant) {
        return vec![format!("{} was not measured: {reason}", names.variant)];
    }
    let mut said = vec![requests(&names, &variant.lanes)];
    said.extend(excluded(&variant.lanes));
    said.extend(in_words(&record.plan.arms[variant.arm]));
    let is_compiled = |arm| {
        let server = record.server_of(arm);
        server.is_none_or(|server| server.python.is_none())
    };
    if is_compiled(variant.arm) {
        said.extend(layout(&variant.lanes));
    }
    said.extend(cpu(&variant.lanes));
    said.extend(latency(record, variant));
    said.extend(memory(&variant.sizes));
    said.extend(program(&variant.sizes));
    said.extend(counts(&variant.counts));
    said.extend(groups::changes(&variant.groups));
    said.extend(suite(&variant.suite));
    said.extend(packages(record, variant));
    said
}

/// Why nothing at all is known of a variant.
fn unmeasured(record: &Record, variant: &VariantComparison) -> Option<String> {
    let mut exclusions = record.exclusions.iter();
    let found =
        exclusions.find(|excluded| excluded.arm == variant.arm && excluded.lane.is_none())?;
    Some(found.reason.clone())
}

/// `salvo 1.1.0+patch answers 3.1 % more (2.2 to 4.0) than 1.1.0 in item; no difference in list (within 1 %)`.
fn requests(names: &Names, lanes: &[VariantLane]) -> String {
    let found = lanes
        .iter()
        .filter_map(|lane| Some((lane.lane.name(), lane.requests.as_ref()?)));
    let found: Vec<(&str, &Change)> = found.collect();
    let mut said: Vec<String> = Vec::new();
    let mut changes = Vec::new();
    for (lane, change) in &found {
        if matches!(change.verdict, Verdict::Ahead | Verdict::Behind) {
            let by = by(change.ratio, "more", "fewer");
            let than = match changes.is_empty() {
                true if by.contains(" times ") => format!(" as {}", names.base),
                true => format!(" than {}", names.base),
                false => String::new(),
            };
            changes.push(format!("{by}{than} in {lane}"));
        }
    }
    if !changes.is_empty() {
        said.push(format!("{} answers {}", names.variant, and(&changes)));
    }
    let ties = with(&found, Verdict::Tie);
    if !ties.is_empty() {
        let lanes = and(&ties.iter().map(|(lane, _)| *lane).collect::<Vec<_>>());
        said.push(match said.is_empty() {
            true => format!(
                "{} answers as many requests as {} in {lanes} (within 1 %)",
                names.variant, names.base
            ),
            false => format!("no difference in {lanes} (within 1 %)"),
        });
    }
    for (lane, change) in with(&found, Verdict::Undecided) {
        let open = open(lane, change);
        said.push(match said.is_empty() {
            true => format!("{} against {}: {open}", names.variant, names.base),
            false => open,
        });
    }
    if said.is_empty() {
        return format!("{} against {}: no valid result", names.variant, names.base);
    }
    said.join("; ")
}

fn with<'a>(found: &[(&'a str, &'a Change)], verdict: Verdict) -> Vec<(&'a str, &'a Change)> {
    let found = found.iter().copied();
    found
        .filter(|(_, change)| change.verdict == verdict)
        .collect()
}

/// `undecided in list (-0.4 to +1.6 %); about 160 restarts would decide it`.
fn open(lane: &str, change: &Change) -> String {
    let percent = |ratio: f64| signed(100.0 * (ratio - 1.0));
    let advice = match change.restarts_needed {
        Some(needed) => format!("about {needed} restarts would decide it"),
        None => "no feasible number of restarts would decide it".to_owned(),
    };
    let (low, high) = (percent(change.ratio.low), percent(change.ratio.high));
    format!("undecided in {lane} ({low} to {high} %, {advice})")
}

/// `3.1 % more (2.2 to 4.0)`, or `2.10 times as many (2.05 to 2.15)`.
fn by(ratio: Ratio, more: &str, less: &str) -> String {
    if ratio.estimate >= 2.0 || ratio.estimate <= 0.5 {
        return format!(
            "{:.2} times as much ({:.2} to {:.2})",
            ratio.estimate, ratio.low, ratio.high
        );
    }
    let percent = |ratio: f64| 100.0 * (ratio - 1.0).abs();
    let (word, ends) = match ratio.estimate >= 1.0 {
        true => (more, [ratio.low, ratio.high]),
        false => (less, [ratio.high, ratio.low]),
    };
    let [low, high] = ends.map(percent);
    format!(
        "{:.1} % {word} ({low:.1} to {high:.1})",
        percent(ratio.estimate)
    )
}

fn excluded(lanes: &[VariantLane]) -> impl Iterator<Item = String> {
    let excluded = lanes.iter().filter(|lane| !lane.excluded.is_empty());
    excluded.map(|lane| {
        format!(
            "{} is excluded: {}",
            lane.lane.name(),
            lane.excluded.join("; ")
        )
    })
}

/// What differs, where the variant has a name that does not say it.
fn in_words(arm: &Arm) -> Option<String> {
    let variant = arm.variant.as_ref()?;
    let behind = arm.name.strip_prefix(&variant.of).unwrap_or_default();
    let is_said = behind.starts_with(['@', '+']);
    (!is_said).then(|| format!("What differs: {}", variant.differences.join("; ")))
}

/// What to know of small differences.
fn layout(lanes: &[VariantLane]) -> Option<String> {
    let small = |change: &Change| {
        change.verdict != Verdict::Tie && change.ratio.estimate.ln().abs() < LAYOUT.ln_1p()
    };
    let any = lanes
        .iter()
        .filter_map(|lane| lane.requests.as_ref())
        .any(small);
    any.then(|| {
        "A difference of about 1 % may be no more than where the linker put the code of the two \
         programs"
            .to_owned()
    })
}

fn cpu(lanes: &[VariantLane]) -> Option<String> {
    let found = lanes
        .iter()
        .filter_map(|lane| Some((lane.lane.name(), lane.cpu.as_ref()?)));
    let said: Vec<String> = found
        .map(|(lane, change)| match change.verdict {
            Verdict::Ahead | Verdict::Behind => {
                format!("{} in {lane}", by(change.ratio, "more", "less"))
            }
            Verdict::Tie => format!("no difference in {lane} (within 1 %)"),
            Verdict::Undecided => open(lane, change),
        })
        .collect();
    (!said.is_empty()).then(|| format!("CPU time per request: {}", said.join("; ")))
}

fn latency(record: &Record, variant: &VariantComparison) -> Vec<String> {
    let rates = record.latency.iter().flat_map(|latency| &latency.rates);
    rates
        .enumerate()
        .filter_map(|(index, rate)| {
            let pairs = variant.latency.iter().filter(|pair| pair.rate == index);
            let said: Vec<String> = pairs.map(percentile).collect();
            let rate = thousands(rate.per_second);
            (!said.is_empty()).then(|| format!("Latency at {rate} requests/s: {}", said.join("; ")))
        })
        .collect()
}

fn percentile(pair: &LatencyPair) -> String {
    let name = percent_of(pair.quantile);
    match pair.verdict {
        Verdict::Ahead | Verdict::Behind => format!("{name} {}", by(pair.ratio, "higher", "lower")),
        Verdict::Tie => format!("{name} no difference (within 5 %)"),
        Verdict::Undecided => format!("{name} undecided"),
    }
}

fn memory(sizes: &[SizeChange]) -> Option<String> {
    let name = |size| match size {
        Size::Idle => Some("idle"),
        Size::Loaded => Some("loaded"),
        Size::Peak => Some("peak resident"),
        Size::Connections => Some("1,000 idle connections"),
        Size::Program => None,
    };
    let found = sizes
        .iter()
        .filter_map(|change| Some((name(change.size)?, change)));
    let (changed, same): (Vec<_>, Vec<_>) = found.partition(|(_, change)| change.differs);
    let mut said: Vec<String> = changed
        .iter()
        .map(|(name, change)| {
            format!(
                "{name} {}",
                instead(change.from, change.to, megabytes, " MB")
            )
        })
        .collect();
    if !same.is_empty() {
        let names: Vec<&str> = same.iter().map(|(name, _)| *name).collect();
        said.push(format!("no difference in {}", and(&names)));
    }
    (!said.is_empty()).then(|| format!("Memory: {}", said.join("; ")))
}

fn program(sizes: &[SizeChange]) -> Option<String> {
    let change = sizes.iter().find(|change| change.size == Size::Program)?;
    let kilobytes = |bytes: f64| thousands(bytes / 1e3);
    Some(match change.differs {
        true => format!(
            "Size: {}",
            instead(change.from, change.to, kilobytes, " kB")
        ),
        false => format!("Size: {} kB, as before", kilobytes(change.to)),
    })
}

fn counts(counts: &[CountChange]) -> Vec<String> {
    [Count::Instructions, Count::Allocations]
        .into_iter()
        .filter_map(|count| {
            let found = counts.iter().filter(|change| change.count == count);
            let said: Vec<String> = found
                .map(|change| {
                    let figure = |value: f64| match count {
                        Count::Instructions => thousands(value),
                        Count::Allocations => format!("{value:.1}"),
                    };
                    let lane = change.lane.name();
                    match figure(change.from) == figure(change.to) {
                        true => format!("{} in {lane}, as before", figure(change.to)),
                        false => {
                            format!("{} in {lane}", instead(change.from, change.to, figure, ""))
                        }
                    }
                })
                .collect();
            let name = match count {
                Count::Instructions => "Instructions",
                Count::Allocations => "Allocations",
            };
            (!said.is_empty()).then(|| format!("{name} per request: {}", said.join("; ")))
        })
        .collect()
}

/// `1.58 MB instead of 1.41 MB (+12.1 %)`.
fn instead(from: f64, to: f64, figure: impl Fn(f64) -> String, unit: &str) -> String {
    let percent = 100.0 * (to / from - 1.0);
    let change = match from > 0.0 {
        true if percent.abs() < 0.05 => " (less than 0.1 %)".to_owned(),
        true => format!(" ({percent:+.1} %)"),
        false => String::new(),
    };
    let (to, from) = (figure(to), figure(from));
    match to == from {
        // The figures are too short for what the percentage tells.
        true => format!("{to}{unit}{change}"),
        false => format!("{to}{unit} instead of {from}{unit}{change}"),
    }
}

fn suite(change: &SuiteChange) -> Option<String> {
    let mut said = Vec::new();
    if !change.deviating.is_empty() {
        said.push(format!("newly deviating: {}", change.deviating.join(", ")));
    }
    if !change.conforming.is_empty() {
        said.push(format!(
            "newly conforming: {}",
            change.conforming.join(", ")
        ));
    }
    if said.is_empty() {
        said.push(format!("no change in {} cases", change.asked));
    }
    (change.asked > 0).then(|| format!("Conformance: {}", said.join("; ")))
}

/// What a variant's packages are instead of its base's, where both are known by what differs from the servers'.
fn from_base(variant: &[PackageChange], base: &[PackageChange]) -> Vec<PackageChange> {
    let named = |changes: &[PackageChange], name: &str| {
        let found = changes.iter().find(|change| change.name == name);
        found.cloned()
    };
    let new = variant.iter().map(|change| PackageChange {
        from: named(base, &change.name).map_or_else(|| change.from.clone(), |base| base.to),
        ..change.clone()
    });
    let back = base
        .iter()
        .filter(|change| named(variant, &change.name).is_none());
    let back = back.map(|change| PackageChange {
        name: change.name.clone(),
        from: change.to.clone(),
        to: change.from.clone(),
    });
    new.chain(back)
        .filter(|change| change.from != change.to)
        .collect()
}

/// How many changed packages are named.
const NAMED: usize = 6;

fn packages(record: &Record, variant: &VariantComparison) -> Option<String> {
    let of = |arm| Some(&record.server_of(arm)?.variant.as_ref()?.packages);
    let base = of(variant.base).map_or(&[][..], Vec::as_slice);
    let mut changes = from_base(of(variant.arm)?, base);
    // First what the differences name, with what is released together with it.
    let arm = record.plan.arms[variant.arm].variant.as_ref()?;
    let keys = arm
        .differences
        .iter()
        .filter_map(|text| text.split('=').next());
    let keys: Vec<&str> = keys.collect();
    changes.sort_by_key(|change| !keys.iter().any(|key| change.name.starts_with(key)));
    let versions = |of: &[String]| match of {
        [] => "none".to_owned(),
        several => several.join(" and "),
    };
    let mut said: Vec<String> = changes
        .iter()
        .take(NAMED)
        .map(|change| {
            format!(
                "{} {} to {}",
                change.name,
                versions(&change.from),
                versions(&change.to)
            )
        })
        .collect();
    if changes.len() > NAMED {
        said.push(format!("{} more", changes.len() - NAMED));
    }
    (!said.is_empty()).then(|| format!("Crates that differ: {}", said.join(", ")))
}

/// "a, b and c".
fn and<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// Whether a variant answers fewer requests than its base by more than a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slowdown {
    /// In these lanes that is proven: one sentence, without its full stop.
    Proven(String),
    /// It is not, and this is left open: one sentence, without its full stop.
    Open(String),
    /// It does not, in any lane.
    Refuted,
    /// Nothing is known of a lane: one sentence, without its full stop.
    Unknown(String),
}

/// Whether any variant answers fewer requests than its base by more than a share, such as 0.03.
pub fn slowdown(record: &Record, analysis: &Analysis, share: f64) -> Slowdown {
    let percent = percentage(share);
    let (mut proven, mut open, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for variant in &analysis.variants {
        let names = Names::of(record, variant);
        for lane in &variant.lanes {
            let place = format!("{} in {}", names.variant, lane.lane.name());
            match lane
                .requests
                .as_ref()
                .map(|change| change.is_lower_by(share))
            {
                None => unknown.push(place),
                Some(Loss::Proven) => proven.push(place),
                Some(Loss::Refuted) => {}
                Some(Loss::Open(None)) => open.push(place),
                Some(Loss::Open(Some(needed))) => {
                    open.push(format!("{place} (about {needed} restarts would decide it)"));
                }
            }
        }
    }
    if !proven.is_empty() {
        return Slowdown::Proven(format!("slower by more than {percent}: {}", and(&proven)));
    }
    if !unknown.is_empty() {
        return Slowdown::Unknown(format!("no valid result of {}", and(&unknown)));
    }
    if !open.is_empty() {
        return Slowdown::Open(format!(
            "undecided whether slower by more than {percent}: {}",
            and(&open)
        ));
    }
    Slowdown::Refuted
}

/// Where variants execute more instructions per request than their bases by more than a share, such as 0.02. None where
/// a variant's were not counted in one of the lanes that they are counted in.
pub fn more_instructions(record: &Record, analysis: &Analysis, share: f64) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for variant in &analysis.variants {
        let counts = variant.counts.iter();
        let counts: Vec<_> = counts
            .filter(|change| change.count == Count::Instructions)
            .collect();
        let countable = |lane: &&VariantLane| matches!(lane.lane, Lane::Item | Lane::List);
        if counts.is_empty() || counts.len() < variant.lanes.iter().filter(countable).count() {
            return None;
        }
        let more = counts
            .iter()
            .filter(|change| change.to > change.from * (1.0 + share));
        let name = &record.plan.arms[variant.arm].name;
        found.extend(more.map(|change| {
            let percent = 100.0 * (change.to / change.from - 1.0);
            format!("{name} in {} ({percent:+.1} %)", change.lane.name())
        }));
    }
    Some(found)
}

#[cfg(test)]
mod tests;
