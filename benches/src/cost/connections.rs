//! What connections cost that nobody uses at the moment.

use std::net::{SocketAddr, TcpStream};
use std::thread::sleep;

use anyhow::{Context as _, Result, ensure};
use quartet_conformance::descriptors;
use quartet_conformance::servers::Process;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{PATH, end};
use crate::accounting::{Memory, ProcessTree};
use crate::measure::SETTLE;
use crate::probe::{ask, checked_get, connect};

/// How many connections are opened.
pub const COUNT: usize = 1000;

/// Descriptors that server and generator need besides connections.
const SPARE_DESCRIPTORS: usize = 100;

/// A server's memory without and with idle connections, each of which was used once, as records
/// from before 2026-11-28 have it: of one process, by its proportional set size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IdleConnections {
    /// How many connections.
    pub count: usize,
    /// Memory after the first answer, without connections.
    pub before: Memory,
    /// Memory with all of them.
    pub after: Memory,
}

impl IdleConnections {
    /// Proportional set size that a thousand connections add, bytes; negative where the memory
    /// shrank.
    pub fn bytes_per_thousand(&self) -> f64 {
        let (before, after) = (self.before.proportional, self.after.proportional);
        (after as f64 - before as f64) * 1000.0 / self.count.max(1) as f64
    }
}

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
pub(super) fn idle(process: Process, expected: &Value) -> Result<Option<Held>> {
    let wanted = COUNT + SPARE_DESCRIPTORS;
    descriptors::allow(wanted as u64).map_err(anyhow::Error::msg)?;
    let address = process.address();
    checked_get(address, PATH, expected)?;
    let tree = ProcessTree::of(process.pid())?;
    let memory = || {
        sleep(SETTLE);
        tree.memory()
    };
    let without = memory()?;
    let held = hold(address)?;
    let with = memory()?;
    drop(held);
    end(process)?;
    Ok(without.zip(with).map(|(without, with)| Held {
        without: without.anonymous,
        with: with.anonymous,
        count: COUNT,
    }))
}

/// Opens the connections, and has a request answered on each.
fn hold(address: SocketAddr) -> Result<Vec<TcpStream>> {
    (1..=COUNT)
        .map(|number| {
            let answered = connect(address).and_then(|mut stream| {
                let (status, _) = ask(&mut stream, address, PATH)?;
                ensure!(status == 200, "GET {PATH} answers {status}, not 200");
                Ok(stream)
            });
            answered.with_context(|| format!("connection {number}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(proportional: u64) -> Memory {
        Memory {
            proportional,
            peak_resident: 0,
        }
    }

    #[test]
    fn growth_is_for_a_thousand_and_may_be_negative() {
        let idle = |before, after| IdleConnections {
            count: 500,
            before: memory(before),
            after: memory(after),
        };
        assert!((idle(1_000, 4_000).bytes_per_thousand() - 6_000.0).abs() < 1e-9);
        assert!((idle(4_000, 1_000).bytes_per_thousand() + 6_000.0).abs() < 1e-9);
    }
}
