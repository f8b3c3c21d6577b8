//! A server that meets every requirement, and the same server with one fault.
//!
//! A case that cannot fail is worthless. Each case has a [`Fault`] that it must find, and must find
//! nothing in the reference without a fault; a test holds the catalogue to both. The server is
//! plain std: a thread per connection, every octet in view. It runs in this process, or as a
//! program of its own (`reference`), which cases can start and end.
//!
//! [`self_check`] has the suite find every fault. The suite does not know this crate.

mod accept;
mod api;
mod chunked;
pub mod command;
mod conduct;
mod connection;
mod fault;
mod faults;
mod life;
mod message;
mod octets;
mod parse;
mod places;
mod program;
mod rules;
pub mod self_check;
mod signals;
mod store;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use quartet_common::{HeadLimits, Timeouts};
use quartet_conformance::servers::{Ready, Role, Server};
use quartet_conformance::{BaseUrl, ExpectedDocument, Launch, Model, Need, Target};

pub use conduct::{
    AcceptFailure, Announcement, Cause, Conduct, Delay, Drain, Kept, LastWords, Path, Timeout,
    WriteFailure, Writes,
};
pub use fault::{Fault, Sabotage};
pub use faults::all as faults;
pub use message::{Answer, Request};
pub use program::{Settings, last_words, run};
pub use rules::{Framing, Refusal, Rules};
pub use store::{Backing, Place as DatabasePlace, Reads, Seeding};

use life::Life;

/// The key that the reference asks for where it asks for one.
const KEY: &str = "a-key-for-the-reference";

/// What the reference waits for clients in this process: a busy machine is not to make them look
/// slow.
const UNHURRIED: Timeouts = Timeouts {
    header: Duration::from_secs(60),
    idle: Duration::from_secs(60),
    shutdown_delay: Duration::ZERO,
    drain: Duration::from_secs(10),
};

/// The reference server, running in this process until it is dropped.
#[derive(Debug)]
pub struct Reference {
    address: SocketAddr,
    life: Arc<Life>,
    acceptor: Option<JoinHandle<io::Result<()>>>,
}

impl Reference {
    /// Starts a reference on a free port of 127.0.0.1. It holds the greetings of `model`, asks for
    /// an API key if there is one, and has at most one fault.
    ///
    /// # Errors
    /// If no port can be had.
    pub fn start(
        model: Model,
        key: Option<&str>,
        fault: Option<&'static Fault>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let conduct = Fault::conduct_of(fault);
        let life = Arc::new(Life::new(vec![address], UNHURRIED, conduct, false));
        let keys = key.map(|key| vec![key.to_owned()]);
        let api = Arc::new(api::Api::new(model, keys, fault, HeadLimits::default()));
        let serving = life.clone();
        let acceptor = std::thread::spawn(move || accept::accept(&serving, &listener, &api));
        Ok(Self {
            address,
            life,
            acceptor: Some(acceptor),
        })
    }

    /// Where it is.
    pub fn base(&self) -> BaseUrl {
        BaseUrl::at(self.address)
    }

    /// Starts a pair of references, one open and one that asks for a key, and describes them as a
    /// target that offers all a process in this one can.
    ///
    /// # Errors
    /// If no port can be had.
    pub fn target(model: &Model, fault: Option<&'static Fault>) -> io::Result<(Target, [Self; 2])> {
        let open = Self::start(model.clone(), None, fault)?;
        let keyed = Self::start(model.clone(), Some(KEY), fault)?;
        let mut target = Target::new("reference", open.base())
            .providing(Need::Fault)
            .with_key(keyed.base(), KEY);
        target.hold(Some(model.clone()));
        target.document = Some(ExpectedDocument::shared("the reference", false));
        target.ask_for_what_it_describes();
        Ok((target, [open, keyed]))
    }

    /// How to start processes of the reference, given the program `reference`.
    pub fn launch(command: PathBuf, fault: Option<&Fault>) -> Launch {
        let list = |arguments: &[&str]| arguments.iter().map(|a| (*a).to_owned()).collect();
        let mut port_env_args: Vec<String> = Vec::new();
        if let Some(fault) = fault {
            port_env_args.extend(["--fault".to_owned(), fault.name()]);
        }
        let mut seed_args = port_env_args.clone();
        seed_args.extend(list(&[
            "--database",
            "{url}",
            "--seed",
            "--greetings",
            "{file}",
        ]));
        let mut listen_args = port_env_args.clone();
        listen_args.extend(list(&["--listen", "{address}"]));
        let mut args = port_env_args.clone();
        args.extend(list(&["--listen", "{address}", "--workers", "{workers}"]));
        let server = Server {
            args,
            key_args: Some(list(&["--api-key-file", "{file}"])),
            data_args: Some(list(&["--greetings", "{file}"])),
            header_timeout_args: Some(list(&["--header-timeout", "{milliseconds}ms"])),
            idle_timeout_args: Some(list(&["--idle-timeout", "{milliseconds}ms"])),
            drain_timeout_args: Some(list(&["--drain-timeout", "{milliseconds}ms"])),
            request_line_limit_args: Some(list(&["--request-line-limit", "{limit}"])),
            header_limit_args: Some(list(&["--header-limit", "{limit}"])),
            header_count_limit_args: Some(list(&["--header-count-limit", "{limit}"])),
            verbose_args: Some(list(&["--log", "trace"])),
            quiet_args: Some(list(&["--log", "error"])),
            shutdown_delay_args: Some(list(&["--shutdown-delay", "{milliseconds}ms"])),
            root_path_args: Some(list(&["--root-path", "{path}"])),
            public_url_args: Some(list(&["--public-url", "{url}"])),
            print_openapi_args: Some(list(&["--print-openapi"])),
            print_openapi_3_0_args: Some(list(&["--print-openapi", "3.0"])),
            listen_args: Some(listen_args),
            host_args: Some(list(&["--host", "{host}"])),
            port_args: Some(list(&["--port", "{port}"])),
            option_env: Some("QUARTET_{OPTION}".to_owned()),
            database_args: Some(list(&["--database", "{url}"])),
            database_seed_args: Some(seed_args),
            port_env_args: Some(port_env_args),
            ..Server::new("reference", Role::Baseline, "reference", Ready::Line)
        };
        Launch::new(server, command.clone(), Some(command))
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // An acceptor that cannot be woken is left behind.
        if self.life.stop(1)
            && let Some(acceptor) = self.acceptor.take()
        {
            // Whether it ended well or not, it has ended.
            let _ = acceptor.join();
        }
    }
}
