//! Paths that look like those of the API and are not.

use crate::cases::steps::{Differences, ask, item};
use crate::http::{Request, Response};
use crate::{Case, Context, Deviation, Level, Outcome, difference, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::info(
        "semantics/trailing-slash",
        "RFC 3986 §6.2.4, the contract",
        "The effect of a slash at the end of a path.",
        |context| record(context, &["/greetings/", &format!("{}/", item(context))]),
    ),
    Case::info(
        "semantics/double-slash",
        "RFC 3986 §3.3, the contract",
        "The effect of an empty path segment.",
        |context| {
            let present = context.model().present();
            record(context, &["//greetings", &format!("/greetings//{present}")])
        },
    ),
    Case::must(
        "semantics/dot-segments",
        "RFC 3986 §5.2.4, RFC 9110 §17.3, the contract",
        "A path with dot segments, in any spelling, stays in the API: it is refused, or they are \
         removed.",
        dot_segments,
    )
    .of_rfcs_alone(Level::Should),
];

/// Records what is answered; the contract's answer is 404.
fn record(context: &Context, targets: &[&str]) -> Outcome {
    let mut differences = Differences::default();
    for target in targets {
        let response = ask(context, Request::get(*target))?;
        match response.status {
            404 => {}
            status @ 300..400 => {
                let location = response.header("location").unwrap_or_default();
                differences.note(format!("{target} is {status} to {location:?}"));
            }
            status @ 200..500 => differences.note(format!("{target} is {status}")),
            status => return Err(Deviation(format!("GET {target} is {status}"))),
        }
    }
    Ok(differences.verdict())
}

/// Targets with dot segments, and the path that is left without these if it is the API's.
const DOTTED: [(&str, Option<&str>); 14] = [
    ("/./greetings", Some("/greetings")),
    ("/%2e/greetings", Some("/greetings")),
    ("/greetings/.", Some("/greetings")),
    ("/greetings/../healthz", Some("/healthz")),
    ("/greetings/%2E%2e/healthz", Some("/healthz")),
    ("/docs/../openapi.json", Some("/openapi.json")),
    ("/docs/..%2fopenapi.json", Some("/openapi.json")),
    ("/docs/../Cargo.toml", None),
    ("/docs/../../../../../../etc/passwd", None),
    ("/docs/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", None),
    ("/docs/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", None),
    ("/docs/%252e%252e%252f%252e%252e%252fetc%252fpasswd", None),
    ("/docs/..%5c..%5c..%5cWindows%5cwin.ini", None),
    ("/../../../../etc/passwd", None),
];

fn dot_segments(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    for (target, meant) in DOTTED {
        let response = ask(context, Request::get(target))?;
        match response.status {
            400..500 => {}
            300..400 => {
                ensure_redirects_within(context, target, &response)?;
                differences.note("redirects to the path without dot segments");
            }
            200..300 => {
                if is_anywhere(context, &response)? {
                    differences.note("gives the same response for every path");
                    continue;
                }
                let Some(meant) = meant else {
                    let why = format!("GET {target} is {}", response.status);
                    return Err(Deviation(why));
                };
                let plain = ask(&context.aside(), Request::get(meant))?;
                ensure!(
                    response.body == plain.body,
                    "the content of GET {target} differs from that of GET {meant}: {}",
                    difference::of_octets(&response.body, &plain.body)
                );
                differences.note("removes dot segments");
            }
            status => return Err(Deviation(format!("GET {target} is {status}"))),
        }
    }
    Ok(differences.verdict())
}

/// Whether an answer is the one that any path gets.
fn is_anywhere(context: &Context, response: &Response) -> Result<bool, Deviation> {
    let nowhere = ask(&context.aside(), Request::get("/no-such-path"))?;
    Ok(nowhere.status == response.status && nowhere.body == response.body)
}

fn ensure_redirects_within(
    context: &Context,
    target: &str,
    response: &Response,
) -> Result<(), Deviation> {
    let location = response.header("location").unwrap_or_default();
    let led = context.base().follow(&context.path(target), location);
    let below = format!("{}/", context.base().prefix());
    ensure!(
        led.is_ok_and(|path| path.starts_with(&below)),
        "GET {target} redirects to {location:?}, out of the API"
    );
    Ok(())
}
