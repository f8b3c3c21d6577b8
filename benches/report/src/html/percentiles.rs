//! Latencies of several servers, as curves and as a table. It knows nothing of the load.

use quartet_analysis::{Distribution, PERCENTILES};

use super::chart::{Chart, Lines, Series, Spread};
use super::material::Material;
use crate::numbers::{percent_of, thousands};
use crate::table::{Align, Table};

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
