//! A table of short answers: a row a question, a column a server. It fits a phone's width with four columns.

use super::block::Link;

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
    /// That there is no answer.
    pub(crate) fn nothing() -> Self {
        Self {
            text: "–".to_owned(),
            ..Self::default()
        }
    }
}
