//! What every part of the report in text is made with. It knows nothing of what the parts say.

use std::fmt::Write as _;

use quartet_record::Record;
use quartet_record::plan::ArmRole;

use crate::table::Table;

/// How tables are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Columns of equal width.
    Text,
    /// GitHub's Markdown.
    Markdown,
}

/// A record, and how it is shown.
pub(crate) struct Page<'a> {
    pub(crate) record: &'a Record,
    pub(crate) form: Form,
}

impl Form {
    pub(crate) fn title(self, text: &str) -> String {
        match self {
            Self::Text => format!("{text}\n"),
            Self::Markdown => format!("### {text}\n"),
        }
    }

    pub(crate) fn table(self, table: &Table) -> String {
        match self {
            Self::Text => table.text(),
            Self::Markdown => table.markdown(),
        }
    }

    pub(crate) fn list(self, items: &[String]) -> String {
        let mark = match self {
            Self::Text => "·",
            Self::Markdown => "-",
        };
        items.iter().fold(String::new(), |mut list, item| {
            // Writing to a string does not fail.
            let _ = writeln!(list, "{mark} {item}");
            list
        })
    }
}

impl Page<'_> {
    pub(crate) fn title(&self, text: String) -> String {
        self.form.title(&text)
    }

    pub(crate) fn table(&self, table: &Table) -> String {
        self.form.table(table)
    }

    pub(crate) fn list(&self, items: &[String]) -> String {
        self.form.list(items)
    }

    pub(crate) fn name(&self, arm: usize) -> &str {
        &self.record.plan.arms[arm].name
    }

    pub(crate) fn reference(&self) -> Option<&str> {
        let reference = self.record.plan.first(ArmRole::Reference)?;
        Some(self.name(reference))
    }
}
