//! How the command ends when it does not end well, and what every part of it says that with.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use quartet_record::Record;
use quartet_report::variants::Slowdown;

use crate::interrupt;

/// Why the command failed.
#[derive(Debug)]
pub enum Failure {
    /// It was asked for what cannot be: one line that says so.
    Usage(String),
    /// It was asked to stop early, and did.
    Interrupted,
    /// It measured, and no row counts.
    AllExcluded,
    /// It measured, and what it was asked for has no valid result: one line that says why.
    NoResult(String),
    /// What was to be shown did not hold: one line that says what.
    Unmet(String),
    /// Two records differ. The conclusion on standard output has said so.
    Inconsistent,
    /// Anything else.
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl Failure {
    /// What a limit on slowdowns makes of what was found: only a proven one is a failure, and one that is open is said.
    ///
    /// # Errors
    /// [`Failure::Unmet`] where it is proven, [`Failure::NoResult`] where nothing is known of it.
    pub(crate) fn of_slowdown(found: Slowdown) -> std::result::Result<(), Self> {
        match found {
            Slowdown::Proven(sentence) => Err(Self::Unmet(sentence)),
            Slowdown::Unknown(sentence) => Err(Self::NoResult(sentence)),
            Slowdown::Open(sentence) => {
                eprintln!("{sentence}");
                Ok(())
            }
            Slowdown::Refuted => Ok(()),
        }
    }

    /// What is wrong with what the command line says, with its causes on the same line.
    pub fn usage(error: &anyhow::Error) -> Self {
        Self::Usage(format!("{error:#}"))
    }

    /// Says it on standard error, and gives the exit code: 2 for usage, 3 where there is no valid result,
    /// 4 where what was to be shown did not hold, 130 where interrupted, 1 otherwise.
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Usage(sentence) => {
                eprintln!("compare: {}", harmless(sentence));
                ExitCode::from(2)
            }
            Self::Interrupted => {
                eprintln!("compare: interrupted");
                ExitCode::from(interrupt::EXIT_STATUS as u8)
            }
            Self::AllExcluded => {
                eprintln!("compare: every row is excluded; the verdict says why, and what to do");
                ExitCode::from(3)
            }
            Self::NoResult(sentence) => {
                eprintln!("compare: {}", harmless(sentence));
                ExitCode::from(3)
            }
            Self::Unmet(sentence) => {
                eprintln!("compare: {}", harmless(sentence));
                ExitCode::from(4)
            }
            Self::Inconsistent => ExitCode::from(4),
            Self::Other(error) => {
                eprintln!("compare: {}", harmless(&format!("{error:#}")));
                ExitCode::FAILURE
            }
        }
    }
}

/// Reads a record that the command line names.
///
/// # Errors
/// [`Failure::Usage`] where [`Record::read`] fails: the command line names what is no record.
pub fn named(path: &Path) -> Result<Record, Failure> {
    Record::read(path).map_err(|error| Failure::usage(&error))
}

/// Records that could not be read where several were to be shown.
pub(crate) mod unreadable {
    use super::{Failure, harmless};

    /// Why one was not.
    pub(crate) fn sentence(error: &anyhow::Error) -> String {
        format!("not read: {error:#}")
    }

    /// Says such sentences on standard error.
    pub(crate) fn name(unread: &[String]) {
        for sentence in unread {
            eprintln!("compare: {}", harmless(sentence));
        }
    }

    /// How a command ends that has shown the others.
    ///
    /// # Errors
    /// If there are any.
    pub(crate) fn end(unread: &[String], total: usize) -> Result<(), Failure> {
        match unread.len() {
            0 => Ok(()),
            count => Err(anyhow::anyhow!("{count} of {total} records could not be read").into()),
        }
    }
}

/// Whether a file that an option names has a place, before anything is done for it that takes long.
///
/// # Errors
/// [`Failure::Usage`] where it has none.
pub(crate) fn can_be_written(option: &str, file: &Path) -> Result<(), Failure> {
    let directory = match file.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    };
    let why = match (file.is_dir(), directory.is_dir()) {
        (true, _) => format!("{} is a directory", file.display()),
        (false, false) => format!("{} is no directory", directory.display()),
        (false, true) => return Ok(()),
    };
    Err(Failure::Usage(format!("{option}: {why}")))
}

/// Writes to standard output. A reader that has gone away, such as `head`, is no error.
///
/// # Errors
/// Where it cannot be written to for another reason.
pub fn print(text: &str) -> Result<()> {
    let text = harmless(text);
    let mut output = io::stdout().lock();
    match output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// A text without the control characters that a terminal would obey: records of others may have any.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let is_obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    match text.contains(is_obeyed) {
        true => Cow::Owned(text.replace(is_obeyed, "\u{fffd}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_of_a_record() {
        assert_eq!(
            harmless("a\u{1b}[31mb\r\n\tc"),
            "a\u{fffd}[31mb\u{fffd}\n\tc"
        );
        assert!(matches!(harmless("axum 1.2 %\n"), Cow::Borrowed(_)));
    }
}
