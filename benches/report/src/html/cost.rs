//! What servers cost besides requests: memory, time to start, size.

use quartet_analysis::{Footprint, Range};
use quartet_record::cost::TOOL;

use super::block::{Block, Captioned, Item, Section, behind};
use super::chart::{BarRow, Bars, Chart};
use super::material::Material;
use crate::numbers::{megabytes, megabytes_of, milliseconds};
use crate::table::{Align, Table};
use crate::text::{BY_GROUP, has_groups, memory_caption, running_remarks};

/// Memory, when idle and under load.
pub(super) fn memory(material: &Material<'_>) -> Section {
    let rows: Vec<BarRow> = footprints(material)
        .filter_map(|footprint| {
            let (idle, loaded) = (footprint.idle?.median, footprint.loaded?.median);
            Some(BarRow {
                name: material.name(footprint.arm).to_owned(),
                shown: format!("idle {}, loaded {}", megabytes(idle), megabytes(loaded)),
                bars: vec![vec![("user", idle / 1e6)], vec![("system", loaded / 1e6)]],
            })
        })
        .collect();
    let said = said(&rows);
    let mut table = Table::new([
        ("server", Align::Left),
        ("idle", Align::Right),
        ("loaded", Align::Right),
        ("peak resident", Align::Right),
        ("MB per 1,000 idle connections", Align::Right),
    ]);
    let shown = |range: Option<Range>| range.map(megabytes_of).unwrap_or_default();
    for footprint in footprints(material) {
        table.push(vec![
            material.name(footprint.arm).to_owned(),
            shown(footprint.idle),
            shown(footprint.loaded),
            shown(footprint.peak),
            shown(footprint.connections),
        ]);
    }
    let chart = || {
        Bars {
            rows: &rows,
            legend: &[("user", "idle"), ("system", "loaded")],
            references: &[],
            unit: "MB; left is smaller",
        }
        .draw(
            "memory-chart".to_owned(),
            "Memory of each server, idle and loaded".to_owned(),
            format!("Megabytes after the first answers, and after load: {said}."),
        )
    };
    Section {
        id: "memory",
        heading: "Memory",
        blocks: vec![
            Block::Paragraph(memory_caption(material.analysis).join(" ")),
            list(&running_remarks(material.analysis)),
            with_chart(&rows, chart),
            Block::Table(Captioned::new("Memory in MB", table)),
        ],
    }
}

/// Time to start.
pub(super) fn start_up(material: &Material<'_>) -> Section {
    let rows: Vec<BarRow> = footprints(material)
        .filter_map(|footprint| {
            let start = footprint.start_up_ns?;
            Some(BarRow {
                name: material.name(footprint.arm).to_owned(),
                shown: format!("{} ms", milliseconds(start)),
                bars: vec![vec![("user", start / 1e6)]],
            })
        })
        .collect();
    let said = said(&rows);
    let spawn = material.analysis.spawn_ns;
    let references: Vec<(String, f64)> = spawn
        .map(|spawn| {
            (
                format!("empty process {}", milliseconds(spawn)),
                spawn / 1e6,
            )
        })
        .into_iter()
        .collect();
    let chart = || {
        Bars {
            rows: &rows,
            legend: &[],
            references: &references,
            unit: "ms; left is faster",
        }
        .draw(
            "start-up-chart".to_owned(),
            "Time from starting each server to its first correct answer".to_owned(),
            format!("Milliseconds: {said}."),
        )
    };
    let mut table = Table::new([
        ("server", Align::Left),
        ("median", Align::Right),
        ("middle half", Align::Right),
        ("starts", Align::Right),
    ]);
    for footprint in footprints(material) {
        let Some(start) = footprint.start_up_ns else {
            continue;
        };
        let mut row = vec![material.name(footprint.arm).to_owned(), milliseconds(start)];
        if let Some(spread) = footprint.start_up {
            let (lower, upper) = (spread.lower_quartile, spread.upper_quartile);
            row.push(format!(
                "{} to {}",
                milliseconds(lower),
                milliseconds(upper)
            ));
            row.push(spread.samples.to_string());
        }
        table.push(row);
    }
    Section {
        id: "start-up",
        heading: "Start-up",
        blocks: vec![
            Block::Paragraph(match spawn {
                Some(spawn) => format!(
                    "The median time from starting the process to its first complete and correct \
                     answer. Starting a process that does nothing takes {} ms of it.",
                    milliseconds(spawn)
                ),
                None => {
                    "The median time from starting the process to its first complete and correct \
                         answer."
                        .to_owned()
                }
            }),
            with_chart(&rows, chart),
            behind("Start-up in milliseconds".to_owned(), table),
        ],
    }
}

/// Sizes and counts.
pub(super) fn footprint(material: &Material<'_>) -> Section {
    let prints = &material.analysis.footprints;
    let mut blocks = vec![
        Block::Paragraph(
            "Crates are the distinct crates in the dependency tree, without the project's own. \
             Lines are neither blank nor comments. Workaround lines are below a comment that \
             cites an upstream issue."
                .to_owned(),
        ),
        Block::Table(Captioned::new(
            "What each server is made of",
            material.tables.made_of(prints),
        )),
    ];
    if prints.iter().any(|print| !print.requests.is_empty()) {
        blocks.push(Block::Table(Captioned::new(
            format!(
                "Counted by {TOOL}: for comparing versions of one server, not for ranking servers"
            ),
            material.tables.counted(prints),
        )));
    }
    if has_groups(prints) {
        blocks.push(Block::Table(Captioned::new(
            BY_GROUP,
            material.tables.counted_by_group(prints),
        )));
    }
    let missing = material.tables.missing(prints);
    blocks.push(list(&missing));
    Section {
        id: "footprint",
        heading: "Footprint",
        blocks,
    }
}

fn footprints<'a>(material: &Material<'a>) -> impl Iterator<Item = &'a Footprint> {
    material.analysis.footprints.iter()
}

fn list(items: &[String]) -> Block {
    let items = items.iter().map(|item| Item::from(item.as_str()));
    Block::List(items.collect())
}

fn said(rows: &[BarRow]) -> String {
    let said: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", row.name, row.shown))
        .collect();
    said.join("; ")
}

/// A chart, or that there is nothing to draw.
fn with_chart(rows: &[BarRow], chart: impl FnOnce() -> Chart) -> Block {
    if rows.is_empty() {
        Block::Paragraph("Nothing was measured.".to_owned())
    } else {
        Block::Chart(chart())
    }
}
