//! Stopping early without losing what was measured.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result, ensure};

/// Whether the run was asked to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on Ctrl-C (SIGINT, and SIGTERM and SIGHUP where there are such) asks to stop.
    /// All who listen hear the same. Whoever asks twice means at once: servers are ended, and the process exits with 130, its record
    /// as last written.
    ///
    /// # Errors
    /// Where the system refuses a handler.
    pub fn listen() -> Result<Self> {
        static LISTENING: OnceLock<Interrupt> = OnceLock::new();
        if let Some(interrupt) = LISTENING.get() {
            return Ok(interrupt.clone());
        }
        let interrupt = Self::default();
        let handled = interrupt.clone();
        ctrlc::set_handler(move || {
            if handled.0.swap(true, Ordering::Relaxed) {
                quartet_conformance::clean_up();
                std::process::exit(EXIT_STATUS);
            }
            quartet_conformance::end_builds();
        })
        .context("cannot listen for Ctrl-C")?;
        Ok(LISTENING.get_or_init(|| interrupt).clone())
    }

    /// Asks to stop.
    #[cfg(test)]
    pub(crate) fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Goes on unless it was asked to stop.
    ///
    /// # Errors
    /// Where it was.
    pub fn checked(&self) -> Result<()> {
        ensure!(!self.requested(), "it was interrupted");
        Ok(())
    }

    /// Whether it was.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a shell shows of a program ended by SIGINT: 128 + 2.
pub const EXIT_STATUS: i32 = 130;
