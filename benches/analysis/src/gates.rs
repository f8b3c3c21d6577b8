//! What a row must pass to count. It knows nothing of what the row says.

use quartet_record::Record;
use quartet_record::plan::{ArmRole, Lane};

use crate::samples::Samples;
use crate::statistics::median;
use crate::{busy, drift};

/// The least share of a slice in which the servers' cores must be busy (median over slices):
/// below it, requests per second tell of the load, not of the server.
pub const SATURATION: f64 = 0.97;

/// How far rate × mean latency may be from the number of connections, as a share: by Little's law
/// they are equal in a closed loop (J. D. C. Little, "A Proof for the Queuing Formula L = λW",
/// Operations Research 9, 1961), so more means that the generator's books are wrong.
pub const LITTLE: f64 = 0.05;

/// How many times as fast as a server the floor must be: below it, what is measured is the
/// generator or the kernel.
pub const FLOOR_FACTOR: f64 = 1.2;

/// Why an arm is excluded in a lane; empty where it counts.
pub(crate) fn reasons(
    record: &Record,
    samples: &Samples<'_>,
    arm: usize,
    lane: Lane,
) -> Vec<String> {
    let mut reasons = reasons_besides_drift(record, samples, arm, lane);
    if reasons.is_empty() {
        reasons.extend(drift::of_ratio(record, samples, arm, lane));
    }
    reasons
}

/// The same, were its ratio to the reference of no account.
pub(crate) fn reasons_besides_drift(
    record: &Record,
    samples: &Samples<'_>,
    arm: usize,
    lane: Lane,
) -> Vec<String> {
    let mut reasons = circumstances(record, arm, lane);
    if reasons.is_empty() {
        reasons.extend(not_saturated(record, samples, arm, lane));
        reasons.extend(against_littles_law(record, samples, arm, lane));
        reasons.extend(near_the_floor(record, samples, arm, lane));
    }
    reasons
}

/// Why an arm's CPU time per request does not count in a lane, whatever its rate may say.
pub(crate) fn reasons_of_cost(
    record: &Record,
    samples: &Samples<'_>,
    arm: usize,
    lane: Lane,
) -> Vec<String> {
    let mut reasons = circumstances(record, arm, lane);
    if reasons.is_empty() {
        reasons.extend(against_littles_law(record, samples, arm, lane));
    }
    reasons
}

/// Why an arm's requests per second do not count with one of several numbers of workers. The `record` is of that
/// number alone. With the least the servers' cores must be busy. With more a server may leave them idle by its own
/// doing, which is what is looked for: there the floor shows whether the generator is fast enough.
pub(crate) fn reasons_with_workers(
    record: &Record,
    samples: &Samples<'_>,
    (arm, lane): (usize, Lane),
    is_least: bool,
) -> Vec<String> {
    let mut reasons = circumstances(record, arm, lane);
    if reasons.is_empty() {
        reasons.extend(not_saturated(record, samples, arm, lane).filter(|_| is_least));
        reasons.extend(against_littles_law(record, samples, arm, lane));
        reasons.extend(near_the_floor(record, samples, arm, lane));
    }
    reasons
}

/// Why its CPU time per request does not count with one of several numbers of workers, on whatever cores.
pub(crate) fn reasons_of_cost_with_workers(
    record: &Record,
    samples: &Samples<'_>,
    arm: usize,
    lane: Lane,
) -> Vec<String> {
    let mut reasons = disturbances(record, arm, lane);
    if reasons.is_empty() {
        reasons.extend(against_littles_law(record, samples, arm, lane));
    }
    reasons
}

/// What takes an arm out of a lane, whatever was measured in it.
fn circumstances(record: &Record, arm: usize, lane: Lane) -> Vec<String> {
    let mut reasons = disturbances(record, arm, lane);
    if reasons.is_empty() {
        reasons.extend(lost_segments(record));
        reasons.extend(core_shared(record));
        reasons.extend(physical_core_shared(record));
    }
    reasons
}

/// What went wrong with an arm in a lane, or took the machine from all.
fn disturbances(record: &Record, arm: usize, lane: Lane) -> Vec<String> {
    let mut reasons: Vec<String> = record
        .exclusions
        .iter()
        .filter(|exclusion| exclusion.arm == arm && exclusion.lane.is_none_or(|only| only == lane))
        .map(|exclusion| match exclusion.restart {
            Some(restart) => format!("{} (restart {})", exclusion.reason, restart + 1),
            None => exclusion.reason.clone(),
        })
        .collect();
    // What follows from a reason already given is none of its own.
    if reasons.is_empty() {
        reasons.extend(busy::taken_by_others(busy::loads(record)));
        reasons.extend(busy::taken_by_quota(busy::loads(record)));
    }
    reasons
}

/// The most of the TCP segments that may have been sent again (median over restarts): each keeps its connection waiting for
/// several round trips, and has the kernels work that is not the server's.
pub(crate) const LOST: f64 = 0.001;

fn lost_segments(record: &Record) -> Option<String> {
    let shares: Vec<f64> = busy::loads(record)
        .filter_map(|load| Some((load.sent_segments?, load.resent_segments?)))
        .map(|(sent, resent)| resent as f64 / sent.max(1) as f64)
        .collect();
    let lost = median(&shares).filter(|&lost| lost > LOST)?;
    Some(format!(
        "{:.2} % of the segments were sent again; the network loses more than {:.1} %",
        100.0 * lost,
        100.0 * LOST
    ))
}

/// The floor itself may idle: then the generator is what limits it, and the servers' own gates
/// show whether that matters.
pub(crate) fn not_saturated(
    record: &Record,
    samples: &Samples<'_>,
    arm: usize,
    lane: Lane,
) -> Option<String> {
    let floor = record.plan.arms[arm].role == ArmRole::Floor;
    let busy = samples.median_of(arm, lane, |slice| samples.utilisation(slice))?;
    (!floor && busy < SATURATION).then(|| {
        let network = match &record.servers_via {
            Some(via) if !via.loopback => format!(
                ", though a round trip of {:.0} µs is left out; the network or the generator is the limit",
                via.round_trip_ns as f64 / 1e3
            ),
            _ => String::new(),
        };
        format!(
            "its core was only {:.1} % busy; {:.0} % is required{network}",
            100.0 * busy,
            100.0 * SATURATION
        )
    })
}

fn against_littles_law(
    record: &Record,
    samples: &Samples<'_>,
    arm: usize,
    lane: Lane,
) -> Option<String> {
    let in_flight = samples.median_of(arm, lane, |slice| {
        Some(slice.rate() * slice.mean_ns as f64 / 1e9)
    })?;
    let connections = record.plan.load(lane).connections as f64;
    ((in_flight / connections - 1.0).abs() > LITTLE).then(|| {
        format!(
            "by Little's law {in_flight:.1} requests were in flight on {connections} connections"
        )
    })
}

fn near_the_floor(
    record: &Record,
    samples: &Samples<'_>,
    arm: usize,
    lane: Lane,
) -> Option<String> {
    let floor = record.plan.first(ArmRole::Floor)?;
    if floor == arm {
        return None;
    }
    let ratio = median(&samples.log_ratios(floor, arm, lane))?.exp();
    (ratio < FLOOR_FACTOR).then(|| {
        format!(
            "the floor is only {ratio:.2} times as fast; {FLOOR_FACTOR} is required; {} may be the \
             limit",
            limits(record)
        )
    })
}

/// What, beside a server, can be the limit.
fn limits(record: &Record) -> &'static str {
    match &record.servers_via {
        Some(via) if !via.loopback => "generator, kernel or network",
        _ => "generator or kernel",
    }
}

fn core_shared(record: &Record) -> Option<String> {
    let shared = record.plan.shared_cores();
    (!shared.is_empty() && !record.is_over_two_machines()).then(|| {
        let cores = if shared.len() == 1 { "core" } else { "cores" };
        let shared: Vec<String> = shared.iter().map(usize::to_string).collect();
        format!(
            "servers and generator shared {cores} {}: the figures measure both together",
            shared.join(", ")
        )
    })
}

/// Threads of one physical core slow each other by what each of them does.
fn physical_core_shared(record: &Record) -> Option<String> {
    if record.is_over_two_machines() {
        return None;
    }
    let (server, generator) = (&record.plan.server_cores, &record.plan.generator_cores);
    let mut pairs = record.cores.iter().filter_map(|core| {
        let is_server = |sibling: &&usize| **sibling != core.number && server.contains(sibling);
        let sibling = core.siblings.iter().find(is_server)?;
        generator
            .contains(&core.number)
            .then_some((core.number, *sibling))
    });
    let (generator, server) = pairs.next()?;
    Some(format!(
        "core {generator} (generator) and core {server} (servers) are threads of one physical \
         core: the figures measure both together"
    ))
}
