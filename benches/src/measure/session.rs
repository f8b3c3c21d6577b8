//! One restart after the other.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Error, Result};

use super::Measurement;
use super::life::Life;
use super::load::Load;
use crate::accounting::CoreClock;
use crate::plan::{Plan, Restart};
use crate::progress::Progress;
use crate::record::{RestartRecord, Void, now};

/// How long after a failure to wait for its reason: Ctrl-C reaches servers and this process at
/// once, so that a server may be the first to end.
const AFTERTHOUGHT: Duration = Duration::from_millis(200);

/// A measurement under way.
pub(super) struct Session<'a> {
    measurement: &'a Measurement<'a>,
    plan: &'a Plan,
    clock: Option<CoreClock>,
    progress: Progress,
    /// Arms that failed: what failed once is not started again.
    failed: Vec<bool>,
    /// Why they did, for the record to take over.
    pub(super) voids: Vec<Void>,
}

impl<'a> Session<'a> {
    /// Of the plan's restarts so many are held already.
    pub(super) fn begin(
        measurement: &'a Measurement<'a>,
        plan: &'a Plan,
        clock: Option<CoreClock>,
        held: usize,
    ) -> Result<Self> {
        let failed = measurement.subjects.iter().map(Option::is_none).collect();
        let progress = Progress::begin(plan, held)?;
        Ok(Self {
            measurement,
            plan,
            clock,
            progress,
            failed,
            voids: Vec::new(),
        })
    }

    pub(super) fn end(self) {
        self.progress.end();
    }

    /// Starts everything afresh, takes every slice, and ends everything.
    pub(super) fn restart(&mut self, restart: &Restart, number: u32) -> Result<RestartRecord> {
        self.progress.restart(number);
        let mut taken = RestartRecord {
            restart: number,
            started: now(),
            complete: false,
            start_order: restart.start_order.clone(),
            spawn_ns: self.cost_of_a_process(),
            machine: None,
            arms: Vec::new(),
            slices: Vec::new(),
        };
        let mut lives = self.start(restart, number);
        if !self.interrupted() {
            let load = Load::begin(self.plan, &lives)?;
            self.take_slices(restart, number, &mut lives, &mut taken)?;
            if !self.interrupted() {
                taken.machine = load.end(&lives)?;
                taken.complete = true;
            }
        }
        for (arm, life) in lives.into_iter().enumerate() {
            let Some(life) = life else { continue };
            match life.end(arm, self.interrupted()) {
                Ok(entry) => taken.arms.push(entry),
                Err(error) => self.fail(arm, number, &error),
            }
        }
        Ok(taken)
    }

    fn start(&mut self, restart: &Restart, number: u32) -> Vec<Option<Life>> {
        let mut lives: Vec<Option<Life>> = self.failed.iter().map(|_| None).collect();
        for &arm in &restart.start_order {
            if self.interrupted() {
                break;
            }
            let Measurement {
                subjects,
                placement,
                model,
                ..
            } = self.measurement;
            let Some(subject) = subjects[arm].as_ref().filter(|_| !self.failed[arm]) else {
                continue;
            };
            match Life::begin(self.plan, subject, placement, model) {
                Ok(life) => lives[arm] = Some(life),
                Err(error) => self.fail(arm, number, &error),
            }
        }
        lives
    }

    fn take_slices(
        &mut self,
        restart: &Restart,
        number: u32,
        lives: &mut [Option<Life>],
        taken: &mut RestartRecord,
    ) -> Result<()> {
        for (turns, block) in restart.blocks.iter().zip(0..) {
            for (cell, position) in turns.iter().zip(0..) {
                if self.interrupted() {
                    return Ok(());
                }
                let Some(life) = &mut lives[cell.arm] else {
                    continue;
                };
                match life.slice(self.plan, cell.lane, self.clock.as_ref()) {
                    Ok(mut slice) => {
                        (slice.block, slice.position, slice.arm) = (block, position, cell.arm);
                        taken.slices.push(slice);
                    }
                    Err(error) => {
                        let error = error.context(format!("GET {}", cell.lane.path()));
                        self.fail(cell.arm, number, &error);
                        lives[cell.arm] = None;
                    }
                }
            }
            self.progress.slices(turns.len() as u64);
        }
        Ok(())
    }

    /// Notes a failure, unless the wish to stop explains it.
    fn fail(&mut self, arm: usize, restart: u32, error: &Error) {
        let deadline = Instant::now() + AFTERTHOUGHT;
        while !self.interrupted() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        if self.interrupted() {
            return;
        }
        let reason = format!("{error:#}");
        self.progress
            .say(&format!("{} is void: {reason}", self.plan.arms[arm].name));
        self.failed[arm] = true;
        self.voids.push(Void {
            arm,
            restart: Some(restart),
            reason,
        });
    }

    fn interrupted(&self) -> bool {
        self.measurement.interrupt.requested()
    }

    /// From starting `true` to its end, on the servers' cores. Where there is no such program,
    /// nothing is known.
    fn cost_of_a_process(&self) -> Option<u64> {
        let run = || -> io::Result<Duration> {
            let begun = Instant::now();
            Command::new("true")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .status()?;
            Ok(begun.elapsed())
        };
        let cost = self
            .measurement
            .placement
            .on_server_cores(|| Ok(run()?))
            .ok()?;
        u64::try_from(cost.as_nanos()).ok()
    }
}
