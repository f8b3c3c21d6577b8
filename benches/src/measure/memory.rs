//! A server's memory before and after load, of a process that is measured alone.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Result;
use quartet_conformance::Model;
use quartet_record::plan::{ArmRole, Lane, LaneLoad, Plan};

use super::life::{Life, Start};
use super::measurement::Place;
use crate::accounting::OwnMemory;
use crate::exec::Expected;
use crate::subject::Subject;

/// How many requests of each lane a server answers, where it can
const REQUESTS: u64 = 10_000;

/// within this time.
const LIMIT: Duration = Duration::from_millis(500);

/// How long each part of the load is.
const SLICE: Duration = Duration::from_millis(20);

/// What a server is given to go back to sleep before its memory is read.
pub(crate) const SETTLE: Duration = Duration::from_millis(20);

/// What one start of a server tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loaded {
    /// After its first answers.
    pub(crate) idle: OwnMemory,
    /// After the load, under its connections.
    pub(crate) loaded: OwnMemory,
    /// Requests answered before that.
    pub(crate) requests: u64,
}

/// Starts an arm's server, loads it in the lanes that need no server of their own and no connections
/// of their own, and ends it. None where the platform does not tell of memory.
///
/// # Errors
/// Where the server cannot be started or ended, or answers no lane rightly.
pub(crate) fn load(
    subject: &Subject<'_>,
    plan: &Plan,
    arm: usize,
    place: Place<'_>,
    model: &Model,
    expected: Option<&Expected>,
) -> Result<Option<Loaded>> {
    let held =
        |lane: &Lane| !matches!(lane, Lane::Connect | Lane::Large) && !lane.is_over_database();
    let planned = plan.lanes.iter().copied().filter(held);
    let mut lanes: Vec<Lane> = planned
        .filter(|&lane| plan.takes_part(arm, lane) && subject.answers_by_itself(lane))
        .collect();
    if lanes.is_empty() {
        lanes.push(Lane::Item);
    }
    let start = Start {
        workers: plan.workers,
        lanes: &lanes,
        model,
        locales: None,
        expected,
        warm_up: None,
        answers_alike: plan.arms[arm].role == ArmRole::Floor,
        database: None,
    };
    let mut begun = Life::begin(&start, subject, place)?;
    let failed: Vec<Lane> = begun.failed.iter().map(|(lane, _)| *lane).collect();
    lanes.retain(|lane| !failed.contains(lane));
    let Some(mut life) = begun.life.take() else {
        // Every lane failed, and says why.
        return begun.whole().map(|_| None);
    };
    let memory = |life: &Life| {
        sleep(SETTLE);
        life.memory()
    };
    let idle = memory(&life)?;
    life.connect(plan.connections)?;
    let mut requests = 0;
    for lane in lanes {
        requests += answered(&mut life, plan.connections, lane)?;
    }
    let loaded = memory(&life)?;
    life.end(arm)?;
    Ok(idle.zip(loaded).map(|(idle, loaded)| Loaded {
        idle,
        loaded,
        requests,
    }))
}

/// Has as many requests answered as are wanted, and tells how many were.
fn answered(life: &mut Life, connections: usize, lane: Lane) -> Result<u64> {
    let slice = LaneLoad {
        connections,
        slice_ms: SLICE.as_millis() as u64,
        ramp_ms: 0,
    };
    let begun = Instant::now();
    let mut requests = 0;
    while requests < REQUESTS && begun.elapsed() < LIMIT {
        requests += life.slice(slice, lane)?.total_requests;
    }
    Ok(requests)
}
