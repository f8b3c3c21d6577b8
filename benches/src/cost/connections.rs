//! What connections cost that nobody uses at the moment.

use std::net::{SocketAddr, TcpStream};
use std::thread::sleep;

use anyhow::{Context as _, Result, ensure};
use quartet_conformance::descriptors;
use quartet_record::cost::IDLE_CONNECTIONS;

use super::process::First;
use crate::host::Started;
use crate::measure::SETTLE;
use crate::probe::{ask, connect};

/// Descriptors that server and generator need besides connections.
const SPARE_DESCRIPTORS: usize = 100;

/// A server's memory without and with idle connections, bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// After the first answer.
    pub(super) without: u64,
    /// With the connections, each of which was used once.
    pub(super) with: u64,
    /// How many connections.
    pub(super) count: usize,
}

/// Measures a server that was just started, and ends it. None where the platform keeps no books.
///
/// # Errors
/// Where the system allows too few descriptors, or the server does not answer.
pub(super) fn idle(started: Started, first: &First<'_>) -> Result<Option<Held>> {
    let wanted = IDLE_CONNECTIONS + SPARE_DESCRIPTORS;
    descriptors::allow(wanted as u64).map_err(anyhow::Error::msg)?;
    let mut server = started.server;
    let address = server.address();
    first.ask(address)?;
    server.answered()?;
    let memory = || {
        sleep(SETTLE);
        server.memory()
    };
    let without = memory()?;
    let held = hold(address, first.path())?;
    let with = memory()?;
    drop(held);
    server.end()?;
    Ok(without.zip(with).map(|(without, with)| Held {
        without: without.anonymous,
        with: with.anonymous,
        count: IDLE_CONNECTIONS,
    }))
}

/// Opens the connections, and has a request answered on each.
fn hold(address: SocketAddr, path: &str) -> Result<Vec<TcpStream>> {
    (1..=IDLE_CONNECTIONS)
        .map(|number| {
            let answered = connect(address).and_then(|mut stream| {
                let (status, _) = ask(&mut stream, address, path)?;
                ensure!(status == 200, "GET {path} answers {status}, not 200");
                Ok(stream)
            });
            answered.with_context(|| format!("connection {number}"))
        })
        .collect()
}
