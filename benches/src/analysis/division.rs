//! How a request's CPU time divides into what its framework, serialising, HTTP and the kernel
//! take: criterion beside the load run.
//!
//! Four figures are measured: *payload* (serialising the answer), *dispatch* (from a parsed request
//! to an answer's bytes, which serialises too), both in process by criterion; and the load run's
//! CPU time per request with its part in user mode. The parts are their differences:
//!
//! - serialisation = payload
//! - framework = dispatch − payload: routing, extracting, middleware, the answer
//! - HTTP library = user − dispatch: parsing and writing HTTP, the runtime, system call stubs
//! - kernel = total − user
//!
//! so that they add up to the total. An original has a payload and a dispatch of its own, in Python,
//! and what is left of user mode is its server. A server that is in no dispatch bench, such as the
//! floor, has its whole user time as HTTP library. The interval of a difference follows from both intervals
//! (Zou and Donner, "Construction of confidence limits about effect measures: a general approach",
//! Statistics in Medicine 27, 2008): its half-widths are the root of the sum of their squares.

use serde::Serialize;

use crate::estimates::{Estimate, Estimates, ORIGINAL_DISPATCH, ORIGINAL_PAYLOAD};
use crate::plan::{ArmRole, Lane};
use crate::record::{Record, RestartRecord};
use crate::statistics::{CONFIDENCE, critical_t, mean, standard_deviation};

/// The benchmark of group `payload/LANE` that serialises as the frameworks do, each answer into
/// memory of its own.
const PAYLOAD: &str = "new vector";

/// How requests' CPU time divides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Division {
    /// One entry a lane that criterion knows of.
    pub lanes: Vec<LaneDivision>,
    /// What originals cost in terms of a server that is none, as sentences without their full stop.
    pub originals: Vec<String>,
    /// Where criterion's estimates are from, and when.
    pub source: String,
    /// What speaks against believing it, as sentences without their full stop.
    pub remarks: Vec<String>,
}

/// How one kind of request divides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LaneDivision {
    /// The kind of request.
    pub lane: Lane,
    /// One row a server, in the order of the plan.
    pub rows: Vec<DivisionRow>,
}

/// How one server's request divides, nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DivisionRow {
    /// Index into the plan's arms.
    pub arm: usize,
    /// CPU time per request under load: the mean over restarts.
    pub total: Estimate,
    /// Of it, serialising the answer.
    pub serialisation: Option<Estimate>,
    /// Of it, the framework without serialising.
    pub framework: Option<Estimate>,
    /// Of it, the rest of user mode: the HTTP library and the runtime.
    pub http: Estimate,
    /// Of it, the kernel.
    pub kernel: Estimate,
    /// Criterion's time from a parsed request to the answer's bytes.
    pub dispatch: Option<Estimate>,
    /// Whether the first two parts were timed in Python, as an original's are.
    pub in_python: bool,
    /// Criterion's time for one request and its answer on one loopback connection: on the clock,
    /// not on the CPU, and with nothing else under way.
    pub roundtrip: Option<Estimate>,
}

impl Division {
    /// Divides what `record` measured by what criterion estimated.
    pub fn of(record: &Record, estimates: &Estimates) -> Self {
        let lanes: Vec<LaneDivision> = record
            .plan
            .lanes
            .iter()
            .map(|&lane| LaneDivision::of(record, estimates, lane))
            .filter(|division| !division.rows.is_empty())
            .collect();
        let mut remarks = circumstances(record, estimates, &lanes);
        remarks.extend(lanes.iter().flat_map(|division| division.doubts(record)));
        let originals = lanes.iter().flat_map(|division| division.originals(record));
        Self {
            originals: originals.collect(),
            source: source(estimates),
            remarks,
            lanes,
        }
    }
}

impl LaneDivision {
    fn of(record: &Record, estimates: &Estimates, lane: Lane) -> Self {
        let arms = &record.plan.arms;
        let mut rows: Vec<DivisionRow> = (0..arms.len())
            .filter(|&arm| arms[arm].role != ArmRole::Again)
            .filter_map(|arm| DivisionRow::of(record, estimates, (arm, lane)))
            // Beside the floor, a server of which criterion knows nothing says nothing here.
            .filter(|row| row.serialisation.is_some() || arms[row.arm].role == ArmRole::Floor)
            .collect();
        if rows.iter().all(|row| row.serialisation.is_none()) {
            rows.clear();
        }
        Self { lane, rows }
    }
}

impl DivisionRow {
    fn of(record: &Record, estimates: &Estimates, (arm, lane): (usize, Lane)) -> Option<Self> {
        let server = &record.plan.arms[arm].server;
        let of = |bench: &str, what| estimates.of(&format!("{bench}/{}", lane.name()), what);
        let in_rust = of("payload", PAYLOAD).zip(of("dispatch", server));
        let in_python = of(ORIGINAL_PAYLOAD, server).zip(of(ORIGINAL_DISPATCH, server));
        let (serialisation, dispatch) = in_rust.or(in_python).unzip();
        let load = Load::of(record, arm, lane)?;
        Some(Self {
            arm,
            total: load.total,
            serialisation,
            framework: dispatch
                .zip(serialisation)
                .map(|(whole, part)| less(whole, part)),
            http: dispatch.map_or(load.user, |dispatch| less(load.user, dispatch)),
            kernel: load.kernel,
            dispatch,
            in_python: in_rust.is_none() && in_python.is_some(),
            roundtrip: of("roundtrip", server),
        })
    }

    /// The parts that are found by taking one figure from another.
    fn differences(&self) -> impl Iterator<Item = (&'static str, Estimate)> {
        let http = ("HTTP library", self.http);
        let kernel = ("kernel", self.kernel);
        let framework = self.framework.map(|part| ("framework", part));
        framework.into_iter().chain([http, kernel])
    }
}

impl LaneDivision {
    /// Of each original, how many requests to the first other server its own costs as much as, and
    /// how many of them each part does.
    fn originals(&self, record: &Record) -> Vec<String> {
        let arms = &record.plan.arms;
        let others = |role| {
            let mut rows = self.rows.iter();
            rows.find(|row| !row.in_python && arms[row.arm].role == role)
        };
        let Some(unit) = others(ArmRole::Compared).or_else(|| others(ArmRole::Reference)) else {
            return Vec::new();
        };
        let in_units = |part: Estimate| part.value / unit.total.value;
        let sentence = |row: &DivisionRow| {
            let (json, framework) = row.serialisation.zip(row.framework)?;
            Some(format!(
                "{}: a request to {} takes the CPU time of {:.1} to {}: its JSON {:.1}, the framework \
                 {:.1}, the server {:.1}, the kernel {:.1}",
                self.lane.name(),
                arms[row.arm].name,
                in_units(row.total),
                arms[unit.arm].name,
                in_units(json),
                in_units(framework),
                in_units(row.http),
                in_units(row.kernel),
            ))
        };
        let in_python = self.rows.iter().filter(|row| row.in_python);
        in_python.filter_map(sentence).collect()
    }

    /// Parts that are less than nothing, and those not told apart from it: a sentence for each kind.
    fn doubts(&self, record: &Record) -> Vec<String> {
        let named = |is: fn(Estimate) -> bool| {
            let of_row = |row: &DivisionRow| {
                let name = &record.plan.arms[row.arm].name;
                let parts = row.differences().filter(|&(_, estimate)| is(estimate));
                parts
                    .map(|(part, _)| format!("{name}'s {part}"))
                    .collect::<Vec<_>>()
            };
            self.rows
                .iter()
                .flat_map(of_row)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let lane = self.lane.name();
        let mut doubts = Vec::new();
        let negative = named(|estimate| estimate.high < 0.0);
        if !negative.is_empty() {
            doubts.push(format!(
                "{lane}: less than nothing, {negative}: criterion and the load run contradict each \
                 other, as where the machine ran faster in one of them"
            ));
        }
        let unsure = named(|estimate| estimate.low < 0.0 && estimate.high >= 0.0);
        if !unsure.is_empty() {
            doubts.push(format!("{lane}: not told apart from nothing, {unsure}"));
        }
        doubts
    }
}

/// What the load run says of a request, over restarts.
struct Load {
    total: Estimate,
    user: Estimate,
    kernel: Estimate,
}

impl Load {
    /// None where CPU time was not measured in two complete restarts.
    fn of(record: &Record, arm: usize, lane: Lane) -> Option<Self> {
        let complete = record.restarts.iter().filter(|restart| restart.complete);
        let costs: Vec<(f64, f64)> = complete
            .filter_map(|restart| per_request(restart, arm, lane))
            .collect();
        let over = |part: &dyn Fn(&(f64, f64)) -> f64| {
            over_restarts(&costs.iter().map(part).collect::<Vec<_>>())
        };
        Some(Self {
            total: over(&|&(total, _)| total)?,
            user: over(&|&(_, user)| user)?,
            kernel: over(&|&(total, user)| total - user)?,
        })
    }
}

/// CPU time per request in one restart, and its part in user mode.
fn per_request(restart: &RestartRecord, arm: usize, lane: Lane) -> Option<(f64, f64)> {
    let slices = || {
        restart
            .slices
            .iter()
            .filter(|slice| slice.arm == arm && slice.lane == lane)
    };
    let requests: u64 = slices().map(|slice| slice.total_requests).sum();
    let total: Option<u64> = slices().map(|slice| slice.cost_ns()).sum();
    let life = restart.arms.iter().find(|life| life.arm == arm)?;
    let user = life.lanes.get(&lane)?.user_ns;
    (requests > 0).then_some(())?;
    let each = |sum: u64| sum as f64 / requests as f64;
    Some((each(total?), each(user)))
}

/// The mean, with Student's 95 % interval.
fn over_restarts(values: &[f64]) -> Option<Estimate> {
    let value = mean(values)?;
    let error = standard_deviation(values)? / (values.len() as f64).sqrt();
    let half_width = critical_t(CONFIDENCE, values.len() - 1)? * error;
    Some(Estimate {
        value,
        low: value - half_width,
        high: value + half_width,
    })
}

/// The difference of two estimates that were made apart.
fn less(whole: Estimate, part: Estimate) -> Estimate {
    let value = whole.value - part.value;
    Estimate {
        value,
        low: value - (whole.value - whole.low).hypot(part.high - part.value),
        high: value + (whole.high - whole.value).hypot(part.value - part.low),
    }
}

fn source(estimates: &Estimates) -> String {
    // As seen from where the command runs: a record's page may be read anywhere else.
    let here = std::env::current_dir().unwrap_or_default();
    let place = estimates.directory.strip_prefix(&here);
    let place = place.unwrap_or(&estimates.directory).display();
    match &estimates.written {
        Some((first, last)) if first == last => {
            format!("criterion's estimates in {place}, written {last}")
        }
        Some((first, last)) => {
            format!("criterion's estimates in {place}, written {first} to {last}")
        }
        None => format!("no estimates of criterion's in {place}"),
    }
}

/// What makes criterion's estimates those of something else than this run measured.
fn circumstances(record: &Record, estimates: &Estimates, lanes: &[LaneDivision]) -> Vec<String> {
    if estimates.medians.is_empty() {
        return vec!["`cargo bench -p quartet-benches` makes criterion's estimates".to_owned()];
    }
    let mut remarks = Vec::new();
    let mut rows = lanes.iter().flat_map(|division| &division.rows);
    let originals = rows.any(|row| row.in_python).then_some("originals");
    let benches = ["dispatch", "payload", "roundtrip"];
    for bench in benches.into_iter().chain(originals) {
        let Some(note) = estimates.notes.get(bench) else {
            remarks.push(format!(
                "the bench {bench} left no note of the machine and the source it was run on"
            ));
            continue;
        };
        let mut differences = Vec::new();
        if !note.machine.is_known_as(&record.machine) {
            differences.push("on another machine");
        }
        if note.toolchain != record.toolchain {
            differences.push("with another compiler");
        }
        if note.source.revision != record.source.revision {
            differences.push("of another revision");
        } else if note.source.modified != Some(false) || record.source.modified != Some(false) {
            differences.push("perhaps of other source: one of the two had changes not committed");
        }
        if !differences.is_empty() {
            let differences = differences.join(", ");
            remarks.push(format!(
                "the bench {bench} was run {} {differences}",
                note.measured
            ));
        }
    }
    remarks
}

#[cfg(test)]
mod tests;
