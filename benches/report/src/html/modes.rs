//! Throughput against connections.

use quartet_analysis::Capacity;

use super::block::{Block, Captioned, Item, Section};
use super::chart::{Chart, Lines, Series, Spread, counts};
use super::material::Material;
use crate::numbers::thousands;
use crate::table::{Align, Table};
use crate::text::of_its_own;

/// Requests per second against the number of connections.
pub(super) fn throughput(material: &Material<'_>) -> Option<Section> {
    let plan = material.record.plan.capacity.as_ref()?;
    let found = &material.analysis.capacities;
    let lane = plan.lane.name();
    let mut blocks = vec![Block::Paragraph(format!(
        "Lane {lane} in a closed loop, with one request in flight on each connection: the median \
         over restarts of its own. With few connections a server is idle in between, and the \
         figure mostly measures wake-up latency."
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
        heading: "Requests per second by number of connections",
        blocks,
    })
}

fn of(found: &[Capacity], arm: usize) -> impl Iterator<Item = &Capacity> {
    found.iter().filter(move |one| one.arm == arm)
}

fn capacity_chart(material: &Material<'_>, found: &[Capacity], lane: &str) -> Chart {
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
    let point = |at, rate| format!("{} at {at}", thousands(rate));
    let said: Vec<String> = series.iter().map(|one| one.in_words(point)).collect();
    Lines {
        series: &series,
        across: (Spread::Logarithmic, counts(&series)),
        across_caption: "connections, logarithmic",
        up: (Spread::Linear, thousands),
        up_caption: "requests per second",
    }
    .draw(
        "throughput-chart".to_owned(),
        format!("Requests per second by number of connections, lane {lane}"),
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
