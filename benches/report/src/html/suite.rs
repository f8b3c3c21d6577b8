//! What a page says of the conformance suite besides what is in the record.

/// The suite whose cases a record has findings of.
#[derive(Clone, Debug)]
pub struct Suite<'a> {
    /// Its cases in its order: the id of each, and what it requires.
    pub cases: Vec<(&'a str, &'a str)>,
    /// The style sheet of its own pages, on which the page's builds.
    pub style: &'a str,
}
