//! What one record has to say of its machine. It knows nothing of other records.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use quartet_record::machine::Machine;
use quartet_record::plan::{ArmRole, Lane};
use quartet_record::{MachineLoad, Record, ServerRecord, Slice, State};
use serde::{Deserialize, Serialize};

use super::terms::{Term, terms};
use crate::gates;
use crate::samples::Samples;
use crate::statistics::{Effect, mean, standard_deviation};

/// The fewest restarts whose spread is believed: below, their mean may by accident seem far more precise than it is.
pub const LEAST_RESTARTS: usize = 5;

/// The least variance of a run's mean that is believed: a standard error of 0.0001 %.
const LEAST_VARIANCE: f64 = 1e-12;

/// What one record has to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// What the record is called, such as its path.
    pub name: String,
    /// When the run began, RFC 3339 in UTC.
    pub started: String,
    /// What it was measured on.
    pub machine: Machine,
    /// What tells the run from others, so that copies of its record are known.
    pub run: u64,
    /// Whether everything planned was measured.
    pub complete: bool,
    /// Restarts that count.
    pub restarts: usize,
    /// What must be the same where records are pooled.
    pub terms: Vec<Term>,
    /// What an older record, or one of another system, does not tell.
    pub unknown: Vec<String>,
    /// One entry a kind of request whose greetings are in memory.
    pub lanes: Vec<LaneContribution>,
}

/// What one record has to say of one kind of request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaneContribution {
    /// The kind of request.
    pub lane: Lane,
    /// Each server relative to the reference.
    pub to_reference: Vec<Measured>,
    /// Each pair of compared servers, the first by name over the second.
    pub pairs: Vec<Measured>,
    /// Rows that do not count.
    pub left_out: Vec<LeftOut>,
    /// The kernel's share of the reference's CPU time. Absent where the system does not tell.
    pub kernel_share: Option<f64>,
}

/// A ratio of requests per second as one run measured it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Whose rate is divided.
    pub of: String,
    /// By whose.
    pub to: String,
    /// The mean over restarts of the logarithm of the ratio, with its variance: that of the restarts by their number.
    pub effect: Effect,
    /// Restarts.
    pub restarts: usize,
}

/// A row that does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Whose.
    pub server: String,
    /// Why, as a sentence without its full stop.
    pub reason: String,
}

impl Contribution {
    /// What a record has to say, under a name. Gates are applied to its samples.
    ///
    /// # Errors
    /// Where the record is damaged.
    pub fn of(name: String, record: &Record) -> anyhow::Result<Self> {
        let samples = Samples::without_latencies(record);
        let lanes = record.plan.lanes.iter();
        Ok(Self {
            name,
            started: record.started.clone(),
            machine: record.machine.clone(),
            run: run(record),
            complete: record.state == State::Complete,
            restarts: samples.restarts(),
            terms: terms(record),
            unknown: unknown(record),
            lanes: lanes
                .filter(|lane| !lane.is_over_database())
                .map(|&lane| LaneContribution::of(record, &samples, lane))
                .collect(),
        })
    }

    /// What it has to say of a kind of request.
    pub fn lane(&self, lane: Lane) -> Option<&LaneContribution> {
        self.lanes.iter().find(|one| one.lane == lane)
    }
}

/// What tells a run from others: when it began, its plan's seed and its first slices.
fn run(record: &Record) -> u64 {
    let slices = record.restarts.iter().flat_map(|restart| &restart.slices);
    let counts: Vec<(u64, u64)> = slices
        .take(100)
        .map(|slice| (slice.total_requests, slice.total_ns))
        .collect();
    let mut hasher = DefaultHasher::new();
    (&record.started, record.plan.seed, counts).hash(&mut hasher);
    hasher.finish()
}

/// What a record does not tell of what matters here.
fn unknown(record: &Record) -> Vec<String> {
    let servers = &record.servers;
    let cases = |server: &ServerRecord| {
        let found = server.conformance.iter();
        found.map(|found| found.cases.len()).sum::<usize>()
    };
    let machine = |load: &MachineLoad| load.others_ns.is_some();
    let mut loads = record
        .restarts
        .iter()
        .filter_map(|restart| restart.machine.as_ref());
    let slices = record.restarts.iter().flat_map(|restart| &restart.slices);
    let clocks = slices.map(Slice::cost_ns);
    [
        (
            servers.iter().all(|server| cases(server) == 0),
            "the cases of the contract",
        ),
        (
            record.source.revision.is_none(),
            "the revision of the servers",
        ),
        (record.environment.is_none(), "settings of build and kernel"),
        (record.machine.processor.is_none(), "the processor"),
        (!loads.any(machine), "what else ran on the cores"),
        (clocks.flatten().next().is_none(), "the servers' CPU time"),
    ]
    .into_iter()
    .filter(|(unknown, _)| *unknown)
    .map(|(_, what)| what.to_owned())
    .collect()
}

impl LaneContribution {
    fn of(record: &Record, samples: &Samples<'_>, lane: Lane) -> Self {
        let arms = &record.plan.arms;
        let name = |arm: usize| arms[arm].name.clone();
        let reference = record.plan.first(ArmRole::Reference);
        let mut left_out = Vec::new();
        let mut sound = |arm: usize| {
            let reasons = gates::reasons(record, samples, arm, lane);
            left_out.extend(reasons.first().map(|_| LeftOut {
                server: name(arm),
                reason: reasons.join("; "),
            }));
            reasons.is_empty()
        };
        let takes_part = |arm: &usize| record.plan.takes_part(*arm, lane);
        // What is slowed on purpose, or differs from a server that is there too, is no server of its own.
        let is_server = |arm: &usize| {
            let server = record.server_of(*arm);
            let slowed = server.is_some_and(|one| one.slowed_by.is_some() || one.late_by.is_some());
            let role = arms[*arm].role;
            arms[*arm].variant.is_none()
                && !slowed
                && matches!(role, ArmRole::Compared | ArmRole::Aside)
        };
        let reference = reference.filter(takes_part).filter(|&arm| sound(arm));
        let servers: Vec<usize> = (0..arms.len())
            .filter(takes_part)
            .filter(is_server)
            .filter(|&arm| sound(arm))
            .collect();
        let mut measured = |arm: usize, against: usize| {
            let log_ratios = samples.log_ratios(arm, against, lane);
            let restarts = log_ratios.len();
            if restarts < LEAST_RESTARTS {
                let reason = format!(
                    "{restarts} restarts count; {LEAST_RESTARTS} are required to judge their spread"
                );
                let server = name(arm);
                let known = left_out.iter().any(|out| out.server == server);
                if !known {
                    left_out.push(LeftOut { server, reason });
                }
                return None;
            }
            let variance = standard_deviation(&log_ratios)?.powi(2) / restarts as f64;
            Some(Measured {
                of: name(arm),
                to: name(against),
                effect: Effect {
                    estimate: mean(&log_ratios)?,
                    variance: variance.max(LEAST_VARIANCE),
                },
                restarts,
            })
        };
        let to_reference = reference
            .iter()
            .flat_map(|&reference| servers.iter().map(move |&arm| (arm, reference)))
            .filter_map(|(arm, reference)| measured(arm, reference))
            .collect();
        let mut compared: Vec<usize> = servers
            .iter()
            .copied()
            .filter(|&arm| arms[arm].role == ArmRole::Compared)
            .collect();
        compared.sort_by_key(|&arm| name(arm));
        let pairs = compared
            .iter()
            .enumerate()
            .flat_map(|(index, &arm)| compared[index + 1..].iter().map(move |&other| (arm, other)))
            .filter_map(|(arm, other)| measured(arm, other))
            .collect();
        let cpu = reference.and_then(|arm| samples.cpu(arm, lane));
        Self {
            lane,
            to_reference,
            pairs,
            left_out,
            kernel_share: cpu.map(|cpu| cpu.system / cpu.total),
        }
    }

    /// The ratios to the reference, or those of pairs.
    pub(super) fn ratios(&self, to_reference: bool) -> &[Measured] {
        if to_reference {
            &self.to_reference
        } else {
            &self.pairs
        }
    }
}
