//! A process that must refuse to start.

use std::process::ExitStatus;
use std::time::Duration;

use crate::servers::{Process, Server, StartOptions};
use crate::{Context, Deviation, ensure};

/// How long a process may take to find out that it cannot start.
const LIMIT: Duration = Duration::from_secs(10);

/// What a failure looks like that a program did not foresee.
const UNFORESEEN: [&str; 6] = [
    "panicked at",
    "stack backtrace",
    "RUST_BACKTRACE",
    "Traceback (most recent call last)",
    "Exception in ",
    "goroutine ",
];

/// A process that has ended.
#[derive(Debug)]
pub(in crate::cases) struct Ended {
    pub(in crate::cases) status: ExitStatus,
    pub(in crate::cases) stdout: String,
    pub(in crate::cases) stderr: String,
}

/// Starts a process and waits for its end.
///
/// # Errors
/// A deviation, which says what it was started with, if it gets ready or does not end.
pub(in crate::cases) fn run(
    context: &Context,
    options: StartOptions,
    with: &str,
) -> Result<Ended, Deviation> {
    ended(context.spawn(options)?, with)
}

/// The same of a server with another stanza, which has the same program.
///
/// # Errors
/// As [`run`].
pub(in crate::cases) fn run_as(
    context: &Context,
    server: &Server,
    mut options: StartOptions,
    with: &str,
) -> Result<Ended, Deviation> {
    options.program = Some(context.launch()?.program.clone());
    let started = Process::spawn(server, &options);
    ended(started.map_err(|error| Deviation(error.to_string()))?, with)
}

/// Waits for a process's end.
///
/// # Errors
/// A deviation, which says what it was started with, if it gets ready or does not end.
pub(super) fn ended(mut process: Process, with: &str) -> Result<Ended, Deviation> {
    if let Some(address) = process.announced(LIMIT) {
        return Err(Deviation(format!(
            "with {with} it starts nevertheless, on {address}"
        )));
    }
    let Some(status) = process.ended_within(LIMIT) else {
        return Err(Deviation(format!(
            "with {with} it had not ended after {LIMIT:?}"
        )));
    };
    Ok(Ended {
        status,
        stdout: process.stdout_at_end(),
        stderr: process.stderr_at_end(),
    })
}

impl Ended {
    /// Checks that the process gave up in good order: a status that is neither 0 nor a signal's,
    /// nothing on standard output, and something a person can read on standard error.
    ///
    /// # Errors
    /// A deviation if it did not.
    pub(in crate::cases) fn ensure_orderly(&self, with: &str) -> Result<(), Deviation> {
        let Self {
            status,
            stdout,
            stderr,
        } = self;
        ensure!(
            status.code().is_some_and(|code| code != 0),
            "with {with} it ends with {status}"
        );
        ensure!(
            stdout.is_empty(),
            "with {with} it prints {stdout:?} on standard output"
        );
        ensure!(
            !stderr.trim().is_empty(),
            "with {with} it ends with nothing on standard error"
        );
        let unforeseen = |line: &&str| UNFORESEEN.iter().any(|text| line.contains(text));
        if let Some(line) = stderr.lines().find(unforeseen) {
            return Err(Deviation(format!(
                "with {with} it fails with an internal error: {line}"
            )));
        }
        Ok(())
    }

    /// The one line on standard error.
    ///
    /// # Errors
    /// A deviation if there are more.
    pub(in crate::cases) fn only_line(&self, with: &str) -> Result<&str, Deviation> {
        let line = self.stderr.trim_end();
        ensure!(
            !line.contains('\n'),
            "with {with} it prints {} lines on standard error, not one: {line:.200?}",
            line.lines().count()
        );
        Ok(line)
    }
}
