//! HEAD.

use crate::cases::steps::{absent, ask, item, known_paths};
use crate::http::{Request, Response};
use crate::{Case, Context, Level, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "semantics/head-list",
        "RFC 9110 §9.1, §9.3.2, the contract",
        "HEAD /greetings has the status and the header fields of GET, and no content.",
        |context| same_as_get(context, "/greetings", 200),
    )
    .of_rfcs_alone(Level::Must),
    Case::must(
        "semantics/head-item",
        "RFC 9110 §9.1, §9.3.2, the contract",
        "HEAD on a greeting has the status and the header fields of GET, and no content.",
        |context| same_as_get(context, &item(context), 200),
    )
    .of_rfcs_alone(Level::Must),
    Case::must(
        "semantics/head-docs",
        "RFC 9110 §9.3.2, the contract",
        "HEAD /docs has the status and the header fields of GET, and no content.",
        |context| same_as_get(context, "/docs", 200),
    )
    .of_rfcs_alone(Level::Must),
    Case::must(
        "semantics/head-unknown",
        "RFC 9110 §9.3.2, the contract",
        "HEAD on an unknown path is 404 with the header fields of GET, and no content. For \
         another API only the status is tested.",
        head_unknown,
    )
    .of_rfcs_alone(Level::Must),
    Case::should(
        "semantics/head-content-length",
        "RFC 9110 §9.3.2, §8.6, the contract",
        "A response to HEAD has the Content-Length of the response to GET.",
        head_content_length,
    ),
];

fn head_unknown(context: &Context) -> Outcome {
    let nowhere = Request::get("/no-such-path");
    let status = match context.is_the_api() {
        true => 404,
        // A server may answer every path.
        false => ask(context, nowhere)?.status,
    };
    same_as_get(context, "/no-such-path", status)?;
    let absent = absent(context);
    if ask(context, Request::get(absent.as_str()))?.status != 404 {
        // What it must be is for other cases to say.
        return Ok(Verdict::Conforms);
    }
    same_as_get(context, &absent, 404)
}

/// Compares with two answers to GET: what these two do not agree on, a request id for one, says
/// nothing.
fn same_as_get(context: &Context, path: &str, status: u16) -> Outcome {
    let before = ask(context, Request::get(path))?;
    let after = ask(context, Request::get(path))?;
    // Last, so that it is what a deviation shows.
    let head = ask(context, Request::new("HEAD", path))?;
    for (method, given) in [("GET", before.status), ("HEAD", head.status)] {
        ensure!(given == status, "{method} {path} is {given}, not {status}");
    }
    for (name, _) in &before.headers {
        let values = before.values(name);
        ensure!(
            // RFC 9110 §9.3.2 has them alike, as a should, where they are not of the content.
            !context.is_the_api()
                || is_framing(name)
                || values != after.values(name)
                || values == head.values(name),
            "{path} has `{name}` {values:?} for GET and {:?} for HEAD",
            head.values(name)
        );
    }
    // RFC 9110 §8.6: it may be left out, but not be another.
    ensure!(
        is_length_of(&head, &before),
        "HEAD {path} has `Content-Length` {:?}, but GET's content has {} octets",
        head.values("content-length"),
        before.body.len()
    );
    Ok(Verdict::Conforms)
}

/// Fields that frame a message or are of the moment, which HEAD need not have alike.
fn is_framing(name: &str) -> bool {
    ["content-length", "transfer-encoding", "trailer", "date"]
        .iter()
        .any(|framing| name.eq_ignore_ascii_case(framing))
}

/// Whether the length stated, if any is, is that of GET's content.
fn is_length_of(head: &Response, get: &Response) -> bool {
    let length = get.body.len().to_string();
    head.values("content-length")
        .into_iter()
        .all(|stated| stated == length)
}

fn head_content_length(context: &Context) -> Outcome {
    let mut paths = known_paths(context).to_vec();
    paths.extend([absent(context), "/no-such-path".to_owned()]);
    let mut met_one = false;
    for path in paths {
        let get = ask(context, Request::get(path.as_str()))?;
        let head = ask(context, Request::new("HEAD", path.as_str()))?;
        if head.status != get.status {
            // It is the length of another answer, which is for other cases to say.
            continue;
        }
        met_one = true;
        let (wanted, given) = (get.values("content-length"), head.values("content-length"));
        ensure!(
            wanted == given,
            "{path} has `Content-Length` {wanted:?} for GET and {given:?} for HEAD"
        );
    }
    Ok(match met_one {
        true => Verdict::Conforms,
        false => Verdict::NotApplicable("no HEAD has the status of GET".to_owned()),
    })
}
