//! The list of records.

use anyhow::Result;

use super::{Entry, Page, RECORDS, Site, relative, report_of};
use crate::grid::{Column, Grid, GridCell, GridRow};
use crate::html::block::{Block, Section};

pub(super) fn add(site: &mut Site<'_>) -> Result<()> {
    let columns = ["servers", "verdict"].map(|name| Column {
        name: name.to_owned(),
        target: None,
        more: String::new(),
    });
    let rows = site.input.entries.iter().map(row);
    let grid = Grid {
        caption: "Records, the newest first".to_owned(),
        corner: "report",
        columns: columns.into(),
        rows: rows.collect(),
    };
    site.put_page(Page {
        path: RECORDS.to_owned(),
        title: "Records".to_owned(),
        lead: Vec::new(),
        notices: Vec::new(),
        sections: vec![Section {
            id: "records",
            heading: "Every run that is kept",
            blocks: vec![
                Block::Paragraph(
                    "Each report has its charts, its verdicts, its circumstances and a link to its data. Figures of \
                     different machines are not comparable; ratios are to a lesser degree."
                        .to_owned(),
                ),
                Block::Grid(grid),
            ],
        }],
    })
}

fn row(entry: &Entry) -> GridRow {
    let said = |text: String, more: String| GridCell {
        text,
        more,
        ..GridCell::default()
    };
    let missing = entry.conclusion.missing.join(" ");
    GridRow {
        name: entry.name.clone(),
        target: Some(relative(RECORDS, &report_of(&entry.name))),
        more: format!("{}, {}: {}", entry.date(), entry.machine, entry.command),
        cells: vec![
            said(entry.servers.join(", "), String::new()),
            said(entry.conclusion.verdict.join(" "), missing),
        ],
    }
}
