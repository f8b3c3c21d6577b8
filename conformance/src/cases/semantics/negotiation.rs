//! Content negotiation, which a server may leave alone but not get wrong.

use crate::cases::steps::{Differences, absent, ask, get_whole, item, name};
use crate::http::{Request, Response};
use crate::model::check_type;
use crate::{Case, Context, Deviation, Level, Outcome, Verdict, difference, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "semantics/accept-mismatch",
        "RFC 9110 §12.4.1, §15.5.7, the contract",
        "An Accept that the server cannot satisfy is 406, or ignored.",
        accept_mismatch,
    )
    .of_rfcs_alone(Level::Should),
    Case::should(
        "semantics/accept-on-error",
        "the contract",
        "An error is a problem document for every value of Accept.",
        accept_on_error,
    ),
    Case::must(
        "semantics/vary-when-negotiated",
        "RFC 9110 §12.5.5, RFC 9111 §4.1, the contract",
        "A request field that changes the response is in Vary.",
        vary_when_negotiated,
    )
    .of_rfcs_alone(Level::Should),
];

fn accept_mismatch(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    for path in ["/greetings", &item(context)] {
        let default = get_whole(context, path)?;
        for accept in ["image/png", "application/vnd.example", "*/*;q=0"] {
            let response = ask(context, Request::get(path).header("Accept", accept))?;
            match response.status {
                200 => ensure!(
                    response.body == default.body,
                    "GET {path} with Accept: {accept} is neither 406 nor the default \
                     representation: {}",
                    difference::of_octets(&response.body, &default.body)
                ),
                406 => differences.note("answers 406"),
                status => {
                    let why = format!("GET {path} with Accept: {accept} is {status}");
                    return Err(Deviation(why));
                }
            }
        }
    }
    Ok(differences.verdict())
}

fn accept_on_error(context: &Context) -> Outcome {
    let requests = [
        Request::get(absent(context)),
        Request::get("/greetings/_"),
        Request::get("/no-such-path"),
        Request::new("DELETE", "/greetings"),
    ];
    for request in requests {
        let status = ask(context, request.clone())?.status;
        for accept in [
            "text/html",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/xml",
            "text/plain",
        ] {
            let what = format!("{} with Accept: {accept}", name(&request));
            let response = ask(context, request.clone().header("Accept", accept))?;
            ensure!(
                response.status == status,
                "{what} is {}, and {status} without",
                response.status
            );
            check_type(&response, "application/problem+json")
                .map_err(|why| Deviation(format!("{what}: {why}")))?;
        }
    }
    Ok(Verdict::Conforms)
}

fn vary_when_negotiated(context: &Context) -> Outcome {
    let (item, absent) = (item(context), absent(context));
    for path in ["/greetings", &item, &absent, "/no-such-path", "/docs"] {
        let default = ask(context, Request::get(path))?;
        if !is_same(&default, &ask(context, Request::get(path))?) {
            // It changes by itself, which says nothing of negotiation.
            continue;
        }
        for (field, value) in [
            ("Accept", "text/html"),
            ("Accept", "application/xml"),
            ("Accept", "text/plain"),
            ("Accept-Language", "zh"),
            ("Accept-Encoding", "gzip, br"),
        ] {
            let other = ask(context, Request::get(path).header(field, value))?;
            if is_same(&default, &other) {
                continue;
            }
            for (response, with) in [(&default, "without"), (&other, "with")] {
                let vary = response.list("vary");
                ensure!(
                    vary.iter()
                        .any(|name| *name == "*" || name.eq_ignore_ascii_case(field)),
                    "{field}: {value} changes the response to GET {path}, but {with} it `Vary` is \
                     {vary:?}"
                );
            }
        }
    }
    Ok(Verdict::Conforms)
}

/// Whether two answers are the same to a cache.
fn is_same(one: &Response, other: &Response) -> bool {
    one.status == other.status
        && one.body == other.body
        && ["content-type", "content-encoding", "content-language"]
            .iter()
            .all(|name| one.values(name) == other.values(name))
}
