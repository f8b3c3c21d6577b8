//! What holds for one path holds for every one, however it is asked for.

use std::collections::BTreeSet;

use crate::cases::everything::{Resource, errors, greetings, resources};
use crate::cases::steps::{Differences, Kept, absent, ask, is_other, item, name};
use crate::http::{Request, Response};
use crate::model::{ALLOWED, check_problem};
use crate::{Case, Context, Deviation, Level, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "semantics/head-everywhere",
        "RFC 9110 §9.1, §9.3.2, §8.6, the contract",
        "HEAD on every path, existing or not, has the status and the header fields of GET, no \
         content, and no other Content-Length.",
        head_everywhere,
    )
    .of_rfcs_alone(Level::Must),
    Case::must(
        "semantics/http10-everywhere",
        "RFC 9112 §2.3, RFC 9110 §2.5, §7.2, the contract",
        "Every path gives the same response in HTTP/1.0, with and without Host, as in HTTP/1.1.",
        http10_everywhere,
    ),
    Case::must(
        "semantics/host-everywhere",
        "RFC 9112 §3.2",
        "An HTTP/1.1 request without Host, with two, or with an invalid one is 400, for every \
         method and path.",
        host_everywhere,
    ),
    Case::must(
        "semantics/kept-everywhere",
        "RFC 9112 §9.3, RFC 9110 §2.4, §3.3",
        "Every request on a kept connection gets the same response as alone, whatever came before \
         it.",
        kept_everywhere,
    ),
    Case::must(
        "semantics/methods-everywhere",
        "RFC 9110 §15.5.6, §10.2.1, the contract",
        "POST, PUT, PATCH, DELETE, TRACE and rare or invented methods are 405 on every existing \
         path, with GET, HEAD and OPTIONS in Allow, and a problem.",
        methods_everywhere,
    )
    .needing(&[Need::Model]),
    Case::must(
        "semantics/options-everywhere",
        "RFC 9110 §9.3.7, §10.2.1, the contract",
        "OPTIONS on every existing path is 2xx, with GET, HEAD and OPTIONS in Allow.",
        options_everywhere,
    )
    .needing(&[Need::Model]),
    Case::must(
        "semantics/unknown-path-unusual-method",
        "RFC 9110 §15.5.5, the contract",
        "An unknown path is 404 for rare and invented methods, too; 501 is legal.",
        unknown_path_unusual_method,
    ),
    Case::must(
        "semantics/query-everywhere",
        "the contract",
        "An unknown query parameter has no effect on any path.",
        query_everywhere,
    ),
];

/// Methods that a server may not know (RFC 9110 §9.1): registered and rare, or made up.
const UNUSUAL: [&str; 7] = [
    "PROPFIND", "QUERY", "LINK", "M-SEARCH", "PURGE", "BREW", "GETS",
];

/// Methods that every server knows.
const USUAL: [&str; 5] = ["POST", "PUT", "PATCH", "DELETE", "TRACE"];

/// Fields that frame a message, or are of the moment.
fn is_of_the_message(name: &str) -> bool {
    [
        "content-length",
        "transfer-encoding",
        "trailer",
        "date",
        "connection",
        "keep-alive",
    ]
    .iter()
    .any(|other| name.eq_ignore_ascii_case(other))
}

/// Checks that an answer has the header fields of another, but for those of the message and those
/// that no two answers have alike.
fn ensure_same_fields(
    context: &Context,
    what: &str,
    request: &Request,
    expected: &Response,
    answer: &Response,
) -> Result<(), Deviation> {
    for (name, _) in &expected.headers {
        let (wanted, given) = (expected.values(name), answer.values(name));
        if is_of_the_message(name) || wanted == given {
            continue;
        }
        let again = ask(context, request.clone())?;
        ensure!(
            again.values(name) != wanted,
            "{what} has `{name}` {given:?}, not {wanted:?}"
        );
    }
    Ok(())
}

/// A request for everything, there or not, with its answer.
fn asked_alone(context: &Context) -> Result<Vec<(Request, Response)>, Deviation> {
    let there = resources(context)?;
    let mut asked: Vec<_> = there
        .into_iter()
        .map(|Resource { path, whole }| (Request::get(path), whole))
        .collect();
    for request in errors(context) {
        let answer = ask(context, request.clone())?;
        asked.push((request, answer));
    }
    Ok(asked)
}

fn head_everywhere(context: &Context) -> Outcome {
    for (get, whole) in asked_alone(context)? {
        if get.method != "GET" {
            continue;
        }
        let mut request = get.clone();
        request.method = "HEAD".to_owned();
        let what = name(&request);
        let head = ask(context, request)?;
        ensure!(
            head.status == whole.status,
            "{what} is {}, but GET is {}",
            head.status,
            whole.status
        );
        ensure_same_fields(context, &what, &get, &whole, &head)?;
        let length = whole.body.len().to_string();
        let stated = head.values("content-length");
        ensure!(
            stated.iter().all(|stated| *stated == length),
            "{what} has `Content-Length` {stated:?}, but GET's content has {length} octets"
        );
    }
    Ok(Verdict::Conforms)
}

fn http10_everywhere(context: &Context) -> Outcome {
    for (request, whole) in asked_alone(context)? {
        let what = format!("{} in HTTP/1.0", name(&request));
        for form in http10_forms(context, &request) {
            let mut connection = context.connect()?;
            let sent = connection.exchange(&form.method, &form.to_bytes());
            let answer = sent.map_err(|broken| Deviation(format!("{what}: {broken}")))?;
            if answer.status == 505 {
                return Ok(Verdict::Differs("does not serve HTTP/1.0".to_owned()));
            }
            // 417 is for HTTP/1.1: an expectation in HTTP/1.0 may be ignored (§10.1.1).
            if request.has("expect") && answer.status == 200 {
                continue;
            }
            ensure_same(context, &what, (&request, &whole), &answer, "in HTTP/1.1")?;
        }
    }
    Ok(Verdict::Conforms)
}

/// A request in HTTP/1.0, with Host and without. A Host that it has already is what is wrong with it, and stays.
pub(super) fn http10_forms(context: &Context, request: &Request) -> Vec<Request> {
    let with_host = context.prepare(request.clone()).in_http10();
    let mut without_host = with_host.clone();
    without_host
        .headers
        .retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
    match request.has("host") {
        true => vec![with_host],
        false => vec![with_host, without_host],
    }
}

fn host_everywhere(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let there = resources(context)?.into_iter().map(|it| it.path);
    // An answer to HEAD is as short as any.
    let all = there.map(|path| ("HEAD", path));
    let methods = ["GET", "HEAD", "OPTIONS", "POST", "DELETE"];
    let others = ["/greetings", "/no-such-path"];
    let others = others.into_iter().flat_map(|path| {
        let path = path.to_owned();
        methods.map(|method| (method, path.clone()))
    });
    for (method, path) in all.chain(others) {
        for hosts in [&[][..], &["a", "a"], &["user@host"]] {
            let request = Request::new(method, context.path(&path)).header("Connection", "close");
            let request = hosts
                .iter()
                .fold(request, |request, host| request.header("Host", *host));
            let what = format!("{method} {path} with Host {hosts:?}");
            let mut connection = context.connect()?;
            let answer = connection
                .exchange(method, &request.to_bytes())
                .map_err(|broken| Deviation(format!("{what}: {broken}")));
            match answer?.status {
                400 => {}
                // RFC 9110 §15.5.20, and what stands for other servers' hosts.
                status @ (404 | 421) if hosts.len() == 1 => {
                    differences.note(format!("an invalid Host is {status}"));
                }
                status => return Err(Deviation(format!("{what} is {status}, not 400"))),
            }
        }
    }
    Ok(differences.verdict())
}

/// Checks that an answer says what the answer to the plain request says.
pub(super) fn ensure_same(
    context: &Context,
    what: &str,
    (plain, expected): (&Request, &Response),
    answer: &Response,
    when: &str,
) -> Result<(), Deviation> {
    ensure!(
        answer.status == expected.status,
        "{what} is {}, but {} {when}",
        answer.status,
        expected.status
    );
    ensure!(
        !is_other(context, plain, expected, answer)?,
        "{what}, a {}, has different content {when}",
        answer.status
    );
    for name in ["content-type", "etag", "allow", "location"] {
        let (given, wanted) = (answer.values(name), expected.values(name));
        ensure!(
            given == wanted,
            "{what} has `{name}` {given:?}, but {wanted:?} {when}"
        );
    }
    Ok(())
}

fn kept_everywhere(context: &Context) -> Outcome {
    let mut asked = asked_alone(context)?;
    let conditional: Vec<Request> = asked
        .iter()
        .filter_map(|(request, whole)| {
            let tag = whole.header("etag")?;
            Some(request.clone().header("If-None-Match", tag))
        })
        .collect();
    let options = Request::new("OPTIONS", "/greetings");
    let posted = Request::new("POST", "/greetings").content("hello");
    for request in conditional.into_iter().chain([options, posted]) {
        let answer = ask(context, request.clone())?;
        asked.push((request, answer));
    }
    let mut kept = Kept::new(context);
    // Neighbours change from round to round.
    for step in [1, 5] {
        for first in 0..step {
            for (request, alone) in asked.iter().skip(first).step_by(step) {
                let what = format!("{} on a kept connection", name(request));
                let answer = kept
                    .ask(request.clone())
                    .map_err(|why| Deviation(format!("{what}: {why}")))?;
                ensure_same(context, &what, (request, alone), &answer, "alone")?;
            }
        }
    }
    Ok(Verdict::Conforms)
}

/// The paths that are there, and one of a greeting that is not.
fn paths(context: &Context) -> Result<Vec<String>, Deviation> {
    let there = resources(context)?.into_iter().map(|it| it.path);
    Ok(there.chain([absent(context)]).collect())
}

/// Checks that `Allow` names the API's methods and no other.
fn ensure_allows(what: &str, response: &Response) -> Result<(), Deviation> {
    let named: BTreeSet<&str> = response.list("allow").into_iter().collect();
    ensure!(
        named == BTreeSet::from(ALLOWED),
        "{what}, a {}, has `Allow` {named:?}, not {ALLOWED:?}",
        response.status
    );
    Ok(())
}

fn methods_everywhere(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    for path in paths(context)? {
        for method in USUAL.into_iter().chain(UNUSUAL) {
            let mut request = Request::new(method, path.as_str());
            if matches!(method, "POST" | "PUT" | "PATCH" | "QUERY" | "PROPFIND") {
                request = request.content("");
            }
            let response = ask(context, request)?;
            let what = format!("{method} {path}");
            if UNUSUAL.contains(&method) && response.status == 501 {
                differences.note(format!("{method} is 501"));
                continue;
            }
            ensure!(
                response.status == 405,
                "{what} is {}, not 405",
                response.status
            );
            ensure_allows(&what, &response)?;
            check_problem(&response).map_err(|why| Deviation(format!("{what}: {why}")))?;
        }
    }
    Ok(differences.verdict())
}

fn options_everywhere(context: &Context) -> Outcome {
    for path in paths(context)? {
        let what = format!("OPTIONS {path}");
        let response = ask(context, Request::new("OPTIONS", path))?;
        ensure!(
            (200..300).contains(&response.status),
            "{what} is {}, not 2xx",
            response.status
        );
        ensure_allows(&what, &response)?;
        ensure!(
            response.body.is_empty() || response.status != 204,
            "{what} is 204 with content"
        );
    }
    Ok(Verdict::Conforms)
}

fn unknown_path_unusual_method(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    for path in [
        "/no-such-path",
        &format!("{}/no-such-path", item(context)),
        "/docs/no-such-file/deeper",
        "/healthz/deeper",
        "/greetings.json",
    ] {
        // Which paths are there is for other cases to say.
        if ask(context, Request::get(path))?.status != 404 {
            continue;
        }
        for method in UNUSUAL.into_iter().chain(["TRACE", "OPTIONS", "DELETE"]) {
            let status = ask(context, Request::new(method, path))?.status;
            match status {
                404 => {}
                501 if UNUSUAL.contains(&method) || method == "TRACE" => {
                    differences.note(format!("{method} is 501"));
                }
                _ => return Err(Deviation(format!("{method} {path} is {status}, not 404"))),
            }
        }
    }
    Ok(differences.verdict())
}

fn query_everywhere(context: &Context) -> Outcome {
    let there = resources(context)?;
    let listed = greetings(context);
    for it in &there {
        // One that is asked for in several ways is enough of the greetings.
        let queries: &[&str] = match listed.contains(&it.path) {
            true => &["?lang=es&x=1"],
            false => &["?", "?x=1", "?lang=es", "?/greetings", "?%00&a[]=%FF"],
        };
        for query in queries {
            let what = format!("GET {}{query}", it.path);
            let response = ask(context, Request::get(format!("{}{query}", it.path)))?;
            let expected = &it.whole;
            ensure!(
                response.status == expected.status,
                "{what} is {}, but {} without the query",
                response.status,
                expected.status
            );
            ensure!(
                response.body == expected.body
                    && response.values("etag") == expected.values("etag"),
                "{what} has different content or another entity tag without the query"
            );
        }
    }
    Ok(Verdict::Conforms)
}
