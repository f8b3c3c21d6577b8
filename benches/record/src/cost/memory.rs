//! Memory of a server, loaded and with idle connections. It knows nothing of other costs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::memory::Memory;

/// How many connections are opened to learn what idle ones cost.
pub const IDLE_CONNECTIONS: usize = 1000;

/// A server's memory without and with idle connections, each of which was used once, as records
/// from before 2026-11-28 have it: of one process, by its proportional set size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IdleConnections {
    /// How many connections.
    pub count: usize,
    /// Memory after the first answer, without connections.
    pub before: Memory,
    /// Memory with all of them.
    pub after: Memory,
}

impl IdleConnections {
    /// Proportional set size that a thousand connections add, bytes; negative where the memory
    /// shrank.
    pub fn bytes_per_thousand(&self) -> f64 {
        let (before, after) = (self.before.proportional, self.after.proportional);
        (after as f64 - before as f64) * 1000.0 / self.count.max(1) as f64
    }
}

/// Memory of one start, bytes: of a process that is loaded, and of a second after it that holds
/// connections. No other server runs meanwhile.
///
/// It is what the server holds of its own (`Pss_Anon`): heap, stacks and changed data. Of pages of files,
/// which are the page cache's, `peak` alone has any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryStart {
    /// After the first answers.
    pub idle: u64,
    /// After `requests` answers, under `connections`.
    pub loaded: u64,
    /// The most that was ever resident by then (`VmHWM`), pages of files included, added up over the
    /// server's processes.
    pub peak: u64,
    /// How many requests were answered before `loaded` was read.
    pub requests: u64,
    /// How many connections were open then.
    pub connections: usize,
    /// Of the second process after its first answer.
    pub without_connections: u64,
    /// Of the second process with `idle_connections`, each of which was used once.
    pub with_connections: u64,
    /// How many connections those are.
    pub idle_connections: usize,
}

impl MemoryStart {
    /// What a thousand idle connections add, bytes; negative where the memory shrank. What the
    /// kernel keeps for each is no process's memory, and not in it.
    pub fn per_thousand_connections(&self) -> f64 {
        let grown = self.with_connections as f64 - self.without_connections as f64;
        grown * 1000.0 / self.idle_connections.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_of_a_start_is_for_a_thousand_and_may_be_negative() {
        let start = |without_connections, with_connections| MemoryStart {
            idle: 0,
            loaded: 0,
            peak: 0,
            requests: 0,
            connections: 64,
            without_connections,
            with_connections,
            idle_connections: 500,
        };
        assert!((start(1_000, 4_000).per_thousand_connections() - 6_000.0).abs() < 1e-9);
        assert!((start(4_000, 1_000).per_thousand_connections() + 6_000.0).abs() < 1e-9);
    }

    fn memory(proportional: u64) -> Memory {
        Memory {
            proportional,
            peak_resident: 0,
        }
    }

    #[test]
    fn growth_is_for_a_thousand_and_may_be_negative() {
        let idle = |before, after| IdleConnections {
            count: 500,
            before: memory(before),
            after: memory(after),
        };
        assert!((idle(1_000, 4_000).bytes_per_thousand() - 6_000.0).abs() < 1e-9);
        assert!((idle(4_000, 1_000).bytes_per_thousand() + 6_000.0).abs() < 1e-9);
    }
}
