//! Ways to ask that make no difference: the order of fields, HTTP/1.0 by every method, a query beside
//! preconditions.

use std::time::Duration;

use super::everywhere::{ensure_same, http10_forms};
use crate::cases::everything::{LARGE, Resource, resources};
use crate::cases::steps::{ask, in_full};
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
        "the contract",
        "An unknown query does not change the response to HEAD, OPTIONS, DELETE or a precondition, on \
         every path.",
        query_methods,
    )
    .within(Duration::from_secs(60)),
];

const OTHER: &str = "\"another\"";

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

/// Checks that an answer says what the answer to the plain request says, and of how much content.
fn ensure_alike(
    context: &Context,
    what: &str,
    answer: &Response,
    otherwise: &str,
    (plain, expected): (&Request, &Response),
) -> Result<(), Deviation> {
    ensure_same(context, what, (plain, expected), answer, otherwise)?;
    let length = |response: &Response| response.header("content-length").map(str::to_owned);
    // HTTP/1.0 has no chunks: a length may be stated, or left out, for that.
    let (given, wanted) = (length(answer), length(expected));
    ensure!(
        given == wanted || given.is_none() || wanted.is_none(),
        "{what}, a {}, has `content-length` {given:?}, and {wanted:?} {otherwise}",
        answer.status
    );
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
    let plain = with(&fields);
    let expected = ask(context, plain.clone())?;
    for order in orders(&fields) {
        let request = with(&order);
        let what = in_full(&request);
        let answer = ask(context, request)?;
        ensure_alike(
            context,
            &what,
            &answer,
            "in another order",
            (&plain, &expected),
        )?;
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
            for form in http10_forms(context, &request) {
                let mut connection = context.connect()?;
                let answer = connection
                    .exchange(&form.method, &form.to_bytes())
                    .map_err(|broken| Deviation(format!("{what}: {broken}")))?;
                if answer.status == 505 {
                    return Ok(Verdict::Differs("does not serve HTTP/1.0".to_owned()));
                }
                ensure_alike(
                    context,
                    &what,
                    &answer,
                    "in HTTP/1.1",
                    (&request, &expected),
                )?;
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
                ensure_alike(
                    context,
                    &what,
                    &answer,
                    "without the query",
                    (&request, &expected),
                )?;
            }
        }
    }
    Ok(Verdict::Conforms)
}
