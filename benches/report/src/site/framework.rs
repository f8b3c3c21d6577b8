//! The page of each framework: its figures, what it does by default, what works around it, and its history.

use anyhow::Result;
use quartet_record::plan::{ArmRole, Lane};

use super::{Entry, Page, Site, Workaround, framework_page, index, relative, report_of};
use crate::choose::LEGEND;
use crate::defaults::{Defaults, issue_address};
use crate::grid::{Column, Grid, GridCell, GridRow};
use crate::html;
use crate::html::block::{Block, Item, Link, Panel, Section};
use crate::html::chart::{IntervalRow, Intervals};
use crate::html::conformance::deviations;
use crate::html::defaults;
use crate::numbers::interval;

pub(super) fn add(site: &mut Site<'_>) -> Result<()> {
    for name in site.frameworks() {
        let page = framework_page(name);
        let mut sections = Vec::new();
        if let Some(sentence) = index::sentence(site, &page, name)? {
            sections.push(section(
                "take",
                "In one sentence",
                vec![Block::Html(sentence)],
            ));
        }
        sections.extend(figures(site, &page, name));
        sections.extend(by_default(site, &page, name)?);
        sections.push(workarounds(site, &page, name)?);
        sections.extend(upkeep(site, name));
        sections.push(known_deviations(site, &page, name));
        sections.push(division(site, &page, name));
        sections.extend(history(site, &page, name));
        let (_, record, _) = site.input.main;
        let version = record.servers.iter().find(|server| server.name == *name);
        let version = version.and_then(|server| server.version.clone());
        site.put_page(Page {
            title: format!("{name} {}", version.unwrap_or_default())
                .trim_end()
                .to_owned(),
            path: page,
            lead: Vec::new(),
            notices: Vec::new(),
            sections,
        })?;
    }
    Ok(())
}

fn section(id: &'static str, heading: &'static str, blocks: Vec<Block>) -> Section {
    Section {
        id,
        heading,
        blocks,
    }
}

/// The framework's column of the table to choose by.
fn figures(site: &Site<'_>, page: &str, name: &str) -> Option<Section> {
    let mut grid = index::choice(site, page)?;
    let column = grid.columns.iter().position(|column| column.name == name)?;
    let only = |cells: &mut Vec<GridCell>| *cells = vec![cells.swap_remove(column)];
    grid.columns = vec![grid.columns.swap_remove(column)];
    grid.columns[0].target = None;
    for row in &mut grid.rows {
        only(&mut row.cells);
    }
    let all = Item {
        text: "Beside the others:".to_owned(),
        link: Some(Link {
            label: "the table to choose by".to_owned(),
            target: format!("{}#choose", relative(page, super::INDEX)),
        }),
    };
    let blocks = vec![
        Block::Paragraph(LEGEND.to_owned()),
        Block::Grid(grid),
        Block::List(vec![all]),
    ];
    Some(section("figures", "Figures", blocks))
}

fn by_default(site: &mut Site<'_>, page: &str, name: &str) -> Result<Option<Section>> {
    let known = site.input.background.defaults.as_ref();
    let Some((defaults, framework)) = known.and_then(|known| Some((known, known.of(name)?))) else {
        return Ok(None);
    };
    let Defaults { capabilities, .. } = defaults;
    let mut rows = Vec::new();
    for (capability, seen) in capabilities.iter().zip(&framework.seen) {
        let source = match seen.added.first() {
            Some(first) => Some(site.item(page, first)?),
            None => None,
        };
        rows.push(GridRow {
            name: capability.does.clone(),
            target: None,
            more: capability.source.clone(),
            cells: vec![defaults::cell(seen, &|_| source.clone())],
        });
    }
    rows.extend(defaults::demanded(&[framework]));
    let grid = Grid {
        caption: format!("What {name}'s own server does by default"),
        corner: "capability",
        columns: vec![Column {
            name: name.to_owned(),
            target: None,
            more: framework.version.clone(),
        }],
        rows,
    };
    let tally = format!(
        "{} of {} capabilities are built in. {} lines of the finished server and its shared parts add the others.",
        framework.built_in(),
        capabilities.len(),
        framework.added_lines()
    );
    let mut blocks = vec![Block::Paragraph(tally), Block::Grid(grid)];
    blocks.extend(defaults::failed(defaults, &[framework]));
    Ok(Some(section("defaults", "By default", blocks)))
}

fn upkeep(site: &Site<'_>, name: &str) -> Option<Section> {
    let upkeep = site.input.background.upkeep.as_ref()?;
    let blocks = html::upkeep::blocks(upkeep, &[upkeep.of(name)?], &|_| None);
    Some(section(html::upkeep::ID, "Upkeep", blocks))
}

fn workarounds(site: &mut Site<'_>, page: &str, name: &str) -> Result<Section> {
    let found = site
        .input
        .workarounds
        .get(name)
        .map_or(&[][..], Vec::as_slice);
    let own: usize = found
        .iter()
        .filter(|one| !one.is_shared)
        .map(|one| one.lines)
        .sum();
    let mut blocks = vec![Block::Paragraph(match found.len() {
        0 => "No comment in its source cites an upstream issue.".to_owned(),
        _ => format!(
            "What the finished server does because of an upstream issue: {own} lines of its own, and the shared parts \
             that it uses. A later version of the framework may make one unnecessary."
        ),
    })];
    for one in found {
        blocks.extend(workaround(site, page, one)?);
    }
    Ok(section("workarounds", "Workarounds", blocks))
}

fn workaround(site: &mut Site<'_>, page: &str, one: &Workaround) -> Result<[Block; 3]> {
    let source = site.line(page, &one.file, one.line)?;
    let mut items = vec![Item {
        text: if one.is_shared {
            "Shared by several servers:".to_owned()
        } else {
            "In the server:".to_owned()
        },
        link: Some(Link {
            label: format!("{}:{}", one.file, one.line),
            target: source,
        }),
    }];
    items.extend(one.issues.iter().filter_map(|issue| {
        Some(Item {
            text: "Upstream:".to_owned(),
            link: Some(Link {
                label: issue.clone(),
                target: issue_address(issue)?,
            }),
        })
    }));
    let noun = if one.lines == 1 { "line" } else { "lines" };
    Ok([
        Block::Paragraph(one.comment.clone()),
        Block::List(items),
        Block::Folded {
            summary: format!("{} {noun} of {}", one.lines, one.file),
            blocks: vec![Block::Code(one.code.clone())],
            printed: true,
        },
    ])
}

fn known_deviations(site: &Site<'_>, page: &str, name: &str) -> Section {
    let (run, record, _) = site.input.main;
    let servers: Vec<_> = record
        .servers
        .iter()
        .filter(|server| server.name == name)
        .cloned()
        .collect();
    let mut items = deviations(&servers);
    let mut blocks = Vec::new();
    if items.is_empty() {
        blocks.push(Block::Paragraph(
            "The conformance gate found none.".to_owned(),
        ));
    }
    items.push(Item {
        text: "Every case:".to_owned(),
        link: Some(Link {
            label: "conformance in the report".to_owned(),
            target: format!("{}#conformance", relative(page, &report_of(run))),
        }),
    });
    blocks.push(Block::List(items));
    section("deviations", "Deviations and legal variants", blocks)
}

fn division(site: &Site<'_>, page: &str, name: &str) -> Section {
    let mut entries = site.input.entries.iter();
    let found = entries.find(|entry| entry.divided.iter().any(|one| one == name));
    let Some((entry, blocks)) = found.and_then(|entry| Some((entry, entry.division.as_ref()?)))
    else {
        let unknown = "No record has criterion's estimates of it, so the division of a request's time is unknown. `cargo \
                       bench -p quartet-benches` makes them, and `cargo compare attach RUN` puts them into a record.";
        return section(
            "division",
            "Where the time goes",
            vec![Block::Paragraph(unknown.to_owned())],
        );
    };
    let from = Item {
        text: "From".to_owned(),
        link: Some(Link {
            label: entry.name.clone(),
            target: format!("{}#division", relative(page, &report_of(&entry.name))),
        }),
    };
    let mut shown = vec![Block::List(vec![from])];
    shown.extend(blocks.iter().map(|block| Block::Html(block.to_string())));
    section("division", "Where the time goes", shown)
}

/// Its ratio to the reference in each record that compares it, the newest first.
fn history(site: &Site<'_>, page: &str, name: &str) -> Option<Section> {
    let (_, record, analysis) = site.input.main;
    let reference = record.plan.first(ArmRole::Reference);
    let reference = reference.map_or("the reference", |arm| record.plan.arms[arm].name.as_str());
    let lanes: Vec<Lane> = analysis.lanes.iter().map(|lane| lane.lane).collect();
    let panels: Vec<Panel> = lanes
        .iter()
        .filter_map(|&lane| {
            let entries = site.input.entries.iter();
            let rows: Vec<IntervalRow> = entries
                .filter_map(|entry| entry.point(lane, name))
                .collect();
            let said: Vec<String> = rows
                .iter()
                .map(|row| format!("{} {}", row.name, row.shown))
                .collect();
            let plot = Intervals {
                rows: &rows,
                reference,
                margin: 0.01,
            };
            (!rows.is_empty()).then(|| Panel {
                heading: format!("{}: {}", lane.name(), record.plan.request(lane)),
                blocks: vec![Block::Chart(plot.draw(
                    format!("history-{}", lane.name()),
                    format!("Requests per second of {name} relative to {reference}, by record"),
                    format!("The newest first: {}.", said.join("; ")),
                ))],
            })
        })
        .collect();
    if panels.is_empty() {
        return None;
    }
    let columns = lanes.iter().map(|lane| Column {
        name: lane.name().to_owned(),
        target: None,
        more: format!("relative to {reference} (95 %)"),
    });
    let compares = |entry: &&Entry| entry.compared.iter().any(|one| one == name);
    let rows = site.input.entries.iter().filter(compares);
    let grid = Grid {
        caption: format!("{name} in each record, the newest first"),
        corner: "record",
        columns: columns.collect(),
        rows: rows.map(|entry| past(entry, page, name, &lanes)).collect(),
    };
    let blocks = vec![
        Block::Paragraph(
            "Machines and versions differ between records, so a difference between two of them is not a change of the \
             framework by itself. An interval holds for one run."
                .to_owned(),
        ),
        Block::Panels(panels),
        Block::Grid(grid),
    ];
    Some(section("history", "Over the records", blocks))
}

fn past(entry: &Entry, page: &str, name: &str, lanes: &[Lane]) -> GridRow {
    let rows = lanes.iter().map(|&lane| entry.row(lane, name));
    let cells = rows.map(|row| match row {
        Some(row) => GridCell {
            text: row.relative.map_or_else(|| "–".to_owned(), interval),
            more: match row.rank.as_str() {
                "" | "excluded" => row.rank.clone(),
                rank => format!("rank {rank}"),
            },
            ..GridCell::default()
        },
        None => GridCell::nothing(),
    });
    let version = lanes.iter().find_map(|&lane| entry.row(lane, name));
    let version = version.map_or("", |row| row.version.as_str());
    GridRow {
        name: entry.name.clone(),
        target: Some(relative(page, &report_of(&entry.name))),
        more: format!("{version}, {}", entry.machine),
        cells: cells.collect(),
    }
}
