//! The record of a run: everything that was measured.
//!
//! It holds raw samples, not results: every table and verdict is worked out from it again, so that
//! a better analysis can be applied to an old run. Durations are nanoseconds, sizes bytes.

mod cases;
mod histogram;
mod pack;
mod store;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accounting::Memory;
use crate::calibrate::Calibration;
use crate::cores::Core;
use crate::cost::Cost;
use crate::environment::{Environment, Python};
use crate::estimates::Estimates;
use crate::machine::{Machine, Source, Toolchain};
use crate::plan::{Lane, Plan};
use crate::statistics::median;

pub use cases::{CaseFinding, CaseVerdict};
pub use histogram::{decode, encode};
pub(crate) use store::repack;
pub use store::{PACKED_NAME, PLAIN_NAME};

/// The version of the record's form. It rises when a reader of the old form would misread the new.
pub const SCHEMA_VERSION: u32 = 3;

/// The oldest version that is still read. Version 3 has a list of the generator's cores where 2 has
/// one core.
const OLDEST_VERSION: u32 = 2;

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// When the run began, RFC 3339 in UTC.
    pub started: String,
    /// The command that made it, as one would type it, without paths that are nobody's business.
    pub command: String,
    /// When it was gone on with after an end before its time, RFC 3339 in UTC.
    #[serde(default)]
    pub resumed: Vec<String>,
    /// How far it came.
    pub state: State,
    /// What this machine was found to resolve, by the last calibration before the run.
    #[serde(default)]
    pub calibration: Option<Calibration>,
    /// What it was measured on.
    pub machine: Machine,
    /// What everything was compiled with.
    pub toolchain: Toolchain,
    /// What changes programs besides their source. Absent in records from before 2026-11-28.
    #[serde(default)]
    pub environment: Option<Environment>,
    /// Which state of the repository was measured.
    pub source: Source,
    /// What was to be measured, and the seed of every order.
    pub plan: Plan,
    /// Whether requests' CPU time comes from the cores' clock rather than the processes', which
    /// on this kernel leave out software interrupts.
    pub core_clock: bool,
    /// What the cores are that were measured on, the servers' first, as far as the system tells. Empty
    /// in older records.
    #[serde(default)]
    pub cores: Vec<Core>,
    /// What was built, one entry a server, in the order of first use in `plan.arms`.
    pub servers: Vec<ServerRecord>,
    /// What was measured, one entry a restart.
    pub restarts: Vec<RestartRecord>,
    /// What went wrong and takes an arm out of the comparison. Arms that are void for what their
    /// samples say, such as a core that was not busy, are found in analysis.
    pub voids: Vec<Void>,
    /// What a reader should know of the circumstances.
    pub warnings: Vec<String>,
    /// Requests per second against the number of connections, as `plan.capacity` has it: one entry
    /// a restart, with processes of its own.
    #[serde(default)]
    pub capacity: Vec<CapacityRestart>,
    /// Latency at given rates, as `plan.latency` has it. Absent where it was not measured.
    #[serde(default)]
    pub latency: Option<Latency>,
    /// What servers cost besides the time of their requests. Absent where the run ended before.
    #[serde(default)]
    pub cost: Option<Cost>,
    /// What criterion estimated of the pieces of a request, and on what. Absent where nobody put it
    /// there (`cargo compare attach`).
    #[serde(default)]
    pub estimates: Option<Estimates>,
}

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It goes on, or was killed.
    Running,
    /// It was asked to stop early.
    Interrupted,
    /// Everything planned was measured.
    Complete,
}

/// One server as it was built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerRecord {
    /// Its name in the catalogue.
    pub name: String,
    /// The framework it stands on, if any.
    pub framework: Option<String>,
    /// That framework's exact version.
    pub version: Option<String>,
    /// How much more time an answer takes it than the control, percent; where it is there for
    /// calibration.
    #[serde(default)]
    pub slowed_by: Option<f64>,
    /// The command that built it, without such paths. Empty in records from before
    /// 2026-11-28, and where nothing is built.
    #[serde(default)]
    pub build: Vec<String>,
    /// For how long it holds every hundredth answer, microseconds; where it is there for calibration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_by: Option<u32>,
    /// The program that was measured.
    pub program: Option<Program>,
    /// The Python it runs on, where it is in Python. Absent in records from before 2026-11-28.
    #[serde(default)]
    pub python: Option<Python>,
    /// What the conformance gate found. Absent where the server could not be built or started.
    pub conformance: Option<Conformance>,
}

/// A program that was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Program {
    /// SHA-256 of the executable, in hexadecimal.
    pub sha256: String,
    /// Its size, without debugging symbols.
    pub bytes: u64,
    /// Whether it is a script, whose size tells nothing of the program's.
    #[serde(default)]
    pub is_script: bool,
    /// Crates compiled into it or for it, each counted once; the project's own left out.
    pub crates: Option<usize>,
    /// What linked it, where that left its name in it, as LLD and mold do.
    #[serde(default)]
    pub linker: Option<String>,
    /// The allocator that it has messages of: `jemalloc` or `mimalloc`. Absent where it has none, which
    /// is presumably that of the C library.
    #[serde(default)]
    pub allocator: Option<String>,
}

/// What the conformance gate found: how many must-cases had which verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conformance {
    /// Cases the server conforms to.
    pub conforms: usize,
    /// Cases it deviates from in a way that is listed as known.
    pub known_deviations: usize,
    /// Cases it answers legally, but not as the others do.
    pub differs: usize,
    /// Cases that do not apply to it.
    pub not_applicable: usize,
    /// Cases it fails, or that could not be decided, by name.
    pub failed: Vec<String>,
    /// Every case that was asked, in the suite's order.
    #[serde(default)]
    pub cases: Vec<CaseFinding>,
}

impl Conformance {
    /// Cases that were decided one way or the other.
    pub fn decided(&self) -> usize {
        self.passed() + self.known_deviations + self.failed.len()
    }

    /// Cases it answers as it may, of those decided.
    pub fn passed(&self) -> usize {
        self.conforms + self.differs
    }
}

/// One restart: fresh processes of everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RestartRecord {
    /// Which, from 0.
    pub restart: u32,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Whether every planned slice was taken.
    pub complete: bool,
    /// In which order the arms were started: indices into `plan.arms`.
    pub start_order: Vec<usize>,
    /// What starting a process that does nothing cost: the part of start-up that is no server's.
    pub spawn_ns: Option<u64>,
    /// What the machine did while slices were taken.
    pub machine: Option<MachineLoad>,
    /// One entry for each arm that was started.
    pub arms: Vec<ArmRestart>,
    /// Every slice, in the order taken.
    pub slices: Vec<Slice>,
}

impl RestartRecord {
    /// Whether it counts: at least half of its blocks were measured. What was cut short is a little
    /// less sure, but as unbiased.
    pub fn counts(&self, plan: &Plan) -> bool {
        let begun = self.slices.iter().map(|slice| slice.block + 1).max();
        let measured = begun.unwrap_or(0).saturating_sub(u32::from(!self.complete));
        measured >= plan.blocks.div_ceil(2)
    }
}

/// What the cores measured on did while slices were taken, added up over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MachineLoad {
    /// Wall-clock time times the number of cores.
    pub available_ns: u64,
    /// CPU time of processes that have no part in the measurement. Absent where the kernel does not
    /// tell, as in some containers.
    pub others_ns: Option<u64>,
    /// Time the host took. Absent where the kernel does not tell.
    pub stolen_ns: Option<u64>,
    /// For how long a CPU quota of this process's control groups kept processes from running. Absent
    /// where no control group tells.
    #[serde(default)]
    pub throttled_ns: Option<u64>,
    /// In how many of its periods a quota was used up. Absent as above.
    #[serde(default)]
    pub throttled_periods: Option<u64>,
}

impl MachineLoad {
    /// Whether a CPU quota kept processes from running: latency then tells of the quota.
    pub fn was_throttled(&self) -> bool {
        let counts = [self.throttled_ns, self.throttled_periods];
        counts.into_iter().flatten().any(|count| count > 0)
    }
}

/// One process tree's life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArmRestart {
    /// Index into `plan.arms`.
    pub arm: usize,
    /// From starting the process to its first complete and right answer.
    pub start_up_ns: u64,
    /// Memory after the first answers.
    pub idle: Option<Memory>,
    /// Memory at the end, under its connections.
    pub loaded: Option<Memory>,
    /// What is kept of each lane besides its slices.
    pub lanes: BTreeMap<Lane, LaneTotals>,
}

/// One lane in one process tree's life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LaneTotals {
    /// CPU time in user mode over all slices, in the kernel's steps of 10 ms.
    pub user_ns: u64,
    /// CPU time in the kernel over all slices, likewise.
    pub system_ns: u64,
    /// Latencies of all slices' counted requests, nanoseconds: HdrHistogram V2, compressed in older records, base64.
    pub latencies: String,
}

/// One slice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slice {
    /// Its block, from 0.
    pub block: u32,
    /// Its position in the block, from 0.
    pub position: u32,
    /// Index into `plan.arms`.
    pub arm: usize,
    /// The kind of request.
    pub lane: Lane,
    /// Requests answered within the window.
    pub requests: u64,
    /// How long the window was. Where the generator had several threads, each with a window of its
    /// own, it is what makes requests by window the sum of the threads' rates.
    pub window_ns: u64,
    /// Requests answered from the first send to the last answer, ramp and drain included.
    pub total_requests: u64,
    /// How long that was.
    pub total_ns: u64,
    /// CPU time of the server's processes over that time.
    pub cpu_ns: Option<u64>,
    /// How long the servers' cores were busy over that time, added up; where the kernel tells.
    pub busy_ns: Option<u64>,
    /// Mean latency of the counted requests.
    pub mean_ns: u64,
    /// Their median.
    pub p50_ns: u64,
    /// Their 99th percentile.
    pub p99_ns: u64,
}

impl Slice {
    /// Requests per second within the window.
    pub fn rate(&self) -> f64 {
        self.requests as f64 / (self.window_ns as f64 / 1e9)
    }

    /// What the requests of the whole slice cost the servers' cores, nanoseconds.
    pub fn cost_ns(&self) -> Option<u64> {
        self.busy_ns.or(self.cpu_ns)
    }

    /// How much of the slice's time that is, 1 being one core all the time.
    pub(crate) fn share(&self) -> Option<f64> {
        Some(self.cost_ns()? as f64 / self.total_ns as f64)
    }
}

/// One restart that measures requests per second against connections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityRestart {
    /// Which, from 0; counted apart from the comparison's.
    pub restart: u32,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Whether every planned slice was taken.
    pub complete: bool,
    /// In which order the arms were started: indices into `plan.arms`.
    pub start_order: Vec<usize>,
    /// What the machine did while slices were taken.
    pub machine: Option<MachineLoad>,
    /// Every slice, in the order taken.
    pub slices: Vec<CapacitySlice>,
    /// What could not be measured, and why.
    pub failures: Vec<CapacityFailure>,
}

/// One slice at a number of connections.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacitySlice {
    /// Connections held open to the server, each with one request in flight.
    pub connections: usize,
    /// What was measured. Blocks count from 0 at each number of connections.
    #[serde(flatten)]
    pub slice: Slice,
}

/// Why an arm has no capacity at a number of connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityFailure {
    /// Index into `plan.arms`.
    pub arm: usize,
    /// At how many connections; at every number where absent.
    pub connections: Option<usize>,
    /// Why, as a sentence without its full stop.
    pub reason: String,
}

/// Latency in an open loop: requests are due at fixed intervals, from a random moment on, whether
/// or not earlier ones are answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// The rates offered: `plan.latency.shares` of a capacity, then `plan.latency.rates`.
    pub rates: Vec<OfferedRate>,
    /// One entry a restart, with processes of its own.
    pub restarts: Vec<LatencyRestart>,
}

/// A rate at which requests are offered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OfferedRate {
    /// Requests per second.
    pub per_second: f64,
    /// As a share of what the slowest compared server answers at saturation. Absent where the
    /// rate was given as such.
    pub share: Option<f64>,
}

/// One restart that measures latency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyRestart {
    /// Which, from 0; counted apart from the comparison's.
    pub restart: u32,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Whether every planned slice was taken.
    pub complete: bool,
    /// In which order the arms were started: indices into `plan.arms`.
    pub start_order: Vec<usize>,
    /// What the machine did while slices were taken.
    pub machine: Option<MachineLoad>,
    /// Every slice, in the order taken.
    pub slices: Vec<OpenSlice>,
    /// One entry for each arm and rate.
    pub totals: Vec<LatencyTotals>,
    /// What could not be measured, and why.
    pub failures: Vec<LatencyFailure>,
}

/// One slice of an open loop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpenSlice {
    /// Its block, from 0.
    pub block: u32,
    /// Its position in the block, from 0.
    pub position: u32,
    /// Index into `plan.arms`.
    pub arm: usize,
    /// Index into `latency.rates`.
    pub rate: usize,
    /// Requests that were due within the window.
    pub offered: u64,
    /// Answers that came within the window, whenever their request was due.
    pub achieved: u64,
    /// How long the window was.
    pub window_ns: u64,
    /// Requests sent from the first to the last, ramp included. All were answered.
    pub total_requests: u64,
    /// From the first request's due time to the last answer.
    pub total_ns: u64,
    /// CPU time of the server's processes over that time.
    pub cpu_ns: Option<u64>,
    /// How long the servers' cores were busy over that time, added up; where the kernel tells.
    pub busy_ns: Option<u64>,
    /// Median latency of the requests due within the window.
    pub p50_ns: u64,
    /// Their 90th percentile. Absent in records of before 2026-11-28.
    #[serde(default)]
    pub p90_ns: Option<u64>,
    /// Their 99th percentile.
    pub p99_ns: u64,
    /// For how long the generator was kept from its connections by something else on its core. Absent
    /// as above.
    #[serde(default)]
    pub generator_stall_ns: Option<u64>,
    /// For how long threads of the server were ready to run while something else had their core,
    /// added up over them. Absent as above, and where the kernel does not tell.
    #[serde(default)]
    pub server_kept_waiting_ns: Option<u64>,
    /// What the host took of the cores measured on, as far as it tells: in steps of 10 ms on Linux.
    /// Absent as above.
    #[serde(default)]
    pub stolen_ns: Option<u64>,
}

/// For what share of a slice's window, beyond what is usual, anything but the server may keep requests waiting. Its
/// 99th percentile tells of the slowest hundredth of them.
const DISTURBANCE: f64 = 0.01;

impl OpenSlice {
    /// Whether the machine rather than the server made requests wait: the generator or the server was
    /// kept from its core for longer than usual and a hundredth of the window, or the host took it. None
    /// of this depends on how fast the server answers.
    pub fn is_disturbed(&self, usual: UsualWait) -> bool {
        let allowed = DISTURBANCE * self.window_ns as f64;
        let beyond =
            |time: Option<u64>, usual: f64| time.is_some_and(|time| time as f64 > usual + allowed);
        beyond(self.generator_stall_ns, usual.generator_ns)
            || beyond(self.server_kept_waiting_ns, usual.server_ns)
            || self.stolen_ns.is_some_and(|stolen| stolen > 0)
    }

    /// Answers within the window for each request due in it: 1 where the server keeps up.
    pub fn achieved_share(&self) -> f64 {
        self.achieved as f64 / self.offered as f64
    }
}

/// For how long the machine keeps the generator and a server from their cores in a usual slice, nanoseconds: the
/// medians over all servers' slices at one rate in one restart. Every machine has some work of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UsualWait {
    generator_ns: f64,
    server_ns: f64,
}

impl UsualWait {
    /// What is usual in these slices.
    pub fn of<'a>(slices: impl Iterator<Item = &'a OpenSlice> + Clone) -> Self {
        let usual = |time: fn(&OpenSlice) -> Option<u64>| {
            let times: Vec<f64> = slices
                .clone()
                .filter_map(time)
                .map(|time| time as f64)
                .collect();
            median(&times).unwrap_or_default()
        };
        Self {
            generator_ns: usual(|slice| slice.generator_stall_ns),
            server_ns: usual(|slice| slice.server_kept_waiting_ns),
        }
    }
}

impl LatencyRestart {
    /// The slices at a rate that were not disturbed, in the order taken.
    pub fn undisturbed(&self, rate: usize) -> impl Iterator<Item = &OpenSlice> {
        let of_rate = || self.slices.iter().filter(move |slice| slice.rate == rate);
        let usual = UsualWait::of(of_rate());
        of_rate().filter(move |slice| !slice.is_disturbed(usual))
    }
}

/// One arm at one rate in one process tree's life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyTotals {
    /// Index into `plan.arms`.
    pub arm: usize,
    /// Index into `latency.rates`.
    pub rate: usize,
    /// From when a request was due to the last byte of its answer, for every request due within a
    /// window of a slice that was not disturbed, nanoseconds: HdrHistogram V2, compressed in older
    /// records, base64. In records of before 2026-11-28 of every slice.
    pub latencies: String,
    /// The same of slices that were disturbed ([`OpenSlice::is_disturbed`]). Absent where none was.
    #[serde(default)]
    pub disturbed_latencies: Option<String>,
    /// From when a request was due to when it was sent, likewise. What a request waited for a
    /// connection that was free is in it, and is in `latencies` too.
    pub lateness: String,
}

/// Why an arm has no latency at a rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyFailure {
    /// Index into `plan.arms`.
    pub arm: usize,
    /// Index into `latency.rates`; every rate where absent.
    pub rate: Option<usize>,
    /// Why, as a sentence without its full stop.
    pub reason: String,
}

/// Something that takes an arm out of the comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Void {
    /// Index into `plan.arms`.
    pub arm: usize,
    /// When it was noticed; before the first restart where absent.
    pub restart: Option<u32>,
    /// The one lane it concerns; every lane where absent.
    #[serde(default)]
    pub lane: Option<Lane>,
    /// Why, as a sentence without its full stop.
    pub reason: String,
}

impl Record {
    /// The server an arm is a process of.
    pub fn server_of(&self, arm: usize) -> Option<&ServerRecord> {
        let name = &self.plan.arms.get(arm)?.server;
        self.servers.iter().find(|server| &server.name == name)
    }
}

/// The present moment as records write it.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}
