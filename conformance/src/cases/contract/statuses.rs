//! Every error status, in the status line and in the problem.

use std::time::Duration;

use super::CONTRACT;
use crate::cases::security::keys::challenges_for_key;
use crate::cases::steps::{absent, ask, item, name};
use crate::http::{Request, Response};
use crate::json::check_unique_names;
use crate::model::check_problem;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "contract/problem-every-status",
        "RFC 9457 §3.1, §4.2.1, the contract",
        "Each error status of the contract, from 400 to 501, has a problem with that status, its \
         title, and a detail.",
        every_status,
    ),
    Case::must(
        "contract/problem-401",
        "RFC 9457 §3.1, §4.2.1, RFC 9110 §15.5.2, the contract",
        "Each refusal for a missing key has a problem with status 401 and its title, and a \
         challenge for the scheme Key.",
        refusals,
    )
    .needing(&[Need::ApiKey]),
    Case::must(
        "contract/problem-detail",
        CONTRACT,
        "The detail of a 404 for a lang names that lang, percent-decoded and in its own case. \
         Only a 422 has errors.",
        detail,
    ),
];

/// The phrase of a status (RFC 9110 §15, RFC 6585 §5), which is the title of a problem of the type
/// about:blank (RFC 9457 §4.2.1).
fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        412 => "Precondition Failed",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        _ => "",
    }
}

/// Statuses, what they are answered to, and the request.
fn provoking(context: &Context) -> Vec<(u16, &'static str, Request)> {
    let list = || Request::get("/greetings");
    let over = |octets: usize| "x".repeat(octets);
    vec![
        (400, "Host with a user", list().header("Host", "user@host")),
        (400, "Host with a path", list().header("Host", "a/b")),
        (404, "an unknown path", Request::get("/no-such-path")),
        (
            404,
            "DELETE on an unknown path",
            Request::new("DELETE", "/no-such-path"),
        ),
        (
            404,
            "OPTIONS on an unknown path",
            Request::new("OPTIONS", "/no-such-path"),
        ),
        (404, "an unknown lang", Request::get(absent(context))),
        (
            404,
            "a path below a lang",
            Request::get(format!("{}/x", item(context))),
        ),
        (
            404,
            "an unknown part of the page",
            Request::get("/docs/no-such-file"),
        ),
        (
            405,
            "DELETE of the list",
            Request::new("DELETE", "/greetings"),
        ),
        (
            405,
            "DELETE of a greeting",
            Request::new("DELETE", item(context)),
        ),
        (405, "DELETE of the page", Request::new("DELETE", "/docs")),
        (
            412,
            "another entity tag",
            list().header("If-Match", "\"another\""),
        ),
        (
            414,
            "a request line of 9,000 octets",
            Request::get(format!("/{}", over(9_000))),
        ),
        (
            414,
            "a request line of 30,000 octets",
            Request::get(format!("/{}", over(30_000))),
        ),
        (
            417,
            "an unknown expectation",
            list().header("Expect", "a-miracle"),
        ),
        (422, "a malformed lang", Request::get("/greetings/_")),
        (
            431,
            "header fields of 17,000 octets",
            list().header("Long", over(17_000)),
        ),
        // A parser's own limit may come before the server's, and its refusal then has no problem.
        (
            431,
            "header fields of 30,000 octets",
            list().header("Long", over(30_000)),
        ),
        (
            501,
            "an unknown transfer coding",
            Request::new("GET", "/greetings").header("Transfer-Encoding", "gzip, chunked"),
        ),
    ]
}

fn check(what: &str, status: u16, response: &Response) -> Result<(), Deviation> {
    let named = |why: Deviation| Deviation(format!("{what}: {why}"));
    ensure!(
        response.status == status,
        "{what}: the status is {}, not {status}",
        response.status
    );
    check_problem(response).map_err(named)?;
    check_unique_names(&response.body).map_err(|error| Deviation(format!("{what}: {error}")))?;
    let problem = response.json().map_err(named)?;
    let text = |member: &str| problem[member].as_str().unwrap_or_default();
    ensure!(
        text("type") != "about:blank" || text("title") == phrase(status),
        "{what}: the problem's `title` is {:?}; the title of {status} is {:?}",
        text("title"),
        phrase(status)
    );
    ensure!(
        !text("detail").trim().is_empty(),
        "{what}: the problem's `detail` is empty"
    );
    Ok(())
}

fn every_status(context: &Context) -> Outcome {
    // What stands before a server may have a limit of its own for heads that come in pieces: uvicorn has.
    let is_started_here = context.target().provides.contains(&Need::Process);
    for (status, what, mut request) in provoking(context) {
        if status == 501 {
            // Chunked content that ends at once, whatever it is coded in.
            request.body = b"0\r\n\r\n".to_vec();
        }
        let failed = |Deviation(why)| Deviation(format!("{what}: {why}"));
        let response = ask(context, request.clone()).map_err(failed)?;
        // A parser may refuse the coding by 400: whether it may is another case's matter.
        if status == 501 && response.status == 400 {
            continue;
        }
        check(what, status, &response)?;
        let octets = context.prepare(request.clone()).to_bytes();
        if octets.len() > MANY_OCTETS && is_started_here {
            let response = exchange_in_pieces(context, &request.method, &octets).map_err(failed)?;
            check(&format!("{what}, in pieces"), status, &response)?;
        }
    }
    Ok(Verdict::Conforms)
}

/// From here on a head is sent in pieces as well: a parser that has room for it when it comes at once may refuse it half
/// way.
const MANY_OCTETS: usize = 20_000;

fn exchange_in_pieces(
    context: &Context,
    method: &str,
    octets: &[u8],
) -> Result<Response, Deviation> {
    let mut connection = context.connect()?;
    for piece in octets.chunks(5_000) {
        // The server may have refused it already.
        if connection.has_reacted() || connection.send(piece).is_err() {
            break;
        }
        connection.pause(Duration::from_millis(10));
    }
    Ok(connection.receive(method)?)
}

fn refusals(context: &Context) -> Outcome {
    let (keyed, key) = context.keyed()?;
    let with = |authorization: &str| {
        Request::get("/greetings").header("Authorization", authorization.to_owned())
    };
    for (what, request) in [
        ("no key", Request::get("/greetings")),
        ("no key for a greeting", Request::get(item(context))),
        ("no key for an unknown lang", Request::get(absent(context))),
        ("a wrong key", with("Key wrong")),
        ("another scheme", with(&format!("Bearer {key}"))),
        ("a scheme without a key", with("Key")),
    ] {
        for method in ["GET", "HEAD"] {
            let mut request = request.clone();
            request.method = method.to_owned();
            let response = ask(&keyed, request)?;
            if method == "GET" {
                check(what, 401, &response)?;
            }
            // RFC 9110 §15.5.2, §11.6.1.
            let challenges = response.values("www-authenticate");
            ensure!(
                challenges.iter().any(|value| challenges_for_key(value)),
                "{method} with {what} is {} with `WWW-Authenticate` {challenges:?}, without a \
                 challenge for Key",
                response.status
            );
        }
    }
    Ok(Verdict::Conforms)
}

fn detail(context: &Context) -> Outcome {
    let langs = [
        ("tLh-QaaK", "tLh-QaaK"),
        ("t%6ch-%51", "tlh-Q"),
        ("xx-1-2-3", "xx-1-2-3"),
    ];
    for (segment, lang) in langs {
        if context.model().item(lang).is_some() {
            continue;
        }
        let path = format!("/greetings/{segment}");
        let problem = ask(context, Request::get(path.as_str()))?.json()?;
        let detail = problem["detail"].as_str().unwrap_or_default();
        ensure!(
            detail.contains(lang),
            "GET {path}: `detail` is {detail:?} and does not name {lang:?}"
        );
    }
    for (status, _, request) in provoking(context) {
        // The last need a message of their own, which another case makes.
        if matches!(status, 422 | 501) {
            continue;
        }
        let what = name(&request);
        let what = what.get(..60).unwrap_or(&what);
        let response = ask(context, request)?;
        let Ok(problem) = response.json() else {
            continue;
        };
        ensure!(
            problem.get("errors").is_none(),
            "{what}, a {}, has `errors` {}",
            response.status,
            problem["errors"]
        );
    }
    Ok(Verdict::Conforms)
}
