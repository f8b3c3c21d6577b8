//! What a server costs, by the kernel's own books: CPU time and memory.
//!
//! Every reading is of a whole tree of processes, because a server may answer from children.
//! A reading is exact while the server sleeps; of a running thread the kernel's count lags by up
//! to a tick (4 ms with `CONFIG_HZ=250`), which would be a fifth of a slice. Hence [`SETTLE`].

use std::time::Duration;

use anyhow::Result;

mod children;
mod figures;
#[cfg(not(target_os = "linux"))]
#[path = "accounting/elsewhere.rs"]
mod platform;
#[cfg(target_os = "linux")]
#[path = "accounting/linux.rs"]
mod platform;
mod segments;

pub use children::FamilyTime;
pub use figures::{CoreUse, CpuTime, OwnMemory, Scheduling, Threads, Throttling};
pub use platform::{CoreClock, CoreReader, CoreReading, ProcessTree, Quotas};
pub use segments::Segments;

/// How long after its last answer a server is given to go back to sleep before it is read.
pub const SETTLE: Duration = Duration::from_micros(200);

/// Whether this platform keeps the books; without them only times and rates are measured.
pub const AVAILABLE: bool = cfg!(target_os = "linux");

/// CPU time so far of a process and of those that it has started itself. None where the platform does not
/// tell.
///
/// # Errors
/// Where the process is gone.
pub fn family_cpu(parent: u32) -> Result<Option<FamilyTime>> {
    platform::family_cpu(parent)
}

/// Private memory of a process and of all below it, bytes, as they are now; what ends meanwhile is left out. None
/// where the platform does not tell, or the process is gone.
pub fn private(root: u32) -> Option<u64> {
    platform::private(root)
}

/// CPU time of this process so far, nanoseconds. None where the platform does not tell.
///
/// # Errors
/// Where the kernel refuses to tell.
pub fn own_cpu() -> Result<Option<u64>> {
    platform::own_cpu()
}
