//! What the command and its agent say to each other on the agent's standard input and output: lines of JSON.
//!
//! 1. The agent begins with a [`Hello`]. Its member `agent` is the version of this protocol. The command ends where that is
//!    another than its own, before it reads anything else of the line.
//! 2. The command sends one [`Request`] at a time: a string for one without parameters, `"ping"`, and an object with one
//!    member for any other, `{"begin":{"server":3,"threads":false}}`.
//! 3. The agent answers each with one [`Answer`]: `{"ok":…}`, or `{"error":"…"}` with a sentence. `place` comes before every request of servers.
//!
//! The agent ends, and its servers with it, when its input ends, when nothing was asked of it for [`IDLE`], or when it is asked to
//! by a signal. It listens on no port but from `light` until the next request, whichever that is. Nothing is said while a slice is under way: the agent reads its clocks when `begin` and `end` come.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use quartet_conformance::servers::Server;
use quartet_record::cores::Core;
use quartet_record::machine::Machine;
use serde::{Deserialize, Serialize};

use super::CoreClockState;

/// The version of this protocol. It rises with every change of it.
pub(super) const PROTOCOL: u32 = 2;

/// For how long an agent waits to be asked something: longer than a server is built or tested.
pub(super) const IDLE: Duration = Duration::from_secs(30 * 60);

/// The beginning of the agent's first line, by which other programs' lines are told from it.
pub(super) const GREETING: &str = "{\"agent\":";

/// The agent's first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    /// The version of the protocol.
    pub(super) agent: u32,
    /// The version of the program.
    pub(super) version: String,
    /// What the servers run on.
    pub(super) machine: Machine,
    /// What the kernel calls its present run, by which one machine knows itself; where it tells.
    pub(super) boot: Option<String>,
    /// The machine's addresses.
    pub(super) addresses: BTreeSet<IpAddr>,
}

/// What the command asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    /// Listen on a port, until the next request, and send a token to whoever connects: answered by a `Lit`.
    Light {
        /// On which address: all of them, where none is given.
        address: Option<IpAddr>,
    },
    /// Choose cores: answered by [`Placed`].
    Place {
        /// The servers' cores, where they are given.
        server: Option<Vec<usize>>,
        /// The agent's own, where they are given.
        agent: Option<Vec<usize>>,
        /// Whether the run was begun on these, which are then taken as they are.
        again: bool,
        /// What servers are to listen on.
        listen: IpAddr,
    },
    /// Say what a program is: answered by a record's `Program`.
    Inspect {
        /// The program.
        program: PathBuf,
    },
    /// Start a server, and ask it once: answered by [`Begun`].
    Start {
        /// Its stanza of `servers.toml`.
        server: Box<Server>,
        /// What to start as its program.
        program: PathBuf,
        /// Worker threads.
        workers: usize,
        /// Whether it serves the 10,000 locales of the lane `large`.
        locales: bool,
        /// What it is asked first.
        path: String,
    },
    /// Read the clocks before a slice.
    Begin {
        /// The server.
        server: u64,
        /// Whether its threads are watched.
        threads: bool,
    },
    /// Read them after it: answered by a `SliceCost`.
    End {
        /// The server.
        server: u64,
    },
    /// CPU time so far, nanoseconds.
    Cpu {
        /// The server.
        server: u64,
    },
    /// Memory: answered by an `OwnMemory`.
    Memory {
        /// The server.
        server: u64,
    },
    /// Wait until its CPU time stands still.
    Settle {
        /// The server.
        server: u64,
        /// For no longer than this, milliseconds.
        limit_ms: u64,
    },
    /// End a server.
    Stop {
        /// The server.
        server: u64,
    },
    /// What a process costs that does nothing, nanoseconds.
    Spawn,
    /// Begin to watch the cores.
    BeginLoad,
    /// What they did since: answered by a `LoadElsewhere`.
    EndLoad,
    /// Nothing: whether the agent is there.
    Ping,
}

/// The cores that were chosen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Placed {
    /// The servers' cores.
    pub(super) server: Vec<usize>,
    /// What the system says of them.
    pub(super) cores: Vec<Core>,
    /// What a reader should know of the choice.
    pub(super) warnings: Vec<String>,
    /// Whether the cores' clock is read.
    pub(super) core_clock: CoreClockState,
}

/// A server that was started.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    /// What it is called from now on.
    pub(super) server: u64,
    /// The port it listens on.
    pub(super) port: u16,
    /// Its process.
    pub(super) pid: u32,
    /// From before its start to its first answer, nanoseconds; none where none came.
    pub(super) start_up_ns: Option<u64>,
}

/// What the agent answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer<T> {
    /// It is done.
    Ok(T),
    /// It is not, for this reason.
    Error(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_they_are_documented() {
        let line = |request: &Request| serde_json::to_string(request).unwrap();
        assert_eq!(line(&Request::Ping), "\"ping\"");
        let begin = Request::Begin {
            server: 3,
            threads: false,
        };
        assert_eq!(line(&begin), r#"{"begin":{"server":3,"threads":false}}"#);
        let answer = serde_json::to_string(&Answer::Ok(5)).unwrap();
        assert_eq!(answer, r#"{"ok":5}"#);
        let answer: Answer<u64> = serde_json::from_str(r#"{"error":"no"}"#).unwrap();
        assert!(matches!(answer, Answer::Error(reason) if reason == "no"));
    }
}
