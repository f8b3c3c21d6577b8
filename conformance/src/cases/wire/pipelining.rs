//! Requests sent before earlier ones are answered.

use super::steps::{QUIET, is_closing};
use crate::cases::steps::{absent, item, name};
use crate::http::{Ending, Request, Response};
use crate::{Case, Context, Deviation, Outcome, Verdict, difference, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "wire/pipelining-order",
        "RFC 9112 §9.3.2",
        "Pipelined requests get their responses in order.",
        |context| {
            let paths = [
                context.resource().to_owned(),
                absent(context),
                item(context),
            ];
            let gets = paths.iter().map(|path| Request::get(path.as_str()));
            let revalidation = Request::get(context.resource()).header("If-None-Match", "*");
            let post = Request::new("POST", context.resource()).content("hello");
            answered_in_order(context, gets.chain([post, revalidation]).collect())
        },
    ),
    Case::must(
        "wire/pipelining-head",
        "RFC 9112 §9.3.2, RFC 9110 §9.3.2",
        "Among pipelined requests each GET gets its content, and each HEAD none.",
        |context| {
            let paths = [
                context.resource().to_owned(),
                item(context),
                absent(context),
            ];
            let order = [0, 1, 1, 0, 1, 0, 0, 1];
            let methods = order.map(|method| ["GET", "HEAD"][method]);
            let requests = methods.iter().flat_map(|method| {
                let paths = paths.iter();
                paths.map(move |path| Request::new(*method, path.as_str()))
            });
            answered_in_order(context, requests.collect())
        },
    ),
    Case::must(
        "wire/pipelining-close",
        "RFC 9112 §9.6",
        "Of pipelined responses only the last one before the connection is closed has `close`.",
        pipelining_close,
    ),
    Case::must(
        "wire/pipelining-100",
        "RFC 9112 §9.3.2",
        "Each of 100 requests in one write gets its response.",
        |context| {
            let greetings = context.model().greetings();
            let items = greetings.keys().map(|lang| format!("/greetings/{lang}"));
            let paths: Vec<String> = items
                .chain([absent(context), context.resource().to_owned()])
                .collect();
            let requests = paths
                .iter()
                .cycle()
                .take(100)
                .map(|path| Request::get(path.as_str()));
            answered_in_order(context, requests.collect())
        },
    ),
];

/// Sends requests in one write, the last with `Connection: close`, and makes sure that each gets
/// the answer that it gets alone.
fn answered_in_order(context: &Context, mut requests: Vec<Request>) -> Outcome {
    // Each with its answer, and whether it gets the same twice.
    let mut alone: Vec<(&Request, Response, bool)> = Vec::new();
    let last = requests
        .pop()
        .map(|last| last.header("Connection", "close"));
    let requests: Vec<Request> = requests.into_iter().chain(last).collect();
    let mut bytes = Vec::new();
    for request in &requests {
        bytes.extend(context.prepare(request.clone()).to_bytes());
        if !alone.iter().any(|(known, ..)| *known == request) {
            let answer = context.send(request.clone())?;
            let again = context.send(request.clone())?;
            let is_stable = answer.body == again.body;
            alone.push((request, answer, is_stable));
        }
    }
    let mut connection = context.connect()?;
    connection.send(&bytes)?;
    let count = requests.len();
    for (number, request) in (1..).zip(&requests) {
        let what = format!("request {number} of {count}, {}", name(request));
        let answer = match connection.receive(&request.method) {
            // A server may close after any answer; the client then asks again.
            Err(broken) if broken.is_closed() && number > 1 => {
                let answered = number - 1;
                let why =
                    format!("answers {answered} of {count} requests, then closes the connection");
                return Ok(Verdict::Differs(why));
            }
            received => received.map_err(|broken| Deviation(format!("{what}: {broken}")))?,
        };
        let known = alone.iter().find(|(known, ..)| *known == request);
        let Some((_, expected, is_stable)) = known else {
            continue;
        };
        ensure!(
            answer.status == expected.status,
            "{what} is {}, and {} alone",
            answer.status,
            expected.status
        );
        ensure!(
            !is_stable || answer.body == expected.body,
            "the content of {what} differs from that of the same request alone: {}",
            difference::of_octets(&answer.body, &expected.body)
        );
    }
    Ok(Verdict::Conforms)
}

fn pipelining_close(context: &Context) -> Outcome {
    let first = context.prepare(Request::get(context.resource())).to_bytes();
    let last = Request::get(item(context)).header("Connection", "close");
    let last = context.prepare(last).to_bytes();
    let mut connection = context.connect()?;
    connection.send(&[first.as_slice(), &first, &last].concat())?;
    let (answers, ending) = connection.receive_all("GET", QUIET);
    let says_close = |answer: &Response| is_closing(&answer.list("connection"));
    let count = answers.len();
    match answers.iter().position(says_close) {
        _ if ending != Ending::Closed => Err(Deviation(
            "the connection stays open after the last of three requests, which has `close`"
                .to_owned(),
        )),
        Some(at) if at + 1 < count => Err(Deviation(format!(
            "response {} of {count} has `close`, but others follow",
            at + 1
        ))),
        _ if count == 3 => Ok(Verdict::Conforms),
        _ => Ok(Verdict::Differs(format!(
            "answers {count} of 3 requests, then closes the connection"
        ))),
    }
}
