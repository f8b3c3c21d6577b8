//! How long answers take, before anything counts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use quartet_record::plan::{ArmRole, Lane, Plan, START_OVERHEAD};

use super::life::{Life, Start, warm_up};
use super::measurement::Measurement;
use crate::subject::Subject;

/// How many times as long as planned something must take to be slow.
const SLOW: u32 = 2;

/// What takes much longer than planned, milliseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    slow_slice_ms: Option<u64>,
    slow_start_ms: Option<u64>,
}

/// How long something took, milliseconds, if that is much longer than planned.
fn slow(took: Duration, planned: Duration) -> Option<u64> {
    (took > planned * SLOW).then_some(took.as_millis() as u64)
}

impl Measurement<'_> {
    /// Takes a slice of every server, and notes in the plan which take much longer than it says.
    ///
    /// # Errors
    /// If the generator cannot be given its core. A server that fails here fails in its turn as
    /// well, where that is recorded.
    pub fn look_for_slow_arms(&self, plan: &mut Plan) -> Result<()> {
        self.placement.confine_generator()?;
        let mut found: BTreeMap<String, Pace> = BTreeMap::new();
        for (arm, subject) in self.subjects.iter().enumerate() {
            let Some(subject) = subject.as_ref().filter(|_| !self.interrupt.requested()) else {
                continue;
            };
            let server = &plan.arms[arm].server;
            let pace = match found.get(server) {
                Some(known) => *known,
                None => self.pace(plan, arm, subject).unwrap_or_default(),
            };
            found.insert(server.clone(), pace);
            plan.arms[arm].slow_slice_ms = pace.slow_slice_ms;
            plan.arms[arm].slow_start_ms = pace.slow_start_ms;
        }
        Ok(())
    }

    /// What of this arm takes much longer than planned.
    fn pace(&self, plan: &Plan, arm: usize, subject: &Subject<'_>) -> Result<Pace> {
        let mut lanes = plan.lanes.iter().copied();
        let lane = lanes.find(|&lane| lane != Lane::Large && plan.takes_part(arm, lane));
        let Some(lane) = lane else {
            return Ok(Pace::default());
        };
        let load = plan.load(lane);
        let start = Start {
            workers: plan.workers,
            lanes: &[lane],
            model: self.model,
            locales: None,
            expected: self.expected,
            warm_up: warm_up(plan),
            answers_alike: plan.arms[arm].role == ArmRole::Floor,
            database: self.database.filter(|_| lane.is_over_database()),
        };
        let begun = Instant::now();
        let mut life = Life::begin(&start, subject, self.place())?.whole()?;
        life.connect(load.connections)?;
        let starting = begun.elapsed();
        let mut took = Duration::ZERO;
        // The first one finds the server cold.
        for _ in 0..2 {
            let slice = life.slice(load, lane)?;
            took = Duration::from_nanos(slice.total_ns);
        }
        let ending = Instant::now();
        life.end(arm)?;
        Ok(Pace {
            slow_slice_ms: slow(took, load.length()),
            slow_start_ms: slow(starting + ending.elapsed(), START_OVERHEAD),
        })
    }
}
