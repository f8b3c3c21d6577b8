//! Protocols that a client offers to change to, and that are not taken.

use super::steps::is_closing;
use crate::cases::steps::{Differences, absent, item, name};
use crate::http::{Connection, Request, Response};
use crate::{Case, Context, Deviation, Level, Outcome, Verdict, difference, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "wire/upgrade-declined",
        "RFC 9110 §7.8; RFC 9112 §9.6; the contract",
        "An offer to change the protocol that is declined does not change the response: no 101, \
         no upgrade in Connection; the connection is kept, or said to be closed.",
        upgrade_declined,
    )
    // RFC 9110 §7.8 leaves the answer to the server, and §9.6 of RFC 9112 has it say close as a should.
    .of_rfcs_alone(Level::Should),
    Case::should(
        "wire/upgrade-keeps",
        "RFC 9112 §9.3",
        "A connection is kept although the client offers to change the protocol, as Java's \
         HttpClient does with every first request.",
        upgrade_keeps,
    ),
];

/// What clients offer: Java's HttpClient, curl `--http2`, browsers, and one that forgets to name
/// the option.
const OFFERS: [&[(&str, &str)]; 4] = [
    &[
        ("Connection", "Upgrade, HTTP2-Settings"),
        ("HTTP2-Settings", "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"),
        ("Upgrade", "h2c"),
    ],
    &[
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ],
    &[
        ("Connection", "keep-alive, Upgrade"),
        ("Upgrade", "TLS/1.0, HTTP/2.0"),
    ],
    &[("Upgrade", "websocket")],
];

fn requests(context: &Context) -> Vec<Request> {
    let item = item(context);
    vec![
        Request::get(context.resource()),
        Request::get(item.as_str()),
        Request::new("HEAD", item.as_str()),
        Request::get(absent(context)),
        Request::get("/greetings/_"),
        Request::get(context.resource()).header("If-None-Match", "*"),
        Request::new("OPTIONS", context.resource()),
        Request::new("DELETE", absent(context)),
        Request::get(context.resource()).header("Expect", "a-miracle"),
    ]
}

fn upgrade_declined(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    for request in requests(context) {
        let usual = context.send(request.clone())?;
        // Content that is of the moment says nothing.
        let is_stable = context.send(request.clone())?.body == usual.body;
        let is_usual = |answer: &Response| {
            answer.status == usual.status && (!is_stable || answer.body == usual.body)
        };
        // Whether the connection is kept where nothing is offered; that it is not is for other cases.
        let mut plain = context.connect()?;
        let is_kept = (0..2).all(|_| offered(context, &mut plain, &request, &[]).is_ok());
        for offer in OFFERS {
            let mut connection = context.connect()?;
            let (what, answer) = offered(context, &mut connection, &request, offer)?;
            if let (101, Some(protocol), false) = (
                answer.status,
                answer.header("upgrade"),
                context.is_the_api(),
            ) {
                differences.note(format!("changes to {protocol}"));
                continue;
            }
            ensure!(
                is_usual(&answer),
                "{what} is {}, but {} without the offer: {}",
                answer.status,
                usual.status,
                difference::of_octets(&answer.body, &usual.body)
            );
            let options = answer.list("connection");
            let says_upgrade = |option: &&str| option.eq_ignore_ascii_case("upgrade");
            // A server may say what it would change to (RFC 9110 §7.8).
            ensure!(
                !options.iter().any(says_upgrade) || answer.header("upgrade").is_some(),
                "{what} is {} with Connection {options:?}, and no Upgrade",
                answer.status
            );
            if !is_kept || is_closing(&options) || answer.minor_version == 0 {
                continue;
            }
            let next = context.prepare(request.clone()).to_bytes();
            let next = connection.exchange(&request.method, &next);
            let next = next.map_err(|why| {
                Deviation(format!(
                    "the response to {what} has no `close`, but the next request on the \
                     connection fails: {why}"
                ))
            })?;
            ensure!(
                is_usual(&next),
                "after {what} the next request on its connection is {}",
                next.status
            );
        }
    }
    Ok(differences.verdict())
}

fn offered(
    context: &Context,
    connection: &mut Connection,
    request: &Request,
    offer: &[(&str, &str)],
) -> Result<(String, Response), Deviation> {
    let what = offer
        .iter()
        .fold(name(request), |what, (name, value)| match *name {
            "Connection" | "Upgrade" => format!("{what} with {name}: {value}"),
            _ => what,
        });
    let request = offer
        .iter()
        .fold(request.clone(), |request, (name, value)| {
            request.header(*name, *value)
        });
    let bytes = context.prepare(request.clone()).to_bytes();
    let answer = connection.exchange(&request.method, &bytes);
    let answer = answer.map_err(|why| Deviation(format!("{what}: {why}")))?;
    Ok((what, answer))
}

fn upgrade_keeps(context: &Context) -> Outcome {
    let request = Request::get(context.resource());
    let (_, plain) = offered(context, &mut context.connect()?, &request, &[])?;
    if plain.minor_version == 0 || is_closing(&plain.list("connection")) {
        return Ok(Verdict::NotApplicable("closes every connection".to_owned()));
    }
    for offer in OFFERS {
        let mut connection = context.connect()?;
        for number in 1..=3 {
            let asked = offered(context, &mut connection, &request, offer);
            let (what, answer) =
                asked.map_err(|why| Deviation(format!("request {number}: {why}")))?;
            if answer.status == 101 && !context.is_the_api() {
                // It speaks the protocol, and HTTP/1.1 has ended on this connection.
                break;
            }
            ensure!(
                answer.minor_version == 1 && !is_closing(&answer.list("connection")),
                "the response to {what} has Connection {:?}",
                answer.list("connection")
            );
        }
    }
    Ok(Verdict::Conforms)
}
