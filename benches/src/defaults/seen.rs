//! What was seen of a program. What is looked for is not known here.

/// What was seen of one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Whether the framework has the capability by itself.
    pub(super) is_built_in: bool,
    /// What was observed, in a few words.
    pub(super) what: String,
}

impl Seen {
    pub(super) fn new(is_built_in: bool, what: impl Into<String>) -> Self {
        Self {
            is_built_in,
            what: what.into(),
        }
    }
}
