//! Memory of processes that run alone.

use quartet_record::cost::MemoryStart;

use super::connections::Held;
use crate::measure::Loaded;

/// How often each server is started.
pub(super) const STARTS: usize = 5;

/// Memory of one start: of a process under `connections`, and of a second one that held idle ones.
pub(super) fn start(loaded: &Loaded, connections: usize, held: Held) -> MemoryStart {
    MemoryStart {
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
