//! Heads without end.

use super::steps::QUIET;
use crate::cases::steps::Differences;
use crate::http::Ending;
use crate::{Context, Deviation};

/// How much a server may take of a head before it ends it: far more than any limit, and more than
/// the system's buffers hold on the way.
const MOST: usize = 16 * 1024 * 1024;

/// How much is sent between two looks at what the server does.
const STEP: usize = 64 * 1024;

/// A head that goes on as long as the server takes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flood<'a> {
    /// What it is called.
    pub(super) what: &'static str,
    /// How it starts.
    pub(super) start: &'a [u8],
    /// What is then sent again and again.
    pub(super) piece: &'static [u8],
}

/// Sends a head without end until the server answers or closes, which it must before it has taken
/// more than any server can mean to hold.
///
/// # Errors
/// A deviation if it takes it all, or answers otherwise than with 4xx.
pub(super) fn swallow(
    context: &Context,
    flood: &Flood<'_>,
    differences: &mut Differences,
) -> Result<(), Deviation> {
    let what = flood.what;
    let mut connection = context.connect()?;
    let block = flood.piece.repeat(STEP / flood.piece.len());
    let mut taken = 0;
    let mut sent = connection.send(flood.start);
    while sent.is_ok() && !connection.has_reacted() {
        if taken >= MOST {
            return Err(Deviation(format!(
                "{what}: the server reads {taken} octets"
            )));
        }
        sent = connection.send(&block);
        taken += block.len();
    }
    let (answers, ending) = connection.receive_all("GET", QUIET);
    match (answers.as_slice(), ending) {
        ([answer], _) if (400..500).contains(&answer.status) => Ok(()),
        ([answer, ..], _) => Err(Deviation(format!("{what} is {}", answer.status))),
        ([], Ending::Closed) => {
            differences.note(format!("closes on {what}"));
            Ok(())
        }
        ([], Ending::Broken(broken)) => Err(Deviation(format!("{what}: {broken}"))),
        ([], Ending::Silent) => Err(Deviation(format!(
            "{what}: the server stops reading, sends no response and keeps the connection open"
        ))),
    }
}
