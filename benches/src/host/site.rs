//! Where a run takes place: the cores of this machine, and the servers' machine, which is this one or an agent's.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use quartet_record::ServersVia;
use quartet_record::cores::Core;
use quartet_record::machine::Machine;

use super::agent::boot;
use super::connection::{Connection, Heard};
use super::link;
use super::protocol::{GREETING, Hello, PROTOCOL, Placed, Request};
use super::remote::{AgentHost, Line, shortened};
use super::{Host, LocalHost};
use crate::cores::Placement;
use crate::environment::Private;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::machine;
use crate::system::System;

/// Over which headings these options are shown.
const HEADING: &str = "Servers on another machine";

/// How the servers' machine is reached.
#[derive(Args, Clone, Debug)]
pub(crate) struct ViaOptions {
    /// Command that starts an agent on the servers' machine: `compare agent` is appended to it. The agent starts the
    /// servers. Messages pass over the command's standard input and output. Examples: 'ssh bench@host', 'srun --nodelist=n1 --overlap', 'kubectl exec -i pod --'
    #[arg(long, value_name = "COMMAND", help_heading = HEADING, conflicts_with_all = ["commands", "database", "scaling"])]
    servers_via: Option<String>,

    /// Where the load generator finds the servers: a name or an address [default: the first of the agent's addresses that
    /// answers]
    #[arg(long, value_name = "HOST", requires = "servers_via", help_heading = HEADING)]
    servers_address: Option<String>,

    /// Directory on the servers' machine that has `compare` and the servers' programs. They are taken as they are, and nothing
    /// is built [default: they are built here, and have the same paths there]
    #[arg(long, value_name = "DIR", requires = "servers_via", help_heading = HEADING)]
    servers_programs: Option<PathBuf>,
}

/// Cores, as far as they are given.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wishes<'a> {
    /// For the servers.
    pub(crate) server: Option<&'a [usize]>,
    /// For the generator.
    pub(crate) generator: Option<&'a [usize]>,
    /// Whether both are on one core.
    pub(crate) shared: bool,
    /// Whether a run was begun on these, which are then taken as they are.
    pub(crate) again: bool,
}

/// Where a run takes place.
#[derive(Debug)]
pub(crate) struct Site {
    /// The cores of this machine.
    pub(crate) placement: Placement,
    /// What servers are started by.
    pub(crate) host: Box<dyn Host>,
    /// What the servers run on.
    pub(crate) machine: Machine,
    /// The servers' cores, on their machine.
    pub(crate) server_cores: Vec<usize>,
    /// What is known of the cores measured on, the servers' first.
    pub(crate) cores: Vec<Core>,
    /// How the servers' machine is reached, where an agent starts them.
    pub(crate) via: Option<ServersVia>,
}

impl ViaOptions {
    /// Whether an agent is to start the servers.
    pub(crate) fn any(&self) -> bool {
        self.servers_via.is_some()
    }

    /// Chooses cores, having started the agent where there is to be one.
    ///
    /// # Errors
    /// [`Failure::Usage`] where a wish cannot be met, or there is no agent of this version; [`Failure::Interrupted`] where the
    /// agent was waited for in vain.
    pub(crate) fn site(&self, wishes: Wishes<'_>, private: &Private) -> Result<Site, Failure> {
        match &self.servers_via {
            Some(command) => self.elsewhere(command, wishes, private),
            None => {
                let placement = wishes.placement()?;
                Ok(Site {
                    host: Box::new(LocalHost::new(&placement)),
                    machine: machine::look(),
                    server_cores: placement.server.clone(),
                    cores: placement.cores.clone(),
                    via: None,
                    placement,
                })
            }
        }
    }

    fn elsewhere(
        &self,
        command: &str,
        wishes: Wishes<'_>,
        private: &Private,
    ) -> Result<Site, Failure> {
        let refused = |error: &anyhow::Error| Failure::usage(error);
        let (connection, hello) = self.call(command)?;
        let here = machine::look();
        let own = boot(&System::live());
        let same_machine = own.is_some() && own == hello.boot;
        let line = Line::new(connection);
        let lit = line.light(None).map_err(|error| refused(&error))?;
        let found = link::find(self.servers_address.as_deref(), &hello.addresses, &lit)
            .map_err(|error| refused(&error))?;
        if wishes.shared && !same_machine {
            let sentence = "--shared-core: the servers are on another machine";
            return Err(Failure::Usage(sentence.to_owned()));
        }
        // On this very machine, one choice is made for both.
        let both = same_machine.then(|| wishes.placement()).transpose()?;
        let listen = match found.address {
            address if address.is_loopback() || hello.addresses.contains(&address) => address,
            std::net::IpAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
            std::net::IpAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
        };
        let placed: Placed = line
            .ask(
                &Request::Place {
                    server: match &both {
                        Some(both) => Some(both.server.clone()),
                        None => wishes.server.map(<[usize]>::to_vec),
                    },
                    agent: both.as_ref().map(|both| both.generator.clone()),
                    again: wishes.again,
                    listen,
                },
                PATIENCE,
            )
            .map_err(|error| refused(&error.context("on the servers' machine")))?;
        let mut placement = match both {
            Some(both) => both,
            None => Placement::of_generator(wishes.generator).map_err(|error| refused(&error))?,
        };
        placement.server.clear();
        let generator = placement.generator.clone();
        placement
            .cores
            .retain(|core| generator.contains(&core.number));
        placement.warnings.extend(placed.warnings.iter().cloned());
        let round_trip_ns = crate::numbers::nanoseconds(found.round_trip);
        Ok(Site {
            machine: hello.machine,
            server_cores: placed.server.clone(),
            cores: placed
                .cores
                .iter()
                .chain(&placement.cores)
                .cloned()
                .collect(),
            via: Some(ServersVia {
                command: private.without(command),
                generator: here,
                same_machine,
                loopback: found.address.is_loopback(),
                round_trip_ns,
            }),
            host: Box::new(AgentHost::new(
                line,
                found,
                Some(listen).filter(|listen| !listen.is_unspecified()),
                placed,
                self.servers_programs.clone(),
            )),
            placement,
        })
    }

    /// Starts the agent, and waits until it has said which it is.
    fn call(&self, command: &str) -> Result<(Connection, Hello), Failure> {
        let wrong = |sentence: String| Failure::Usage(format!("--servers-via: {sentence}"));
        let mut words = shlex::split(command)
            .ok_or_else(|| wrong(format!("a quote is not closed in {command:?}")))?;
        let program = match &self.servers_programs {
            Some(directory) => directory.join("compare"),
            None => std::env::current_exe().map_err(|error| Failure::Other(error.into()))?,
        };
        let name = words
            .first()
            .cloned()
            .ok_or_else(|| wrong("the command has no words".to_owned()))?;
        words.extend([program.to_string_lossy().into_owned(), "agent".to_owned()]);
        let mut connection = Connection::open(&words)
            .map_err(|error| wrong(format!("cannot run {name:?}: {error}")))?;
        let interrupt = Interrupt::listen()?;
        let begun = Instant::now();
        let mut told = false;
        let first = loop {
            match connection.hear(POLL) {
                Heard::Line(line) => break line,
                Heard::End => {
                    let status = connection.ended(PATIENCE);
                    let status =
                        status.map_or("its output".to_owned(), |status| status.to_string());
                    return Err(wrong(format!(
                        "the command ended ({status}) before an agent answered; {} must be there",
                        program.display()
                    )));
                }
                Heard::Nothing if interrupt.requested() => {
                    connection.cut();
                    return Err(Failure::Interrupted);
                }
                Heard::Nothing => {
                    if !told && begun.elapsed() > WORTH_SAYING {
                        eprintln!("waiting for the agent of {command}");
                        told = true;
                    }
                }
            }
        };
        let hello = read(&first).map_err(|sentence| {
            connection.cut();
            wrong(sentence)
        })?;
        Ok((connection, hello))
    }
}

/// How often it is looked whether the wait for an agent was ended.
const POLL: Duration = Duration::from_millis(100);

/// A wait longer than this is announced.
const WORTH_SAYING: Duration = Duration::from_secs(5);

/// How long an agent may take to choose cores, and a command to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads an agent's first line.
fn read(line: &str) -> Result<Hello, String> {
    let strange = || format!("{:?} is not what an agent says first", shortened(line));
    if !line.starts_with(GREETING) {
        return Err(strange());
    }
    let said: serde_json::Value = serde_json::from_str(line).map_err(|_| strange())?;
    let (agent, version) = (
        &said["agent"],
        said["version"].as_str().unwrap_or("unknown"),
    );
    if agent != PROTOCOL {
        return Err(format!(
            "the agent speaks version {agent} of the protocol (program {version}); this program speaks {PROTOCOL} ({})",
            env!("CARGO_PKG_VERSION")
        ));
    }
    serde_json::from_value(said).map_err(|_| strange())
}

impl Wishes<'_> {
    fn placement(self) -> Result<Placement, Failure> {
        if self.shared {
            return Ok(Placement::shared()?);
        }
        if self.again {
            let placed = Placement::again(self.server, self.generator);
            return placed.map_err(|error| Failure::usage(&error));
        }
        let placed = Placement::new(self.server, self.generator);
        if self.server.is_some() || self.generator.is_some() {
            placed.map_err(|error| Failure::usage(&error))
        } else {
            Ok(placed?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_told_from_other_programs_and_versions() {
        let refused = |line: &str| read(line).unwrap_err();
        assert_eq!(
            refused("Welcome!"),
            "\"Welcome!\" is not what an agent says first"
        );
        assert!(refused(r#"{"agent":2}"#).contains("is not what an agent says first"));
        let other = refused(r#"{"agent":99,"version":"9.0.0","more":[]}"#);
        assert_eq!(
            other,
            format!(
                "the agent speaks version 99 of the protocol (program 9.0.0); this program speaks 2 ({})",
                env!("CARGO_PKG_VERSION")
            )
        );
    }
}
