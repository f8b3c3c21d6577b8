//! Whether there are descriptors and threads enough, before a program says that it listens.

use std::{
    io,
    sync::RwLock,
    thread::{self, Builder},
};

use super::Listener;

/// Descriptors that any program needs beside its workers' and those it has open: its runtime's, its
/// signals', and a few connections.
const DESCRIPTORS: usize = 16;

/// Threads that a runtime has beside its workers.
const THREADS: usize = 2;

/// Why a program cannot run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoRoom {
    /// For its sockets.
    #[error("too few descriptors: {workers} workers need {needed} (ulimit -n): {source}")]
    Descriptors {
        /// How many it needs beside those it has open.
        needed: usize,
        /// For so many workers.
        workers: usize,
        /// What the system said.
        source: io::Error,
    },
    /// For its threads.
    #[error("too few threads for {workers} workers: only {made} could be created: {source}")]
    Threads {
        /// How many it was told to run.
        workers: usize,
        /// How many there was room for.
        made: usize,
        /// What the system said.
        source: io::Error,
    },
}

/// Raises the soft limit of descriptors to what is allowed, and tries whether there is room for
/// `workers` threads and the descriptors that each needs for itself.
///
/// Runtimes find out by panicking, actix-web's where a thread of its own is all that ends.
pub(crate) fn ensure_room(
    workers: usize,
    descriptors_per_worker: usize,
    listeners: &[Listener],
) -> Result<(), NoRoom> {
    raise_descriptor_limit();
    let needed = DESCRIPTORS + workers * descriptors_per_worker;
    let any = listeners.iter().cycle().take(needed);
    let tried: io::Result<Vec<_>> = any.map(Listener::duplicate).collect();
    tried.map_err(|source| NoRoom::Descriptors {
        needed,
        workers,
        source,
    })?;
    try_threads(workers + THREADS).map_err(|(made, source)| NoRoom::Threads {
        workers,
        made,
        source,
    })
}

/// What of it fails leaves the limit as it is, which is then tried.
#[cfg(unix)]
fn raise_descriptor_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
    {
        tracing::debug!(%error, "the limit of descriptors stays {soft}");
    }
}

#[cfg(not(unix))]
fn raise_descriptor_limit() {}

/// Makes so many threads that are there at the same time, with the stacks that runtimes give theirs.
fn try_threads(count: usize) -> Result<(), (usize, io::Error)> {
    let gate = RwLock::new(());
    thread::scope(|scope| {
        // Held to the end of this closure, failed or not: the threads wait for that.
        let _closed = gate.write();
        for made in 0..count {
            let thread = Builder::new().spawn_scoped(scope, || drop(gate.read()));
            thread.map_err(|error| (made, error))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn there_is_room_for_a_few() {
        let listener = Listener::Tcp(TcpListener::bind("127.0.0.1:0").unwrap());
        ensure_room(2, 4, &[listener]).unwrap();
    }
}
