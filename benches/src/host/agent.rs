//! `cargo compare agent`: starts, confines, observes and ends servers on its machine, for a command on another one.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::exit;
use std::rc::Rc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use quartet_record::Program;
use serde::Serialize;

use super::local::{LocalHost, LocalServer};
use super::protocol::{Answer, Begun, Hello, IDLE, PROTOCOL, Placed, Request};
use super::{Host as _, Launch, LoadElsewhere, Served as _, SliceCost, link};
use crate::accounting::{CoreReading, own_cpu};
use crate::cores::Placement;
use crate::failure::Failure;
use crate::interrupt::EXIT_STATUS;
use crate::locales::Locales;
use crate::numbers::nanoseconds;
use crate::system::System;
use crate::watch::{Load, Ours, Watch};
use crate::{machine, probe, program};

/// The agent has no options: it is told everything on its standard input.
#[derive(Args, Debug)]
pub(crate) struct Options {}

/// Answers until its input ends.
///
/// # Errors
/// Where nobody reads what it answers. What it started has ended then.
pub(crate) fn run(_: &Options) -> Result<(), Failure> {
    let handled = ctrlc::set_handler(|| {
        quartet_conformance::clean_up();
        exit(EXIT_STATUS);
    });
    handled.context("cannot listen for signals")?;
    say(&Hello {
        agent: PROTOCOL,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        machine: machine::look(),
        boot: boot(&System::live()),
        addresses: link::own_addresses(),
    })?;
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if sender.send(line).is_err() {
                break;
            }
        }
        // Nobody is there any more, whatever is under way.
        quartet_conformance::clean_up();
        exit(0);
    });
    let mut agent = None;
    let mut beacon = None;
    loop {
        match requests.recv_timeout(IDLE) {
            Ok(line) => answer(&mut agent, &mut beacon, &line)?,
            Err(RecvTimeoutError::Timeout) => {
                let minutes = IDLE.as_secs() / 60;
                let sentence = format!("the agent was asked nothing for {minutes} minutes");
                return Err(Failure::Other(anyhow::anyhow!(sentence)));
            }
            // The other thread ends this program.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(IDLE),
        }
    }
}

/// What the kernel calls its present run.
pub(super) fn boot(system: &System) -> Option<String> {
    system.line("/proc/sys/kernel/random/boot_id")
}

fn say(message: &impl Serialize) -> Result<()> {
    let line = serde_json::to_string(message)?;
    let mut output = std::io::stdout().lock();
    let said = output.write_all(format!("{line}\n").as_bytes());
    said.and_then(|()| output.flush())
        .context("nobody reads what the agent answers")
}

/// What it does once it knows its cores.
struct Agent {
    host: LocalHost,
    /// Of the servers' cores.
    watch: Watch,
    servers: BTreeMap<u64, LocalServer>,
    started: u64,
    /// What it had used, and what the host had taken, when a slice began.
    slice: Option<(Option<u64>, CoreReading)>,
    /// What it had used, and the load, since the slices of a restart began.
    load: Option<(Option<u64>, Load)>,
    locales: Option<Rc<Locales>>,
}

/// Answers one request.
fn answer(agent: &mut Option<Agent>, beacon: &mut Option<link::Beacon>, line: &str) -> Result<()> {
    // The first thing of all, so that as little as can be of its own work counts.
    let used = own_cpu().ok().flatten();
    let request = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(error) => return say(&refused(&format!("not a request: {error}"))),
    };
    // Whoever asks on has found this machine, or has not.
    *beacon = None;
    match (request, agent.as_mut()) {
        (Request::Ping, _) => say(&Answer::Ok(())),
        (Request::Light { address }, _) => reply(link::Beacon::light(address).map(|new| {
            let lit = new.lit();
            *beacon = Some(new);
            lit
        })),
        (
            Request::Place {
                server,
                agent: own,
                again,
                listen,
            },
            _,
        ) => {
            let placed = Agent::place(server.as_deref(), own.as_deref(), again, listen);
            reply(placed.map(|(placed, new)| {
                *agent = Some(new);
                placed
            }))
        }
        (Request::Inspect { program }, _) => reply(inspect(&program)),
        (_, None) => say(&refused("no cores were chosen")),
        (Request::Begin { server, threads }, Some(agent)) => reply(agent.begin(server, threads)),
        (Request::End { server }, Some(agent)) => reply(agent.end(server, used)),
        (
            Request::Start {
                server,
                program,
                workers,
                locales,
                path,
            },
            Some(agent),
        ) => {
            let locales = locales.then(|| agent.locales()).transpose();
            let begun = locales.and_then(|locales| {
                agent.start(&Launch {
                    server: &server,
                    program: &program,
                    workers,
                    locales: locales.as_deref(),
                    path: &path,
                })
            });
            reply(begun)
        }
        (Request::Cpu { server }, Some(agent)) => reply(agent.of(server).and_then(|it| it.cpu())),
        (Request::Memory { server }, Some(agent)) => {
            reply(agent.of(server).and_then(|it| it.memory()))
        }
        (Request::Settle { server, limit_ms }, Some(agent)) => {
            let limit = Duration::from_millis(limit_ms);
            reply(agent.of(server).and_then(|it| it.settle(limit)))
        }
        (Request::Stop { server }, Some(agent)) => reply(agent.stop(server)),
        (Request::Spawn, Some(agent)) => say(&Answer::Ok(agent.host.cost_of_a_process())),
        (Request::BeginLoad, Some(agent)) => reply(agent.begin_load()),
        (Request::EndLoad, Some(agent)) => reply(agent.end_load()),
    }
}

fn reply<T: Serialize>(done: Result<T>) -> Result<()> {
    match done {
        Ok(value) => say(&Answer::Ok(value)),
        Err(error) => say(&refused(&format!("{error:#}"))),
    }
}

fn refused(reason: &str) -> Answer<()> {
    Answer::Error(reason.to_owned())
}

fn inspect(program: &Path) -> Result<Program> {
    program::inspect(program, None)
}

impl Agent {
    fn place(
        server: Option<&[usize]>,
        own: Option<&[usize]>,
        again: bool,
        listen: IpAddr,
    ) -> Result<(Placed, Self)> {
        let both = server.zip(own);
        let mut placement = match both {
            // Whoever chose them sees this machine too.
            Some((server, own)) => Placement::given(server, own)?,
            None if again => Placement::again(server, own)?,
            None => Placement::new(server, own)?,
        };
        placement
            .cores
            .retain(|core| placement.server.contains(&core.number));
        placement.confine_every_thread()?;
        let beside: Vec<usize> = placement
            .cores
            .iter()
            .flat_map(|core| core.siblings.clone())
            .collect();
        let host = LocalHost::new(&placement).listening_on(listen);
        let placed = Placed {
            server: placement.server.clone(),
            cores: placement.cores.clone(),
            warnings: match both {
                Some(_) => Vec::new(),
                None => placement.warnings.clone(),
            },
            core_clock: host.core_clock(),
        };
        let agent = Self {
            host,
            watch: Watch::of(
                &System::live(),
                &placement.server,
                &beside,
                &placement.usable,
            ),
            servers: BTreeMap::new(),
            started: 0,
            slice: None,
            load: None,
            locales: None,
        };
        Ok((placed, agent))
    }

    fn locales(&mut self) -> Result<Rc<Locales>> {
        if let Some(locales) = &self.locales {
            return Ok(locales.clone());
        }
        let locales = Rc::new(Locales::write()?);
        self.locales = Some(locales.clone());
        Ok(locales)
    }

    fn start(&mut self, launch: &Launch<'_>) -> Result<Begun> {
        let begun = Instant::now();
        let mut server = self.host.serve(launch)?;
        let port = server.listens_on().port();
        // Whether the answer is right is seen by who asked for the server.
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listens = server.listens_on();
        let place = if listens.ip().is_unspecified() {
            local
        } else {
            listens
        };
        let answered = probe::get(place, launch.path, &[]).is_ok();
        let start_up = begun.elapsed();
        server.answered()?;
        self.started += 1;
        let pid = server.pid();
        self.servers.insert(self.started, server);
        Ok(Begun {
            server: self.started,
            port,
            pid,
            start_up_ns: answered.then(|| nanoseconds(start_up)),
        })
    }

    fn of(&mut self, server: u64) -> Result<&mut LocalServer> {
        let found = self.servers.get_mut(&server);
        found.with_context(|| format!("there is no server {server}"))
    }

    fn begin(&mut self, server: u64, threads: bool) -> Result<()> {
        self.of(server)?.begin_slice(threads)?;
        let books = self.watch.read();
        self.slice = Some((own_cpu()?, books));
        Ok(())
    }

    /// `used` is what the agent had used when it was asked.
    fn end(&mut self, server: u64, used: Option<u64>) -> Result<SliceCost> {
        let (before, mut books) = self.slice.take().context("no slice was begun")?;
        let cost = self.of(server)?.end_slice()?;
        let agent = used.zip(before);
        Ok(SliceCost {
            stolen_ns: self.watch.stolen_since(&mut books),
            agent_ns: agent.map(|(after, before)| after.saturating_sub(before)),
            ..cost
        })
    }

    fn stop(&mut self, server: u64) -> Result<()> {
        let found = self.servers.remove(&server);
        Box::new(found.with_context(|| format!("there is no server {server}"))?).end()
    }

    fn begin_load(&mut self) -> Result<()> {
        self.load = Some((own_cpu()?, Load::begin(&self.watch, self.ours()?)));
        Ok(())
    }

    fn end_load(&mut self) -> Result<LoadElsewhere> {
        let (before, load) = self.load.take().context("no load was begun")?;
        let machine = load.end(&self.watch, self.ours()?, Some(0));
        let agent = own_cpu()?.zip(before);
        Ok(LoadElsewhere {
            machine,
            agent_ns: agent.map(|(after, before)| after.saturating_sub(before)),
        })
    }

    /// What the agent and its servers have used. Nothing where one is gone, which shows in its slices.
    fn ours(&self) -> Result<Option<Ours>> {
        let mut ours = Ours {
            cpu: own_cpu()?.unwrap_or_default(),
            servers: self.servers.len(),
        };
        for server in self.servers.values() {
            let Ok(cpu) = server.cpu() else {
                return Ok(None);
            };
            ours.cpu += cpu.unwrap_or_default();
        }
        Ok(Some(ours))
    }
}
