//! Instructions and allocations of two records, where both counted them. They repeat nearly exactly, so that
//! no interval is needed.

use std::collections::BTreeMap;

use quartet_record::Record;
use quartet_record::cost::{RequestCost, TOOL};
use quartet_record::plan::Lane;

use crate::numbers::thousands;

/// How far counts may differ and be the same, as a ratio less one.
const MARGIN: f64 = 0.01;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Instructions,
    Allocations,
}

impl Counted {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions per request",
            Self::Allocations => "allocations per request",
        }
    }

    fn of(self, cost: &RequestCost) -> Option<f64> {
        match self {
            Self::Instructions => Some(cost.instructions),
            Self::Allocations => cost.allocations,
        }
    }
}

/// A count of both records.
#[derive(Debug)]
pub(super) struct CountRow {
    /// The server's name.
    pub(super) server: String,
    pub(super) lane: Lane,
    pub(super) counted: Counted,
    pub(super) first: f64,
    pub(super) second: f64,
}

impl CountRow {
    /// The second over the first.
    pub(super) fn ratio(&self) -> f64 {
        match self.first == self.second {
            true => 1.0,
            false => self.second / self.first,
        }
    }

    pub(super) fn differs(&self) -> bool {
        self.word() != "the same"
    }

    /// What B has, beside A.
    pub(super) fn word(&self) -> &'static str {
        match self.ratio() {
            ratio if ratio > 1.0 + MARGIN => "MORE",
            ratio if ratio < (1.0 + MARGIN).recip() => "FEWER",
            _ => "the same",
        }
    }

    pub(super) fn shown(&self, value: f64) -> String {
        match self.counted {
            Counted::Instructions => thousands(value),
            Counted::Allocations => format!("{value:.1}"),
        }
    }

    pub(super) fn margin() -> String {
        format!("{:.1} %", 100.0 * MARGIN)
    }
}

type Costs<'a> = BTreeMap<(&'a str, Lane), &'a RequestCost>;

fn costs(record: &Record) -> Costs<'_> {
    let servers = record.cost.iter().flat_map(|cost| &cost.servers);
    servers
        .flat_map(|server| {
            let requests = server.requests.iter();
            requests.map(|(lane, cost)| ((server.name.as_str(), *lane), cost))
        })
        .collect()
}

/// Every count that both have, in the order of the first record's servers.
pub(super) fn rows(first: &Record, second: &Record) -> Vec<CountRow> {
    if platforms(first, second).is_some() {
        return Vec::new();
    }
    let theirs = costs(second);
    let servers = first.cost.iter().flat_map(|cost| &cost.servers);
    let mut rows = Vec::new();
    for server in servers {
        for (&lane, ours) in &server.requests {
            let Some(theirs) = theirs.get(&(server.name.as_str(), lane)) else {
                continue;
            };
            for counted in [Counted::Instructions, Counted::Allocations] {
                if let Some((first, second)) = counted.of(ours).zip(counted.of(theirs)) {
                    rows.push(CountRow {
                        server: server.name.clone(),
                        lane,
                        counted,
                        first,
                        second,
                    });
                }
            }
        }
    }
    rows
}

/// Why counts are not compared, or whose are not.
pub(super) fn notes(first: &Record, second: &Record) -> Vec<String> {
    let (ours, theirs) = (costs(first), costs(second));
    let all = || "instructions and allocations".to_owned();
    match (ours.is_empty(), theirs.is_empty()) {
        (true, true) => return Vec::new(),
        (true, false) => return vec![format!("{}: counted in B only", all())],
        (false, true) => return vec![format!("{}: counted in A only", all())],
        (false, false) => {}
    }
    if let Some(platforms) = platforms(first, second) {
        return vec![format!("{}: {platforms}", all())];
    }
    let only = |here: &Costs<'_>, there: &Costs<'_>, letter: &str| {
        let missing = here.keys().filter(|key| !there.contains_key(key));
        let missing = missing.map(|(server, lane)| {
            format!(
                "{server}, {}: counted by {TOOL} in {letter} only",
                lane.name()
            )
        });
        missing.collect::<Vec<_>>()
    };
    [only(&ours, &theirs, "A"), only(&theirs, &ours, "B")].concat()
}

/// How the platforms are not the same, of which each has instructions of its own.
fn platforms(first: &Record, second: &Record) -> Option<String> {
    let [ours, theirs] = [first, second].map(|record| &record.machine.platform);
    (ours != theirs).then(|| format!("counted on {ours} in A, {theirs} in B"))
}

#[cfg(test)]
mod tests {
    use super::super::Difference;
    use quartet_record::Record;
    use quartet_record::cost::{Cost, RequestCost, ServerCost};
    use quartet_record::plan::Lane;
    use quartet_record::testing::Simulation;

    fn counted(warp: f64, allocations: Option<f64>) -> Record {
        let mut record = Simulation::new(14).run();
        let server = |name: &str, instructions| ServerCost {
            name: name.to_owned(),
            requests: [(
                Lane::Item,
                RequestCost {
                    instructions,
                    allocations,
                    allocated_bytes: None,
                    ..RequestCost::default()
                },
            )]
            .into(),
            ..ServerCost::default()
        };
        record.cost = Some(Cost {
            servers: vec![server("axum", 20_000.0), server("warp", warp)],
            ..Cost::default()
        });
        record
    }

    fn text(first: &Record, second: &Record) -> String {
        let difference = Difference::between(first, second).unwrap();
        difference.text(["a", "b"])
    }

    #[test]
    fn counts_of_both_are_compared() {
        let first = counted(20_000.0, Some(5.0));
        let same = Difference::between(&first, &counted(20_050.0, Some(5.0))).unwrap();
        assert!(same.consistent(), "{}", same.text(["a", "b"]));
        let text = text(&first, &counted(21_000.0, Some(5.0)));
        let row = |of: &str, what: &str| {
            let mut lines = text.lines();
            let row = lines.find(|line| line.starts_with(of) && line.contains(what));
            row.unwrap().to_owned()
        };
        let warp = row("warp, item", "instructions");
        assert!(
            warp.contains("20,000") && warp.contains("21,000") && warp.contains("1.050"),
            "{warp}"
        );
        assert!(warp.ends_with("MORE"), "{warp}");
        assert!(row("axum, item", "instructions").ends_with("the same"));
        assert!(row("warp, item", "allocations").ends_with("the same"));
        assert!(
            text.contains("1 of 27 figures differ: 1 MORE in B"),
            "{text}"
        );
    }

    #[test]
    fn counts_of_one_alone_are_named() {
        let (with, without) = (counted(20_000.0, None), Simulation::new(14).run());
        assert!(!text(&with, &with).contains("allocations"));
        let only = text(&with, &without);
        assert!(
            only.contains("· instructions and allocations: counted in A only"),
            "{only}"
        );
        let mut elsewhere = with.clone();
        elsewhere.machine.platform = "linux aarch64".to_owned();
        let apart = text(&with, &elsewhere);
        assert!(
            apart.contains("counted on linux x86_64 in A, linux aarch64 in B"),
            "{apart}"
        );
        assert!(!apart.contains("instructions per request"), "{apart}");
    }
}
