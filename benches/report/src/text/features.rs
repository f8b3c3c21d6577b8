//! The tables of what features cost, and how that was measured.

use quartet_analysis::{Analysis, FeatureCosts, Range};
use quartet_record::plan::{Feature, Lane};

use super::page::Page;
use crate::numbers::{interval, microseconds, thousands};
use crate::table::{Align, Table};

/// A feature in words, as columns have it: "10 middleware".
pub(crate) fn name(feature: Feature) -> String {
    match feature {
        Feature::Middleware(count) => format!("{count} middleware"),
        Feature::Routes(count) => format!("{} routes more", thousands(f64::from(count))),
    }
}

impl Page<'_> {
    /// Headings, tables and remarks, and how it was measured. Nothing where no features were.
    pub(crate) fn features(&self, analysis: &Analysis) -> Vec<String> {
        let costs = &analysis.features;
        if costs.is_empty() {
            return Vec::new();
        }
        let mut blocks = Vec::new();
        for (heading, table) in self.feature_tables(costs) {
            blocks.push(self.title(heading));
            blocks.push(self.table(&table));
        }
        blocks.push(self.list(&self.feature_remarks(costs)));
        blocks.push(self.list(&feature_caption()));
        blocks
    }

    /// Every table with its heading; those without a row are left out.
    pub(crate) fn feature_tables(&self, costs: &[FeatureCosts]) -> Vec<(String, Table)> {
        let tables = [
            (
                "Middleware and routes: CPU time of GET /greetings/en, relative to the same program without (95 %)",
                self.more(costs),
            ),
            (
                "What each of them adds to a request, ns of CPU time",
                self.each(costs),
            ),
            (
                "JSON taken in by the framework's extractor, relative to the same content taken in as bytes (95 %)",
                self.extracted(costs),
            ),
            (
                "Requests in flight: a handler that waits 100 ms",
                self.waiting(costs),
            ),
        ];
        let tables = tables.into_iter();
        tables
            .filter(|(_, table)| !table.rows().is_empty())
            .map(|(heading, table)| (heading.to_owned(), table))
            .collect()
    }

    fn framework(&self, costs: &FeatureCosts) -> [String; 2] {
        let server = self.record.server_of(costs.arm);
        let framework = server.and_then(|server| server.framework.clone());
        let name = framework.unwrap_or_else(|| self.name(costs.arm).to_owned());
        let version = server.and_then(|server| server.version.clone());
        [name, version.unwrap_or_default()]
    }

    /// The features that any program has more of, in the order of tables.
    fn measured(costs: &[FeatureCosts]) -> Vec<Feature> {
        let mut all = Feature::ALL.to_vec();
        all.retain(|feature| {
            let mut more = costs.iter().flat_map(|costs| &costs.more);
            more.any(|more| more.feature == *feature)
        });
        all
    }

    fn more(&self, costs: &[FeatureCosts]) -> Table {
        let features = Self::measured(costs);
        let names: Vec<String> = features.iter().map(|&feature| name(feature)).collect();
        let first = [
            ("framework", Align::Left),
            ("version", Align::Left),
            ("CPU µs/request without", Align::Right),
        ];
        let rest = names.iter().map(|name| (name.as_str(), Align::Left));
        let mut table = Table::new(first.into_iter().chain(rest));
        for one in costs.iter().filter(|one| !one.more.is_empty()) {
            let mut cells = self.framework(one).to_vec();
            cells.push(
                one.base
                    .map_or_else(String::new, |cpu| microseconds(cpu.total)),
            );
            cells.extend(features.iter().map(|&feature| {
                let more = one.more.iter().find(|more| more.feature == feature);
                match more.map(|more| (more.ratio, more.excluded.is_empty())) {
                    Some((Some(ratio), _)) => interval(ratio),
                    Some((None, false)) => "excluded".to_owned(),
                    _ => String::new(),
                }
            }));
            table.push(cells);
        }
        table
    }

    fn each(&self, costs: &[FeatureCosts]) -> Table {
        let features = Self::measured(costs);
        let names: Vec<String> = features
            .iter()
            .map(|&feature| match feature {
                Feature::Middleware(_) => format!("one of {}", name(feature)),
                Feature::Routes(count) => format!("one of {} routes", thousands(f64::from(count))),
            })
            .collect();
        let rest = names.iter().map(|name| (name.as_str(), Align::Right));
        let mut table = Table::new([("framework", Align::Left)].into_iter().chain(rest));
        for one in costs.iter().filter(|one| !one.more.is_empty()) {
            let mut cells = vec![self.framework(one)[0].clone()];
            cells.extend(features.iter().map(|&feature| {
                let mut more = one.more.iter();
                let more = more.find(|more| more.feature == feature && more.ratio.is_some());
                let Some((ratio, base)) = more.and_then(|more| Some((more.ratio?, one.base?)))
                else {
                    return String::new();
                };
                // Where the interval has 1 in it, it is not known whether it costs anything.
                if ratio.low <= 1.0 && ratio.high >= 1.0 {
                    return "not seen".to_owned();
                }
                let added = base.total * (ratio.estimate - 1.0) / f64::from(feature.count());
                match added.abs() < 10.0 {
                    true => format!("{added:.1}"),
                    false => format!("{added:.0}"),
                }
            }));
            table.push(cells);
        }
        table
    }

    fn extracted(&self, costs: &[FeatureCosts]) -> Table {
        let size = |lane: Lane| match lane {
            Lane::Json1k => "1 kB",
            _ => "100 kB",
        };
        let mut table = Table::new([
            ("framework", Align::Left),
            ("content", Align::Left),
            ("CPU µs as bytes", Align::Right),
            ("CPU µs as JSON", Align::Right),
            ("JSON relative to bytes (95 %)", Align::Left),
        ]);
        for one in costs {
            for found in &one.extracted {
                let cpu = |cpu: Option<quartet_analysis::CpuPerRequest>| {
                    cpu.filter(|_| found.excluded.is_empty())
                        .map_or_else(String::new, |cpu| microseconds(cpu.total))
                };
                let ratio = match (found.ratio, found.excluded.is_empty()) {
                    (Some(ratio), _) => interval(ratio),
                    (None, false) => "excluded".to_owned(),
                    (None, true) => String::new(),
                };
                let framework = self.framework(one)[0].clone();
                let (bytes, json) = (cpu(found.bytes), cpu(found.json));
                table.push(vec![
                    framework,
                    size(found.lane).to_owned(),
                    bytes,
                    json,
                    ratio,
                ]);
            }
        }
        table
    }

    fn waiting(&self, costs: &[FeatureCosts]) -> Table {
        let mut table = Table::new([
            ("framework", Align::Left),
            ("in flight", Align::Right),
            ("kB per connection", Align::Right),
            ("kB more per request in flight", Align::Right),
            ("CPU µs/request", Align::Right),
            ("requests/s", Align::Right),
        ]);
        for one in costs {
            for found in &one.waiting {
                table.push(vec![
                    self.framework(one)[0].clone(),
                    thousands(found.connections as f64),
                    thousandth(found.per_connection),
                    thousandth(found.per_request),
                    found.cpu_ns.map_or_else(String::new, thousandth),
                    thousands(found.rate.median),
                ]);
            }
        }
        table
    }

    /// What is excluded and why, and how far apart two equals are.
    pub(crate) fn feature_remarks(&self, costs: &[FeatureCosts]) -> Vec<String> {
        let mut remarks = Vec::new();
        for one in costs {
            let framework = &self.framework(one)[0];
            let more = one
                .more
                .iter()
                .map(|more| (name(more.feature), &more.excluded));
            let extracted = one.extracted.iter();
            let extracted = extracted.map(|one| (one.lane.request().to_owned(), &one.excluded));
            remarks.extend(
                more.chain(extracted)
                    .filter(|(_, excluded)| !excluded.is_empty())
                    .map(|(what, why)| {
                        format!("excluded: {framework}, {what}: {}", why.join("; "))
                    }),
            );
            if let Some(again) = one.again {
                remarks.push(format!(
                    "A/A, CPU time of two copies of {framework}'s program: {}",
                    interval(again)
                ));
            }
        }
        remarks
    }
}

/// The median in thousands, with the lowest and the highest where these show.
fn thousandth(range: Range) -> String {
    let [median, lowest, highest] =
        [range.median, range.lowest, range.highest].map(|value| format!("{:.1}", value / 1e3));
    match lowest == highest {
        true => median,
        false => format!("{median} ({lowest} to {highest})"),
    }
}

/// How features were measured.
pub(crate) fn feature_caption() -> Vec<String> {
    [
        "Each framework's program is compared with itself: with more of something, or with content taken in \
         otherwise, in the same restarts. Intervals are of 95 % each.",
        "Middleware passes the request on and its response back, around the one route that is asked for. Routes are \
         registered before that route, which is the longest way for a router that tries one after the other. \
         warp has no middleware; a filter is wrapped instead.",
        "Content is an array of greetings. Its extractor makes a vector of structs with two strings each.",
        "Requests in flight: the median of the starts, with the lowest and the highest. Memory is private (Pss_Anon). \
         A connection's is that of one that was used once; what a request adds is the most that was seen while \
         every connection waited for its answer.",
    ]
    .map(str::to_owned)
    .to_vec()
}
