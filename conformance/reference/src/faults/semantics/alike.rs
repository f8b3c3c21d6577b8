//! Faults where it is asked in an unusual way.

use crate::{Answer, Fault, Request};

/// Whether the first of these fields comes before the second, and both are there.
fn comes_before(request: &Request, first: &str, second: &str) -> bool {
    let at = |name| request.headers.iter().position(|(given, _)| given == name);
    matches!((at(first), at(second)), (Some(first), Some(second)) if first < second)
}

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::request(
        "semantics/field-order",
        "the precondition that comes first is the only one",
        |request| {
            if comes_before(request, "if-none-match", "if-match") {
                request.headers.retain(|(name, _)| name != "if-match");
            }
        },
    ),
    Fault::answer(
        "semantics/field-order",
        "Host must come first",
        |request, answer| {
            let first = request.headers.first();
            if first.is_some_and(|(name, _)| name != "host") {
                *answer = Answer::problem(400, "The first field is not Host");
            }
        },
    ),
    Fault::request(
        "semantics/field-order",
        "credentials must come before the preferences",
        |request| {
            if comes_before(request, "accept", "authorization") {
                request.headers.retain(|(name, _)| name != "authorization");
            }
        },
    ),
    Fault::answer(
        "semantics/http10-methods",
        "HEAD in HTTP/1.0 states a length of 0",
        |request, answer| {
            if request.method == "HEAD" && request.minor_version == 0 {
                answer.body.clear();
            }
        },
    ),
    Fault::request(
        "semantics/http10-methods",
        "preconditions are of HTTP/1.1",
        |request| {
            if request.minor_version == 0 {
                request.headers.retain(|(name, _)| !name.starts_with("if-"));
            }
        },
    ),
    Fault::answer(
        "semantics/http10-methods",
        "OPTIONS of HTTP/1.0 is 501",
        |request, answer| {
            if request.method == "OPTIONS" && request.minor_version == 0 {
                *answer = Answer::problem(501, "There is no OPTIONS in HTTP/1.0");
            }
        },
    ),
    Fault::request(
        "semantics/query-methods",
        "what has a query is never 304",
        |request| {
            if request.target.contains('?') {
                request.headers.retain(|(name, _)| name != "if-none-match");
            }
        },
    ),
    Fault::answer(
        "semantics/query-methods",
        "OPTIONS with a query is 404",
        |request, answer| {
            if request.method == "OPTIONS" && request.target.ends_with("es") {
                *answer = Answer::problem(404, "No such path");
            }
        },
    ),
];
