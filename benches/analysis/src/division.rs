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

use anyhow::Result;
use quartet_record::Record;
use quartet_record::estimates::{Estimate, Estimates, ORIGINAL_DISPATCH, ORIGINAL_PAYLOAD};
use quartet_record::plan::{ArmRole, Lane};
use serde::Serialize;

use crate::figures::CpuPerRequest;
use crate::samples::Samples;
use crate::statistics::{CONFIDENCE, critical_t, median_interval, standard_deviation};

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
    /// CPU time per request under load: the median over restarts.
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
}

impl Division {
    /// Divides what `record` measured by criterion's estimates in it.
    ///
    /// # Errors
    /// Where the record is damaged.
    pub fn of(record: &Record) -> Result<Self> {
        let none = Estimates::default();
        let estimates = record.estimates.as_ref().unwrap_or(&none);
        let samples = Samples::of(record)?;
        let lanes: Vec<LaneDivision> = record
            .plan
            .lanes
            .iter()
            .filter(|lane| !lane.is_over_database())
            .map(|&lane| LaneDivision::of(record, &samples, estimates, lane))
            .filter(|division| !division.rows.is_empty())
            .collect();
        let mut remarks = circumstances(record, estimates, &lanes);
        remarks.extend(lanes.iter().flat_map(|division| division.doubts(record)));
        let originals = lanes.iter().flat_map(|division| division.originals(record));
        Ok(Self {
            originals: originals.collect(),
            source: source(estimates),
            remarks,
            lanes,
        })
    }
}

impl LaneDivision {
    fn of(record: &Record, samples: &Samples<'_>, estimates: &Estimates, lane: Lane) -> Self {
        let arms = &record.plan.arms;
        let mut rows: Vec<DivisionRow> = (0..arms.len())
            .filter(|&arm| arms[arm].role != ArmRole::Again)
            .filter_map(|arm| {
                let load = Load::of(samples, arm, lane)?;
                let named = |bench: &str, what: &str| {
                    estimates.of(&format!("{bench}/{}", lane.bench()), what)
                };
                Some(DivisionRow::of(arm, &arms[arm].server, load, named))
            })
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
    /// `of` gives criterion's estimate by the names of a bench and of what it timed.
    fn of(
        arm: usize,
        server: &str,
        load: Load,
        of: impl Fn(&str, &str) -> Option<Estimate>,
    ) -> Self {
        let in_rust = of("payload", PAYLOAD).zip(of("dispatch", server));
        let in_python = of(ORIGINAL_PAYLOAD, server).zip(of(ORIGINAL_DISPATCH, server));
        let (serialisation, dispatch) = in_rust.or(in_python).unzip();
        Self {
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
        }
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
                "{}: one request to {} costs as much CPU time as {:.1} to {}: JSON {:.1}, \
                 framework {:.1}, server {:.1}, kernel {:.1}",
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
                "{lane}: negative: {negative}; the benches and the load run contradict each \
                 other, for example because the machine was faster in one of them"
            ));
        }
        let unsure = named(|estimate| estimate.low < 0.0 && estimate.high >= 0.0);
        if !unsure.is_empty() {
            doubts.push(format!("{lane}: not distinguishable from zero: {unsure}"));
        }
        doubts
    }
}

/// What the load run says of a request: the figures of the table of a lane, with intervals.
struct Load {
    total: Estimate,
    user: Estimate,
    kernel: Estimate,
}

impl Load {
    /// None where CPU time was not measured in two restarts.
    fn of(samples: &Samples<'_>, arm: usize, lane: Lane) -> Option<Self> {
        let costs = samples.costs(arm, lane);
        let cpu = CpuPerRequest::of(&costs).filter(|_| costs.len() > 1)?;
        let each = |part: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
            let of = |&(requests, cost, user): &(f64, f64, f64)| part(cost, user) / requests;
            costs.iter().map(of).collect()
        };
        Some(Self {
            total: around_median(cpu.total, &each(&|cost, _| cost))?,
            user: around_mean(cpu.user, &each(&|_, user| user))?,
            kernel: around_mean(cpu.system, &each(&|cost, user| cost - user))?,
        })
    }
}

/// A median, with its 95 % interval or, of fewer than six restarts, the lowest and the highest.
fn around_median(value: f64, restarts: &[f64]) -> Option<Estimate> {
    let end = |choose: fn(f64, f64) -> f64| restarts.iter().copied().reduce(choose);
    let range = || end(f64::min).zip(end(f64::max));
    let (low, high) = median_interval(restarts, CONFIDENCE).or_else(range)?;
    Some(Estimate { value, low, high })
}

/// A figure of all restarts together, with Student's 95 % interval for their mean.
fn around_mean(value: f64, restarts: &[f64]) -> Option<Estimate> {
    let error = standard_deviation(restarts)? / (restarts.len() as f64).sqrt();
    let half_width = critical_t(CONFIDENCE, restarts.len() - 1)? * error;
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
    match &estimates.written {
        Some((first, last)) if first == last => {
            format!("Criterion's estimates in the record are from {last}.")
        }
        Some((first, last)) => {
            format!("Criterion's estimates in the record are from {first} to {last}.")
        }
        None => "The record has no criterion estimates.".to_owned(),
    }
}

/// What makes criterion's estimates those of something else than this run measured.
fn circumstances(record: &Record, estimates: &Estimates, lanes: &[LaneDivision]) -> Vec<String> {
    if estimates.medians.is_empty() {
        let how = "run `cargo bench -p quartet-benches`, then `cargo compare attach RUN`, to add \
                   criterion's estimates";
        return vec![how.to_owned()];
    }
    let mut remarks: Vec<String> = estimates.remark.iter().cloned().collect();
    let mut rows = lanes.iter().flat_map(|division| &division.rows);
    let originals = rows.any(|row| row.in_python).then_some("originals");
    let benches = ["dispatch", "payload"];
    for bench in benches.into_iter().chain(originals) {
        let Some(note) = estimates.notes.get(bench) else {
            if estimates.remark.is_none() {
                remarks.push(format!(
                    "unknown on which machine and revision the bench {bench} ran: it left no note"
                ));
            }
            continue;
        };
        let mut differences = Vec::new();
        if !note.machine.is_known_as(&record.machine) {
            differences.push("on a different machine");
        }
        if note.toolchain != record.toolchain {
            differences.push("with a different compiler");
        }
        if note.source.revision != record.source.revision {
            differences.push("with a different revision");
        } else if note.source.modified != Some(false) || record.source.modified != Some(false) {
            differences
                .push("perhaps with different sources: one of the two had uncommitted changes");
        }
        if !differences.is_empty() {
            let differences = differences.join(", ");
            remarks.push(format!(
                "the bench {bench} ran {}, {differences}",
                note.measured
            ));
        }
    }
    remarks
}

#[cfg(test)]
mod tests;
