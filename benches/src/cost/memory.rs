//! Memory of processes that run alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::connections::Held;
use crate::measure::Loaded;

/// How often each server is started.
pub(super) const STARTS: usize = 5;

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
    pub(super) fn new(loaded: &Loaded, connections: usize, held: Held) -> Self {
        Self {
            idle: loaded.idle.anonymous,
            loaded: loaded.loaded.anonymous,
            peak: loaded.loaded.peak_resident,
            requests: loaded.requests,
            connections,
            without_connections: held.without,
            with_connections: held.with,
            idle_connections: held.count,
        }
    }

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
    fn growth_is_for_a_thousand_and_may_be_negative() {
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
}
