//! A history as one page that needs no other file, no script and no network: a chart a server, and tables a
//! machine.

use anyhow::{Context as _, Result};
use askama::Template as _;

use super::block::{Block, Captioned, Item, Panel, Section};
use super::chart::{Chart, Figure, Step, Timeline};
use super::{Document, Suite};
use crate::history::{Cell, History, LANES, Point, shown};

/// Everything a history says, as a page. `unread` are sentences about records that could not be read.
///
/// # Errors
/// Never in practice: a page is written into memory.
pub fn history(history: &History, unread: &[String], suite: &Suite<'_>) -> Result<String> {
    let sections = history.sections();
    let machines = sections.iter().enumerate();
    let machines = machines.map(|(index, section)| format!("{}: {}", letter(index), section.title));
    let figures = sections.iter().enumerate().map(|(index, section)| {
        let tables = section.tables().into_iter();
        let tables = tables.map(|(name, table)| Block::Table(Captioned::new(name, table)));
        let exclusions = section.exclusions().into_iter().map(Item::from);
        Block::Panels(vec![Panel {
            heading: format!("{}: {}", letter(index), section.title),
            blocks: tables.chain([Block::List(exclusions.collect())]).collect(),
        }])
    });
    let charts = history.servers().into_iter().enumerate();
    let charts = charts.map(|(index, server)| Panel {
        heading: server.to_owned(),
        blocks: vec![Block::Chart(chart(index, server, &history.points(server)))],
    });
    let notes = history.notes();
    let mut all = vec![
        Section {
            id: "servers",
            heading: "Ratio to the reference, run after run",
            blocks: vec![
                Block::Paragraph(
                    "A point is one run: requests per second as a multiple of the reference's, with \
                     the 95 % interval over its restarts. Each letter is a machine. A ratio belongs to \
                     its machine: compare points of one machine only. Where the framework's version \
                     changed there is a dashed line."
                        .to_owned(),
                ),
                Block::List(machines.map(Item::from).collect()),
                Block::Panels(charts.collect()),
            ],
        },
        Section {
            id: "figures",
            heading: "Figures",
            blocks: figures.collect(),
        },
    ];
    if !notes.is_empty() {
        all.push(Section {
            id: "notes",
            heading: "Notes",
            blocks: vec![Block::List(notes.into_iter().map(Item::from).collect())],
        });
    }
    let document = Document {
        title: "Quartet: history",
        base_style: suite.style,
        home: None,
        provenance: history.period(),
        verdict: Vec::new(),
        notices: unread.to_vec(),
        sections: all,
    };
    document.render().context("the page cannot be created")
}

/// What a machine is called in charts.
fn letter(index: usize) -> String {
    let letters = 'A'..='Z';
    letters
        .clone()
        .nth(index)
        .map_or_else(|| (index + 1).to_string(), String::from)
}

fn chart(index: usize, server: &str, points: &[Point<'_>]) -> Chart {
    let steps: Vec<Step> = points
        .iter()
        .map(|point| Step {
            label: point.date.get(5..).unwrap_or(point.date).to_owned(),
            group: letter(point.section),
            version: point.version.unwrap_or("?").to_owned(),
            figures: point.cells.each_ref().map(|cell| match cell {
                Cell::Ratio(ratio) => Figure::Ratio(*ratio),
                Cell::Excluded(_) => Figure::Excluded,
                Cell::Rate(_) | Cell::Nothing(_) => Figure::Nothing,
            }),
        })
        .collect();
    let said = points.iter().map(|point| {
        let cells = LANES.iter().zip(point.cells);
        let cells = cells.map(|(lane, cell)| format!("{} {}", lane.name(), shown(cell)));
        format!(
            "{} on {}, version {}: {}",
            point.date,
            letter(point.section),
            point.version.unwrap_or("unknown"),
            cells.collect::<Vec<_>>().join(", ")
        )
    });
    let timeline = Timeline {
        series: LANES.map(|lane| lane.name()),
        steps: &steps,
        across_caption: "runs, by machine and then by date (month-day)",
        up_caption: "requests per second, as a multiple; up is faster",
    };
    timeline.draw(
        format!("history-{index}"),
        format!("{server}: requests per second relative to the reference"),
        format!("{}.", said.collect::<Vec<_>>().join("; ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::Simulation;

    #[test]
    fn a_page_has_a_chart_a_server_and_a_table_a_machine() {
        let mut found = History::default();
        let first = Simulation::new(3).run();
        let mut second = Simulation::new(3).run();
        second.started = "2026-11-05T10:00:00Z".to_owned();
        second.machine.processor = Some("Other <9000>".to_owned());
        for (name, record) in [("a", &first), ("b", &second)] {
            found.add(name, record).unwrap();
        }
        let suite = Suite {
            cases: Vec::new(),
            style: "",
        };
        let page = history(&found, &["c: not read".to_owned()], &suite).unwrap();
        assert_eq!(
            page.matches("<svg role=\"img\"").count(),
            3,
            "axum, warp and salvo"
        );
        assert!(page.contains("c: not read"), "{page}");
        assert!(
            page.contains("B: Other &#60;9000&#62;") && !page.contains("<9000>"),
            "{page}"
        );
        assert!(
            page.contains("2026-11-02 on A, version 0.8.9: item 0."),
            "{page}"
        );
        assert!(page.contains("From 2026-11-02 to 2026-11-05"), "{page}");
        for id in ["servers", "figures", "notes"] {
            assert!(page.contains(&format!("<section id=\"{id}\">")), "{id}");
        }
    }

    #[test]
    fn machines_have_letters_as_far_as_these_go() {
        assert_eq!([0, 25, 26].map(letter), ["A", "Z", "27"]);
    }
}
