//! Latency at rates that are the same for all.

use quartet_analysis::statistics::LEAST_LATENCY_MARGIN;
use quartet_analysis::{ANSWERED, COMPARED, LatencyComparison, OpenLoop};
use quartet_record::Latency;

use super::block::{Block, Captioned, Item, Panel};
use super::material::Material;
use super::percentiles::{Shown, curves, table};
use crate::numbers::percent_of;
use crate::table::Align;
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
             compared with those of all servers in the same block: one slice of every server at \
             this rate, one after the other. A slice is excluded if the machine, not the server, made requests wait in it.",
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
    let mut levels = material.tables.at_rate(found, rate);
    let excluded = cells.iter().map(|cell| {
        let share = cell.disturbed as f64 / cell.slices.max(1) as f64;
        format!("{:.0} %", 100.0 * share)
    });
    levels.widen(("slices excluded", Align::Right), excluded);
    let mut blocks = vec![Block::Table(Captioned::new(
        format!(
            "Latency in microseconds at {heading}: the median over slices, and relative to the \
             reference with a 95 % interval"
        ),
        levels,
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
