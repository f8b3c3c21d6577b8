//! Colour, where there is a terminal that wants it.

use std::io::IsTerminal;

use crate::judgement::Standing;

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// With ANSI escape sequences.
    Coloured,
    /// As it is.
    Plain,
}

impl Style {
    /// Coloured if `stream` is a terminal and the environment has no `NO_COLOR` that is not empty
    /// (<https://no-color.org>).
    pub fn of(stream: &impl IsTerminal) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if stream.is_terminal() && !refused {
            Self::Coloured
        } else {
            Self::Plain
        }
    }

    /// `text` in the colour of a standing.
    pub(super) fn paint(self, standing: Standing, text: &str) -> String {
        let code = match standing {
            Standing::Good => "32",
            Standing::NotApplicable => "2",
            Standing::Known | Standing::Warning | Standing::Otherwise | Standing::Violation => "33",
            Standing::Failure | Standing::Stale | Standing::Error => "31;1",
        };
        self.wrap(code, text)
    }

    /// `text` in the colour of what must be seen to.
    pub fn bad(self, text: &str) -> String {
        self.paint(Standing::Failure, text)
    }

    /// `text` in bold.
    pub(super) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        match self {
            Self::Coloured => format!("\x1b[{code}m{text}\x1b[0m"),
            Self::Plain => text.to_owned(),
        }
    }
}
