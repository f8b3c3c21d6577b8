//! What a process may take up.

use std::time::{Duration, Instant};

use crate::servers::Process;
use crate::{Context, Deviation, ensure};

/// Memory that a process may have more than before, whatever it had: 10 % of a small one are
/// less than a few buffers, or an arena of its allocator.
const SLACK: u64 = 4 * MIB;

/// Descriptors that a process may have more than before.
const SPARE_DESCRIPTORS: usize = 8;

/// How long what has ended may take to be given back.
const SETTLING: Duration = Duration::from_secs(5);

/// A process that has not taken more for so long has settled.
const SETTLED: Duration = Duration::from_millis(500);

/// How often a process is looked at until it has settled.
const LOOK: Duration = Duration::from_millis(20);

/// Octets in a MiB.
pub(super) const MIB: u64 = 1024 * 1024;

/// What a process took up at one time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Footprint {
    memory: u64,
    descriptors: usize,
}

impl Footprint {
    /// What it takes up now.
    ///
    /// # Errors
    /// A deviation if it has ended.
    pub(super) fn of(context: &Context, process: &mut Process) -> Result<Self, Deviation> {
        if let Some(status) = process.exited() {
            return Err(Deviation(format!("it has ended, with {status}")));
        }
        let read = process
            .resident_memory()
            .and_then(|memory| Ok((memory, process.descriptors()?)));
        let (memory, descriptors) = read.map_err(|error| context.obstructed(error))?;
        Ok(Self {
            memory,
            descriptors,
        })
    }

    /// Checks that a process has no more memory than it had, but for a tenth, a few MiB, and
    /// `more` octets.
    ///
    /// # Errors
    /// A deviation if it has.
    pub(super) fn ensure_memory(
        self,
        context: &Context,
        process: &mut Process,
        more: u64,
        after: &str,
    ) -> Result<(), Deviation> {
        let now = Self::of(context, process)?.memory;
        let most = self.memory + self.memory / 10 + SLACK + more;
        ensure!(
            now <= most,
            "after {after} it has {:.1} MiB of memory, before {:.1} MiB; the limit is {:.1} MiB",
            mib(now),
            mib(self.memory),
            mib(most)
        );
        Ok(())
    }

    /// As [`ensure_memory`](Self::ensure_memory), until the process no longer takes more.
    ///
    /// # Errors
    /// A deviation as soon as it has too much.
    pub(super) fn ensure_memory_settles(
        self,
        context: &Context,
        process: &mut Process,
        more: u64,
        after: &str,
    ) -> Result<(), Deviation> {
        let deadline = Instant::now() + SETTLING;
        let mut highest = 0;
        let mut since = Instant::now();
        while since.elapsed() < SETTLED && Instant::now() < deadline {
            self.ensure_memory(context, process, more, after)?;
            let now = Self::of(context, process)?.memory;
            if now > highest {
                highest = now;
                since = Instant::now();
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Checks that a process gives its descriptors back, but for a few.
    ///
    /// # Errors
    /// A deviation if it has not after a while.
    pub(super) fn ensure_descriptors(
        self,
        context: &Context,
        process: &mut Process,
        after: &str,
    ) -> Result<(), Deviation> {
        let deadline = Instant::now() + SETTLING;
        let most = self.descriptors + SPARE_DESCRIPTORS;
        loop {
            let now = Self::of(context, process)?.descriptors;
            if now <= most {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "{SETTLING:?} after {after} it has {now} open descriptors, before {}",
                self.descriptors
            );
            std::thread::sleep(LOOK);
        }
    }
}

fn mib(octets: u64) -> f64 {
    octets as f64 / MIB as f64
}
