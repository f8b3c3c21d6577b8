//! The record of one run: everything that was planned and measured. It knows nothing of what follows from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;
use crate::capacity::CapacityRestart;
use crate::cores::Core;
use crate::cost::Cost;
use crate::database::Database;
use crate::environment::Environment;
use crate::estimates::Estimates;
use crate::exclusion::Exclusion;
use crate::latency::Latency;
use crate::machine::{Machine, Source, Toolchain};
use crate::plan::Plan;
use crate::restart::RestartRecord;
use crate::scaling::ScalingRestart;
use crate::server::ServerRecord;
use crate::servers_via::ServersVia;

/// The version of the record's form. It rises when a reader of the old form would misread the new.
pub const SCHEMA_VERSION: u32 = 4;

/// The oldest version that is still read. Version 4 may have servers on another machine than the generator's (`servers_via`), whose
/// cores have the same numbers. Version 3 has a list of the generator's cores where 2 has
/// one core.
pub(crate) const OLDEST_VERSION: u32 = 2;

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// The version of this schema that the writer has.
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
    /// What it was measured on: the servers' machine.
    pub machine: Machine,
    /// How the servers were reached, and where the load generator ran, where an agent started them. Absent where the program
    /// that measured started them itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub servers_via: Option<ServersVia>,
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
    /// What went wrong and takes an arm out of the comparison. Arms that are excluded for what their
    /// samples say, such as a core that was not busy, are found in analysis.
    #[serde(rename = "voids")]
    pub exclusions: Vec<Exclusion>,
    /// What a reader should know of the circumstances.
    pub warnings: Vec<String>,
    /// The PostgreSQL of the lanes over a database. Absent where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<Database>,
    /// Requests per second against the number of connections, as `plan.capacity` has it: one entry
    /// a restart, with processes of its own.
    #[serde(default)]
    pub capacity: Vec<CapacityRestart>,
    /// Latency at given rates, as `plan.latency` has it. Absent where it was not measured.
    #[serde(default)]
    pub latency: Option<Latency>,
    /// Requests per second against the number of workers, as `plan.scaling` has it: one entry a restart, with
    /// processes of its own. Absent where not measured, and in records from before 2026-11-29.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scaling: Vec<ScalingRestart>,
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

impl Record {
    /// Whether servers and generator ran on different machines.
    pub fn is_over_two_machines(&self) -> bool {
        self.servers_via
            .as_ref()
            .is_some_and(|via| !via.same_machine)
    }

    /// For how long of each slice its first request and its last answer are on their way and no server can be busy, nanoseconds: 0
    /// on loopback, where the way is the kernel's work.
    pub fn round_trip_ns(&self) -> u64 {
        let via = self.servers_via.as_ref().filter(|via| !via.loopback);
        via.map_or(0, |via| via.round_trip_ns)
    }

    /// The server an arm is a process of.
    pub fn server_of(&self, arm: usize) -> Option<&ServerRecord> {
        let name = &self.plan.arms.get(arm)?.server;
        self.servers.iter().find(|server| &server.name == name)
    }
}
