//! One server process, from start to end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;
use quartet_conformance::Model;
use quartet_conformance::servers::{Process, StartOptions};
use serde_json::Value;

use super::Subject;
use crate::accounting::{CoreClock, Memory, ProcessTree, SETTLE};
use crate::cores::Placement;
use crate::generator::{Connections, Exchange};
use crate::plan::{Lane, Plan};
use crate::probe::checked_get;
use crate::record::{ArmRestart, LaneTotals, Slice, encode};

/// How long an answer may take before it counts as missing.
const PATIENCE: Duration = Duration::from_secs(5);

/// One server process with its connections.
pub(super) struct Life {
    // Fields are dropped in this order: connections close before their server ends.
    connections: Connections,
    process: Process,
    tree: ProcessTree,
    start_up: Duration,
    idle: Option<Memory>,
    lanes: BTreeMap<Lane, LaneLife>,
}

struct LaneLife {
    exchange: Exchange,
    user_ns: u64,
    system_ns: u64,
    latencies: Histogram<u64>,
}

impl Life {
    /// Starts a server, checks an answer of each lane, and opens the connections.
    pub(super) fn begin(
        plan: &Plan,
        subject: &Subject<'_>,
        placement: &Placement,
        model: &Model,
    ) -> Result<Self> {
        let options = StartOptions {
            program: Some(subject.artifact.program.clone()),
            workers: Some(plan.workers),
            ..StartOptions::default()
        };
        let begun = Instant::now();
        let process =
            placement.on_server_cores(|| Ok(Process::start(subject.server, &options)?))?;
        let address = process.address();
        let mut start_up = None;
        let mut lanes = BTreeMap::new();
        for &lane in &plan.lanes {
            let content = checked_get(address, lane.path(), &expected(model, lane)?)?;
            start_up.get_or_insert_with(|| begun.elapsed());
            let authority = address.to_string();
            lanes.insert(
                lane,
                LaneLife {
                    exchange: Exchange::get(lane.path(), &authority, &[], 200, content),
                    user_ns: 0,
                    system_ns: 0,
                    latencies: Histogram::new(crate::generator::LATENCY_DIGITS)?,
                },
            );
        }
        let tree = ProcessTree::of(process.pid())?;
        Ok(Self {
            idle: tree.memory()?,
            connections: Connections::open(address, plan.connections, PATIENCE)?,
            process,
            tree,
            start_up: start_up.context("there is no lane to measure")?,
            lanes,
        })
    }

    /// Takes one slice. Its place in the restart is left for the caller to fill in.
    pub(super) fn slice(
        &mut self,
        plan: &Plan,
        lane: Lane,
        clock: Option<&CoreClock>,
    ) -> Result<Slice> {
        let life = self
            .lanes
            .get_mut(&lane)
            .context("this lane is not measured")?;
        let busy_before = clock.map(CoreClock::busy).transpose()?;
        let before = self.tree.cpu()?;
        let measured = self.connections.closed_loop(
            &life.exchange,
            Duration::from_millis(plan.ramp_ms),
            Duration::from_millis(plan.slice_ms),
        )?;
        settle();
        let after = self.tree.cpu()?;
        let busy_after = clock.map(CoreClock::busy).transpose()?;
        ensure!(measured.requests > 0, "no answer came within a slice");

        let cpu = after.zip(before).map(|(after, before)| after.since(before));
        if let Some(cpu) = cpu {
            life.user_ns += cpu.user;
            life.system_ns += cpu.system;
        }
        life.latencies
            .add(&measured.latency)
            .context("histograms do not add up")?;
        Ok(Slice {
            block: 0,
            position: 0,
            arm: 0,
            lane,
            requests: measured.requests,
            window_ns: nanoseconds(measured.window),
            total_requests: measured.total_requests,
            total_ns: nanoseconds(measured.total),
            cpu_ns: cpu.map(|cpu| cpu.total),
            busy_ns: busy_after
                .zip(busy_before)
                .map(|(after, before)| after.saturating_sub(before)),
            mean_ns: measured.latency.mean() as u64,
            p50_ns: measured.latency.value_at_quantile(0.50),
            p99_ns: measured.latency.value_at_quantile(0.99),
        })
    }

    /// CPU time so far, nanoseconds.
    pub(super) fn cpu(&self) -> Result<Option<u64>> {
        Ok(self.tree.cpu()?.map(|cpu| cpu.total))
    }

    /// Reads the memory, ends the server, and gives what is to be kept. A server that was
    /// interrupted may be gone already.
    pub(super) fn end(self, arm: usize, interrupted: bool) -> Result<ArmRestart> {
        let loaded = if interrupted {
            None
        } else {
            self.tree.memory()?
        };
        drop(self.connections);
        // Whether it ends well is for the conformance suite to say.
        self.process.terminate().context("cannot end the server")?;
        let mut lanes = BTreeMap::new();
        for (lane, life) in self.lanes {
            let latencies = encode(&life.latencies)?;
            let totals = LaneTotals {
                user_ns: life.user_ns,
                system_ns: life.system_ns,
                latencies,
            };
            lanes.insert(lane, totals);
        }
        Ok(ArmRestart {
            arm,
            start_up_ns: nanoseconds(self.start_up),
            idle: self.idle,
            loaded,
            lanes,
        })
    }
}

/// Waits without giving the core away: the generator's must not fall into a sleep it has to be
/// woken from.
fn settle() {
    let until = Instant::now() + SETTLE;
    while Instant::now() < until {
        std::hint::spin_loop();
    }
}

fn expected(model: &Model, lane: Lane) -> Result<Value> {
    match lane {
        Lane::One => model
            .item("en")
            .context("the data has no greeting for `en`"),
        Lane::List => Ok(model.list()),
        Lane::Miss | Lane::Revalidate | Lane::Connect | Lane::Large => {
            anyhow::bail!("the lane {} cannot be measured", lane.name())
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
