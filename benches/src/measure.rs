//! Taking the samples: restart after restart, block after block, slice after slice.

mod answers;
mod capacity;
mod client;
mod descriptors;
mod hold;
mod latency;
mod life;
mod load;
mod measurement;
mod memory;
mod pace;
mod scaling;
mod session;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use anyhow::Result;
use quartet_analysis::counts;
use quartet_record::plan::Held;
use quartet_record::{Latency, Record};

use crate::host::CoreClockState;
use session::Session;

pub(crate) use hold::Hold;
pub use measurement::Measurement;
pub(crate) use measurement::Place;
pub(crate) use memory::{Loaded, SETTLE, load};

/// What is said where the kernel keeps interrupts apart, and has no clock that holds them.
const NO_CLOCK: &str = "CPU time per request is unknown: this kernel accounts interrupts \
     separately and has no /proc/schedstat";

impl Measurement<'_> {
    /// Measures what the record plans and does not hold, into the record, and calls `keep` after every restart to
    /// write it away. Whether the run is complete with that is for the caller to say.
    ///
    /// A server that fails is recorded as excluded and not started again; the others go on.
    ///
    /// # Errors
    /// Those of this process itself: no core, no accounting, and those of `keep`. Where the servers' machine is lost this ends as
    /// where it was interrupted.
    pub fn run(
        &self,
        record: &mut Record,
        mut keep: impl FnMut(&Record) -> Result<()>,
    ) -> Result<()> {
        let plan = record.plan.clone();
        self.placement.confine_generator()?;
        descriptors::allow(&plan);
        let clock = self.host.core_clock();
        record.core_clock = clock == CoreClockState::Read;
        if clock == CoreClockState::Missing {
            record.warnings.push(NO_CLOCK.to_owned());
        }
        let held: Vec<u32> = record
            .restarts
            .iter()
            .filter(|restart| counts(restart, &plan))
            .map(|restart| restart.restart)
            .collect();
        let complete = |latency: &Latency| latency.complete().count();
        let holds = Held {
            comparison: held.len() as u32,
            capacity: record.capacity.iter().filter(|it| it.complete).count() as u32,
            latency: record.latency.as_ref().map_or(0, complete) as u32,
            scaling: record.scaling.iter().filter(|it| it.complete).count() as u32,
        };
        let mut session = Session::begin(self, &plan, holds, &record.exclusions)?;
        let missing = plan.schedule().into_iter().zip(0..);
        for (restart, number) in missing.filter(|(_, number)| !held.contains(number)) {
            if session.interrupted() {
                break;
            }
            let taken = session.restart(&restart, number)?;
            record.restarts.retain(|before| before.restart != number);
            record.restarts.push(taken);
            record.exclusions.append(&mut session.exclusions);
            keep(record)?;
        }
        if let Some(plan) = &plan.capacity {
            session.capacity(plan, record, &mut keep)?;
        }
        if let Some(plan) = &plan.latency {
            session.latency(plan, record, &mut keep)?;
        }
        if let Some(plan) = &plan.scaling {
            session.scaling(plan, record, &mut keep)?;
        }
        session.end();
        keep(record)
    }
}
