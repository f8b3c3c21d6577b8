//! What the kernel's books say. It knows nothing of where they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// CPU time of a process tree, nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// What each thread of a process tree did so far, by its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threads(pub(super) BTreeMap<i32, Scheduling>);

/// What a thread did so far, nanoseconds (the kernel's Documentation/scheduler/sched-stats.rst).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scheduling {
    /// It ran.
    pub ran: u64,
    /// It was ready to run and waited for a core.
    pub waited: u64,
}

impl Threads {
    /// For how long threads were ready to run and waited for a core that none of the same tree had,
    /// since `earlier`, nanoseconds added up over them: something else ran there. Threads that ended
    /// meanwhile are left out.
    pub fn kept_waiting_since(&self, earlier: &Self) -> u64 {
        let since = self.0.iter().map(|(thread, now)| {
            let before = earlier.0.get(thread).copied().unwrap_or_default();
            Scheduling {
                ran: now.ran.saturating_sub(before.ran),
                waited: now.waited.saturating_sub(before.waited),
            }
        });
        let since: Vec<Scheduling> = since.collect();
        let ran: u64 = since.iter().map(|thread| thread.ran).sum();
        // A thread waits for the others of its own tree for as long as they run, at most.
        let by_others = since
            .iter()
            .map(|thread| thread.waited.saturating_sub(ran - thread.ran));
        by_others.sum()
    }
}

/// Memory of a process tree, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnMemory {
    /// What it holds of its own now: resident pages of no file (`Pss_Anon`), so that heap, stacks and
    /// changed data count, and what forked processes share counts once. Pages of the program's file and
    /// of libraries are the page cache's: how many are mapped depends on who else maps the file and on
    /// how it came to be read.
    pub anonymous: u64,
    /// The most that was ever resident (`VmHWM`), pages of files included, added up over the tree.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(of: &[(i32, u64, u64)]) -> Threads {
        let entry = |&(thread, ran, waited)| (thread, Scheduling { ran, waited });
        Threads(of.iter().map(entry).collect())
    }

    #[test]
    fn a_thread_that_waits_while_none_of_its_own_runs_is_kept_waiting_by_others() {
        let before = threads(&[(1, 100, 10)]);
        let after = threads(&[(1, 400, 60)]);
        assert_eq!(after.kept_waiting_since(&before), 50);
        assert_eq!(before.kept_waiting_since(&before), 0);
    }

    #[test]
    fn threads_of_one_tree_that_share_a_core_keep_each_other_waiting() {
        let before = threads(&[(1, 0, 0), (2, 0, 0)]);
        assert_eq!(
            threads(&[(1, 300, 200), (2, 200, 300)]).kept_waiting_since(&before),
            0
        );
        // 70 more than the other one ran.
        assert_eq!(
            threads(&[(1, 300, 270), (2, 200, 300)]).kept_waiting_since(&before),
            70
        );
    }

    #[test]
    fn threads_begin_and_end() {
        let before = threads(&[(1, 50, 50), (2, 0, 0)]);
        assert_eq!(
            threads(&[(2, 10, 5), (3, 0, 30)]).kept_waiting_since(&before),
            5 + 20
        );
    }
}
