//! Taking the samples: restart after restart, block after block, slice after slice.

mod answers;
mod capacity;
mod client;
mod descriptors;
mod latency;
mod life;
mod load;
mod locales;
mod memory;
mod pace;
mod session;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use anyhow::Result;
use quartet_conformance::Model;
use quartet_conformance::servers::{Artifact, Server};

use crate::accounting::CoreClock;
use crate::cores::Placement;
use crate::interrupt::Interrupt;
use crate::plan::Held;
use crate::record::{Latency, Record};
use crate::system::System;
use session::Session;

pub(crate) use memory::{Loaded, SETTLE, load};

/// What is said where the kernel keeps interrupts apart, and has no clock that holds them.
const NO_CLOCK: &str = "what a request costs is not known: this kernel keeps interrupts out of the CPU \
                        time of processes, and has no /proc/schedstat";

/// A server that can be started.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// Its stanza.
    pub server: &'a Server,
    /// Its program.
    pub artifact: Artifact,
}

/// What a measurement works with.
#[derive(Debug)]
pub struct Measurement<'a> {
    /// What each arm of the plan runs; none where it is void from the start.
    pub subjects: Vec<Option<Subject<'a>>>,
    /// Where servers and generator run.
    pub placement: &'a Placement,
    /// The answers that are right.
    pub model: &'a Model,
    /// Whether to stop early.
    pub interrupt: &'a Interrupt,
}

impl Measurement<'_> {
    /// Measures what the record plans and does not hold, into the record, and calls `keep` after every restart to
    /// write it away. Whether the run is complete with that is for the caller to say.
    ///
    /// A server that fails is recorded as void and not started again; the others go on.
    ///
    /// # Errors
    /// Those of this process itself: no core, no accounting, and those of `keep`.
    pub fn run(
        &self,
        record: &mut Record,
        mut keep: impl FnMut(&Record) -> Result<()>,
    ) -> Result<()> {
        let plan = record.plan.clone();
        self.placement.confine_generator()?;
        descriptors::allow(&plan);
        let clock = CoreClock::of(&System::live(), &plan.server_cores);
        record.core_clock = clock.is_some();
        if clock.is_none() && CoreClock::is_needed() {
            record.warnings.push(NO_CLOCK.to_owned());
        }
        let held: Vec<u32> = record
            .restarts
            .iter()
            .filter(|restart| restart.counts(&plan))
            .map(|restart| restart.restart)
            .collect();
        let complete = |latency: &Latency| latency.restarts.iter().filter(|it| it.complete).count();
        let holds = Held {
            comparison: held.len() as u32,
            capacity: record.capacity.iter().filter(|it| it.complete).count() as u32,
            latency: record.latency.as_ref().map_or(0, complete) as u32,
        };
        let mut session = Session::begin(self, &plan, clock, holds, &record.voids)?;
        let missing = plan.schedule().into_iter().zip(0..);
        for (restart, number) in missing.filter(|(_, number)| !held.contains(number)) {
            if self.interrupt.requested() {
                break;
            }
            let taken = session.restart(&restart, number)?;
            record.restarts.retain(|before| before.restart != number);
            record.restarts.push(taken);
            record.voids.append(&mut session.voids);
            keep(record)?;
        }
        if let Some(plan) = &plan.capacity {
            session.capacity(plan, record, &mut keep)?;
        }
        if let Some(plan) = &plan.latency {
            session.latency(plan, record, &mut keep)?;
        }
        session.end();
        keep(record)
    }
}
