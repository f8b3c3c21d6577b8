//! What a running reference knows of its connections, and its end. It accepts and answers none.

use std::collections::HashMap;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quartet_common::Timeouts;

use super::conduct::{Conduct, Drain, Kept, WriteFailure};

/// How long to wait after a connection could not be accepted. The system is out of descriptors,
/// perhaps: some connection must end first.
pub(super) const RETRY: Duration = Duration::from_millis(20);

/// A running reference, seen by its connections.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) timeouts: Timeouts,
    pub(super) conduct: Conduct,
    pub(super) verbose: bool,
    /// The files of greetings and keys that it was told.
    files: Vec<PathBuf>,
    /// Whoever writes holds it where answers are written one connection at a time.
    pub(super) turn: Mutex<()>,
    /// Where its acceptors wait.
    addresses: Vec<SocketAddr>,
    /// Whether it has been told to end.
    ending: AtomicBool,
    stopping: AtomicBool,
    /// Whether no connection is accepted any more, though the program goes on.
    given_up: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    open: HashMap<u64, Open>,
    kept_streams: Vec<Arc<TcpStream>>,
    kept_octets: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Open {
    stream: Arc<TcpStream>,
    answered: bool,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Well,
    /// An answer could not be written.
    Broken,
    /// A request could not be read.
    Refused,
}

impl Life {
    pub(super) fn new(
        addresses: Vec<SocketAddr>,
        timeouts: Timeouts,
        conduct: Conduct,
        verbose: bool,
    ) -> Self {
        Self {
            timeouts: (conduct.times)(timeouts),
            conduct,
            verbose,
            files: Vec::new(),
            turn: Mutex::new(()),
            addresses,
            ending: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// The same, told these files.
    pub(super) fn of_files(mut self, files: Vec<PathBuf>) -> Self {
        self.files = files;
        self
    }

    /// Whether something that it needs is gone.
    pub(super) fn lacks_a_file(&self) -> bool {
        self.conduct.needs_files && self.files.iter().any(|file| !file.exists())
    }

    /// It accepts no connection any more, though it goes on.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    /// It has been told to end, and goes on for a while.
    pub(super) fn begin_to_end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Whether it has been told to end.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Ends the accepting, and the connections as far as they are not in the midst of an answer.
    /// True if those who accept, so many for each address, could be woken to see it.
    pub(super) fn stop(&self, acceptors: usize) -> bool {
        self.stopping.store(true, Ordering::Relaxed);
        for open in self.state().open.values() {
            let spared = match self.conduct.drain {
                Drain::Answers => false,
                Drain::WaitsForIdle => open.answered,
                Drain::WaitsForRequests => !open.answered,
                Drain::CutsOff => {
                    // Gone already, if it fails.
                    let _ = open.stream.shutdown(Shutdown::Both);
                    continue;
                }
                Drain::None => true,
            };
            if !spared {
                // What was received can still be read, and is answered. It fails only where the
                // connection is gone already.
                let _ = open.stream.shutdown(Shutdown::Read);
            }
        }
        self.changed.notify_all();
        let wake = |address| (0..acceptors).all(|_| TcpStream::connect(address).is_ok());
        self.addresses.iter().all(wake)
    }

    /// Waits until no connection is open, or the drain's time is over.
    pub(super) fn drain(&self) {
        let deadline = Instant::now() + (self.conduct.drain_limit)(self.timeouts.drain);
        let mut state = self.state();
        while !state.open.is_empty() {
            let mut left = deadline.saturating_duration_since(Instant::now());
            if !self.conduct.drain_ends {
                left = Duration::MAX;
            }
            if left.is_zero() {
                if self.conduct.warns_of_cut_off {
                    eprintln!("conformance: connections are cut off");
                }
                return;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes note that a request has been answered on a connection.
    pub(super) fn answered(&self, number: u64) {
        let mut state = self.state();
        if let Some(open) = state.open.get_mut(&number) {
            open.answered = true;
        }
        if self.conduct.hoards > 0 {
            state.kept_octets.push(vec![1; self.conduct.hoards]);
        }
    }

    /// Waits while as many connections are open as can be.
    pub(super) fn wait_for_room(&self) {
        let mut state = self.state();
        let is_full = |state: &State| {
            let given_up = self.given_up.load(Ordering::Relaxed);
            given_up || state.open.len() >= self.conduct.most_connections
        };
        while is_full(&state) && !self.is_stopping() {
            let waited = self.changed.wait_timeout(state, RETRY);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn open(&self, stream: Arc<TcpStream>) -> u64 {
        let mut state = self.state();
        if self.is_stopping() && !self.conduct.accepts_while_draining {
            // As `stop` does with those it finds; gone already, if it fails.
            let _ = stream.shutdown(Shutdown::Read);
        }
        let number = state.next;
        state.next += 1;
        let answered = false;
        state.open.insert(number, Open { stream, answered });
        number
    }

    pub(super) fn close(&self, number: u64, ended: Ended) {
        let mut state = self.state();
        let Some(open) = state.open.remove(&number) else {
            return;
        };
        let keeps_stream = match self.conduct.keeps {
            Kept::Nothing => false,
            Kept::Descriptor => true,
            Kept::DescriptorOfBroken => ended == Ended::Broken,
            Kept::DescriptorOfRefused => ended == Ended::Refused,
            Kept::Memory(octets) => {
                state.kept_octets.push(vec![1; octets]);
                false
            }
        };
        if keeps_stream {
            // The client sees the end all the same; it is gone already, if this fails.
            let _ = open.stream.shutdown(Shutdown::Both);
            state.kept_streams.push(open.stream);
        }
        drop(state);
        if ended == Ended::Broken && self.conduct.write_failure == WriteFailure::StopsAccepting {
            self.give_up();
        }
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
