//! Where a request's time goes: criterion beside load.

use quartet_analysis::{Division, DivisionRow, LaneDivision};

use super::block::{Block, Captioned, Item, Panel, Section};
use super::chart::{BarRow, Bars, Chart};
use super::material::{Material, heading};
use crate::numbers::microseconds;

/// The parts, in the order they are drawn.
const PARTS: [(&str, &str); 4] = [
    ("part0", "serialisation"),
    ("part1", "framework"),
    ("part2", "HTTP library"),
    ("part3", "kernel"),
];

pub(super) fn section(material: &Material<'_>, division: &Division) -> Section {
    let mut blocks = Vec::new();
    if division.lanes.is_empty() {
        blocks.push(Block::Paragraph(
            "No estimates of criterion's in-process benches are in this record, so that how a request's \
             time divides is not known."
                .to_owned(),
        ));
    } else {
        blocks.push(Block::Paragraph(
            "Criterion measures, in process, serialising alone and everything from a parsed \
             request to an answer's bytes. What the load run's CPU time has beyond that is the \
             HTTP library's in user mode (hyper, or actix-http under actix-web; under an original, \
             its server and the interpreter) and the kernel's. Serialising is too little to be seen \
             in most bars."
                .to_owned(),
        ));
        let panels = division.lanes.iter().map(|lane| panel(material, lane));
        blocks.push(Block::Panels(panels.collect()));
    }
    let said = division.originals.iter().chain(&division.remarks);
    blocks.push(Block::List(
        said.map(|one| Item::from(one.as_str())).collect(),
    ));
    blocks.push(Block::Paragraph(format!("From {}.", division.source)));
    Section {
        id: "division",
        heading: "Criterion beside load",
        blocks,
    }
}

fn panel(material: &Material<'_>, lane: &LaneDivision) -> Panel {
    Panel {
        heading: heading(lane.lane),
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
