//! How latencies are distributed.

use quartet_analysis::{Detail, LaneAnalysis};

use super::block::{Block, Captioned, Panel, Section};
use super::material::Material;
use super::open_loop::at_rates;
use super::percentiles::{Shown, curves, table};

pub(super) fn section(material: &Material<'_>) -> Section {
    let panels: Vec<Panel> = material
        .lanes()
        .filter_map(|(lane, details)| panel(material, lane, details))
        .collect();
    let mut blocks = vec![Block::Paragraph(format!(
        "At saturation: {} connections always have a request waiting, so the mean latency is the \
         number of connections divided by the rate. The percentiles show how evenly a server \
         handles a queue, not the latency at lower load. They are not ranked. Latency is measured \
         from the moment when a request was due.",
        material.record.plan.connections
    ))];
    if !panels.is_empty() {
        blocks.push(Block::Panels(panels));
    }
    blocks.extend(at_rates(material));
    Section {
        id: "latency",
        heading: "Latency",
        blocks,
    }
}

fn panel(material: &Material<'_>, lane: &LaneAnalysis, details: &[Detail]) -> Option<Panel> {
    let sound = |arm: usize| {
        let row = lane.rows.iter().find(|row| row.arm == arm);
        row.is_some_and(|row| row.excluded.is_empty())
    };
    let shown: Vec<Shown<'_>> = details
        .iter()
        .filter(|detail| sound(detail.arm) && !detail.latencies.curve.is_empty())
        .map(|detail| Shown::of(material, detail.arm, &detail.latencies))
        .collect();
    let name = lane.lane.name();
    (!shown.is_empty()).then(|| Panel {
        heading: material.heading(lane.lane),
        blocks: vec![
            Block::Chart(curves(
                format!("latency-{name}"),
                format!("Latency at saturation by percentile, lane {name}"),
                &shown,
            )),
            Block::Folded {
                summary: "Table, with the range over restarts".to_owned(),
                blocks: vec![Block::Table(Captioned::new(
                    format!(
                        "Latency at saturation in microseconds, lane {name}: over all requests, \
                         and in brackets from the lowest restart to the highest"
                    ),
                    table(&shown),
                ))],
                printed: true,
            },
        ],
    })
}
