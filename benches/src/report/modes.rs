//! Requests per second against connections, and latency at given rates, each in a table of its own.

use super::Page;
use super::numbers::thousands;
use crate::analysis::{Analysis, OpenLoop};
use crate::plan::CapacityPlan;
use crate::record::OfferedRate;
use crate::table::{Align, Table};

/// Why rates against connections are not those of a lane's table.
pub(super) fn of_its_own(plan: &CapacityPlan) -> String {
    format!(
        "measured on restarts of their own, at another time than the table of {}: compare these figures \
         with each other alone",
        plan.lane.name()
    )
}

impl Page<'_> {
    /// Requests per second, a column for each number of connections. Empty where not measured.
    pub(super) fn capacity(&self, analysis: &Analysis) -> Vec<String> {
        let Some(plan) = &self.record.plan.capacity else {
            return Vec::new();
        };
        let numbers: Vec<String> = plan.connections.iter().map(ToString::to_string).collect();
        let columns = numbers.iter().map(|number| (number.as_str(), Align::Right));
        let mut table = Table::new([("server", Align::Left)].into_iter().chain(columns));
        for arm in 0..self.record.plan.arms.len() {
            let rate = |connections| {
                let mut found = analysis.capacities.iter();
                found
                    .find(|one| one.arm == arm && one.connections == connections)
                    .map(|one| thousands(one.requests_per_second))
            };
            let cells: Vec<Option<String>> = plan.connections.iter().map(|&n| rate(n)).collect();
            if cells.iter().any(Option::is_some) {
                let cells = cells.into_iter().map(Option::unwrap_or_default);
                let name = self.name(arm).to_owned();
                table.push([name].into_iter().chain(cells).collect());
            }
        }
        let failures = self
            .record
            .capacity
            .iter()
            .flat_map(|restart| &restart.failures);
        let mut remarks: Vec<String> = failures
            .map(|failure| {
                let at = failure
                    .connections
                    .map_or_else(String::new, |number| format!(" at {number} connections"));
                format!("{}{at}: {}", self.name(failure.arm), failure.reason)
            })
            .collect();
        remarks.dedup();
        remarks.push(of_its_own(plan));
        vec![
            self.title(format!(
                "{}: requests per second by number of connections (closed loop)",
                plan.lane.name()
            )),
            self.table(&table),
            self.list(&remarks),
        ]
    }

    /// Median and 99th percentile, a column for each rate. Empty where not measured.
    pub(super) fn latency(&self, analysis: &Analysis) -> Vec<String> {
        let (Some(latency), Some(plan)) = (&self.record.latency, &self.record.plan.latency) else {
            return Vec::new();
        };
        let names: Vec<String> = latency.rates.iter().map(column).collect();
        let columns = names.iter().map(|name| (name.as_str(), Align::Right));
        let mut table = Table::new([("server", Align::Left)].into_iter().chain(columns));
        for arm in 0..self.record.plan.arms.len() {
            let of_arm: Vec<&OpenLoop> = analysis
                .open_loops
                .iter()
                .filter(|one| one.arm == arm)
                .collect();
            if of_arm.is_empty() {
                continue;
            }
            let cells = (0..latency.rates.len()).map(|rate| {
                let one = of_arm.iter().find(|one| one.rate == rate);
                one.map_or_else(String::new, |one| cell(one))
            });
            let name = self.name(arm).to_owned();
            table.push([name].into_iter().chain(cells).collect());
        }
        vec![
            self.title(format!(
                "{}: latency at given rates, p50 / p99 µs (open loop, not ranked)",
                plan.lane.name()
            )),
            self.table(&table),
            self.list(&self.latency_remarks(analysis, &names)),
        ]
    }

    fn latency_remarks(&self, analysis: &Analysis, names: &[String]) -> Vec<String> {
        let mut remarks: Vec<String> = analysis
            .open_loops
            .iter()
            .flat_map(|one| one.void.iter().map(move |reason| (one, reason)))
            .map(|(one, reason)| {
                format!(
                    "void: {} at {}: {reason}",
                    self.name(one.arm),
                    names[one.rate]
                )
            })
            .collect();
        let lateness = analysis
            .open_loops
            .iter()
            .filter(|one| one.void.is_empty())
            .filter_map(|one| percentile(&one.lateness, 0.99))
            .max();
        remarks.extend(lateness.map(|ns| {
            format!(
                "99 % of requests were sent within {:.1} µs of when they were due, at every rate \
                 and for every server; what they were late is in their latency",
                ns as f64 / 1e3
            )
        }));
        remarks
    }
}

/// 25 %: 12,345/s
fn column(rate: &OfferedRate) -> String {
    let per_second = thousands(rate.per_second);
    match rate.share {
        Some(share) => format!("{:.0} %: {per_second}/s", 100.0 * share),
        None => format!("{per_second}/s"),
    }
}

fn cell(one: &OpenLoop) -> String {
    if !one.void.is_empty() {
        return "void".to_owned();
    }
    let microseconds = |quantile| {
        let latency = percentile(&one.latencies, quantile);
        latency.map_or_else(|| "–".to_owned(), |ns| thousands(ns as f64 / 1e3))
    };
    format!("{} / {}", microseconds(0.50), microseconds(0.99))
}

fn percentile(found: &crate::analysis::Distribution, quantile: f64) -> Option<u64> {
    let mut percentiles = found.percentiles.iter();
    percentiles
        .find(|one| one.quantile == quantile)
        .map(|one| one.latency_ns)
}

#[cfg(test)]
mod tests {
    use crate::analysis::Analysis;
    use crate::record::Record;
    use crate::report::{Form, render};
    use crate::testing::{record, with_modes};

    fn rendered(record: &Record) -> String {
        render(record, &Analysis::of(record).unwrap(), Form::Text)
    }

    fn cells(text: &str, title: &str, server: &str) -> Vec<String> {
        let lines = text.lines().skip_while(|line| !line.contains(title));
        let mut lines = lines.filter(|line| line.starts_with(server));
        let cells = lines.next().unwrap().split("  ").map(str::trim);
        cells
            .filter(|cell| !cell.is_empty())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn each_mode_has_a_table_of_its_own() {
        let text = rendered(&with_modes(record()));
        let title = "by number of connections";
        assert_eq!(cells(&text, title, "server"), ["server", "1", "64"]);
        assert_eq!(cells(&text, title, "warp"), ["warp", "20,000", "140,000"]);
        let title = "latency at given rates";
        assert_eq!(
            cells(&text, title, "warp"),
            ["warp", "50 / 150", "50 / 150"]
        );
        assert!(text.contains("not ranked"));
        assert!(text.contains("sent within 0.3 µs of when"), "{text}");
    }

    #[test]
    fn what_was_not_measured_has_no_table() {
        let text = rendered(&record());
        assert!(!text.contains("closed loop") && !text.contains("open loop"));
    }

    #[test]
    fn what_does_not_keep_up_shows_no_latency() {
        let mut record = with_modes(record());
        let latency = record.latency.as_mut().unwrap();
        for slice in &mut latency.restarts[0].slices {
            if slice.arm == 1 && slice.rate == 1 {
                slice.achieved = slice.offered / 2;
            }
        }
        let text = rendered(&record);
        let row = cells(&text, "latency at given rates", "warp");
        assert_eq!(row, ["warp", "50 / 150", "void"]);
        assert!(
            text.contains("void: warp at 20,000/s: it answered only 50.0 %"),
            "{text}"
        );
    }
}
