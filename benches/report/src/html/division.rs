//! Where a request's time goes: criterion beside load.

use quartet_analysis::{Division, DivisionRow, LaneDivision};

use super::block::{Block, Captioned, Item, Panel, Section};
use super::chart::{BarRow, Bars, Chart};
use super::material::Material;
use crate::numbers::microseconds;

/// The parts, in the order they are drawn.
const PARTS: [(&str, &str); 4] = [
    ("part0", "serialisation"),
    ("part1", "framework"),
    ("part2", "HTTP library"),
    ("part3", "kernel"),
];

pub(crate) fn section(material: &Material<'_>, division: &Division) -> Section {
    let mut blocks = Vec::new();
    if division.lanes.is_empty() {
        blocks.push(Block::Paragraph(
            "This record has no criterion estimates, so the division of a request's time is \
             unknown."
                .to_owned(),
        ));
    } else {
        blocks.push(Block::Paragraph(
            "Criterion measures two parts in process: serialisation, and everything from a parsed \
             request to the answer's bytes. The rest of the load run's CPU time belongs to the \
             kernel and, in user mode, to the HTTP library (hyper; actix-http for actix-web; for \
             an original its server and the interpreter). Serialisation is too short to be \
             visible in most bars."
                .to_owned(),
        ));
        let panels = division.lanes.iter().map(|lane| panel(material, lane));
        blocks.push(Block::Panels(panels.collect()));
    }
    let said = division.originals.iter().chain(&division.remarks);
    blocks.push(Block::List(
        said.map(|one| Item::from(one.as_str())).collect(),
    ));
    blocks.push(Block::Paragraph(division.source.clone()));
    Section {
        id: "division",
        heading: "Where the time goes (micro-benchmarks)",
        blocks,
    }
}

fn panel(material: &Material<'_>, lane: &LaneDivision) -> Panel {
    Panel {
        heading: material.heading(lane.lane),
        blocks: vec![
            Block::Chart(chart(material, lane)),
            Block::Folded {
                summary: "As a table, with intervals".to_owned(),
                blocks: vec![Block::Table(Captioned::new(
                    format!(
                        "CPU per request by part in microseconds, lane {}; ± is half of a 95 % \
                         interval",
                        lane.lane.name()
                    ),
                    material.tables.division(lane),
                ))],
                printed: true,
            },
        ],
    }
}

fn chart(material: &Material<'_>, lane: &LaneDivision) -> Chart {
    let rows: Vec<BarRow> = lane.rows.iter().map(|row| bar(material, row)).collect();
    let said: Vec<String> = lane
        .rows
        .iter()
        .map(|row| {
            let parts = parts(row).into_iter().zip(PARTS);
            let parts = parts
                .filter_map(|(value, (_, name))| Some(format!("{name} {}", microseconds(value?))));
            let parts: Vec<String> = parts.collect();
            format!("{} {}", material.name(row.arm), parts.join(", "))
        })
        .collect();
    let name = lane.lane.name();
    Bars {
        rows: &rows,
        legend: &PARTS,
        references: &[],
        unit: "µs of CPU per request",
    }
    .draw(
        format!("division-{name}"),
        format!("Where a request's CPU time goes, lane {name}"),
        format!("Microseconds: {}.", said.join("; ")),
    )
}

/// A part below nothing, which only noise makes, is not drawn; the remarks name it.
fn bar(material: &Material<'_>, row: &DivisionRow) -> BarRow {
    let drawn = parts(row).into_iter().zip(PARTS);
    BarRow {
        name: material.name(row.arm).to_owned(),
        shown: format!("{} µs", microseconds(row.total.value)),
        bars: vec![
            drawn
                .map(|(value, (class, _))| (class, value.unwrap_or(0.0).max(0.0) / 1e3))
                .collect(),
        ],
    }
}

fn parts(row: &DivisionRow) -> [Option<f64>; 4] {
    [
        row.serialisation.map(|part| part.value),
        row.framework.map(|part| part.value),
        Some(row.http.value),
        Some(row.kernel.value),
    ]
}
