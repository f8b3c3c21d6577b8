//! How a request's time divides, for a terminal or as Markdown.

use quartet_analysis::{Division, DivisionRow, LaneDivision};
use quartet_record::Record;
use quartet_record::estimates::Estimate;

use super::page::{Form, Page};
use crate::table::{Align, Table};

/// A table for each lane, what to doubt of it, and what it shows.
pub fn render_division(record: &Record, division: &Division, form: Form) -> String {
    let page = Page { record, form };
    let mut blocks = Vec::new();
    for lane in &division.lanes {
        let title = format!("{}: where a request's CPU time goes, µs", lane.lane.name());
        blocks.push(page.title(title));
        blocks.push(page.table(&page.division(lane)));
    }
    if division.lanes.is_empty() {
        blocks.push(page.title("Where a request's CPU time goes".to_owned()));
    }
    blocks.push(page.list(&division.originals));
    blocks.push(page.list(&division.remarks));
    let explained = "framework = dispatch − serialisation, HTTP library = user − dispatch, kernel \
         = all − user; ± is half of a 95 % interval. The HTTP library is actix-http for \
         actix-web, hyper for the other servers in Rust, and for an original its server with the \
         interpreter.";
    let source = division.source.clone();
    let caption = if division.lanes.is_empty() {
        source
    } else {
        format!("{explained} {source}")
    };
    blocks.push(caption + "\n");
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n")
}

impl Page<'_> {
    pub(crate) fn division(&self, lane: &LaneDivision) -> Table {
        let mut table = Table::new([
            ("server", Align::Left),
            ("all", Align::Right),
            ("serialisation", Align::Right),
            ("framework", Align::Right),
            ("HTTP library", Align::Right),
            ("kernel", Align::Right),
        ]);
        for row in &lane.rows {
            table.push(self.divided(row));
        }
        table
    }

    fn divided(&self, row: &DivisionRow) -> Vec<String> {
        let cell = |part: Option<Estimate>| part.map(part_of).unwrap_or_default();
        vec![
            self.name(row.arm).to_owned(),
            part_of(row.total),
            cell(row.serialisation),
            cell(row.framework),
            part_of(row.http),
            part_of(row.kernel),
        ]
    }
}

/// 1.14 ± 0.02, in microseconds.
fn part_of(estimate: Estimate) -> String {
    let half_width = (estimate.high - estimate.low) / 2.0;
    format!("{:.2} ± {:.2}", estimate.value / 1e3, half_width / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::plan::Lane;
    use quartet_record::testing::record;

    fn estimate(value: f64) -> Estimate {
        Estimate {
            value,
            low: value - 20.0,
            high: value + 30.0,
        }
    }

    fn division() -> Division {
        let row = DivisionRow {
            arm: 0,
            total: estimate(12_345.0),
            serialisation: Some(estimate(60.0)),
            framework: None,
            http: estimate(-1_140.0),
            kernel: estimate(5_000.0),
            dispatch: None,
            in_python: false,
        };
        Division {
            lanes: vec![LaneDivision {
                lane: Lane::Item,
                rows: vec![row],
            }],
            originals: vec!["fastapi: twenty".to_owned()],
            source: "criterion's estimates in there".to_owned(),
            remarks: vec!["doubt it".to_owned()],
        }
    }

    #[test]
    fn parts_stand_in_their_columns() {
        let text = render_division(&record(), &division(), Form::Text);
        let row = text.lines().find(|line| line.starts_with("axum")).unwrap();
        let cells: Vec<&str> = row.split("  ").filter(|cell| !cell.is_empty()).collect();
        let cells: Vec<&str> = cells.into_iter().map(str::trim).collect();
        assert_eq!(
            cells,
            [
                "axum",
                "12.35 ± 0.03",
                "0.06 ± 0.03",
                "-1.14 ± 0.03",
                "5.00 ± 0.03"
            ]
        );
        assert!(text.contains("· fastapi: twenty\n"));
        assert!(text.contains("· doubt it\n"));
        assert!(text.ends_with("criterion's estimates in there\n"));
        let widest = text.lines().take_while(|line| !line.starts_with('·'));
        assert!(widest.map(|line| line.chars().count()).max().unwrap() <= 100);
    }

    #[test]
    fn nothing_to_divide_is_said_without_a_table() {
        let mut division = division();
        division.lanes.clear();
        let text = render_division(&record(), &division, Form::Markdown);
        assert!(text.contains("- doubt it") && !text.contains('|'), "{text}");
    }
}
