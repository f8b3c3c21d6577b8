//! How latencies are distributed.

use super::block::{Block, Captioned, Panel, Section};
use super::chart::{Chart, Lines, Series, Spread};
use super::open_loop::at_rates;
use super::{Material, heading};
use crate::analysis::{Detail, Distribution, LaneAnalysis, PERCENTILES};
use crate::report::numbers::{percent_of, thousands};
use crate::table::{Align, Table};

pub(super) fn section(material: &Material<'_>) -> Section {
    let panels: Vec<Panel> = material
        .lanes()
        .filter_map(|(lane, details)| panel(material, lane, details))
        .collect();
    let mut blocks = vec![Block::Paragraph(format!(
        "At saturation: with {} connections that always have a request waiting, latency is the \
         number of connections divided by the rate. It tells how evenly a server deals with a \
         queue, not what a client sees at lower load, and is not ranked. Time runs from when a \
         request was due.",
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
        row.is_some_and(|row| row.void.is_empty())
    };
    let shown: Vec<Shown<'_>> = details
        .iter()
        .filter(|detail| sound(detail.arm) && !detail.latencies.curve.is_empty())
        .map(|detail| Shown::of(material, detail.arm, &detail.latencies))
        .collect();
    let name = lane.lane.name();
    (!shown.is_empty()).then(|| Panel {
        heading: heading(lane.lane),
        blocks: vec![
            Block::Chart(curves(
                format!("latency-{name}"),
                format!("Latency at saturation by percentile, lane {name}"),
                &shown,
            )),
            Block::Folded {
                summary: "As a table, with the spread over restarts".to_owned(),
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

/// A server's latencies, to draw and to list.
pub(super) struct Shown<'a> {
    /// Index into the plan's arms.
    arm: usize,
    name: &'a str,
    latencies: &'a Distribution,
}

impl<'a> Shown<'a> {
    pub(super) fn of(material: &'a Material<'_>, arm: usize, latencies: &'a Distribution) -> Self {
        Self {
            arm,
            name: material.name(arm),
            latencies,
        }
    }
}

/// Percentile curves: across, the share of slower requests falls tenfold with every step.
pub(super) fn curves(id: String, title: String, shown: &[Shown<'_>]) -> Chart {
    let series: Vec<Series> = shown
        .iter()
        .map(|one| Series {
            name: one.name.to_owned(),
            style: one.arm,
            points: one
                .latencies
                .curve
                .iter()
                .map(|&(quantile, ns)| ((1.0 - quantile).recip(), ns as f64 / 1e3))
                .collect(),
        })
        .collect();
    let farthest = series
        .iter()
        .filter_map(|series| series.points.last())
        .fold(1.0, |farthest, point| point.0.max(farthest));
    let ticks = [
        (2.0, "50 %"),
        (10.0, "90 %"),
        (100.0, "99 %"),
        (1e3, "99.9 %"),
    ];
    let finer = [(1e4, "99.99"), (1e5, "99.999"), (1e6, "99.9999")];
    let across = ticks
        .into_iter()
        .chain(finer)
        .filter(|(value, _)| *value <= farthest)
        .map(|(value, shown)| (value, shown.to_owned()))
        .collect();
    let said: Vec<String> = shown
        .iter()
        .map(|one| {
            let some: Vec<String> = one
                .latencies
                .percentiles
                .iter()
                .map(|one| {
                    let latency = thousands(one.latency_ns as f64 / 1e3);
                    format!("{} % {latency}", percent_of(one.quantile))
                })
                .collect();
            format!("{} {}", one.name, some.join(", "))
        })
        .collect();
    Lines {
        series: &series,
        across: (Spread::Logarithmic, across),
        across_caption: "percentile: this many of 100 requests are no slower",
        up: (Spread::Logarithmic, thousands),
        up_caption: "µs, logarithmic",
    }
    .draw(
        id,
        title,
        format!("Microseconds by percentile: {}.", said.join("; ")),
    )
}

/// Percentiles with their spread over restarts.
pub(super) fn table(shown: &[Shown<'_>]) -> Table {
    let names = PERCENTILES.map(|quantile| format!("p{}", percent_of(quantile)));
    let columns = names.iter().map(|name| (name.as_str(), Align::Right));
    let mut table = Table::new([("server", Align::Left)].into_iter().chain(columns));
    for row in shown {
        let cells = row.latencies.percentiles.iter().map(|one| {
            let [latency, lowest, highest] = [one.latency_ns, one.lowest_ns, one.highest_ns]
                .map(|ns| thousands(ns as f64 / 1e3));
            format!("{latency} ({lowest} to {highest})")
        });
        table.push([row.name.to_owned()].into_iter().chain(cells).collect());
    }
    table
}
