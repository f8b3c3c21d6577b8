//! What threads that measure the same slice tell each other. It knows nothing of connections.
//!
//! They tell three things: that all are there, which is when the slice begins; that a window has closed; and
//! that one has failed, which ends the slice for all.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use crate::error::Error;

/// What the threads tell each other in the course of one slice. Nothing else is published by it,
/// so that no access needs an order.
pub(super) struct Round {
    /// Threads that have not come yet.
    missing: AtomicUsize,
    /// Threads whose window has not closed.
    measuring: AtomicUsize,
    failed: AtomicBool,
}

impl Round {
    /// One that so many threads are to come to.
    pub(super) fn of(threads: usize) -> Self {
        Self {
            missing: AtomicUsize::new(threads),
            measuring: AtomicUsize::new(threads),
            failed: AtomicBool::new(false),
        }
    }

    fn check(&self) -> Result<(), Error> {
        if self.failed.load(Relaxed) {
            return Err(Error::Abandoned);
        }
        Ok(())
    }

    /// Waits for all threads. A sleeping one would be woken some time after the others, so none
    /// sleeps; where threads have to share a core, each lets the others have it.
    fn assemble(&self) -> Result<(), Error> {
        self.missing.fetch_sub(1, Relaxed);
        while self.missing.load(Relaxed) > 0 {
            self.check()?;
            thread::yield_now();
        }
        Ok(())
    }
}

/// A part of a slice that somebody is to measure. However it comes that it is not measured, by an
/// error, a panic or a thread that is gone, the others learn of it and do not wait.
pub(super) struct Pledge {
    round: Arc<Round>,
    kept: bool,
}

impl Pledge {
    /// Somebody is to measure it.
    pub(super) fn to(round: &Arc<Round>) -> Self {
        Self {
            round: round.clone(),
            kept: false,
        }
    }

    /// Measures it, as soon as all are there.
    pub(super) fn keep<T>(
        mut self,
        part: impl FnOnce(Peers<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.round.assemble()?;
        let measured = part(Peers(Some(&self.round)))?;
        self.kept = true;
        Ok(measured)
    }
}

impl Drop for Pledge {
    fn drop(&mut self) {
        if !self.kept {
            self.round.failed.store(true, Relaxed);
        }
    }
}

/// The threads that measure the same slice, as one of them sees them.
#[derive(Clone, Copy)]
pub(super) struct Peers<'a>(Option<&'a Round>);

impl Peers<'_> {
    /// There are no others: nothing is told, and nothing asked.
    pub(super) const NONE: Self = Self(None);

    /// An error if another thread's part of the slice has failed.
    #[inline]
    pub(super) fn check(self) -> Result<(), Error> {
        self.0.map_or(Ok(()), Round::check)
    }

    /// Says that the thread's window has closed.
    pub(super) fn closed(self) {
        if let Some(round) = self.0 {
            round.measuring.fetch_sub(1, Relaxed);
        }
    }

    /// Whether any thread's window has not closed.
    #[inline]
    pub(super) fn are_measuring(self) -> bool {
        self.0
            .is_some_and(|round| round.measuring.load(Relaxed) > 0)
    }
}
