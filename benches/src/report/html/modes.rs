//! Throughput against connections, and latency at equal rates: two ways of loading a server that
//! never share a column.

use super::Material;
use super::block::{Block, Captioned, Item, Panel, Section};
use super::chart::{Lines, Series, Spread};
use super::latency::{Shown, curves, table};
use crate::analysis::{ANSWERED, Capacity, OpenLoop};
use crate::record::{Latency, OfferedRate};
use crate::report::modes::of_its_own;
use crate::report::numbers::thousands;
use crate::table::{Align, Table};

/// Requests per second against the number of connections.
pub(super) fn throughput(material: &Material<'_>) -> Option<Section> {
    let plan = material.record.plan.capacity.as_ref()?;
    let found = &material.analysis.capacities;
    let lane = plan.lane.name();
    let mut blocks = vec![Block::Paragraph(format!(
        "Lane {lane} in a closed loop, one request in flight on each connection; the median over \
         restarts of their own. Few connections leave a server idle in between: there the figure \
         tells of waking up rather than of work."
    ))];
    if found.is_empty() {
        blocks.push(Block::Paragraph("Nothing was measured.".to_owned()));
    } else {
        blocks.push(Block::Chart(capacity_chart(material, found, lane)));
        blocks.push(Block::Table(Captioned::new(
            format!(
                "Requests per second by number of connections, lane {lane}; in brackets from the \
                 slowest restart to the fastest"
            ),
            capacity_table(material, &plan.connections, found),
        )));
    }
    let failures = material.record.capacity.iter().flat_map(|restart| {
        let number = restart.restart + 1;
        let failures = restart.failures.iter();
        failures.map(move |failure| (number, failure.arm, failure.connections, &failure.reason))
    });
    let failures = failures.map(|(restart, arm, connections, reason)| {
        let at = connections.map_or_else(String::new, |number| format!(" at {number} connections"));
        let name = material.name(arm);
        Item::from(format!(
            "{name}{at} was not measured in restart {restart}: {reason}"
        ))
    });
    let own = Item::from(format!("The rates were {}.", of_its_own(plan)));
    blocks.push(Block::List([own].into_iter().chain(failures).collect()));
    Some(Section {
        id: "throughput",
        heading: "Throughput against connections",
        blocks,
    })
}

fn of(found: &[Capacity], arm: usize) -> impl Iterator<Item = &Capacity> {
    found.iter().filter(move |one| one.arm == arm)
}

fn capacity_chart(material: &Material<'_>, found: &[Capacity], lane: &str) -> super::chart::Chart {
    let arms = 0..material.record.plan.arms.len();
    let series: Vec<Series> = arms
        .filter(|&arm| of(found, arm).next().is_some())
        .map(|arm| Series {
            name: material.name(arm).to_owned(),
            style: arm,
            points: of(found, arm)
                .map(|one| (one.connections as f64, one.requests_per_second))
                .collect(),
        })
        .collect();
    let mut numbers: Vec<usize> = found.iter().map(|one| one.connections).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let said: Vec<String> = series
        .iter()
        .map(|series| {
            let points = series.points.iter();
            let points = points.map(|(at, rate)| format!("{} at {at}", thousands(*rate)));
            format!("{} {}", series.name, points.collect::<Vec<_>>().join(", "))
        })
        .collect();
    Lines {
        series: &series,
        across: (
            Spread::Logarithmic,
            numbers
                .iter()
                .map(|number| (*number as f64, number.to_string()))
                .collect(),
        ),
        across_caption: "connections, logarithmic",
        up: (Spread::Linear, thousands),
        up_caption: "requests per second",
    }
    .draw(
        "throughput-chart".to_owned(),
        format!("Requests per second against connections, lane {lane}"),
        format!("Requests per second: {}.", said.join("; ")),
    )
}

fn capacity_table(material: &Material<'_>, connections: &[usize], found: &[Capacity]) -> Table {
    let names: Vec<String> = connections.iter().map(ToString::to_string).collect();
    let columns = names.iter().map(|name| (name.as_str(), Align::Right));
    let mut table = Table::new([("server", Align::Left)].into_iter().chain(columns));
    for arm in 0..material.record.plan.arms.len() {
        if of(found, arm).next().is_none() {
            continue;
        }
        let cells = connections.iter().map(|number| {
            let one = of(found, arm).find(|one| one.connections == *number);
            one.map_or_else(String::new, |one| {
                format!(
                    "{} ({} to {})",
                    thousands(one.requests_per_second),
                    thousands(one.lowest),
                    thousands(one.highest)
                )
            })
        });
        let name = material.name(arm).to_owned();
        table.push([name].into_iter().chain(cells).collect());
    }
    table
}

/// Latency at rates that are the same for all. Empty where it was not measured.
pub(super) fn at_rates(material: &Material<'_>) -> Vec<Block> {
    let (Some(latency), Some(plan)) = (&material.record.latency, &material.record.plan.latency)
    else {
        return Vec::new();
    };
    let panels = (0..latency.rates.len()).map(|rate| {
        let found = material
            .analysis
            .open_loops
            .iter()
            .filter(|one| one.rate == rate);
        panel(material, latency, rate, &found.collect::<Vec<_>>())
    });
    vec![
        Block::Paragraph(format!(
            "At equal rates, lane {}: requests come at fixed intervals on {} connections whether \
             or not earlier ones are answered (open loop), and time runs from when each was due, \
             so that a stall counts for every request it delays. Below capacity servers hardly \
             differ, and a high percentile does not repeat: this is not ranked. A server that \
             answers less than {:.0} % of what is offered is void at that rate.",
            plan.lane.name(),
            plan.connections,
            100.0 * ANSWERED
        )),
        Block::Panels(panels.collect()),
    ]
}

fn panel(material: &Material<'_>, latency: &Latency, rate: usize, found: &[&OpenLoop]) -> Panel {
    let offered = &latency.rates[rate];
    let heading = heading(offered);
    let shown: Vec<Shown<'_>> = found
        .iter()
        .filter(|one| one.void.is_empty() && !one.latencies.curve.is_empty())
        .map(|one| Shown::of(material, one.arm, &one.latencies))
        .collect();
    let mut blocks = Vec::new();
    if !shown.is_empty() {
        blocks.push(Block::Chart(curves(
            format!("rate-{rate}"),
            format!("Latency by percentile at {heading}"),
            &shown,
        )));
        let late: Vec<Shown<'_>> = found
            .iter()
            .filter(|one| one.void.is_empty() && !one.lateness.curve.is_empty())
            .map(|one| Shown::of(material, one.arm, &one.lateness))
            .collect();
        blocks.push(Block::Folded {
            summary: "As a table, with the spread over restarts and how late requests were sent"
                .to_owned(),
            blocks: vec![
                Block::Table(Captioned::new(
                    format!("Latency in microseconds at {heading}"),
                    table(&shown),
                )),
                Block::Table(Captioned::new(
                    format!("How late requests were sent, in microseconds, at {heading}"),
                    table(&late),
                )),
            ],
            printed: true,
        });
    }
    let voids = found.iter().filter(|one| !one.void.is_empty()).map(|one| {
        Item::from(format!(
            "{} is void at this rate: {}",
            material.name(one.arm),
            one.void.join("; ")
        ))
    });
    blocks.push(Block::List(voids.collect()));
    Panel { heading, blocks }
}

fn heading(offered: &OfferedRate) -> String {
    let rate = thousands(offered.per_second);
    match offered.share {
        Some(share) => format!(
            "{rate} requests per second, {:.0} % of the slowest server's capacity",
            100.0 * share
        ),
        None => format!("{rate} requests per second"),
    }
}
