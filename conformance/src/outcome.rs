//! What a case may conclude. No case is known here.

use std::fmt;

/// What a case concluded about a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The requirement is met.
    Conforms,
    /// The requirement is not met, and why.
    Deviates(String),
    /// The answer is legal but not the one the contract names, or one of several: which one.
    Differs(String),
    /// The case says nothing about this target, and why.
    NotApplicable(String),
}

impl Verdict {
    /// The verdict in one word, as reports and the JSON schema have it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Deviates(_) => "deviates",
            Self::Differs(_) => "differs",
            Self::NotApplicable(_) => "not-applicable",
        }
    }

    /// Why, which answer, or which need; nothing where the server conforms.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Conforms => None,
            Self::Deviates(note) | Self::Differs(note) | Self::NotApplicable(note) => Some(note),
        }
    }
}

/// Why a server deviates, as one or two sentences without a full stop at the end.
///
/// It is the error of a case's steps, so that `?` ends a case at the first one that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation(pub String);

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Deviation {}

impl From<String> for Deviation {
    fn from(why: String) -> Self {
        Self(why)
    }
}

/// What a case returns: a verdict, or the step at which the server was found to deviate.
pub type Outcome = Result<Verdict, Deviation>;

/// Ends the case with a deviation unless the condition holds: `ensure!(ok, "why {}", value)`.
#[macro_export]
macro_rules! ensure {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err($crate::Deviation(format!($($why)+)));
        }
    };
}
