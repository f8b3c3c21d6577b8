//! What the page is made of: sections of blocks. The templates escape every text.

use askama::Template;
use askama::filters::HtmlSafe;

use super::chart::Chart;
use crate::grid::Grid;
pub(crate) use crate::grid::Link;
use crate::table::{Align, Table};

/// A part of the page, under a heading of the second level.
pub(crate) struct Section {
    /// The name of its place on the page.
    pub(crate) id: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) blocks: Vec<Block>,
}

/// One thing on the page.
#[derive(Template)]
#[template(path = "block.html")]
pub(crate) enum Block {
    Paragraph(String),
    /// A sentence that matters most.
    Lead(String),
    List(Vec<Item>),
    /// Terms and what is said of each.
    Terms(Vec<(String, String)>),
    Chart(Chart),
    Table(Captioned),
    Matrix(Matrix),
    Grid(Grid),
    /// Markup that was made here.
    Html(String),
    Code(String),
    /// Shown when asked for.
    Folded {
        summary: String,
        blocks: Vec<Block>,
        /// Whether it is on paper too.
        printed: bool,
    },
    /// Side by side where there is room.
    Panels(Vec<Panel>),
}

impl HtmlSafe for Block {}

/// Blocks under a heading of the third level.
pub(crate) struct Panel {
    pub(crate) heading: String,
    pub(crate) blocks: Vec<Block>,
}

/// An entry of a list.
pub(crate) struct Item {
    pub(crate) text: String,
    pub(crate) link: Option<Link>,
}

impl<T: Into<String>> From<T> for Item {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            link: None,
        }
    }
}

/// A table and what it is of.
pub(crate) struct Captioned {
    pub(crate) caption: String,
    pub(crate) table: Table,
    /// Which column names the row.
    pub(crate) header: usize,
    /// What is said instead of the cells that a row leaves empty at its end: row, and words.
    pub(crate) notes: Vec<(usize, String)>,
}

impl Captioned {
    /// A table whose first column names the row.
    pub(crate) fn new(caption: impl Into<String>, table: Table) -> Self {
        Self {
            caption: caption.into(),
            table,
            header: 0,
            notes: Vec::new(),
        }
    }

    fn columns(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let columns = self.table.columns();
        columns.map(|(name, align)| (name, class(align)))
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let rows = self.table.rows().iter().enumerate();
        rows.map(|(index, cells)| self.row(index, cells))
    }

    fn row<'a>(&'a self, index: usize, cells: &'a [String]) -> Row<'a> {
        let note = self.notes.iter().find(|(row, _)| *row == index);
        let filled = match note {
            Some(_) => cells.iter().rposition(|cell| !cell.is_empty()),
            None => cells.len().checked_sub(1),
        };
        let kept = filled.map_or(0, |last| last + 1);
        let columns = self.table.columns().zip(cells).take(kept);
        Row {
            cells: columns
                .enumerate()
                .map(|(column, ((_, align), text))| Cell {
                    header: column == self.header,
                    class: class(align),
                    text,
                })
                .collect(),
            note: note.map(|(_, note)| (cells.len() - kept, note.as_str())),
        }
    }
}

fn class(align: Align) -> &'static str {
    match align {
        Align::Left => "",
        Align::Right => "number",
    }
}

struct Row<'a> {
    cells: Vec<Cell<'a>>,
    /// How many columns are left, and what is said there.
    note: Option<(usize, &'a str)>,
}

struct Cell<'a> {
    header: bool,
    class: &'static str,
    text: &'a str,
}

/// The table behind a chart.
pub(crate) fn behind(caption: String, table: Table) -> Block {
    Block::Folded {
        summary: "As a table".to_owned(),
        blocks: vec![Block::Table(Captioned::new(caption, table))],
        printed: false,
    }
}

/// Which server does what: a word a cell.
pub(crate) struct Matrix {
    pub(crate) caption: String,
    pub(crate) servers: Vec<String>,
    pub(crate) rows: Vec<MatrixRow>,
}

/// One requirement.
pub(crate) struct MatrixRow {
    pub(crate) id: String,
    pub(crate) requirement: String,
    pub(crate) cells: Vec<Option<Mark>>,
}

/// What was found of one server.
pub(crate) struct Mark {
    pub(crate) word: &'static str,
    pub(crate) class: &'static str,
    /// Empty where there is nothing to say.
    pub(crate) note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([
            ("place", Align::Left),
            ("server", Align::Left),
            ("a", Align::Right),
            ("b", Align::Right),
        ]);
        table.push(vec!["1".to_owned(), "<x>".to_owned(), "2".to_owned()]);
        table.push(vec!["excluded".to_owned(), "y".to_owned()]);
        table
    }

    #[test]
    fn tables_have_captions_scopes_and_notes() {
        let captioned = Captioned {
            header: 1,
            notes: vec![(1, "too slow & late".to_owned())],
            ..Captioned::new("Rates", table())
        };
        let html = Block::Table(captioned).to_string();
        assert!(
            html.contains("<caption><span>Rates</span></caption>"),
            "{html}"
        );
        assert!(
            html.contains("<th scope=\"col\" class=\"number\">a</th>"),
            "{html}"
        );
        assert!(!html.contains("<x>"), "{html}");
        assert_eq!(html.matches("scope=\"row\"").count(), 2);
        assert!(html.contains("<td colspan=\"2\">too slow"), "{html}");
        assert!(!html.contains("slow & late"), "{html}");
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert!(Link::web("https://github.com/a/b/issues/1").is_some());
        assert!(Link::web("javascript:alert(1)").is_none());
    }
}
