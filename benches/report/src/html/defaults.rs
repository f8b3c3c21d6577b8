//! What each framework does by default.

use super::block::{Block, Item, Link, Section};
use super::material::Material;
use crate::defaults::{Added, Defaults, Demand, Framework, Seen, areas, issue_address};
use crate::grid::{Column, Grid, GridCell, GridRow};

/// Where the section is on the page.
pub(crate) const ID: &str = "defaults";

/// None where nothing is known of any server of the run.
pub(super) fn section(material: &Material<'_>) -> Option<Section> {
    let defaults = material.background.defaults.as_ref()?;
    let known: Vec<&str> = material
        .record
        .servers
        .iter()
        .filter_map(|server| server.framework.as_deref())
        .collect();
    let is_known = |one: &&Framework| known.contains(&one.framework.as_str());
    let frameworks: Vec<&Framework> = defaults.frameworks.iter().filter(is_known).collect();
    if frameworks.is_empty() {
        return None;
    }
    let source = |_: &Added| None;
    let mut blocks = vec![
        Block::Paragraph(explanation().to_owned()),
        Block::Grid(grid(defaults, &frameworks, &|_| None, &source)),
    ];
    blocks.extend(failed(defaults, &frameworks));
    Some(Section {
        id: ID,
        heading: "What each framework does by default",
        blocks,
    })
}

/// What the table is.
pub(crate) fn explanation() -> &'static str {
    "Each cell is what was seen of the framework's plain program: two routes as its README would have them, on the \
     framework's own server, without middleware. Bold: built in. Elsewhere the finished server adds it in so many lines \
     of code; one piece of code may stand for several rows. Nothing here is a verdict: what a framework leaves to the \
     application is its decision, and a proxy in front may do it."
}

/// The table. `page` is a framework's page, by its name, and `source` the place of an item's source.
pub(crate) fn grid(
    defaults: &Defaults,
    frameworks: &[&Framework],
    page: &dyn Fn(&str) -> Option<String>,
    source: &dyn Fn(&Added) -> Option<String>,
) -> Grid {
    let columns = frameworks.iter().map(|one| Column {
        name: one.framework.clone(),
        target: page(&one.framework),
        more: one.version.clone(),
    });
    let rows = defaults.capabilities.iter().enumerate();
    let rows = rows.map(|(row, capability)| GridRow {
        name: capability.does.clone(),
        target: None,
        more: capability.source.clone(),
        cells: frameworks
            .iter()
            .map(|one| cell(&one.seen[row], source))
            .collect(),
    });
    Grid {
        caption: "What each framework's own server does by default".to_owned(),
        corner: "capability",
        columns: columns.collect(),
        rows: rows.chain(demanded(frameworks)).collect(),
    }
}

/// How each meets what RFCs demand: one row an area of the suite.
pub(crate) fn demanded(frameworks: &[&Framework]) -> Vec<GridRow> {
    let areas = areas(frameworks.iter().copied());
    let cell = |one: &&Framework, area| match one.demanded_in(area) {
        Some(found) => GridCell {
            text: format!("{} of {} failed", found.failed.len(), found.cases),
            strong: found.failed.is_empty(),
            ..GridCell::default()
        },
        None => GridCell::default(),
    };
    let row = |area| GridRow {
        name: format!("What RFCs demand of any server, area {area}"),
        target: None,
        more: "the suite's must-cases that RFCs alone demand".to_owned(),
        cells: frameworks.iter().map(|one| cell(one, area)).collect(),
    };
    areas.into_iter().map(row).collect()
}

/// What RFCs demand and some of these fail, and which.
pub(crate) fn failed(defaults: &Defaults, frameworks: &[&Framework]) -> Vec<Block> {
    let items = defaults.demands.iter().filter_map(|demand| {
        let failing = frameworks.iter().filter(|one| one.fails(&demand.case));
        let failing: Vec<&str> = failing.map(|one| one.framework.as_str()).collect();
        let Demand {
            case,
            requirement,
            source,
        } = demand;
        let failing = match failing.as_slice() {
            [] => return None,
            names => names.join(", "),
        };
        Some(Item::from(format!(
            "{case}: {requirement} ({source}) Failed by {failing}."
        )))
    });
    let items: Vec<Item> = items.collect();
    if items.is_empty() {
        return Vec::new();
    }
    let lead = "What RFCs demand of any server and a plain program fails:";
    vec![Block::Paragraph(lead.to_owned()), Block::List(items)]
}

/// What was seen of one capability.
pub(crate) fn cell(seen: &Seen, source: &dyn Fn(&Added) -> Option<String>) -> GridCell {
    let what = seen.what.replace('`', "");
    let Some(first) = seen.added.first() else {
        return GridCell {
            text: "built in".to_owned(),
            strong: true,
            more: what,
            ..GridCell::default()
        };
    };
    let lines: usize = seen.added.iter().map(|added| added.lines).sum();
    let issues = seen
        .added
        .iter()
        .filter_map(|added| added.issue.as_deref())
        .filter_map(|issue| {
            Some(Link {
                label: issue.to_owned(),
                target: issue_address(issue)?,
            })
        });
    GridCell {
        text: match lines {
            1 => "1 line".to_owned(),
            lines => format!("{lines} lines"),
        },
        target: source(first),
        strong: false,
        more: what,
        links: issues.collect(),
    }
}
