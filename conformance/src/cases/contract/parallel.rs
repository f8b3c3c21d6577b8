//! Many requests at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::CONTRACT;
use crate::cases::steps::{Kept, absent};
use crate::http::Request;
use crate::{Case, Context, Deviation, Outcome, Verdict};

/// How many requests are sent in all.
const REQUESTS: usize = 1000;

/// Over how many connections.
const CONNECTIONS: usize = 64;

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "contract/concurrent",
    CONTRACT,
    "A thousand mixed requests over 64 concurrent connections get a thousand correct responses.",
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
    let mut kept = Kept::new(&aside);
    start.wait();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= REQUESTS {
            return Ok(());
        }
        let (method, path) = &requests[index % requests.len()];
        let request = match *method {
            "POST" => Request::new(*method, path.as_str()).content(""),
            _ => Request::new(*method, path.as_str()),
        };
        let result = kept.ask(request).and_then(|response| {
            let expected = aside.model().answer(method, path);
            expected.check(&response).map(drop)
        });
        if let Err(why) = result {
            drop(kept);
            context.adopt(&aside);
            return Err(Deviation(format!("{method} {path}: {why}")));
        }
    }
}
