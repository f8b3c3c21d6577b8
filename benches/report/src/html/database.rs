//! CPU time per request of servers that read from a database.

use quartet_analysis::{CpuPerRequest, DatabaseLane};

use super::block::{Block, Captioned, Item, Panel, Section};
use super::chart::{BarRow, Bars};
use super::material::Material;
use crate::numbers::microseconds;

/// Lane by lane. Nothing where there are none.
pub(super) fn section(material: &Material<'_>) -> Option<Section> {
    let lanes = &material.analysis.database;
    if lanes.is_empty() {
        return None;
    }
    let mut caption = material.tables.database_caption();
    let mut blocks = Vec::new();
    if !caption.is_empty() {
        blocks.push(Block::Paragraph(caption.remove(0)));
    }
    blocks.push(Block::Panels(
        lanes
            .iter()
            .filter_map(|lane| panel(material, lane))
            .collect(),
    ));
    for lane in lanes {
        let table = material.tables.database_costs(lane);
        let notes = lane.rows.iter().enumerate();
        blocks.push(Block::Table(Captioned {
            header: 1,
            notes: notes
                .filter(|(_, row)| !row.excluded.is_empty())
                .map(|(index, row)| (index, row.excluded.join("; ")))
                .collect(),
            ..Captioned::new(format!("Lane {}", material.heading(lane.lane)), table)
        }));
        let remarks = material.tables.database_remarks(lane).into_iter();
        blocks.push(Block::List(remarks.map(Item::from).collect()));
    }
    blocks.extend(caption.into_iter().map(Block::Paragraph));
    Some(Section {
        id: "database",
        heading: "Over a database",
        blocks,
    })
}

fn panel(material: &Material<'_>, lane: &DatabaseLane) -> Option<Panel> {
    let measured: Vec<(usize, CpuPerRequest, Option<f64>)> = lane
        .rows
        .iter()
        .filter(|row| row.excluded.is_empty())
        .filter_map(|row| Some((row.arm, row.cpu?, row.database_ns)))
        .collect();
    if measured.is_empty() {
        return None;
    }
    let rows: Vec<BarRow> = measured
        .iter()
        .map(|(arm, cpu, _)| BarRow {
            name: material.name(*arm).to_owned(),
            shown: microseconds(cpu.total),
            bars: vec![vec![("user", cpu.user / 1e3), ("system", cpu.system / 1e3)]],
        })
        .collect();
    let said = measured.iter().map(|(arm, cpu, database)| {
        let database = database.map_or_else(String::new, |database| {
            format!(", and PostgreSQL {}", microseconds(database))
        });
        format!(
            "{} {}{database}",
            material.name(*arm),
            microseconds(cpu.total)
        )
    });
    let said: Vec<String> = said.collect();
    let name = lane.lane.name();
    let chart = Bars {
        rows: &rows,
        legend: &[("user", "user"), ("system", "system")],
        references: &[],
        unit: "µs of the server's CPU per request; left is cheaper",
    }
    .draw(
        format!("cpu-{name}"),
        format!("CPU per request, lane {name}"),
        format!("Microseconds per request: {}.", said.join("; ")),
    );
    Some(Panel {
        heading: material.heading(lane.lane),
        blocks: vec![Block::Chart(chart)],
    })
}
