//! Servers on another machine, started by an agent there.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use quartet_record::Program;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::connection::{Connection, Heard};
use super::link::{Found, Lit};
use super::protocol::{Answer, Begun, Placed, Request};
use super::{CoreClockState, Host, Launch, LoadElsewhere, Served, SliceCost, Started};
use crate::accounting::OwnMemory;

/// How long the agent may take over what it does at once.
const PROMPT: Duration = Duration::from_secs(10);

/// How long it may take to start a server: longer than the server itself may take.
const STARTING: Duration = Duration::from_secs(45);

/// How long it may take to end one.
const ENDING: Duration = Duration::from_secs(30);

/// An agent, and where its servers are found.
#[derive(Debug)]
pub(super) struct AgentHost {
    line: Rc<Line>,
    found: Found,
    /// What its servers listen on; none where that is every address.
    listens: Option<IpAddr>,
    placed: Placed,
    programs: Option<PathBuf>,
}

/// The line to an agent.
#[derive(Debug)]
pub(super) struct Line {
    connection: RefCell<Connection>,
    /// Why nothing more is heard, once that is so.
    lost: RefCell<Option<String>>,
    /// CPU time of the agent within slices since the load of a restart was begun, nanoseconds.
    agent_ns: RefCell<Option<u64>>,
}

impl Line {
    /// Over a connection on which the agent waits for requests.
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection: RefCell::new(connection),
            lost: RefCell::new(None),
            agent_ns: RefCell::new(None),
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// What the agent says, or that nothing is heard of it.
    pub(super) fn ask<T: DeserializeOwned>(&self, request: &Request, limit: Duration) -> Result<T> {
        if let Some(reason) = &*self.lost.borrow() {
            bail!("{reason}");
        }
        match self.said(&to_line(request)?, limit) {
            Ok(Answer::Ok(value)) => Ok(value),
            Ok(Answer::Error(reason)) => Err(anyhow!(reason)),
            Err(reason) => {
                let reason = format!("the agent on the servers' machine is gone: {reason}");
                self.lose(&reason);
                Err(anyhow!(reason))
            }
        }
    }

    /// Lights a beacon, which goes out with the next request.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(super) fn light(&self, address: Option<IpAddr>) -> Result<Lit> {
        self.ask(&Request::Light { address }, PROMPT)
    }

    fn said<T: DeserializeOwned>(
        &self,
        line: &str,
        limit: Duration,
    ) -> std::result::Result<Answer<T>, String> {
        let mut connection = self.connection.borrow_mut();
        // Where nobody reads it, what is heard next says so.
        let said = connection.say(line);
        match connection.hear(limit) {
            Heard::Line(answer) if said.is_ok() => serde_json::from_str(&answer)
                .map_err(|error| format!("it answers {:?} ({error})", shortened(&answer))),
            Heard::Nothing => Err(format!("nothing was heard for {} s", limit.as_secs())),
            Heard::Line(_) | Heard::End => Err(match connection.ended(Duration::from_secs(2)) {
                Some(status) => format!("its command ended ({status})"),
                None => "its output ended".to_owned(),
            }),
        }
    }

    fn lose(&self, reason: &str) {
        let mut lost = self.lost.borrow_mut();
        if lost.is_none() {
            *lost = Some(reason.to_owned());
            self.connection.borrow_mut().cut();
        }
    }
}

fn to_line(request: &impl Serialize) -> Result<String> {
    serde_json::to_string(request).context("a request cannot be written")
}

/// The beginning of what another program says.
pub(super) fn shortened(line: &str) -> String {
    line.chars().take(100).collect()
}

impl AgentHost {
    /// The host of an agent that has chosen its cores. Programs are taken from a directory there, where one is named.
    pub(super) fn new(
        line: Line,
        found: Found,
        listens: Option<IpAddr>,
        placed: Placed,
        programs: Option<PathBuf>,
    ) -> Self {
        Self {
            line: Rc::new(line),
            found,
            listens,
            placed,
            programs,
        }
    }
}

impl Host for AgentHost {
    fn start(&self, launch: &Launch<'_>) -> Result<Started> {
        let request = Request::Start {
            server: Box::new(launch.server.clone()),
            program: launch.program.to_owned(),
            workers: launch.workers,
            locales: launch.locales.is_some(),
            path: launch.path.to_owned(),
        };
        let begun: Begun = self.line.ask(&request, STARTING)?;
        Ok(Started {
            server: Box::new(AgentServer {
                line: self.line.clone(),
                address: SocketAddr::new(self.found.address, begun.port),
                begun,
                ended: false,
            }),
            start_up: begun.start_up_ns.map(Duration::from_nanos),
        })
    }

    fn cost_of_a_process(&self) -> Option<u64> {
        self.line.ask(&Request::Spawn, PROMPT).ok()?
    }

    fn core_clock(&self) -> CoreClockState {
        self.placed.core_clock
    }

    fn begin_load(&self) -> Result<()> {
        *self.line.agent_ns.borrow_mut() = None;
        self.line.ask(&Request::BeginLoad, PROMPT)
    }

    fn end_load(&self) -> Result<Option<LoadElsewhere>> {
        let mut load: LoadElsewhere = self.line.ask(&Request::EndLoad, PROMPT)?;
        load.machine.agent_ns = *self.line.agent_ns.borrow();
        Ok(Some(load))
    }

    fn inspect(&self, program: &Path) -> Result<Option<Program>> {
        let program = program.to_owned();
        self.line
            .ask(&Request::Inspect { program }, PROMPT)
            .map(Some)
    }

    fn programs(&self) -> Option<&Path> {
        self.programs.as_deref()
    }

    fn is_agent(&self) -> bool {
        true
    }

    fn look(&self) -> Option<String> {
        // The agent may be there and its servers not: the line need not go where the load goes.
        if self.lost().is_none() {
            if let Err(error) = self
                .line
                .light(self.listens)
                .and_then(|lit| self.found.look(&lit))
            {
                self.line.lose(&format!("{error:#}"));
            }
            // The port is not left open. Where nobody answers, that is known next.
            let _ = self.line.ask::<()>(&Request::Ping, PROMPT);
        }
        self.lost()
    }

    fn lost(&self) -> Option<String> {
        self.line.lost.borrow().clone()
    }
}

/// A server that the agent has started.
struct AgentServer {
    line: Rc<Line>,
    address: SocketAddr,
    begun: Begun,
    ended: bool,
}

impl AgentServer {
    fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T> {
        self.line.ask(request, PROMPT)
    }
}

impl Served for AgentServer {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn pid(&self) -> u32 {
        self.begun.pid
    }

    fn is_here(&self) -> bool {
        false
    }

    fn answered(&mut self) -> Result<()> {
        // The agent has asked it.
        Ok(())
    }

    fn begin_slice(&mut self, threads: bool) -> Result<()> {
        let server = self.begun.server;
        self.ask(&Request::Begin { server, threads })
    }

    fn end_slice(&mut self) -> Result<SliceCost> {
        let server = self.begun.server;
        let cost: SliceCost = self.ask(&Request::End { server })?;
        if let Some(agent) = cost.agent_ns {
            *self.line.agent_ns.borrow_mut().get_or_insert_default() += agent;
        }
        Ok(cost)
    }

    fn cpu(&self) -> Result<Option<u64>> {
        let server = self.begun.server;
        self.ask(&Request::Cpu { server })
    }

    fn memory(&self) -> Result<Option<OwnMemory>> {
        let server = self.begun.server;
        self.ask(&Request::Memory { server })
    }

    fn settle(&self, limit: Duration) -> Result<()> {
        let server = self.begun.server;
        let limit_ms = limit.as_millis() as u64;
        self.ask(&Request::Settle { server, limit_ms })
    }

    fn end(mut self: Box<Self>) -> Result<()> {
        self.ended = true;
        let server = self.begun.server;
        self.line.ask(&Request::Stop { server }, ENDING)
    }
}

impl Drop for AgentServer {
    fn drop(&mut self) {
        if !self.ended {
            let server = self.begun.server;
            // Where the agent is gone, so is its server.
            let _ = self.line.ask::<()>(&Request::Stop { server }, ENDING);
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn line(script: &str) -> Line {
        let words = ["sh", "-c", script].map(str::to_owned);
        Line::new(Connection::open(&words).unwrap())
    }

    fn refused(line: &Line, limit: Duration) -> String {
        let answer: Result<()> = line.ask(&Request::Ping, limit);
        answer.unwrap_err().to_string()
    }

    #[test]
    fn what_the_agent_refuses_is_said_and_it_stays() {
        let line = line(r#"while read -r asked; do echo '{"error":"no"}'; done"#);
        assert_eq!([refused(&line, LONG), refused(&line, LONG)], ["no", "no"]);
        assert_eq!(*line.lost.borrow(), None);
    }

    #[test]
    fn an_agent_that_ends_says_nothing_or_talks_nonsense_is_lost_for_good() {
        for (script, limit, why) in [
            (
                "read -r asked; exit 7",
                LONG,
                "its command ended (exit status: 7)",
            ),
            (
                "exec sleep 600",
                Duration::from_millis(1),
                "nothing was heard for 0 s",
            ),
            (
                "read -r asked; echo Bye; exec cat",
                LONG,
                "it answers \"Bye\"",
            ),
        ] {
            let line = line(script);
            let error = refused(&line, limit);
            assert!(
                error.starts_with("the agent on the servers' machine is gone: "),
                "{error}"
            );
            assert!(error.contains(why), "{error}");
            assert_eq!(refused(&line, LONG), error);
        }
    }
}
