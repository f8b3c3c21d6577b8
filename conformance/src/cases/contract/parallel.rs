//! Many requests at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::CONTRACT;
use crate::cases::steps::absent;
use crate::http::{Broken, Connection, Request, Response};
use crate::{Case, Context, Deviation, Outcome, Verdict};

/// How many requests are sent in all.
const REQUESTS: usize = 1000;

/// Over how many connections.
const CONNECTIONS: usize = 64;

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "contract/concurrent",
    CONTRACT,
    "A thousand mixed requests over 64 connections at once get a thousand right answers.",
    concurrent,
)
.within(Duration::from_secs(60))];

fn concurrent(context: &Context) -> Outcome {
    let requests = mixed_requests(context);
    let next = AtomicUsize::new(0);
    let start = Barrier::new(CONNECTIONS);
    let results: Vec<Result<(), Deviation>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|_| scope.spawn(|| work(context, &requests, &next, &start)))
            .collect();
        let results = workers.into_iter().map(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect()
    });
    results.into_iter().collect::<Result<(), _>>()?;
    Ok(Verdict::Conforms)
}

/// Method and path of requests that get answers of every kind.
fn mixed_requests(context: &Context) -> Vec<(&'static str, String)> {
    let mut requests: Vec<(&str, String)> = context
        .model()
        .greetings()
        .keys()
        .map(|lang| ("GET", format!("/greetings/{lang}")))
        .collect();
    requests.extend([
        ("GET", "/greetings".to_owned()),
        ("HEAD", "/greetings".to_owned()),
        ("GET", absent(context)),
        ("GET", "/greetings/_".to_owned()),
        ("GET", "/nope".to_owned()),
        ("POST", "/greetings".to_owned()),
        ("OPTIONS", "/greetings".to_owned()),
    ]);
    requests
}

/// Sends requests on one connection until all have been sent. Only what is wrong is evidence.
fn work(
    context: &Context,
    requests: &[(&'static str, String)],
    next: &AtomicUsize,
    start: &Barrier,
) -> Result<(), Deviation> {
    let aside = context.aside();
    let opened = aside.connect();
    // Also those that have no connection must come here, lest the others wait for ever.
    start.wait();
    let mut connection = opened?;
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= REQUESTS {
            return Ok(());
        }
        let (method, path) = &requests[index % requests.len()];
        let result = ask(&aside, &mut connection, method, path).and_then(|response| {
            let expected = aside.model().answer(method, path);
            expected.check(&response).map(drop)
        });
        if let Err(why) = result {
            drop(connection);
            context.adopt(&aside);
            return Err(Deviation(format!("{method} {path}: {why}")));
        }
    }
}

/// Sends a request, on a new connection if the server has closed this one, as it may at any time.
fn ask(
    context: &Context,
    connection: &mut Connection,
    method: &str,
    path: &str,
) -> Result<Response, Deviation> {
    let mut request = context.prepare(Request::new(method, path));
    if method == "POST" {
        request = request.content("");
    }
    let bytes = request.to_bytes();
    match connection.exchange(method, &bytes) {
        Err(Broken::Closed | Broken::Reset(_)) => {
            *connection = context.connect()?;
            Ok(connection.exchange(method, &bytes)?)
        }
        other => Ok(other?),
    }
}
