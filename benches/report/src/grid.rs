//! A table of short answers: a row a question, a column a server. On a page it fits a phone's width with four columns;
//! it is written as Markdown too.

use std::fmt::Write as _;

/// The table.
pub(crate) struct Grid {
    pub(crate) caption: String,
    /// What the first column has.
    pub(crate) corner: &'static str,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<GridRow>,
}

/// A column's heading.
pub(crate) struct Column {
    pub(crate) name: String,
    /// Where there is more about it.
    pub(crate) target: Option<String>,
    /// Said below, smaller. Empty where there is nothing to say.
    pub(crate) more: String,
}

/// A row.
pub(crate) struct GridRow {
    pub(crate) name: String,
    /// Where there is more about it.
    pub(crate) target: Option<String>,
    /// Said below, smaller. Empty where there is nothing to say.
    pub(crate) more: String,
    pub(crate) cells: Vec<GridCell>,
}

/// An answer.
#[derive(Default)]
pub(crate) struct GridCell {
    pub(crate) text: String,
    /// Where the evidence is.
    pub(crate) target: Option<String>,
    /// Whether it stands out from the others of its row.
    pub(crate) strong: bool,
    /// Said below, smaller. Empty where there is nothing to say.
    pub(crate) more: String,
    pub(crate) links: Vec<Link>,
}

impl GridCell {
    /// What stands where there is no answer.
    pub(crate) const NOTHING: &'static str = "–";

    /// That there is no answer.
    pub(crate) fn nothing() -> Self {
        Self {
            text: Self::NOTHING.to_owned(),
            ..Self::default()
        }
    }
}

/// A place to go on reading.
pub(crate) struct Link {
    pub(crate) label: String,
    pub(crate) target: String,
}

impl Link {
    /// A link to a page of the web. None where the text is no such address: a record may be
    /// anyone's.
    pub(crate) fn web(address: &str) -> Option<Self> {
        let known = ["https://", "http://"];
        known
            .iter()
            .any(|scheme| address.starts_with(scheme))
            .then(|| Self {
                label: address.to_owned(),
                target: address.to_owned(),
            })
    }
}

impl Grid {
    /// The table as Markdown, without its caption.
    ///
    /// # Errors
    /// Never, as far as is known: it is written to memory.
    pub(crate) fn markdown(&self) -> Result<String, std::fmt::Error> {
        let mut text = format!("| {} |", self.corner);
        for column in &self.columns {
            let name = linked(&column.name, column.target.as_deref());
            write!(text, " {} |", joined(name, &column.more, " "))?;
        }
        text += "\n|---|";
        text += &"---|".repeat(self.columns.len());
        text.push('\n');
        for row in &self.rows {
            let name = linked(&row.name, row.target.as_deref());
            write!(text, "| {} |", joined(name, &row.more, ", "))?;
            for cell in &row.cells {
                write!(text, " {} |", cell.markdown())?;
            }
            text.push('\n');
        }
        Ok(text)
    }
}

impl GridCell {
    fn markdown(&self) -> String {
        let mut text = linked(&self.text, self.target.as_deref());
        if self.strong {
            text = format!("**{text}**");
        }
        text = joined(text, &self.more, "; ");
        for link in &self.links {
            text += ", ";
            text += &linked(&link.label, Some(&link.target));
        }
        text
    }
}

fn joined(text: String, more: &str, between: &str) -> String {
    match more {
        "" => text,
        more => format!("{text}{between}{}", escaped(more)),
    }
}

fn linked(text: &str, target: Option<&str>) -> String {
    match target {
        Some(target) => format!("[{}]({target})", escaped(text)),
        None => escaped(text),
    }
}

/// A bar ends a cell, wherever it is.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown_with_its_links_and_without_stray_bars() {
        let cell = GridCell {
            text: "2".to_owned(),
            target: Some("a.md".to_owned()),
            strong: true,
            more: "of 3 | 4".to_owned(),
            links: vec![Link {
                label: "why".to_owned(),
                target: "b.md".to_owned(),
            }],
        };
        let grid = Grid {
            caption: "Counts".to_owned(),
            corner: "what",
            columns: vec![Column {
                name: "axum".to_owned(),
                target: None,
                more: "0.8".to_owned(),
            }],
            rows: vec![GridRow {
                name: "Some".to_owned(),
                target: None,
                more: String::new(),
                cells: vec![cell],
            }],
        };
        assert_eq!(
            grid.markdown().unwrap(),
            "| what | axum 0.8 |\n|---|---|\n| Some | **[2](a.md)**; of 3 \\| 4, [why](b.md) |\n"
        );
    }
}
