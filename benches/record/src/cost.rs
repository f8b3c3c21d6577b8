//! What servers cost besides the time of their requests. It knows nothing of how that is measured.

mod memory;
mod waiting;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::Lane;

pub use memory::{IDLE_CONNECTIONS, IdleConnections, MemoryStart};
pub use waiting::{WAIT_MS, WAITING, WaitingStart};

/// What counts instructions and allocations.
pub const TOOL: &str = "valgrind";

/// What servers cost besides the time of their requests. Durations are nanoseconds, sizes bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// What starting a process that does nothing cost, once a round of start-ups.
    pub spawn_ns: Vec<u64>,
    /// One entry a server, in the order of first use in `plan.arms`.
    pub servers: Vec<ServerCost>,
    /// Start-up and memory of the server that has a second copy among the arms, measured once more
    /// on starts of their own (A/A), under that arm's name. Absent in records from before 2026-11-28.
    #[serde(default)]
    pub again: Option<ServerCost>,
}

/// What one server costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerCost {
    /// Its name in the catalogue.
    pub name: String,
    /// From starting the process to its first complete and right answer, one entry a start. The
    /// servers took turns.
    pub start_up_ns: Vec<u64>,
    /// Memory, one entry a start, each of processes that ran alone. Empty in records from before
    /// 2026-11-28, whose memory is that of `restarts`.
    #[serde(default)]
    pub memory: Vec<MemoryStart>,
    /// Memory with many connections that ask nothing, in records from before 2026-11-28.
    pub idle_connections: Option<IdleConnections>,
    /// The program's size once `strip` has taken out what it does not need to run.
    pub stripped_bytes: Option<u64>,
    /// How much source it has of its own.
    pub lines: Option<Lines>,
    /// How long it takes to build, where that was asked for.
    pub build: Option<BuildCost>,
    /// Instructions and allocations per request, where that was asked for.
    #[serde(default)]
    pub requests: BTreeMap<Lane, RequestCost>,
    /// What requests cost that are in flight for long, one entry a start, where that was asked for. Absent in records
    /// from before 2026-11-29.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<WaitingStart>,
    /// What could not be measured and why, as sentences without their full stop.
    #[serde(default)]
    pub missing: Vec<String>,
}

/// How long a server takes to build, with what it needs downloaded already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BuildCost {
    /// Cores that the build could use.
    pub cores: usize,
    /// From an empty target directory.
    pub clean_ns: u64,
    /// Once more, after its own crate's root file has a new time: what a change to the server
    /// costs.
    pub incremental_ns: u64,
    /// `cargo check` of the whole crate after the same change, when all that it needs is checked already. Absent
    /// where the build is no `cargo build`, and in records from before 2026-11-29.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_ns: Option<u64>,
    /// The most private memory that all processes of the clean build had at once, bytes. Absent where the system does
    /// not tell, and in records from before 2026-11-29.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clean_peak: Option<u64>,
    /// The same of the build after the change. Absent as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incremental_peak: Option<u64>,
    /// The same of `cargo check`. Absent as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_peak: Option<u64>,
}

/// Lines of source that are neither blank nor only a comment, tests left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lines {
    /// Of the server's own crate.
    pub own: usize,
    /// Those of its own that work around what its framework does, and cite the upstream issue.
    pub workarounds: usize,
    /// Of the project's crates that it needs besides what every server shares.
    pub helpers: usize,
}

/// What valgrind counted for a request of a lane, the one connection's requests being answered one
/// after the other. None of what the kernel does is in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestCost {
    /// Instructions in user mode.
    pub instructions: f64,
    /// Allocations and reallocations. Absent where valgrind does not see them, as in a static program.
    pub allocations: Option<f64>,
    /// Bytes asked for in them. Absent likewise.
    pub allocated_bytes: Option<f64>,
    /// The same by group of functions, where that was asked for: of the same code, built with the names of its functions.
    /// Groups without any are left out. Absent in records from before 2026-11-29.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<FunctionGroup, GroupCost>,
}

/// What the functions of one group cost a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupCost {
    /// Instructions in user mode. Those of the standard library and the C library count for the crate that called them.
    pub instructions: f64,
    /// Allocations and reallocations that it asked the allocator for.
    pub allocations: f64,
}

/// Functions of a purpose, by the crates that they are in.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FunctionGroup {
    /// The framework with its router and middleware: axum, tower, actix-web, warp, salvo.
    Framework,
    /// The HTTP implementation: hyper, actix-http, http, httparse.
    Http,
    /// serde and serde_json.
    Json,
    /// The allocator itself.
    Allocator,
    /// The asynchronous runtime: tokio, mio, futures, the framework's own.
    Runtime,
    /// The server's own code, with the project's crates that it needs.
    Server,
    /// What none of these called.
    Other,
}

impl FunctionGroup {
    /// Every one, in the order of tables.
    pub const ALL: [Self; 7] = [
        Self::Framework,
        Self::Http,
        Self::Json,
        Self::Allocator,
        Self::Runtime,
        Self::Server,
        Self::Other,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Framework => "framework",
            Self::Http => "HTTP",
            Self::Json => "JSON",
            Self::Allocator => "allocator",
            Self::Runtime => "runtime",
            Self::Server => "server",
            Self::Other => "other",
        }
    }
}
