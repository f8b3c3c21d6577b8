//! CPU time per request, with the floors drawn in.

use quartet_analysis::{CpuPerRequest, LaneAnalysis};
use quartet_record::plan::ArmRole;

use super::block::{Block, Panel, Section, behind};
use super::chart::{BarRow, Bars};
use super::material::Material;
use crate::numbers::microseconds;
use crate::table::{Align, Table};

/// CPU time per request, lane by lane.
pub(super) fn section(material: &Material<'_>) -> Section {
    let panels: Vec<Panel> = material
        .lanes()
        .filter_map(|(lane, _)| panel(material, lane))
        .collect();
    let blocks = if panels.is_empty() {
        vec![Block::Paragraph(
            "CPU time was not measured, or every row is excluded.".to_owned(),
        )]
    } else {
        vec![
            Block::Paragraph(
                "CPU time per request on the server's core: framework, HTTP library and kernel \
                 together. Dashed lines are the baselines: bare hyper gives the same answers \
                 without a framework, and null writes constant bytes. The distance from a bar's \
                 end to a baseline is the most that could be saved. The split between user and \
                 system time is sampled, so approximate."
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

fn panel(material: &Material<'_>, lane: &LaneAnalysis) -> Option<Panel> {
    let measured: Vec<(usize, CpuPerRequest)> = lane
        .rows
        .iter()
        .filter(|row| row.excluded.is_empty())
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
            "Microseconds in total, in user mode and in the kernel: {}. Baselines: {}.",
            said.join("; "),
            floors.join("; ")
        ),
    );
    Some(Panel {
        heading: material.heading(lane.lane),
        blocks: vec![
            Block::Chart(chart),
            behind(
                format!("CPU per request in microseconds, lane {name}"),
                table(material, &measured),
            ),
        ],
    })
}

fn table(material: &Material<'_>, measured: &[(usize, CpuPerRequest)]) -> Table {
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
