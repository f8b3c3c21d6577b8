//! Restarts that measure latency at given rates. It knows nothing of which slices count.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::restart::MachineLoad;

/// Latency in an open loop: requests are due at fixed intervals, from a random moment on, whether
/// or not earlier ones are answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// The rates offered: `plan.latency.shares` of a capacity, then `plan.latency.rates`.
    pub rates: Vec<OfferedRate>,
    /// One entry a restart, with processes of its own.
    pub restarts: Vec<LatencyRestart>,
}

impl Latency {
    /// The restarts that were measured to their end.
    pub fn complete(&self) -> impl Iterator<Item = &LatencyRestart> + Clone {
        self.restarts.iter().filter(|restart| restart.complete)
    }
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

impl OfferedRate {
    /// What is measured at it, for sentences.
    pub fn name(&self) -> String {
        format!("latency at {:.0} requests/s", self.per_second)
    }
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
    /// The same of slices that were disturbed. Absent where none was.
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
