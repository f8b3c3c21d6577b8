//! What works around a framework.

/// Code under a comment that cites an upstream issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workaround {
    /// The file, from the root of the repository.
    pub file: String,
    /// Its first line, from 1: the comment's.
    pub line: usize,
    /// The issues, as `owner/name#123`.
    pub issues: Vec<String>,
    /// The comment, without its slashes.
    pub comment: String,
    /// The code, as the file has it.
    pub code: String,
    /// How many lines of code that is.
    pub lines: usize,
    /// Whether other servers have it as well.
    pub is_shared: bool,
}
