//! What requests cost that are in flight for long: memory and CPU time of a handler that waits.

use std::thread::{self, sleep};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use quartet_conformance::descriptors;
use quartet_generator::{Connections, Exchange, Slice};
use quartet_record::cost::{WAIT_MS, WaitingStart};

use super::process::First;
use crate::host::{Served, Started};
use crate::measure::SETTLE;
use crate::numbers::nanoseconds;

/// How often each server is started for each number of connections.
pub(super) const STARTS: usize = 5;

/// The path whose handler waits for [`WAIT_MS`], and then answers.
const PATH: &str = "/wait";

/// For how long requests are sent that are counted, after every connection had two answers.
const WINDOW: Duration = Duration::from_millis(500);

/// How often memory is looked at while requests are in flight.
const LOOK: Duration = Duration::from_millis(25);

/// How long connections may take to open, and answers to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Descriptors that server and generator need besides connections.
const SPARE_DESCRIPTORS: usize = 200;

/// Starts a server, measures it with so many requests in flight, and ends it. None where the platform does not tell of
/// memory.
///
/// # Errors
/// Where the system allows too few descriptors, or the server does not start or not answer as it must.
pub(super) fn start(
    start: impl FnOnce() -> Result<Started>,
    first: &First<'_>,
    connections: usize,
) -> Result<Option<WaitingStart>> {
    // The server may have as many as this process when it starts.
    let wanted = connections + SPARE_DESCRIPTORS;
    descriptors::allow(wanted as u64).map_err(anyhow::Error::msg)?;
    let mut server = start()?.server;
    let address = server.address();
    first.ask(address)?;
    server.answered()?;
    let authority = address.to_string();
    let learn = |path: &str| {
        let learnt = Exchange::learn(address, path, &authority, &[], PATIENCE)?;
        let status = learnt.expected_status();
        anyhow::ensure!(status == 200, "GET {path} answers {status}, not 200");
        Ok(learnt)
    };
    let (quick, waits) = (learn(first.path())?, learn(PATH)?);
    let without = memory(&*server)?;
    let mut held = Connections::open(address, connections, PATIENCE)
        .with_context(|| format!("{connections} connections"))?;
    held.closed_loop(&quick, Duration::ZERO, Duration::ZERO)
        .with_context(|| format!("GET {} on {connections} connections", first.path()))?;
    let connected = memory(&*server)?;
    let (Some(without), Some(connected)) = (without, connected) else {
        return Ok(None);
    };
    let cpu = server.cpu()?;
    let (loaded, seen) = watched(&*server, move || {
        held.closed_loop(&waits, Duration::ZERO, WINDOW)
            .map(|slice| (slice, held))
    })?;
    let (slice, held): (Slice, Connections) =
        loaded.with_context(|| format!("GET {PATH} on {connections} connections"))?;
    server.settle(Duration::from_secs(1))?;
    let cpu = cpu.zip(server.cpu()?);
    drop(held);
    server.end()?;
    Ok(Some(WaitingStart {
        connections,
        wait_ms: WAIT_MS,
        without,
        connected,
        waiting: seen.most,
        looks: seen.looks,
        requests: slice.total_requests,
        total_ns: nanoseconds(slice.total),
        cpu_ns: cpu.map(|(before, after)| after.saturating_sub(before)),
    }))
}

/// What was seen of memory under load.
#[derive(Default)]
struct Seen {
    most: u64,
    looks: u64,
}

/// Runs `load` on a thread of its own, on this one's cores, and looks at the server's memory meanwhile.
fn watched<T: Send>(server: &dyn Served, load: impl FnOnce() -> T + Send) -> Result<(T, Seen)> {
    thread::scope(|scope| {
        let loading = scope.spawn(load);
        let mut seen = Seen::default();
        let mut looked = Ok(());
        while !loading.is_finished() {
            sleep(LOOK);
            if looked.is_ok() && !loading.is_finished() {
                looked = server.memory().map(|memory| {
                    if let Some(memory) = memory {
                        seen.most = seen.most.max(memory.anonymous);
                        seen.looks += 1;
                    }
                });
            }
        }
        let loaded = loading
            .join()
            .map_err(|_| anyhow!("the generator failed"))?;
        looked?;
        anyhow::ensure!(seen.looks > 0, "memory could not be looked at under load");
        Ok((loaded, seen))
    })
}

/// Memory now, once the server has gone back to sleep.
fn memory(server: &dyn Served) -> Result<Option<u64>> {
    sleep(SETTLE);
    Ok(server.memory()?.map(|memory| memory.anonymous))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::host::{Host as _, Launch, LocalHost};
    use crate::testing::stand_in::{HELLO, StandIn, anywhere, response};
    use serde_json::json;

    /// Measures a stand-in whose `/wait` answers with this status after a while.
    fn measured(status: u16) -> Result<Option<WaitingStart>> {
        let server = StandIn::answering(move |head| match head.starts_with("GET /wait ") {
            true => {
                sleep(LOOK);
                response(status, "text/plain", "waited")
            }
            false => response(200, "application/json", HELLO),
        });
        let (subject, first) = (
            server.subject(),
            First::Greeting(json!({"lang": "en", "text": "Hello"})),
        );
        let launch = Launch {
            server: subject.server,
            program: &subject.artifact.program,
            workers: 1,
            locales: None,
            path: first.path(),
        };
        start(|| LocalHost::new(&anywhere()).start(&launch), &first, 3)
    }

    #[test]
    fn every_connection_has_a_request_in_flight_while_memory_is_looked_at() {
        let found = measured(200).unwrap().unwrap();
        assert_eq!((found.connections, found.wait_ms), (3, WAIT_MS));
        // Twice before the window, twice within it.
        assert!(found.requests >= 12 && found.looks > 0, "{found:?}");
        assert!(found.total_ns >= nanoseconds(WINDOW), "{found:?}");
        // The stand-in's process only waits, while the test answers for it.
        assert!(found.without > 0 && found.waiting > 0, "{found:?}");
    }

    #[test]
    fn a_server_without_such_a_handler_is_an_error() {
        let error = measured(404).unwrap_err().to_string();
        assert_eq!(error, "GET /wait answers 404, not 200");
    }
}
