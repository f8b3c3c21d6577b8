//! What servers cost: CPU, memory, time to start, size.

use super::Material;
use super::block::{Block, Captioned, Item, Panel, Section};
use super::chart::{BarRow, Bars, Chart};
use crate::analysis::{CpuPerRequest, Footprint, LaneAnalysis};
use crate::cost::{IDLE_CONNECTIONS, TOOL};
use crate::plan::ArmRole;
use crate::report::numbers::{megabytes, microseconds, milliseconds};
use crate::table::{Align, Table};

/// CPU time per request, lane by lane.
pub(super) fn cpu(material: &Material<'_>) -> Section {
    let panels: Vec<Panel> = material
        .lanes()
        .filter_map(|(lane, _)| cpu_panel(material, lane))
        .collect();
    let blocks = if panels.is_empty() {
        vec![Block::Paragraph(
            "CPU time was not measured, or every row is void.".to_owned(),
        )]
    } else {
        vec![
            Block::Paragraph(
                "What a request costs the server's core, in the framework, the HTTP library and \
                 the kernel together. Dashed lines are the floors: bare hyper answers the same \
                 without a framework, null writes constant bytes. What lies between a bar's end \
                 and a floor is what could be saved. How much is user and how much system is \
                 sampled, and rough."
                    .to_owned(),
            ),
            Block::Panels(panels),
        ]
    };
    Section {
        id: "cpu",
        heading: "CPU per request",
        blocks,
    }
}

fn cpu_panel(material: &Material<'_>, lane: &LaneAnalysis) -> Option<Panel> {
    let measured: Vec<(usize, CpuPerRequest)> = lane
        .rows
        .iter()
        .filter(|row| row.void.is_empty())
        .filter_map(|row| Some((row.arm, row.figures?.cpu?)))
        .collect();
    if measured.is_empty() {
        return None;
    }
    let is_floor = |arm: usize| matches!(material.role(arm), ArmRole::Reference | ArmRole::Floor);
    let mut references: Vec<(String, f64)> = measured
        .iter()
        .filter(|(arm, _)| is_floor(*arm))
        .map(|(arm, cpu)| {
            let shown = format!("{} {}", material.name(*arm), microseconds(cpu.total));
            (shown, cpu.total / 1e3)
        })
        .collect();
    references.sort_by(|a, b| a.1.total_cmp(&b.1));
    let rows: Vec<BarRow> = measured
        .iter()
        .filter(|(arm, _)| !is_floor(*arm))
        .map(|(arm, cpu)| BarRow {
            name: material.name(*arm).to_owned(),
            shown: format!(
                "{} = {} + {}",
                microseconds(cpu.total),
                microseconds(cpu.user),
                microseconds(cpu.system)
            ),
            bars: vec![vec![("user", cpu.user / 1e3), ("system", cpu.system / 1e3)]],
        })
        .collect();
    let said: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", row.name, row.shown))
        .collect();
    let floors: Vec<&str> = references.iter().map(|(name, _)| name.as_str()).collect();
    let name = lane.lane.name();
    let chart = Bars {
        rows: &rows,
        legend: &[("user", "user"), ("system", "system")],
        references: &references,
        unit: "µs of CPU per request; left is cheaper",
    }
    .draw(
        format!("cpu-{name}"),
        format!("CPU per request, lane {name}"),
        format!(
            "Microseconds in all, in user mode and in the kernel: {}. Floors: {}.",
            said.join("; "),
            floors.join("; ")
        ),
    );
    Some(Panel {
        heading: material.lane_name(lane),
        blocks: vec![
            Block::Chart(chart),
            behind(
                format!("CPU per request in microseconds, lane {name}"),
                cpu_table(material, &measured),
            ),
        ],
    })
}

fn cpu_table(material: &Material<'_>, measured: &[(usize, CpuPerRequest)]) -> Table {
    let of = |role| {
        let found = measured.iter().find(|(arm, _)| material.role(*arm) == role);
        found.map(|(_, cpu)| cpu.total)
    };
    let reference = of(ArmRole::Reference);
    let mut table = Table::new([
        ("server", Align::Left),
        ("all", Align::Right),
        ("user", Align::Right),
        ("system", Align::Right),
        ("above hyper", Align::Right),
    ]);
    for (arm, cpu) in measured {
        table.push(vec![
            material.name(*arm).to_owned(),
            microseconds(cpu.total),
            microseconds(cpu.user),
            microseconds(cpu.system),
            reference.map_or_else(String::new, |floor| {
                format!("{:+.2}", (cpu.total - floor) / 1e3)
            }),
        ]);
    }
    table
}

/// Memory, when idle and under load.
pub(super) fn memory(material: &Material<'_>) -> Section {
    let rows: Vec<BarRow> = footprints(material)
        .filter_map(|footprint| {
            let (idle, loaded) = (footprint.idle_bytes?, footprint.loaded_bytes?);
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
        ("per 1,000 idle connections", Align::Right),
    ]);
    let shown = |bytes: Option<f64>| bytes.map(megabytes).unwrap_or_default();
    for footprint in footprints(material) {
        table.push(vec![
            material.name(footprint.arm).to_owned(),
            shown(footprint.idle_bytes),
            shown(footprint.loaded_bytes),
            shown(footprint.peak_bytes),
            shown(footprint.connections_bytes),
        ]);
    }
    let chart = || {
        Bars {
            rows: &rows,
            legend: &[("user", "idle"), ("system", "loaded")],
            references: &[],
            unit: "MB, proportional set size; left is smaller",
        }
        .draw(
            "memory-chart".to_owned(),
            "Memory of each server, idle and loaded".to_owned(),
            format!("Megabytes after the first answers, and under load: {said}."),
        )
    };
    Section {
        id: "memory",
        heading: "Memory",
        blocks: vec![
            Block::Paragraph(format!(
                "After the first answers, and at the end under {} connections; the median over \
                 restarts. What idle connections take is measured with {IDLE_CONNECTIONS} of them.",
                material.record.plan.connections
            )),
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
            unit: "ms; left is sooner",
        }
        .draw(
            "start-up-chart".to_owned(),
            "From starting each server to its first right answer".to_owned(),
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
                    "From starting the process to its first complete and right answer, the median. \
                     Starting a process that does nothing takes {} ms of it.",
                    milliseconds(spawn)
                ),
                None => "From starting the process to its first complete and right answer, the \
                         median."
                    .to_owned(),
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
            "Size and the distinct crates compiled into a binary or for it, the project's own left \
             out. Lines are neither blank nor comments; workarounds stand under a comment that \
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
            format!("Counted by {TOOL}, to tell versions of one server apart, not servers"),
            material.tables.counted(prints),
        )));
    }
    let missing = material.tables.missing(prints);
    blocks.push(Block::List(missing.into_iter().map(Item::from).collect()));
    Section {
        id: "footprint",
        heading: "Footprint",
        blocks,
    }
}

fn footprints<'a>(material: &Material<'a>) -> impl Iterator<Item = &'a Footprint> {
    material.analysis.footprints.iter()
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

/// The table behind a chart.
fn behind(caption: String, table: Table) -> Block {
    Block::Folded {
        summary: "As a table".to_owned(),
        blocks: vec![Block::Table(Captioned::new(caption, table))],
        printed: false,
    }
}
