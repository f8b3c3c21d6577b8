//! Requests per second against connections.

use quartet_analysis::Analysis;
use quartet_record::plan::CapacityPlan;

use super::page::Page;
use crate::numbers::thousands;
use crate::table::{Align, Table};

/// Why rates against connections are not those of a lane's table.
pub(crate) fn of_its_own(plan: &CapacityPlan) -> String {
    format!(
        "measured in restarts of their own, at another time than the table of {}: compare these \
         figures only with each other",
        plan.lane.name()
    )
}

impl Page<'_> {
    /// Requests per second, a column for each number of connections. Empty where not measured.
    pub(crate) fn capacity(&self, analysis: &Analysis) -> Vec<String> {
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
}

#[cfg(test)]
mod tests {
    use crate::text::{Form, render};
    use quartet_analysis::Analysis;
    use quartet_record::Record;
    use quartet_record::testing::{record, with_modes};

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
    fn it_has_a_column_for_each_number_of_connections() {
        let text = rendered(&with_modes(record()));
        let title = "by number of connections";
        assert_eq!(cells(&text, title, "server"), ["server", "1", "64"]);
        assert_eq!(cells(&text, title, "warp"), ["warp", "20,000", "140,000"]);
    }

    #[test]
    fn what_was_not_measured_has_no_table() {
        assert!(!rendered(&record()).contains("closed loop"));
    }
}
