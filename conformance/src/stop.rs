//! Ending a run early, with what is decided by then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Whether a run would keep what it has decided.
static IS_ARMED: AtomicBool = AtomicBool::new(false);

/// Whether the run is to end.
static IS_REQUESTED: AtomicBool = AtomicBool::new(false);

/// Whether it is for an interrupt.
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How long after a server's deviation an interrupt may come to be known that ended the server too.
const DOUBT: Duration = Duration::from_millis(20);

/// From now on a run keeps what it has decided when it is interrupted.
pub(crate) fn arm() {
    IS_ARMED.store(true, Ordering::SeqCst);
}

/// Asks a run to end for an interrupt. False if there is none that would, or if it has been asked
/// before.
pub(crate) fn interrupt() -> bool {
    let is_first = IS_ARMED.load(Ordering::SeqCst) && !IS_REQUESTED.swap(true, Ordering::SeqCst);
    if is_first {
        IS_INTERRUPTED.store(true, Ordering::SeqCst);
    }
    is_first
}

/// Asks a run to end because a case fails it.
pub(crate) fn at_failure() {
    IS_REQUESTED.store(true, Ordering::SeqCst);
}

/// Whether the run is to end.
pub(crate) fn is_requested() -> bool {
    IS_REQUESTED.load(Ordering::SeqCst)
}

/// Whether the run is to end for an interrupt.
pub(crate) fn is_interrupted() -> bool {
    IS_INTERRUPTED.load(Ordering::SeqCst)
}

/// Whether the run is to end, a moment later: an interrupt ends the servers too, and may not be known
/// here yet.
pub(crate) fn is_about_to_be_requested() -> bool {
    std::thread::sleep(DOUBT);
    is_requested()
}
