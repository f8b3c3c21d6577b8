//! Servers on this machine, as children of this process.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use quartet_conformance::servers::{Process, Setting, StartOptions};

use super::{CoreClockState, Host, Launch, STILL, Served, SliceCost, Started};
use crate::accounting::{CoreClock, CpuTime, OwnMemory, ProcessTree, SETTLE, Threads};
use crate::cores::Placement;
use crate::spawn;
use crate::system::System;

/// This machine.
#[derive(Debug)]
pub(crate) struct LocalHost {
    placement: Placement,
    clock: Option<CoreClock>,
    /// What servers listen on; 127.0.0.1 where nothing else is asked for.
    listen: Option<IpAddr>,
}

impl LocalHost {
    /// With servers on the cores of a placement.
    pub(crate) fn new(placement: &Placement) -> Self {
        Self {
            placement: placement.clone(),
            clock: CoreClock::of(&System::live(), &placement.server),
            listen: None,
        }
    }

    /// The same, with servers that listen on this address.
    pub(crate) fn listening_on(self, listen: IpAddr) -> Self {
        Self {
            listen: Some(listen),
            ..self
        }
    }

    /// A server, started and not asked anything.
    ///
    /// # Errors
    /// Where it does not run.
    pub(crate) fn serve(&self, launch: &Launch<'_>) -> Result<LocalServer> {
        let extra_args = match launch.locales {
            Some(locales) => launch
                .server
                .setting(Setting::DataFile(locales.path()))
                .context("servers.toml has no data_args for it")?,
            None => Vec::new(),
        };
        let options = StartOptions {
            program: Some(launch.program.to_owned()),
            workers: Some(launch.workers),
            host: self.listen,
            extra_args,
            ..StartOptions::default()
        };
        let start = || Ok(Process::start(launch.server, &options)?);
        let process = self.placement.on_server_cores(start)?;
        Ok(LocalServer {
            process,
            tree: None,
            clock: self.clock.clone(),
            before: None,
        })
    }
}

impl Host for LocalHost {
    fn start(&self, launch: &Launch<'_>) -> Result<Started> {
        Ok(Started {
            server: Box::new(self.serve(launch)?),
            start_up: None,
        })
    }

    fn cost_of_a_process(&self) -> Option<u64> {
        spawn::cost_of_a_process(&self.placement)
    }

    fn core_clock(&self) -> CoreClockState {
        match &self.clock {
            Some(_) => CoreClockState::Read,
            None if CoreClock::is_needed() => CoreClockState::Missing,
            None => CoreClockState::NotNeeded,
        }
    }
}

/// A child of this process.
#[derive(Debug)]
pub(crate) struct LocalServer {
    process: Process,
    /// Its processes, found when they are first asked for: by then it has answered, and started them all.
    tree: Option<ProcessTree>,
    clock: Option<CoreClock>,
    before: Option<Books>,
}

/// The kernel's books before a slice.
#[derive(Debug)]
struct Books {
    busy: Option<u64>,
    cpu: Option<CpuTime>,
    /// Of its threads, where they are watched.
    threads: Option<Option<Threads>>,
}

impl LocalServer {
    /// Where it says that it listens.
    pub(crate) fn listens_on(&self) -> SocketAddr {
        self.process.address()
    }

    /// Finds its processes, as they are from now on.
    ///
    /// # Errors
    /// Where it is gone.
    pub(crate) fn find_processes(&mut self) -> Result<()> {
        self.tree = Some(ProcessTree::of(self.process.pid())?);
        Ok(())
    }

    fn tree(&self) -> Result<&ProcessTree> {
        self.tree.as_ref().context("its processes are not known")
    }
}

impl Served for LocalServer {
    fn address(&self) -> SocketAddr {
        self.process.address()
    }

    fn pid(&self) -> u32 {
        self.process.pid()
    }

    fn is_here(&self) -> bool {
        true
    }

    fn answered(&mut self) -> Result<()> {
        self.find_processes()
    }

    fn begin_slice(&mut self, threads: bool) -> Result<()> {
        let tree = self.tree()?;
        let threads = threads.then(|| tree.threads()).transpose()?;
        let busy = self.clock.as_ref().map(CoreClock::busy).transpose()?;
        let cpu = tree.cpu()?;
        self.before = Some(Books { busy, cpu, threads });
        Ok(())
    }

    fn end_slice(&mut self) -> Result<SliceCost> {
        let before = self.before.take().context("no slice was begun")?;
        spin(SETTLE);
        let tree = self.tree()?;
        let cpu = tree.cpu()?;
        let busy = self.clock.as_ref().map(CoreClock::busy).transpose()?;
        let busy = busy.zip(before.busy);
        // Without what interrupts took, the CPU time of the processes is not the cost.
        let is_whole = self.clock.is_some() || !CoreClock::is_needed();
        let cpu = cpu.zip(before.cpu).filter(|_| is_whole);
        let kept_waiting = match before.threads {
            Some(before) => tree.threads()?.zip(before),
            None => None,
        };
        Ok(SliceCost {
            cpu: cpu.map(|(after, before)| after.since(before)),
            busy_ns: busy.map(|(after, before)| after.saturating_sub(before)),
            kept_waiting_ns: kept_waiting.map(|(after, before)| after.kept_waiting_since(&before)),
            stolen_ns: None,
            agent_ns: None,
        })
    }

    fn cpu(&self) -> Result<Option<u64>> {
        Ok(self.tree()?.cpu()?.map(|cpu| cpu.total))
    }

    fn memory(&self) -> Result<Option<OwnMemory>> {
        self.tree()?.memory()
    }

    fn settle(&self, limit: Duration) -> Result<()> {
        let tree = self.tree()?;
        let deadline = Instant::now() + limit;
        loop {
            let before = tree.cpu()?;
            spin(STILL);
            if tree.cpu()? == before || Instant::now() > deadline {
                return Ok(());
            }
        }
    }

    fn end(self: Box<Self>) -> Result<()> {
        // Whether it ends well is for the conformance suite to say.
        let ended = self.process.terminate().context("cannot end the server");
        ended.map(drop)
    }
}

/// Waits without giving the core away: the generator's must not fall into a sleep it has to be
/// woken from.
fn spin(length: Duration) {
    let until = Instant::now() + length;
    while Instant::now() < until {
        std::hint::spin_loop();
    }
}
