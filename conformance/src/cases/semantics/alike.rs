//! Ways to ask that make no difference: the order of fields, HTTP/1.0 by every method, a query beside
//! preconditions.

use std::time::Duration;

use crate::cases::everything::{Resource, resources};
use crate::cases::steps::{ask, name};
use crate::http::{Request, Response};
use crate::{Case, Context, Deviation, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "semantics/field-order",
        "RFC 9110 §5.3, §2.4",
        "The order of header fields with different names is not significant. Host may be last; \
         preconditions and credentials may come in any order.",
        field_order,
    )
    .within(Duration::from_secs(60)),
    Case::must(
        "semantics/http10-methods",
        "RFC 9112 §2.3, RFC 9110 §2.5, §6.2, the contract",
        "HEAD, OPTIONS, DELETE and preconditions get the same response in HTTP/1.0 as in HTTP/1.1, on \
         every path. HEAD has the same Content-Length.",
        http10_methods,
    )
    .within(Duration::from_secs(60)),
    Case::must(
        "semantics/query-methods",
        "RFC 9110 §13.1.1, §13.1.2, the contract",
        "An unknown query does not change the response to HEAD, OPTIONS, DELETE or a precondition, on \
         every path.",
        query_methods,
    )
    .within(Duration::from_secs(60)),
];

const OTHER: &str = "\"another\"";

/// Content of more octets than this is not sent for each order: HEAD has its fields.
const LARGE: usize = 16 * 1024;

/// Requests for a path by every kind of method and precondition, but GET without any.
fn requests(it: &Resource) -> Vec<Request> {
    let mut requests = vec![
        it.request("HEAD"),
        it.request("OPTIONS"),
        it.request("DELETE"),
    ];
    if let Some(tag) = it.tag() {
        for method in ["GET", "HEAD"] {
            requests.push(it.request(method).header("If-None-Match", tag));
            requests.push(it.request(method).header("If-Match", OTHER));
            requests.push(it.request(method).header("If-Match", tag));
        }
    }
    requests
}

/// How deviations name a request: with its fields.
fn in_full(request: &Request) -> String {
    let fields = request.headers.iter().map(|(field, value)| {
        let value = String::from_utf8_lossy(value);
        format!("{field}: {value}")
    });
    let fields: Vec<String> = fields.collect();
    match fields.is_empty() {
        true => name(request),
        false => format!("{} with {}", name(request), fields.join(", ")),
    }
}

/// Checks that an answer says what another says, and of how much content.
fn ensure_alike(
    what: &str,
    answer: &Response,
    otherwise: &str,
    expected: &Response,
) -> Result<(), Deviation> {
    ensure!(
        answer.status == expected.status,
        "{what} is {}, and {} {otherwise}",
        answer.status,
        expected.status
    );
    ensure!(
        answer.body == expected.body,
        "{what}, a {}, has other content than {otherwise}",
        answer.status
    );
    for field in [
        "content-type",
        "content-length",
        "etag",
        "allow",
        "location",
    ] {
        let (given, wanted) = (answer.values(field), expected.values(field));
        // HTTP/1.0 has no chunks: a length may be stated, or left out, for that.
        let may_differ = field == "content-length" && (given.is_empty() || wanted.is_empty());
        ensure!(
            given == wanted || may_differ,
            "{what}, a {}, has `{field}` {given:?}, and {wanted:?} {otherwise}",
            answer.status
        );
    }
    Ok(())
}

/// The same fields in other orders: each of them first, and all of them backwards.
fn orders(fields: &[(String, String)]) -> Vec<Vec<(String, String)>> {
    let mut orders: Vec<_> = (1..fields.len())
        .map(|first| {
            let mut order = fields.to_vec();
            order.rotate_left(first);
            order
        })
        .collect();
    let mut backwards = fields.to_vec();
    backwards.reverse();
    orders.push(backwards);
    orders
}

fn ensure_any_order(
    context: &Context,
    method: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> Result<(), Deviation> {
    let authority = context.base().authority();
    let host = [("Host", authority.as_str()), ("Connection", "close")];
    let fields: Vec<(String, String)> = host
        .iter()
        .chain(fields)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let with = |fields: &[(String, String)]| {
        fields
            .iter()
            .fold(Request::new(method, path), |request, (name, value)| {
                request.header(name.as_str(), value.as_str())
            })
    };
    let expected = ask(context, with(&fields))?;
    for order in orders(&fields) {
        let request = with(&order);
        let what = in_full(&request);
        let answer = ask(context, request)?;
        ensure_alike(&what, &answer, "in another order", &expected)?;
    }
    Ok(())
}

fn field_order(context: &Context) -> Outcome {
    const LONG_AGO: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const AGENT: (&str, &str) = ("User-Agent", "any/1.0");
    const ACCEPT: (&str, &str) = ("Accept", "application/json, */*;q=0.1");
    for it in resources(context)? {
        let tag = it.tag().unwrap_or("*");
        let methods: &[&str] = match it.whole.body.len() {
            ..=LARGE => &["GET", "HEAD"],
            _ => &["HEAD"],
        };
        for method in methods {
            for fields in [
                [("If-None-Match", tag), ("If-Match", OTHER), AGENT],
                [("If-None-Match", tag), ("If-Match", "*"), ACCEPT],
                [
                    ("If-None-Match", OTHER),
                    ("If-Modified-Since", LONG_AGO),
                    ("If-Unmodified-Since", LONG_AGO),
                ],
            ] {
                ensure_any_order(context, method, &it.path, &fields)?;
            }
        }
    }
    for path in ["/no-such-path", "/greetings/_"] {
        ensure_any_order(context, "GET", path, &[AGENT, ACCEPT, ("Cookie", "a=b")])?;
    }
    if context.target().keyed.is_some() {
        let (keyed, key) = context.keyed()?;
        for key in [key, "wrong"] {
            let key = format!("Key {key}");
            let fields = [("Authorization", key.as_str()), AGENT, ACCEPT];
            ensure_any_order(&keyed, "GET", "/greetings", &fields)?;
        }
    }
    Ok(Verdict::Conforms)
}

fn http10_methods(context: &Context) -> Outcome {
    for it in resources(context)? {
        for request in requests(&it) {
            let what = format!("{} in HTTP/1.0", in_full(&request));
            let expected = ask(context, request.clone())?;
            let with_host = context.prepare(request).in_http10();
            let mut without_host = with_host.clone();
            without_host
                .headers
                .retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
            for form in [with_host, without_host] {
                let mut connection = context.connect()?;
                let answer = connection
                    .exchange(&form.method, &form.to_bytes())
                    .map_err(|broken| Deviation(format!("{what}: {broken}")))?;
                if answer.status == 505 {
                    return Ok(Verdict::Differs("does not serve HTTP/1.0".to_owned()));
                }
                ensure_alike(&what, &answer, "in HTTP/1.1", &expected)?;
            }
        }
    }
    Ok(Verdict::Conforms)
}

fn query_methods(context: &Context) -> Outcome {
    for it in resources(context)? {
        for request in requests(&it) {
            let expected = ask(context, request.clone())?;
            for query in ["?", "?x=1&lang=es"] {
                let mut queried = request.clone();
                queried.target.extend_from_slice(query.as_bytes());
                let what = in_full(&queried);
                let answer = ask(context, queried)?;
                ensure_alike(&what, &answer, "without the query", &expected)?;
            }
        }
    }
    Ok(Verdict::Conforms)
}
