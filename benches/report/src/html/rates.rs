//! Requests per second relative to the reference: a forest plot and the table behind it.

use quartet_analysis::LaneAnalysis;
use quartet_record::plan::ArmRole;

use super::block::{Block, Captioned, Item, Panel, Section};
use super::chart::{Chart, IntervalRow, Intervals};
use super::material::Material;
use crate::numbers::interval;
use crate::text::{commands, custom_caption, rate_caption};

pub(super) fn section(material: &Material<'_>) -> Section {
    let reference = material.reference().unwrap_or("the reference");
    let panels = material.lanes().map(|(lane, _)| Panel {
        heading: material.heading(lane.lane),
        blocks: vec![if lane.rows.iter().any(|row| row.relative.is_some()) {
            Block::Chart(plot(material, lane, reference))
        } else {
            Block::Paragraph("There is no interval to draw.".to_owned())
        }],
    });
    let mut blocks = vec![
        Block::Paragraph(format!(
            "A ratio of 0.80 means four fifths of {reference}'s requests per second. The bar is \
             the 95 % confidence interval over restarts. Differences within the shaded margin are \
             not called real."
        )),
        Block::Panels(panels.collect()),
    ];
    blocks.extend(material.lanes().map(|(lane, _)| table(material, lane)));
    blocks.extend(rate_caption(material.record).map(Block::Paragraph));
    blocks.extend(custom_caption(material.record).map(Block::Paragraph));
    let commands = commands(material.record).into_iter().map(Item::from);
    let commands: Vec<Item> = commands.collect();
    if !commands.is_empty() {
        blocks.push(Block::List(commands));
    }
    Section {
        id: "rates",
        heading: "Requests per second",
        blocks,
    }
}

pub(crate) fn plot(material: &Material<'_>, lane: &LaneAnalysis, reference: &str) -> Chart {
    let rows: Vec<IntervalRow> = lane
        .rows
        .iter()
        .filter(|row| !matches!(material.role(row.arm), ArmRole::Reference | ArmRole::Floor))
        .map(|row| IntervalRow {
            name: material.name(row.arm).to_owned(),
            ratio: row.relative,
            shown: match row.relative {
                Some(ratio) => interval(ratio),
                None if row.excluded.is_empty() => "no interval".to_owned(),
                None => "excluded".to_owned(),
            },
            compared: material.role(row.arm) == ArmRole::Compared,
            cut: false,
        })
        .collect();
    let said: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", row.name, row.shown))
        .collect();
    let plot = Intervals {
        rows: &rows,
        reference,
        margin: lane.margin,
    };
    plot.draw(
        format!("rates-{}", lane.lane.name()),
        format!(
            "Requests per second relative to {reference}, lane {}",
            lane.lane.name()
        ),
        format!(
            "Each server's ratio and its interval: {}. The margin is {:.1} %.",
            said.join("; "),
            100.0 * lane.margin
        ),
    )
}

fn table(material: &Material<'_>, lane: &LaneAnalysis) -> Block {
    let notes = lane.rows.iter().enumerate();
    Block::Table(Captioned {
        header: 1,
        notes: notes
            .filter(|(_, row)| !row.excluded.is_empty())
            .map(|(index, row)| (index, row.excluded.join("; ")))
            .collect(),
        ..Captioned::new(
            format!(
                "Lane {}; latency at saturation (connections ÷ rate, not an independent result)",
                material.heading(lane.lane)
            ),
            material.tables.rates(lane),
        )
    })
}
