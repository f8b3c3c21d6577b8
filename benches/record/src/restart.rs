//! A restart of the comparison: fresh processes of every server, and their slices. It knows nothing of what
//! they are compared by.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::memory::Memory;
use crate::plan::Lane;

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
    /// TCP segments that generator and servers sent, where servers were started by an agent (`servers_via`) and the kernels tell.
    /// Where both are in one network namespace each counts twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_segments: Option<u64>,
    /// Those that were sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resent_segments: Option<u64>,
    /// CPU time of the agent within slices, where servers were started by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_ns: Option<u64>,
}

impl MachineLoad {
    /// That of two machines together. What is not known of one is not known.
    pub fn and(&self, other: &Self) -> Self {
        let sum = |part: fn(&Self) -> Option<u64>| Some(part(self)? + part(other)?);
        let any = |part: fn(&Self) -> Option<u64>| {
            let known = [part(self), part(other)].into_iter().flatten();
            known.reduce(|one, two| one + two)
        };
        Self {
            available_ns: self.available_ns + other.available_ns,
            others_ns: sum(|load| load.others_ns),
            stolen_ns: sum(|load| load.stolen_ns),
            // A machine without control groups has no quota.
            throttled_ns: any(|load| load.throttled_ns),
            throttled_periods: any(|load| load.throttled_periods),
            sent_segments: sum(|load| load.sent_segments),
            resent_segments: sum(|load| load.resent_segments),
            agent_ns: any(|load| load.agent_ns),
        }
    }

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
    /// CPU time of PostgreSQL's processes over all slices, in a lane over a database; where the kernel
    /// tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_ns: Option<u64>,
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
    pub fn share(&self) -> Option<f64> {
        Some(self.cost_ns()? as f64 / self.total_ns as f64)
    }
}
