//! The connections that a proxy keeps open to the server.

mod relay;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use relay::Relay;

use super::{PREFIX, PROXY};
use crate::cases::steps::{Kept, item};
use crate::http::Request;
use crate::tools::{Bare, Host, Nginx};
use crate::{Case, Context, Deviation, Outcome, Verdict};

/// How many requests are sent through the proxy where nothing is to be spared.
const REQUESTS: usize = 10_000;

/// Over how many connections at once.
const CONNECTIONS: usize = 4;

/// The most connections that a proxy which reuses them may need. nginx opens a new one after a
/// thousand requests, or after a hundred where it is older than 1.19.10.
fn most_opened(requests: usize) -> usize {
    2 * CONNECTIONS + requests / 20
}

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "proxy/upstream-keep-alive",
    "RFC 9112 §9.3; the contract",
    "A proxy that keeps its connections to the server open gets ten thousand correct responses.",
    keep_alive,
)
.needing(PROXY)
.within(Duration::from_secs(120))];

fn keep_alive(context: &Context) -> Outcome {
    let relay = Relay::start(context.address()?).map_err(|error| context.obstructed(error))?;
    let (host, bare) = (Host::Server, Bare::Redirected);
    let nginx = Nginx::start(context.base(), relay.address(), PREFIX, host, bare)
        .map_err(|error| context.obstructed(error))?;
    let view = context.seen_at(nginx.base().clone());
    let requests = context.scaled(REQUESTS);
    let sent = AtomicUsize::new(0);
    let results: Vec<Result<(), Deviation>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|_| scope.spawn(|| work(&view, requests, &sent)))
            .collect();
        let results = workers.into_iter().map(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect()
    });
    results.into_iter().collect::<Result<(), _>>()?;
    let opened = relay.connections();
    if opened <= most_opened(requests) {
        return Ok(Verdict::Conforms);
    }
    // A server need not keep a connection (RFC 9112 §9.3).
    Ok(Verdict::Differs(format!(
        "the proxy had to open {opened} connections for {requests} requests"
    )))
}

/// Sends requests on one connection until all have been sent. Only what is wrong is evidence.
fn work(context: &Context, requests: usize, sent: &AtomicUsize) -> Result<(), Deviation> {
    let aside = context.aside();
    let paths = ["/greetings".to_owned(), item(context)];
    let mut kept = Kept::new(&aside);
    loop {
        let index = sent.fetch_add(1, Ordering::Relaxed);
        if index >= requests {
            return Ok(());
        }
        let path = &paths[index % paths.len()];
        let result = kept.ask(Request::get(path.as_str())).and_then(|response| {
            let expected = aside.model().answer("GET", path);
            expected.check(&response).map(drop)
        });
        if let Err(why) = result {
            drop(kept);
            context.adopt(&aside);
            let why = format!("request {} through the proxy, GET {path}: {why}", index + 1);
            return Err(Deviation(why));
        }
    }
}
