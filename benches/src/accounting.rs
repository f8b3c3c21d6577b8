//! What a server costs, by the kernel's own books: CPU time and memory.
//!
//! Every reading is of a whole tree of processes, because a server may answer from children.
//! A reading is exact while the server sleeps; of a running thread the kernel's count lags by up
//! to a tick (4 ms with `CONFIG_HZ=250`), which would be a fifth of a slice. Hence [`SETTLE`].

use std::time::Duration;

use anyhow::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(not(target_os = "linux"))]
#[path = "accounting/elsewhere.rs"]
mod platform;
#[cfg(target_os = "linux")]
#[path = "accounting/linux.rs"]
mod platform;

pub use platform::{CoreClock, CoreReader, CoreReading, ProcessTree, Quotas};

/// How long after its last answer a server is given to go back to sleep before it is read.
pub const SETTLE: Duration = Duration::from_micros(200);

/// Whether this platform keeps the books; without them only times and rates are measured.
pub const AVAILABLE: bool = cfg!(target_os = "linux");

/// CPU time of a process tree, nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTime {
    /// All of it, from the scheduler's own count.
    pub total: u64,
    /// In user mode. The kernel learns the split by sampling at each tick and reports it in steps
    /// of 10 ms, so it means something only summed over many slices.
    pub user: u64,
    /// In the kernel. Sampled as `user` is.
    pub system: u64,
}

impl CpuTime {
    /// What was used since `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            total: self.total.saturating_sub(earlier.total),
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
        }
    }
}

/// Memory of a process tree, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnMemory {
    /// What it holds of its own now: resident pages of no file (`Pss_Anon`), so that heap, stacks and
    /// changed data count, and what forked processes share counts once. Pages of the program's file and
    /// of libraries are the page cache's: how many are mapped depends on who else maps the file and on
    /// how it came to be read.
    pub anonymous: u64,
    /// The most that was ever resident (`VmHWM`), pages of files included, added up over the tree.
    pub peak_resident: u64,
}

/// Memory of a process tree as records of 2026-11 and before have it, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// Proportional set size: resident pages, those shared with others counted by their share. It
    /// was read while other processes mapped the program's file, and is too low by their share.
    pub proportional: u64,
    /// The most that was ever resident (`VmHWM`), added up over the tree.
    pub peak_resident: u64,
}

/// How cores spent their time between two readings, nanoseconds added up over them. What the system
/// does not tell is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoreUse {
    /// What tasks took, with the interrupts that are in their CPU time.
    pub busy: Option<u64>,
    /// Wanted by this machine, taken by its host.
    pub stolen: Option<u64>,
}

/// What CPU quotas kept from running so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throttling {
    /// Periods in which a quota was used up, added up over control groups.
    pub periods: u64,
    /// For how long processes were kept from running by it, nanoseconds added up over cores.
    pub time_ns: u64,
}

impl Throttling {
    /// What came to it since `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            periods: self.periods.saturating_sub(earlier.periods),
            time_ns: self.time_ns.saturating_sub(earlier.time_ns),
        }
    }
}

/// CPU time of this process so far, nanoseconds. None where the platform does not tell.
///
/// # Errors
/// Where the kernel refuses to tell.
pub fn own_cpu() -> Result<Option<u64>> {
    platform::own_cpu()
}
