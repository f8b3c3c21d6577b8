//! Records as CSV (RFC 4180) or JSON, for other tools.

use anyhow::{Context as _, Result, ensure};
use quartet_analysis::Analysis;
use quartet_record::Record;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A table of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The reported figures, one row for each server and lane. In lanes over a database times are
    /// nanoseconds of the server's CPU (`cpu`) and of PostgreSQL's (`database_cpu`) per request
    Figures,
    /// The pairs of compared servers, and of which figure (`of`) the ratio is
    Pairs,
    /// The figures by number of workers (`--scaling`), one row for each server, lane and number. Times are nanoseconds of
    /// CPU per request
    Scaling,
    /// Every slice, as measured
    Slices,
    /// The start-up and memory of each process
    Processes,
}

/// A table as CSV: names in the first line, nothing where nothing is known.
///
/// # Errors
/// Where the record is damaged, or was not asked to have what the table is of.
pub fn csv(record: &Record, what: What) -> Result<String> {
    written(&table(record, what)?)
}

/// The whole record as JSON, on one line.
///
/// # Errors
/// Never in practice: a record is what was JSON, or will be.
pub fn json(record: &Record) -> Result<String> {
    Ok(serde_json::to_string(record).context("cannot write JSON")? + "\n")
}

type Row = Map<String, Value>;

fn table(record: &Record, what: What) -> Result<Vec<Row>> {
    match what {
        What::Figures => figures(record),
        What::Pairs => pairs(record),
        What::Scaling => scaling(record),
        What::Slices => {
            let slices = record
                .restarts
                .iter()
                .flat_map(|restart| restart.slices.iter().map(move |slice| (restart, slice)));
            slices
                .map(|(restart, slice)| {
                    let first =
                        json!({ "restart": restart.restart, "server": name(record, slice.arm) });
                    row([first, json!(slice)])
                })
                .collect()
        }
        What::Processes => {
            let lives = record
                .restarts
                .iter()
                .flat_map(|restart| restart.arms.iter().map(move |life| (restart, life)));
            lives
                .map(|(restart, life)| {
                    let first =
                        json!({ "restart": restart.restart, "server": name(record, life.arm) });
                    let mut row = row([first, json!(life)])?;
                    // Histograms are no figures.
                    row.retain(|column, _| !column.ends_with("_latencies"));
                    Ok(row)
                })
                .collect()
        }
    }
}

fn figures(record: &Record) -> Result<Vec<Row>> {
    let analysis = Analysis::of(record)?;
    let lanes = analysis.lanes.iter();
    let in_memory = lanes
        .flat_map(|lane| lane.rows.iter().map(move |row| (lane.lane, row)))
        .map(|(lane, found)| {
            let first = json!({
                "lane": lane,
                "server": name(record, found.arm),
                "role": record.plan.arms[found.arm].role,
                "excluded": found.excluded.join("; "),
                "rank": found.rank,
                "relative": found.relative,
            });
            row([first, json!(found.figures)])
        });
    let lanes = analysis.database.iter();
    let over_database = lanes
        .flat_map(|lane| lane.rows.iter().map(move |row| (lane.lane, row)))
        .map(|(lane, found)| {
            let rate = found.requests_per_second;
            row([json!({
                "lane": lane,
                "server": name(record, found.arm),
                "role": record.plan.arms[found.arm].role,
                "excluded": found.excluded.join("; "),
                "rank": found.rank,
                "requests_per_second": rate.filter(|_| found.rate_excluded.is_empty()),
                "rate_excluded": found.rate_excluded.join("; "),
                "cpu": found.cpu,
                "relative_to_memory": found.of_memory,
                "database_cpu": found.database_ns,
                "utilisation": found.utilisation,
            })])
        });
    in_memory.chain(over_database).collect()
}

fn pairs(record: &Record) -> Result<Vec<Row>> {
    let analysis = Analysis::of(record)?;
    let in_memory = analysis.lanes.iter();
    let in_memory = in_memory.flat_map(|lane| {
        let pairs = lane.pairs.iter();
        pairs.map(move |pair| (lane.lane, "requests_per_second", pair))
    });
    let over_database = analysis.database.iter().flat_map(|lane| {
        let pairs = lane.pairs.iter();
        pairs.map(move |pair| (lane.lane, "requests_per_cpu_time", pair))
    });
    in_memory
        .chain(over_database)
        .map(|(lane, of, pair)| {
            row([json!({
                "lane": lane,
                "of": of,
                "server": name(record, pair.arm),
                "against": name(record, pair.against),
                "ratio": pair.ratio,
                "verdict": pair.verdict,
                "restarts_needed": pair.restarts_needed,
            })])
        })
        .collect()
}

fn scaling(record: &Record) -> Result<Vec<Row>> {
    ensure!(
        record.plan.scaling.is_some(),
        "the record has no figures by number of workers, which `--scaling` measures"
    );
    let analysis = Analysis::of(record)?;
    let lanes = analysis.scaling.iter().flat_map(|found| &found.lanes);
    let rows = lanes.flat_map(|lane| lane.rows.iter().map(move |row| (lane.lane, row)));
    let figures = rows.flat_map(|(lane, row)| {
        let figures = row.figures.iter();
        figures.map(move |figure| (lane, row.arm, figure))
    });
    figures
        .map(|(lane, arm, figure)| {
            let counts = figure.rate_excluded.is_empty();
            row([json!({
                "lane": lane,
                "server": name(record, arm),
                "role": record.plan.arms[arm].role,
                "workers": figure.workers,
                "requests_per_second": figure.requests_per_second.filter(|_| counts),
                "rate_excluded": figure.rate_excluded.join("; "),
                "efficiency": figure.efficiency,
                "utilisation": figure.utilisation,
                "cpu": figure.cpu_ns,
                "cpu_excluded": figure.cpu_excluded.join("; "),
                "cpu_efficiency": figure.cpu_efficiency,
            })])
        })
        .collect()
}

fn name(record: &Record, arm: usize) -> &str {
    record.plan.arms.get(arm).map_or("", |arm| &arm.name)
}

/// The fields of all parts, those of parts within named `outer_inner`.
fn row<const N: usize>(parts: [impl Serialize; N]) -> Result<Row> {
    let mut row = Map::new();
    for part in parts {
        flatten("", serde_json::to_value(part)?, &mut row);
    }
    Ok(row)
}

fn flatten(name: &str, value: Value, into: &mut Row) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() {
                    field
                } else {
                    format!("{name}_{field}")
                };
                flatten(&name, value, into);
            }
        }
        value if !name.is_empty() => {
            into.insert(name.to_owned(), value);
        }
        _ => {}
    }
}

/// One column for each field that any row has: first what says which row it is, then by name.
fn written(rows: &[Row]) -> Result<String> {
    const FIRST: [&str; 5] = ["restart", "block", "position", "lane", "server"];
    let mut columns: Vec<&str> = rows
        .iter()
        .flat_map(|row| row.keys().map(String::as_str))
        .collect();
    let rank = |column: &str| FIRST.iter().position(|first| *first == column);
    columns.sort_unstable_by_key(|column| (rank(column).unwrap_or(FIRST.len()), *column));
    columns.dedup();
    // A part that is absent in one row is a number of columns in another.
    let whole = |column: &&str| {
        let prefix = format!("{column}_");
        let parts = rows
            .iter()
            .any(|row| row.keys().any(|key| key.starts_with(&prefix)));
        !(parts
            && rows
                .iter()
                .all(|row| row.get(*column).is_none_or(Value::is_null)))
    };
    columns.retain(whole);
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(&columns)?;
    for row in rows {
        let cell = |column: &&str| match row.get(*column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        writer.write_record(columns.iter().map(cell))?;
    }
    let bytes = writer.into_inner().context("cannot write CSV")?;
    String::from_utf8(bytes).context("cannot write CSV")
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::Exclusion;
    use quartet_record::testing::{Scaled, record, with_scaling};

    fn lines(record: &Record, what: What) -> Vec<String> {
        let text = csv(record, what).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn slices_are_all_there_as_measured() {
        let record = record();
        let lines = lines(&record, What::Slices);
        let slices: usize = record.restarts.iter().map(|r| r.slices.len()).sum();
        assert_eq!(lines.len(), 1 + slices);
        assert!(
            lines[0].starts_with("restart,block,position,lane,server,arm,"),
            "{}",
            lines[0]
        );
        let columns: Vec<&str> = lines[0].split(',').collect();
        let cells: Vec<&str> = lines[1].split(',').collect();
        let cell = |name| cells[columns.iter().position(|column| *column == name).unwrap()];
        let slice = record.restarts[0].slices[0];
        assert_eq!(cell("requests"), slice.requests.to_string());
        assert_eq!(cell("server"), record.plan.arms[slice.arm].name);
        // Not known, and therefore empty.
        assert_eq!(cell("busy_ns"), "");
    }

    #[test]
    fn figures_have_their_intervals_and_reasons() {
        let mut record = record();
        record.exclusions.push(Exclusion {
            arm: 0,
            restart: None,
            lane: None,
            reason: "it fails, \"badly\"".to_owned(),
        });
        let lines = lines(&record, What::Figures);
        assert_eq!(lines.len(), 1 + 2 * 6);
        for column in ["relative_low", "cpu_user", "rank_best"] {
            assert!(
                lines[0].split(',').any(|found| found == column),
                "{}",
                lines[0]
            );
        }
        assert!(!lines[0].split(',').any(|found| found == "relative"));
        assert!(
            lines
                .iter()
                .any(|line| line.contains("\"it fails, \"\"badly\"\"\""))
        );
    }

    #[test]
    fn pairs_and_processes_are_one_a_line() {
        let record = record();
        assert_eq!(lines(&record, What::Pairs).len(), 1 + 2 * 3);
        let processes = lines(&record, What::Processes);
        assert_eq!(processes.len(), 1 + 3 * 6);
        assert!(
            processes[0].contains("loaded_proportional"),
            "{}",
            processes[0]
        );
        assert!(
            processes[0].contains("lanes_item_user_ns"),
            "{}",
            processes[0]
        );
        assert!(!processes[0].contains("latencies"), "{}", processes[0]);
    }

    #[test]
    fn numbers_of_workers_have_a_row_each() {
        let nothing = csv(&record(), What::Scaling).unwrap_err().to_string();
        assert!(nothing.contains("--scaling"), "{nothing}");
        let scaled = Scaled {
            workers: &[1, 2],
            cores: 2,
            efficiency: &|_, _, _| 1.0,
            noise: 0.01,
        };
        let lines = lines(&with_scaling(record(), &scaled), What::Scaling);
        assert_eq!(lines.len(), 1 + 2 * 6 * 2);
        for column in ["workers", "cpu_efficiency_low", "rate_excluded"] {
            assert!(
                lines[0].split(',').any(|found| found == column),
                "{}",
                lines[0]
            );
        }
    }

    #[test]
    fn lanes_over_a_database_are_there_too() {
        let record = quartet_record::testing::over_database(record(), 2.0);
        let figures = lines(&record, What::Figures);
        let columns: Vec<&str> = figures[0].split(',').collect();
        let rows: Vec<Vec<&str>> = figures
            .iter()
            .filter(|line| line.starts_with("db-item,"))
            .map(|line| line.split(',').collect())
            .collect();
        // The three servers, and the copy.
        assert_eq!(rows.len(), 4, "{figures:?}");
        let cell = |row: &[&str], name: &str| {
            let place = columns.iter().position(|column| *column == name);
            row[place.unwrap_or_else(|| panic!("{name}: {columns:?}"))].to_owned()
        };
        for row in &rows {
            let relative: f64 = cell(row, "relative_to_memory_estimate").parse().unwrap();
            assert!((relative - 2.0).abs() < 0.01, "{row:?}");
            assert_eq!(cell(row, "database_cpu"), "10000.0", "{row:?}");
            assert!(!cell(row, "cpu_total").is_empty(), "{row:?}");
        }
        let pairs = lines(&record, What::Pairs);
        let of = |lane: &str| {
            let pairs = pairs.iter().filter(|line| line.starts_with(lane));
            pairs.cloned().collect::<Vec<_>>()
        };
        assert_eq!(of("db-item,").len(), 3, "{pairs:?}");
        assert!(
            of("db-item,")
                .iter()
                .all(|line| line.contains("requests_per_cpu_time"))
        );
        assert!(
            of("item,")
                .iter()
                .all(|line| line.contains("requests_per_second"))
        );
    }
}
