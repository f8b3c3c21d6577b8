//! What a row must pass to count, and what else a reader should be told.

use super::{LaneAnalysis, Row, Samples, busy, drift};
use crate::plan::{ArmRole, Lane};
use crate::record::{Record, State};
use crate::statistics::{LEAST_MARGIN, median};

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

/// The most of the measured cores' time that processes without a part in the measurement may
/// take (median over restarts).
pub const CPU_OF_OTHERS: f64 = 0.10;

/// A share of the cores' time taken by the host that is worth a word.
const STOLEN: f64 = 0.01;

/// A share of disturbed slices that is worth a word.
const DISTURBED: f64 = 0.05;

/// With fewer restarts than this an interval depends much on the few there are.
const FEW_RESTARTS: usize = 10;

/// Why an arm is void in a lane; empty where it counts.
pub(super) fn reasons(
    record: &Record,
    samples: &Samples<'_>,
    arm: usize,
    lane: Lane,
) -> Vec<String> {
    let mut reasons: Vec<String> = record
        .voids
        .iter()
        .filter(|void| void.arm == arm && void.lane.is_none_or(|only| only == lane))
        .map(|void| match void.restart {
            Some(restart) => format!("{} (restart {})", void.reason, restart + 1),
            None => void.reason.clone(),
        })
        .collect();
    // What follows from a reason already given is none of its own.
    if reasons.is_empty() {
        reasons.extend(busy::taken_by_others(busy::loads(record)));
        reasons.extend(busy::taken_by_quota(busy::loads(record)));
    }
    if reasons.is_empty() {
        reasons.extend(core_shared(record));
        reasons.extend(physical_core_shared(record));
    }
    if reasons.is_empty() {
        reasons.extend(not_saturated(record, samples, arm, lane));
        reasons.extend(against_littles_law(record, samples, arm, lane));
        reasons.extend(near_the_floor(record, samples, arm, lane));
        reasons.extend(drift::of_ratio(record, samples, arm, lane));
    }
    reasons
}

/// The floor itself may idle: then the generator is what limits it, and the servers' own gates
/// show whether that matters.
fn not_saturated(record: &Record, samples: &Samples<'_>, arm: usize, lane: Lane) -> Option<String> {
    let floor = record.plan.arms[arm].role == ArmRole::Floor;
    let busy = samples.median_of(arm, lane, |slice| samples.utilisation(slice))?;
    (!floor && busy < SATURATION).then(|| {
        format!(
            "its core was busy only {:.1} % of the time, {:.0} % is required",
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
            "by Little's law {in_flight:.1} requests were in flight, on {connections} connections"
        )
    })
}

fn near_the_floor(
    record: &Record,
    samples: &Samples<'_>,
    arm: usize,
    lane: Lane,
) -> Option<String> {
    let floor = floor(record)?;
    if floor == arm {
        return None;
    }
    let ratio = median(&samples.log_ratios(floor, arm, lane))?.exp();
    (ratio < FLOOR_FACTOR).then(|| {
        format!(
            "the floor is only {ratio:.2} times as fast, {FLOOR_FACTOR} is required: generator or \
             kernel may be the limit"
        )
    })
}

fn core_shared(record: &Record) -> Option<String> {
    let shared = record.plan.shared_cores();
    (!shared.is_empty()).then(|| {
        let cores = if shared.len() == 1 { "core" } else { "cores" };
        let shared: Vec<String> = shared.iter().map(usize::to_string).collect();
        format!(
            "servers and generator shared {cores} {}: the figures tell of both together",
            shared.join(", ")
        )
    })
}

/// Threads of one physical core slow each other by what each of them does.
fn physical_core_shared(record: &Record) -> Option<String> {
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
        "core {generator} (generator) and core {server} (servers) are threads of one physical core: the \
         figures tell of both together"
    ))
}

/// What a reader should know before believing the tables.
pub(super) fn warnings(
    record: &Record,
    samples: &Samples<'_>,
    lanes: &[LaneAnalysis],
) -> Vec<String> {
    let plan = &record.plan;
    let mut warnings = record.warnings.clone();
    match record.state {
        State::Complete => {}
        State::Interrupted => warnings.push(format!(
            "interrupted: {} of {} restarts count",
            samples.restarts(),
            plan.restarts
        )),
        State::Running => warnings.push(format!(
            "the run has not ended: {} of {} restarts count so far",
            samples.restarts(),
            plan.restarts
        )),
    }
    match samples.restarts() {
        0 | 1 => warnings.push("an interval needs two restarts at least: none is given".to_owned()),
        few if few < FEW_RESTARTS => warnings.push(format!(
            "{few} restarts: intervals rest on few processes; publish nothing below {FEW_RESTARTS}"
        )),
        _ => {}
    }
    warnings.push(match &record.calibration {
        Some(calibration) => calibration.sentence(),
        None => {
            "what this machine can resolve was not tried: `cargo compare calibrate` does".to_owned()
        }
    });
    if let Some(last) = record.resumed.last() {
        warnings.push(format!(
            "the run was begun {}, and gone on with {last}",
            record.started
        ));
    }
    if record.source.modified == Some(true) {
        warnings.push("the sources differ from the recorded revision".to_owned());
    }
    let stolen = busy::share(busy::loads(record), |load| load.stolen_ns);
    if let Some(stolen) = stolen.filter(|&share| share > STOLEN) {
        warnings.push(format!(
            "the host took {:.1} % of the cores' time",
            100.0 * stolen
        ));
    }
    warnings.extend(busy::throttled(busy::loads(record)));
    warnings.extend(busy::quota_unknown(record));
    match unmeasured(record, samples) {
        Some(all) => warnings.push(all),
        None => warnings.extend(busy::unknown(record)),
    }
    for lane in lanes {
        warnings.extend(disturbed(record, samples, lane.lane));
        warnings.extend(idle_floor(record, samples, lane));
        warnings.extend(floor_missing(record, samples, lane.lane));
        warnings.extend(drift::of_reference(record, samples, lane.lane));
        let name = lane.lane.name();
        match lane.again {
            None => warnings.push(format!(
                "{name}: no second copy counts, so nothing shows how far equals seem apart"
            )),
            Some(again) if again.low > 1.0 || again.high < 1.0 => warnings.push(format!(
                "{name}: two copies of one server seem {:.2} % apart, so differences up to {:.2} % \
                 count as none, and no tie is given",
                100.0 * (again.estimate - 1.0).abs(),
                100.0 * lane.margin
            )),
            Some(_) if lane.margin > LEAST_MARGIN => warnings.push(format!(
                "{name}: two copies of one server may be up to {:.2} % apart in this run, so \
                 differences up to that count as none, and no tie is given",
                100.0 * lane.margin
            )),
            Some(_) => {}
        }
    }
    warnings
}

fn unmeasured(record: &Record, samples: &Samples<'_>) -> Option<String> {
    let known = |arm, lane| {
        samples
            .slices(arm, lane)
            .any(|slice| slice.cost_ns().is_some())
    };
    let cells = record.plan.cells();
    let any = cells
        .iter()
        .any(|cell| samples.slices(cell.arm, cell.lane).next().is_some());
    (any && !cells.iter().any(|cell| known(cell.arm, cell.lane))).then(|| {
        "CPU time is not known on this system, nor is it checked that the servers' cores were busy"
            .to_owned()
    })
}

fn disturbed(record: &Record, samples: &Samples<'_>, lane: Lane) -> Option<String> {
    let busy: Vec<f64> = (0..record.plan.arms.len())
        .filter(|&arm| record.plan.arms[arm].role != ArmRole::Floor)
        .filter(|&arm| not_saturated(record, samples, arm, lane).is_none())
        .flat_map(|arm| samples.slices(arm, lane))
        .filter_map(|slice| samples.utilisation(slice))
        .collect();
    let idle = busy.iter().filter(|&&busy| busy < SATURATION).count();
    let share = idle as f64 / busy.len().max(1) as f64;
    (share > DISTURBED).then(|| {
        format!(
            "{}: in {:.0} % of slices the server's core was less than {:.0} % busy; something \
             else ran",
            lane.name(),
            100.0 * share,
            100.0 * SATURATION
        )
    })
}

/// Without the floor the gate that rests on it cannot close.
fn floor_missing(record: &Record, samples: &Samples<'_>, lane: Lane) -> Option<String> {
    let floor = floor(record)?;
    let measured = |arm| samples.slices(arm, lane).next().is_some();
    let anything = (0..record.plan.arms.len()).any(measured);
    (anything && record.plan.takes_part(floor, lane) && !measured(floor)).then(|| {
        format!(
            "{}: the floor was not measured, so nothing shows that the generator can outrun the \
             servers",
            lane.name()
        )
    })
}

fn floor(record: &Record) -> Option<usize> {
    let mut arms = record.plan.arms.iter();
    arms.position(|arm| arm.role == ArmRole::Floor)
}

fn idle_floor(record: &Record, samples: &Samples<'_>, analysed: &LaneAnalysis) -> Option<String> {
    let lane = analysed.lane;
    let counts = |row: &&Row| row.void.is_empty();
    let floor = analysed.rows.iter().filter(counts).map(|row| row.arm);
    let floor = floor
        .into_iter()
        .find(|&arm| record.plan.arms[arm].role == ArmRole::Floor)?;
    let busy = samples.median_of(floor, lane, |slice| samples.utilisation(slice))?;
    (busy < SATURATION).then(|| {
        format!(
            "{}: the floor's core was {:.0} % busy, the generator being the slower: read its rate \
             as at least so much",
            lane.name(),
            100.0 * busy
        )
    })
}
