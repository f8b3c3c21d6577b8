//! Faults in preconditions, each in one place alone.

use crate::{Answer, Fault, Request};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::answer(
        "semantics/etag-everywhere",
        "a style sheet has no entity tag",
        |request, answer| {
            if request.path().ends_with(".css") {
                answer.remove("ETag");
            }
        },
    ),
    Fault::answer(
        "semantics/etag-everywhere",
        "the document's entity tag is weak",
        |request, answer| {
            if request.path() == "/openapi.json" {
                answer.set("ETag", "W/\"weak\"");
            }
        },
    ),
    Fault::answer(
        "semantics/etag-everywhere",
        "HEAD of zh has another entity tag",
        |request, answer| {
            if request.method == "HEAD" && request.path() == "/greetings/zh" {
                answer.set("ETag", "\"head\"");
            }
        },
    ),
    Fault::request(
        "semantics/if-none-match-everywhere",
        "the page's parts have no conditional requests",
        |request| {
            if request.path().starts_with("/docs/") {
                request.headers.retain(|(name, _)| name != "if-none-match");
            }
        },
    ),
    Fault::request(
        "semantics/if-none-match-everywhere",
        "one greeting has no conditional requests",
        |request| {
            if request.path() == "/greetings/sw" {
                request.headers.retain(|(name, _)| name != "if-none-match");
            }
        },
    ),
    Fault::answer(
        "semantics/if-none-match-everywhere",
        "a 304 of a script has no entity tag",
        |request, answer| {
            if answer.status == 304 && request.path().ends_with(".js") {
                answer.remove("ETag");
            }
        },
    ),
    Fault::request(
        "semantics/if-match",
        "If-Match is not looked at",
        |request| request.headers.retain(|(name, _)| name != "if-match"),
    ),
    Fault::request(
        "semantics/if-match",
        "If-Match is not looked at for HEAD",
        |request| {
            if request.method == "HEAD" {
                request.headers.retain(|(name, _)| name != "if-match");
            }
        },
    ),
    Fault::request(
        "semantics/if-match",
        "If-Match compares weakly",
        |request| {
            for value in if_match(request) {
                if let Some(strong) = value.strip_prefix(b"W/") {
                    *value = strong.to_vec();
                }
            }
        },
    ),
    Fault::answer(
        "semantics/if-match",
        "the document is 304 to If-Match that does not name it",
        |request, answer| {
            if answer.status == 412 && request.path() == "/openapi.json" {
                *answer = Answer::empty(304);
            }
        },
    ),
    Fault::answer(
        "semantics/if-match-met",
        "any If-Match is 412",
        |request, answer| {
            if answer.status == 200 && request.values("if-match").next().is_some() {
                *answer = Answer::problem(412, "No");
            }
        },
    ),
    Fault::request(
        "semantics/if-match-met",
        "only the first line of If-Match is read",
        |request| {
            let mut met = false;
            request
                .headers
                .retain(|(name, _)| name != "if-match" || !std::mem::replace(&mut met, true));
        },
    ),
    Fault::request(
        "semantics/if-match-met",
        "`*` in If-Match is taken for an entity tag",
        |request| {
            for value in if_match(request) {
                if value == b"*" {
                    *value = b"\"*\"".to_vec();
                }
            }
        },
    ),
    Fault::request(
        "semantics/precondition-order",
        "If-None-Match is evaluated first",
        |request| {
            if request.values("if-none-match").next().is_some() {
                request.headers.retain(|(name, _)| name != "if-match");
            }
        },
    ),
    Fault::answer(
        "semantics/precondition-order",
        "If-Unmodified-Since is compared with the time now",
        |request, answer| {
            if answer.status == 200 && request.values("if-unmodified-since").next().is_some() {
                *answer = Answer::problem(412, "Modified since");
            }
        },
    ),
    Fault::answer(
        "semantics/precondition-not-applicable",
        "If-Match is held against the redirect",
        |request, answer| {
            if answer.status == 307 && request.values("if-match").next().is_some() {
                *answer = Answer::problem(412, "No");
            }
        },
    ),
    Fault::answer(
        "semantics/precondition-not-applicable",
        "OPTIONS heeds If-None-Match",
        |request, answer| {
            let is_asked = request.values("if-none-match").next().is_some();
            if is_asked && request.method == "OPTIONS" {
                *answer = Answer::empty(412);
            }
        },
    ),
    Fault::answer(
        "semantics/precondition-not-applicable",
        "a malformed lang is 412",
        |request, answer| {
            if answer.status == 422 && request.values("if-match").next().is_some() {
                *answer = Answer::problem(412, "No");
            }
        },
    ),
    Fault::request(
        "semantics/preconditions-everywhere",
        "the health check ignores If-None-Match",
        |request| {
            if request.path() == "/healthz" {
                request.headers.retain(|(name, _)| name != "if-none-match");
            }
        },
    ),
    Fault::request(
        "semantics/preconditions-everywhere",
        "the readiness check ignores If-Match",
        |request| {
            if request.path() == "/readyz" {
                request.headers.retain(|(name, _)| name != "if-match");
            }
        },
    ),
    Fault::request(
        "semantics/preconditions-everywhere",
        "where both are there, the first of them counts",
        |request| {
            let is_precondition = |name: &str| matches!(name, "if-match" | "if-none-match");
            let mut seen = false;
            request.headers.retain(|(name, _)| {
                let is_later = is_precondition(name) && seen;
                seen |= is_precondition(name);
                !is_later
            });
        },
    ),
];

/// The values of If-Match, to be changed.
fn if_match(request: &mut Request) -> impl Iterator<Item = &mut Vec<u8>> {
    let fields = request.headers.iter_mut();
    fields.filter_map(|(name, value)| (name == "if-match").then_some(value))
}
