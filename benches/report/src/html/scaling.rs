//! Requests per second against workers.

use quartet_analysis::{EFFICIENT, ScalingLane};

use super::block::{Block, Captioned, Item, Section};
use super::chart::{Chart, Lines, Series, Spread, counts};
use super::material::Material;

/// Lane by lane. Nothing where it was not measured.
pub(super) fn section(material: &Material<'_>) -> Option<Section> {
    let plan = material.record.plan.scaling.as_ref()?;
    let scaling = material.analysis.scaling.as_ref()?;
    let mut caption = material.tables.scaling_caption(plan, scaling).into_iter();
    let mut blocks: Vec<Block> = caption.by_ref().take(1).map(Block::Paragraph).collect();
    for lane in &scaling.lanes {
        blocks.extend(chart(material, lane).map(Block::Chart));
        blocks.push(Block::Table(Captioned::new(
            format!("By number of workers, lane {}", material.heading(lane.lane)),
            material.tables.scaling_table(lane),
        )));
        let remarks = material.tables.scaling_remarks(lane).into_iter();
        blocks.push(Block::List(remarks.map(Item::from).collect()));
    }
    blocks.push(Block::List(caption.map(Item::from).collect()));
    Some(Section {
        id: "scaling",
        heading: "Requests per second by number of workers",
        blocks,
    })
}

/// The efficiencies that count, where there are any.
fn chart(material: &Material<'_>, lane: &ScalingLane) -> Option<Chart> {
    let mut series = Vec::new();
    for row in &lane.rows {
        let more = row.figures.iter();
        let more: Vec<(usize, f64)> = more
            .filter_map(|figure| Some((figure.workers, figure.efficiency?.estimate)))
            .collect();
        let Some(least) = row.figures.first().filter(|_| !more.is_empty()) else {
            continue;
        };
        let points: Vec<(usize, f64)> = [(least.workers, 1.0)].into_iter().chain(more).collect();
        series.push(Series {
            name: material.name(row.arm).to_owned(),
            style: row.arm,
            points: points
                .into_iter()
                .map(|(at, worth)| (at as f64, worth))
                .collect(),
        });
    }
    if series.is_empty() {
        return None;
    }
    let point = |at, worth| format!("{} with {at}", hundredths(worth));
    let said: Vec<String> = series.iter().map(|one| one.in_words(point)).collect();
    let name = lane.lane.name();
    let lines = Lines {
        series: &series,
        across: (Spread::Logarithmic, counts(&series)),
        across_caption: "workers, logarithmic",
        up: (Spread::Linear, hundredths),
        up_caption: "requests per second for each worker, of those with the fewest",
    };
    Some(lines.draw(
        format!("scaling-{name}"),
        format!("Requests per second for each worker, lane {name}"),
        format!(
            "Of what a worker answers with the fewest, where below {EFFICIENT} it bends: {}.",
            said.join("; ")
        ),
    ))
}

fn hundredths(share: f64) -> String {
    format!("{share:.2}")
}
