//! The raw data: where the record is, and each restart's figures.

use quartet_analysis::Detail;

use super::block::{Block, Captioned, Item, Link, Section};
use super::material::Material;
use crate::numbers::thousands;
use crate::table::{Align, Table};

pub(super) fn section(material: &Material<'_>, record: Option<&str>) -> Section {
    let item = match record {
        Some(target) => Item {
            text: "All slices, latencies and orders of this run:".to_owned(),
            link: Some(Link {
                label: target.to_owned(),
                target: target.to_owned(),
            }),
        },
        None => Item::from("All slices, latencies and orders are in this run's record."),
    };
    let mut blocks = vec![Block::List(vec![item])];
    blocks.extend(material.lanes().map(|(lane, details)| Block::Folded {
        summary: format!("Each restart, lane {}", lane.lane.name()),
        blocks: vec![Block::Table(Captioned::new(
            format!(
                "Lane {}: requests per second (the median of the slices), and in brackets \
                 relative to {}. These ratios are the sample of the intervals. They are \
                 calculated from neighbouring slices, and are not the quotients of these medians",
                lane.lane.name(),
                material.reference().unwrap_or("the reference")
            ),
            table(material, details),
        ))],
        printed: false,
    }));
    Section {
        id: "raw",
        heading: "Raw data",
        blocks,
    }
}

fn table(material: &Material<'_>, details: &[Detail]) -> Table {
    let servers = details
        .iter()
        .map(|detail| (material.name(detail.arm), Align::Right));
    let mut table = Table::new([("restart", Align::Left)].into_iter().chain(servers));
    for restart in &material.record.restarts {
        let number = restart.restart;
        let figures = details.iter().map(|detail| {
            let found = detail.restarts.iter().find(|one| one.restart == number);
            found.map_or_else(String::new, |one| match one.relative {
                Some(relative) => {
                    format!("{} ({relative:.4})", thousands(one.requests_per_second))
                }
                None => thousands(one.requests_per_second),
            })
        });
        let cells = [(number + 1).to_string()].into_iter().chain(figures);
        table.push(cells.collect());
    }
    table
}
