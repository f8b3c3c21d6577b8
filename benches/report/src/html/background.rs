//! What a page says besides what is in its record.

use crate::defaults::Defaults;
use crate::upkeep::Upkeep;

/// What a page says besides what is in its record.
#[derive(Clone, Debug)]
pub struct Background<'a> {
    /// The suite whose findings records have.
    pub suite: Suite<'a>,
    /// What each framework does by default, where that is known.
    pub defaults: Option<Defaults>,
    /// How each framework is kept up, where that is known.
    pub upkeep: Option<Upkeep>,
    /// A link to the page that a set of pages begins with, where the page is one of a set.
    pub home: Option<String>,
}

#[cfg(test)]
impl Background<'_> {
    /// Nothing.
    pub(crate) fn nothing() -> Self {
        Self {
            suite: Suite {
                cases: Vec::new(),
                style: "",
            },
            defaults: None,
            upkeep: None,
            home: None,
        }
    }
}

/// The suite whose cases a record has findings of.
#[derive(Clone, Debug)]
pub struct Suite<'a> {
    /// Its cases in its order: the id of each, and what it requires.
    pub cases: Vec<(&'a str, &'a str)>,
    /// The style sheet of its own pages, on which the page's builds.
    pub style: &'a str,
}
