//! Latency at rates that are the same for all.

use quartet_analysis::statistics::LEAST_LATENCY_MARGIN;
use quartet_analysis::{ANSWERED, COMPARED, LatencyComparison, OpenLoop};
use quartet_record::Latency;

use super::block::{Block, Captioned, Item, Panel};
use super::material::Material;
use super::percentiles::{Shown, curves, table};
use crate::numbers::{interval, percent_of, thousands};
use crate::table::{Align, Table};
use crate::text::{NOT_SHOWN, equals, heading, left_out, verdicts};

/// Empty where it was not measured.
pub(super) fn at_rates(material: &Material<'_>) -> Vec<Block> {
    let (Some(latency), Some(plan)) = (&material.record.latency, &material.record.plan.latency)
    else {
        return Vec::new();
    };
    let Some(found) = &material.analysis.latency else {
        return vec![Block::Paragraph(NOT_SHOWN.to_owned())];
    };
    let panels = (0..latency.rates.len()).map(|rate| panel(material, latency, found, rate));
    vec![
        Block::Paragraph(format!(
            "At equal rates, lane {}: requests are due at fixed intervals on {} connections, \
             whether or not earlier ones are answered (open loop). Latency is measured from the \
             moment when a request was due, so a stall counts for every request that it delays. \
             Percentiles are calculated within slices of {} ms or at least {} requests. Each is \
             compared with those of all servers at this rate in the same fifth of a second. A \
             slice is excluded if the machine, not the server, made requests wait in it.",
            plan.lane.name(),
            plan.connections,
            plan.slice_ms,
            plan.least_requests
        )),
        Block::Paragraph(format!(
            "'Faster' means that the whole interval lies beyond the margin of this run; 'ties', \
             that it lies within {:.0} %. In 95 of 100 such runs all intervals of pairs contain \
             the true value. p99.9 is over all requests. It depends on the machine as much as on \
             the server, and is not compared. A server that answers less than {:.0} % of the \
             offered requests is excluded at that rate.",
            100.0 * LEAST_LATENCY_MARGIN,
            100.0 * ANSWERED
        )),
        Block::Panels(panels.collect()),
    ]
}

fn panel(
    material: &Material<'_>,
    latency: &Latency,
    found: &LatencyComparison,
    rate: usize,
) -> Panel {
    let heading = heading(&latency.rates[rate]);
    let cells: Vec<&OpenLoop> = found
        .cells
        .iter()
        .filter(|cell| cell.rate == rate)
        .collect();
    let sound = || cells.iter().filter(|cell| cell.excluded.is_empty());
    let mut blocks = vec![Block::Table(Captioned::new(
        format!(
            "Latency in microseconds at {heading}: the median over slices, and relative to the \
             reference with a 95 % interval"
        ),
        levels(material, &cells),
    ))];
    let said = COMPARED.iter().filter_map(|&quantile| {
        let pairs = found.pairs.iter();
        let pairs = pairs.filter(|pair| pair.rate == rate && pair.quantile == quantile);
        let said = verdicts(&pairs.collect::<Vec<_>>(), |arm| material.name(arm))?;
        Some(Item::from(format!("p{}: {said}.", percent_of(quantile))))
    });
    let mut items: Vec<Item> = said.collect();
    items.extend(equals(found, rate).map(|said| Item::from(format!("{said}."))));
    items.extend(
        cells
            .iter()
            .filter(|cell| !cell.excluded.is_empty())
            .map(|cell| {
                Item::from(format!(
                    "{} is excluded at this rate: {}.",
                    material.name(cell.arm),
                    cell.excluded.join("; ")
                ))
            }),
    );
    let (disturbed, slices) = left_out(cells.iter().copied());
    items.push(Item::from(format!(
        "{disturbed} of {slices} slices are excluded."
    )));
    blocks.push(Block::List(items));
    let shown: Vec<Shown<'_>> = sound()
        .filter(|cell| !cell.latencies.curve.is_empty())
        .map(|cell| Shown::of(material, cell.arm, &cell.latencies))
        .collect();
    if !shown.is_empty() {
        let late: Vec<Shown<'_>> = sound()
            .filter(|cell| !cell.lateness.curve.is_empty())
            .map(|cell| Shown::of(material, cell.arm, &cell.lateness))
            .collect();
        blocks.push(Block::Folded {
            summary: "Over all requests (the tail depends on the machine as much as on the \
                      server)"
                .to_owned(),
            blocks: vec![
                Block::Chart(curves(
                    format!("rate-{rate}"),
                    format!("Latency by percentile over all requests at {heading}"),
                    &shown,
                )),
                Block::Table(Captioned::new(
                    format!(
                        "Latency in microseconds over all requests at {heading}, and in brackets \
                         from the lowest restart to the highest"
                    ),
                    table(&shown),
                )),
                Block::Table(Captioned::new(
                    format!(
                        "Delay in sending requests, in microseconds, at {heading} (included in the \
                         latency)"
                    ),
                    table(&late),
                )),
            ],
            printed: true,
        });
    }
    Panel { heading, blocks }
}

fn levels(material: &Material<'_>, cells: &[&OpenLoop]) -> Table {
    let names: Vec<String> = COMPARED
        .iter()
        .map(|&quantile| format!("p{}", percent_of(quantile)))
        .collect();
    let columns = names
        .iter()
        .flat_map(|name| [(name.as_str(), Align::Right), ("relative", Align::Left)]);
    let ends = [("p99.9", Align::Right), ("excluded", Align::Right)];
    let columns = [("server", Align::Left)].into_iter().chain(columns);
    let mut table = Table::new(columns.chain(ends));
    for cell in cells {
        let mut row = vec![material.name(cell.arm).to_owned()];
        if cell.excluded.is_empty() {
            for level in &cell.levels {
                row.push(thousands(level.typical_ns / 1e3));
                row.push(level.relative.map_or_else(String::new, interval));
            }
            let pooled = cell.latencies.at(0.999);
            row.push(pooled.map_or_else(String::new, |ns| thousands(ns as f64 / 1e3)));
        } else {
            row.extend(
                COMPARED
                    .iter()
                    .flat_map(|_| ["excluded".to_owned(), String::new()]),
            );
            row.push("excluded".to_owned());
        }
        let share = 100.0 * cell.disturbed as f64 / cell.slices.max(1) as f64;
        row.push(format!("{share:.0} %"));
        table.push(row);
    }
    table
}
