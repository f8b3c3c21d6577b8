//! What the same request is answered one time and the next.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cases::everything::{LARGE, errors, resources};
use crate::cases::steps::{Kept, ask, name};
use crate::http::{Request, Response};
use crate::{Case, Context, Deviation, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "semantics/same-each-time",
    "the contract",
    "The same request gets the same status, header fields and content each time, on new connections \
     and on a kept one. Date may differ, and a value that is different in every response.",
    same_each_time,
)
.within(Duration::from_secs(60))];

/// How often a request is sent on connections of its own, and how often on one that is kept: what
/// comes with every other or every third answer is missed by fewer.
const APART: usize = 3;
const KEPT: usize = 5;

/// Requests for every kind of answer: with content and without, 304, redirects and errors.
fn requests(context: &Context) -> Result<Vec<Request>, Deviation> {
    let mut requests = errors(context);
    for it in resources(context)? {
        if it.whole.body.len() <= LARGE {
            requests.push(it.get());
        }
        requests.push(it.request("HEAD"));
        requests.push(it.request("OPTIONS"));
        if let Some(tag) = it.tag() {
            requests.push(it.get().header("If-None-Match", tag));
            requests.push(it.get().header("If-Match", "\"another\""));
        }
    }
    Ok(requests)
}

fn same_each_time(context: &Context) -> Outcome {
    for request in requests(context)? {
        ensure_same_each_time(context, &request)?;
    }
    if context.target().keyed.is_some() {
        let (keyed, key) = context.keyed()?;
        let refused = Request::get("/greetings");
        let admitted = refused
            .clone()
            .header("Authorization", format!("Key {key}"));
        for request in [refused, admitted] {
            ensure_same_each_time(&keyed, &request)?;
        }
    }
    Ok(Verdict::Conforms)
}

fn ensure_same_each_time(context: &Context, request: &Request) -> Result<(), Deviation> {
    let mut answers = Vec::with_capacity(APART + KEPT);
    for _ in 0..APART {
        answers.push(ask(context, request.clone())?);
    }
    let what = name(request);
    let mut kept = Kept::new(context);
    for _ in 0..KEPT {
        let answer = kept.ask(request.clone());
        let named = |why| Deviation(format!("{what} on a kept connection: {why}"));
        answers.push(answer.map_err(named)?);
    }
    ensure_same(&what, &answers)
}

/// Fields whose value is of the moment: dates, times that something took, and what is left of a limit.
fn may_differ(name: &str) -> bool {
    matches!(name, "date" | "age" | "expires" | "server-timing")
        || ["ratelimit", "x-ratelimit"]
            .iter()
            .any(|start| name.starts_with(start))
        || ["-time", "-runtime"].iter().any(|end| name.ends_with(end))
}

/// Fields that are the connection's, and those by which the message is delimited: it may end with a
/// connection that is closed, and not with one that is kept (RFC 9112 §6.3).
fn is_of_the_connection(name: &str) -> bool {
    matches!(
        name,
        "connection" | "keep-alive" | "transfer-encoding" | "trailer"
    )
}

fn ensure_same(what: &str, answers: &[Response]) -> Result<(), Deviation> {
    let statuses: BTreeSet<u16> = answers.iter().map(|answer| answer.status).collect();
    ensure!(
        statuses.len() == 1,
        "{what}, asked {} times, is now one and now another of {statuses:?}",
        answers.len()
    );
    let first = &answers[0];
    ensure!(
        answers.iter().all(|answer| answer.body == first.body),
        "{what}, a {}, has not the same content each time",
        first.status
    );
    let names: BTreeSet<String> = answers
        .iter()
        .flat_map(|answer| &answer.headers)
        .map(|(name, _)| name.to_ascii_lowercase())
        .filter(|name| !is_of_the_connection(name))
        .collect();
    for name in &names {
        let values: Vec<Vec<&str>> = answers.iter().map(|answer| answer.values(name)).collect();
        let without = values.iter().filter(|values| values.is_empty()).count();
        ensure!(
            without == 0,
            "{without} of {} answers to {what}, a {}, have no `{name}`, and the others have",
            answers.len(),
            first.status
        );
        let distinct: BTreeSet<&Vec<&str>> = values.iter().collect();
        ensure!(
            may_differ(name) || distinct.len() == 1 || distinct.len() == values.len(),
            "{what}, a {}, has now one and now another `{name}`: {distinct:?}",
            first.status
        );
    }
    Ok(())
}
