//! A table of text, for a terminal or as Markdown.

use std::fmt::Write as _;

/// On which side a column's text lines up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// Rows of text under a heading. Every row has as many cells as there are columns: missing ones
/// are empty, more are dropped.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Align)>) -> Self {
        let columns = columns
            .into_iter()
            .map(|(name, align)| (name.to_owned(), align))
            .collect();
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn push(&mut self, mut row: Vec<String>) {
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
    }

    /// Adds a column at the right, with a cell for each row.
    pub fn widen(&mut self, (name, align): (&str, Align), cells: impl IntoIterator<Item = String>) {
        self.columns.push((name.to_owned(), align));
        let mut cells = cells.into_iter();
        for row in &mut self.rows {
            row.push(cells.next().unwrap_or_default());
        }
    }

    /// Each column's heading, and on which side it lines up.
    pub fn columns(&self) -> impl Iterator<Item = (&str, Align)> {
        self.columns
            .iter()
            .map(|(name, align)| (name.as_str(), *align))
    }

    /// The rows, each with a cell a column.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// Columns of equal width, two spaces apart, the heading underlined.
    pub fn text(&self) -> String {
        let widths = self.widths();
        let line = |cells: &[&str]| {
            let padded: Vec<String> = cells
                .iter()
                .zip(&self.columns)
                .zip(&widths)
                .map(|((cell, (_, align)), &width)| match align {
                    Align::Left => format!("{cell:<width$}"),
                    Align::Right => format!("{cell:>width$}"),
                })
                .collect();
            padded.join("  ").trim_end().to_owned()
        };
        let rules: Vec<String> = widths.iter().map(|&width| "─".repeat(width)).collect();
        let mut text = String::new();
        let heading: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        for cells in [&heading, &rules] {
            text.push_str(&line(cells));
            text.push('\n');
        }
        for row in &self.rows {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            text.push_str(&line(&cells));
            text.push('\n');
        }
        text
    }

    /// A table as GitHub reads it.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        let mut line = |cells: Vec<String>| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        };
        line(self.columns.iter().map(|(name, _)| escaped(name)).collect());
        let rule = |align: &Align| match align {
            Align::Left => "---".to_owned(),
            Align::Right => "---:".to_owned(),
        };
        line(self.columns.iter().map(|(_, align)| rule(align)).collect());
        for row in &self.rows {
            line(row.iter().map(|cell| escaped(cell)).collect());
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        self.columns
            .iter()
            .enumerate()
            .map(|(index, (name, _))| {
                let cells = self.rows.iter().map(|row| row[index].chars().count());
                cells.chain([name.chars().count()]).max().unwrap_or(0)
            })
            .collect()
    }
}

fn escaped(cell: &str) -> String {
    cell.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([("server", Align::Left), ("µs", Align::Right)]);
        table.push(vec!["axum".to_owned(), "6.50".to_owned()]);
        table.push(vec!["actix-web".to_owned()]);
        table
    }

    #[test]
    fn text_lines_up() {
        assert_eq!(
            table().text(),
            "server       µs\n─────────  ────\naxum       6.50\nactix-web\n"
        );
    }

    #[test]
    fn markdown_says_which_way_to_align() {
        assert_eq!(
            table().markdown(),
            "| server | µs |\n| --- | ---: |\n| axum | 6.50 |\n| actix-web |  |\n"
        );
    }

    #[test]
    fn markdown_cells_do_not_end_early() {
        let mut table = Table::new([("a", Align::Left)]);
        table.push(vec!["x|y\nz".to_owned()]);
        assert!(table.markdown().ends_with("| x\\|y z |\n"));
    }
}
