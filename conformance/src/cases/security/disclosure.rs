//! What an answer gives away, and what a failure takes down.

use crate::cases::docs::page;
use crate::cases::everything::{errors, greetings};
use crate::cases::steps::{absent, ask, harmless_delete, known_paths, name};
use crate::http::{Request, Response};
use crate::model::check_problem;
use crate::{Case, Context, Deviation, Level, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::should(
        "security/nosniff",
        "Fetch standard, X-Content-Type-Options; the contract",
        "Every response forbids content sniffing (nosniff).",
        nosniff,
    ),
    Case::must(
        "security/no-stack-in-errors",
        "RFC 9457 §5, the contract",
        "An error reveals nothing about the code: no stack, no source file, no panic message.",
        no_stack_in_errors,
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "security/panic-contained",
        "RFC 9110 §15.6.1, the contract",
        "A handler that panics gives a 500 with a problem, and the server continues.",
        panic_contained,
    )
    .needing(&[Need::Fault]),
];

/// What a stack, a source path or a message from a language's runtime looks like.
const TELLTALES: [&str; 16] = [
    "panicked at",
    "stack backtrace",
    "RUST_BACKTRACE",
    "unwrap()",
    "Result::",
    "Option::",
    ".rs:",
    ".cargo/registry",
    "/rustc/",
    "Traceback (most recent call last)",
    ".py\"",
    "site-packages",
    "node_modules",
    "goroutine ",
    "Exception in ",
    "/home/",
];

fn erring(context: &Context) -> Vec<Request> {
    vec![
        Request::get(absent(context)),
        Request::get("/no-such-path"),
        Request::get("/greetings/_"),
        Request::get("/greetings/%FF"),
        Request::get("/greetings/%"),
        Request::get("/docs/no-such-file"),
        harmless_delete(context),
        Request::get("/greetings").header("Host", "user@host"),
        Request::get("/greetings").header("Expect", "a-miracle"),
        Request::get("/greetings").header("Content-Length", "-1"),
        Request::get(format!("/{}", "x".repeat(20_000))),
        Request::get("/greetings").header("Long", "x".repeat(32_000)),
    ]
}

fn nosniff(context: &Context) -> Outcome {
    let paths = known_paths(context).into_iter();
    let paths = paths.chain(greetings(context)).chain(page::parts(context));
    let mut requests: Vec<Request> = paths.map(Request::get).collect();
    requests.extend(errors(context));
    requests.extend([
        Request::new("OPTIONS", "/greetings"),
        Request::new("HEAD", "/greetings"),
        Request::get("/greetings").header("If-None-Match", "*"),
        Request::get(format!("/{}", "x".repeat(9_000))),
        Request::get("/greetings").header("Long", "x".repeat(17_000)),
    ]);
    for request in requests {
        let name = name(&request);
        let name = name.get(..60).unwrap_or(&name);
        let response = ask(context, request)?;
        let options = response.list("x-content-type-options");
        ensure!(
            options
                .first()
                .is_some_and(|option| option.eq_ignore_ascii_case("nosniff")),
            "{name}, a {}, has `X-Content-Type-Options` {options:?}",
            response.status
        );
    }
    Ok(Verdict::Conforms)
}

fn no_stack_in_errors(context: &Context) -> Outcome {
    for request in erring(context) {
        let name = name(&request);
        let name = name.get(..60).unwrap_or(&name);
        // A connection closed without an answer tells nothing.
        if let Ok(response) = context.send(request) {
            ensure_discreet(&response, name)?;
        }
    }
    Ok(Verdict::Conforms)
}

fn ensure_discreet(response: &Response, name: &str) -> Result<(), Deviation> {
    let text = String::from_utf8_lossy(&response.body);
    let found = TELLTALES.iter().find(|telltale| text.contains(*telltale));
    match found {
        Some(telltale) => Err(Deviation(format!(
            "{name}, a {}, has {telltale:?} in its content",
            response.status
        ))),
        None => Ok(()),
    }
}

fn panic_contained(context: &Context) -> Outcome {
    const PANICS: &str = "/greetings/x-panic";
    // More than a server has workers, as a rule: each would be lost once.
    for _ in 0..32 {
        let response = ask(context, Request::get(PANICS))?;
        ensure!(
            response.status == 500,
            "GET {PANICS} is {}, not 500",
            response.status
        );
        check_problem(&response)?;
        ensure_discreet(&response, "the response of a handler that panicked")?;
    }
    let status = ask(context, Request::get("/greetings"))?.status;
    ensure!(
        status == 200,
        "GET /greetings is {status} after another request panicked"
    );
    Ok(Verdict::Conforms)
}
