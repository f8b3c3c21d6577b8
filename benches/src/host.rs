//! Where servers run, as the measurement needs it: one interface, with servers on this machine and with servers that an agent
//! on another machine starts. It knows nothing of what they are loaded with.

pub(crate) mod agent;
mod connection;
mod link;
mod local;
mod protocol;
mod remote;
mod site;

use std::fmt::Debug;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use quartet_conformance::servers::Server;
use quartet_record::{MachineLoad, Program};
use serde::{Deserialize, Serialize};

use crate::accounting::{CpuTime, OwnMemory};
use crate::locales::Locales;

pub(crate) use local::LocalHost;
pub(crate) use site::{Site, ViaOptions, Wishes};

/// What servers are started, confined, observed and ended by.
pub(crate) trait Host: Debug {
    /// Starts a server on the servers' cores, and waits until it accepts connections.
    ///
    /// # Errors
    /// Where it does not, or it is not there.
    fn start(&self, launch: &Launch<'_>) -> Result<Started>;

    /// From starting a program that does nothing to its end on the servers' cores, nanoseconds.
    fn cost_of_a_process(&self) -> Option<u64>;

    /// Whether the cores' clock is read, without which CPU time lacks interrupts on some kernels.
    fn core_clock(&self) -> CoreClockState;

    /// Begins to watch the servers' cores, unless this process watches them itself.
    ///
    /// # Errors
    /// Where the host is lost.
    fn begin_load(&self) -> Result<()> {
        Ok(())
    }

    /// What those cores did since then. None where this process watches them itself.
    ///
    /// # Errors
    /// Where the host is lost.
    fn end_load(&self) -> Result<Option<LoadElsewhere>> {
        Ok(None)
    }

    /// What a program is, on a machine whose files this process does not see; none where it sees them.
    ///
    /// # Errors
    /// Where it is not there.
    fn inspect(&self, _program: &Path) -> Result<Option<Program>> {
        Ok(None)
    }

    /// The directory on another machine that programs are taken from as they are; none where they are built here.
    fn programs(&self) -> Option<&Path> {
        None
    }

    /// Whether servers are started by an agent.
    fn is_agent(&self) -> bool {
        false
    }

    /// Looks whether the host still answers, where that is not certain, and says why where it does not.
    fn look(&self) -> Option<String> {
        None
    }

    /// Why the host is lost, as far as that was noticed.
    fn lost(&self) -> Option<String> {
        None
    }
}

/// How a server is to be started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Launch<'a> {
    /// Its stanza.
    pub(crate) server: &'a Server,
    /// What to start as its program.
    pub(crate) program: &'a Path,
    /// Worker threads.
    pub(crate) workers: usize,
    /// The data file that it is to serve, where that is not its own.
    pub(crate) locales: Option<&'a Locales>,
    /// What it is asked first.
    pub(crate) path: &'a str,
}

/// A server that accepts connections.
pub(crate) struct Started {
    /// The server.
    pub(crate) server: Box<dyn Served>,
    /// From before its start to its first answer, by the clock of its machine; none where the caller times that.
    pub(crate) start_up: Option<Duration>,
}

/// A server that runs. Where this is dropped, it is killed.
pub(crate) trait Served {
    /// Where the generator finds it.
    fn address(&self) -> SocketAddr;

    /// Its process, on its machine.
    fn pid(&self) -> u32;

    /// Whether its processes are this machine's to see.
    fn is_here(&self) -> bool;

    /// It has answered for the first time, and so has started all of its processes: from now on they are observed.
    ///
    /// # Errors
    /// Where the server is gone.
    fn answered(&mut self) -> Result<()>;

    /// Marks the beginning of a slice. With `threads` it is also watched how long its threads wait for a core.
    ///
    /// # Errors
    /// Where the server or its host is gone.
    fn begin_slice(&mut self, threads: bool) -> Result<()>;

    /// What it cost the server since then, read when the server has gone to sleep.
    ///
    /// # Errors
    /// Where the server or its host is gone.
    fn end_slice(&mut self) -> Result<SliceCost>;

    /// CPU time so far, nanoseconds. None where the platform does not tell.
    ///
    /// # Errors
    /// Where the server or its host is gone.
    fn cpu(&self) -> Result<Option<u64>>;

    /// Memory now, and the most so far. None where the platform does not tell.
    ///
    /// # Errors
    /// Where the server or its host is gone.
    fn memory(&self) -> Result<Option<OwnMemory>>;

    /// Waits until its CPU time has stood still for [`STILL`], for no longer than `limit`.
    ///
    /// # Errors
    /// Where the server or its host is gone.
    fn settle(&self, limit: Duration) -> Result<()>;

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// Where it cannot be waited for, or its host is gone.
    fn end(self: Box<Self>) -> Result<()>;
}

/// For how long a server's CPU time must stand still before it is taken to sleep: more than the tick
/// that the kernel's count may lag.
pub(crate) const STILL: Duration = Duration::from_millis(5);

/// What a slice cost a server, from before its first request to after its last answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SliceCost {
    /// CPU time of its processes. None where interrupts are missing in it.
    pub(crate) cpu: Option<CpuTime>,
    /// How long the servers' cores were busy, nanoseconds added up.
    pub(crate) busy_ns: Option<u64>,
    /// For how long its threads were kept from their core by something else, nanoseconds.
    pub(crate) kept_waiting_ns: Option<u64>,
    /// What the host took of the servers' cores, nanoseconds; none where this process watches them itself.
    pub(crate) stolen_ns: Option<u64>,
    /// CPU time of the agent itself, nanoseconds.
    pub(crate) agent_ns: Option<u64>,
}

/// Whether the cores' clock is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CoreClockState {
    /// It is.
    Read,
    /// The kernel has none that is of use, and needs none.
    NotNeeded,
    /// It is needed and not there.
    Missing,
}

/// What the servers' cores on another machine did while slices were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoadElsewhere {
    /// As on this machine, of the servers' cores and those beside them.
    pub(crate) machine: MachineLoad,
    /// CPU time of the agent over the whole of that time, nanoseconds.
    pub(crate) agent_ns: Option<u64>,
}
