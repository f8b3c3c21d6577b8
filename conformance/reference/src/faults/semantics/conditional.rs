//! Faults in entity tags and conditional requests.

use crate::{Answer, Fault, Request};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::answer(
        "semantics/etag-changes",
        "an entity tag depends on the path alone",
        |request, answer| {
            if answer.status == 200 {
                answer.set("ETag", &format!("\"{}\"", request.path().replace('/', "-")));
            }
        },
    ),
    Fault::answer(
        "semantics/etag-changes",
        "an entity tag is of the content's length",
        |_, answer| {
            if answer.status == 200 {
                let length = answer.body.len();
                answer.set("ETag", &format!("\"{length}\""));
            }
        },
    ),
    Fault::answer(
        "semantics/etag-changes",
        "any entity tag in If-None-Match is taken for the present one",
        |request, answer| {
            if answer.status == 200 && request.values("if-none-match").next().is_some() {
                answer.status = 304;
                answer.body.clear();
            }
        },
    ),
    Fault::answer(
        "semantics/etag",
        "a greeting has no entity tag",
        |request, answer| {
            if request.path().starts_with("/greetings/") {
                answer.remove("ETag");
            }
        },
    ),
    Fault::answer(
        "semantics/etag",
        "an entity tag is not quoted",
        |_, answer| answer.set("ETag", "tag"),
    ),
    Fault::answer(
        "semantics/etag",
        "an entity tag changes with every request",
        |request, answer| answer.set("ETag", &format!("\"{}\"", request.number)),
    ),
    Fault::answer(
        "semantics/if-none-match",
        "a 304 has no entity tag",
        |_, answer| {
            if answer.status == 304 {
                answer.remove("ETag");
            }
        },
    ),
    Fault::answer(
        "semantics/if-none-match",
        "a 304 has content",
        |_, answer| {
            if answer.status == 304 {
                answer.body = b"[]".to_vec();
            }
        },
    ),
    Fault::request(
        "semantics/if-none-match",
        "the page has no conditional requests",
        |request| {
            if request.path() == "/docs" {
                drop_if_none_match(request, |_| true);
            }
        },
    ),
    Fault::request(
        "semantics/if-none-match-head",
        "HEAD has no conditional requests",
        |request| {
            if request.method == "HEAD" {
                drop_if_none_match(request, |_| true);
            }
        },
    ),
    Fault::request(
        "semantics/if-none-match-list",
        "only the first field line is read",
        |request| {
            let mut met = false;
            drop_if_none_match(request, |_| std::mem::replace(&mut met, true));
        },
    ),
    Fault::request(
        "semantics/if-none-match-list",
        "only the first entity tag is read",
        |request| {
            for value in if_none_match(request) {
                let first = value.split(|octet| *octet == b',').next();
                *value = first.unwrap_or_default().to_vec();
            }
        },
    ),
    Fault::request(
        "semantics/if-none-match-list",
        "a list with an empty element is not read",
        |request| drop_if_none_match(request, |value| value.starts_with(b",")),
    ),
    Fault::request(
        "semantics/if-none-match-list",
        "a list with a comma in a tag is not read",
        |request| {
            drop_if_none_match(request, |value| {
                value
                    .split(|octet| *octet == b',')
                    .any(|element| element.iter().filter(|octet| **octet == b'"').count() == 1)
            });
        },
    ),
    Fault::request(
        "semantics/if-none-match-star",
        "`*` is taken for an entity tag",
        |request| drop_if_none_match(request, |value| value == b"*"),
    ),
    Fault::request(
        "semantics/if-none-match-weak",
        "entity tags are compared strongly",
        |request| drop_if_none_match(request, |value| value.starts_with(b"W/")),
    ),
    Fault::request(
        "semantics/if-none-match-other",
        "any entity tag is taken for the present one",
        |request| {
            for value in if_none_match(request) {
                *value = b"*".to_vec();
            }
        },
    ),
    Fault::request(
        "semantics/if-none-match-other",
        "entity tags are compared without case",
        |request| {
            for value in if_none_match(request) {
                value.make_ascii_lowercase();
            }
        },
    ),
    Fault::answer(
        "semantics/if-none-match-error",
        "a precondition is evaluated for an absent resource",
        |request, answer| {
            if answer.status == 404 && request.values("if-none-match").next().is_some() {
                answer.status = 412;
            }
        },
    ),
    Fault::answer(
        "semantics/if-modified-since",
        "If-Modified-Since wins over If-None-Match",
        |request, answer| {
            if answer.status == 200 && request.values("if-modified-since").next().is_some() {
                *answer = Answer::empty(304);
            }
        },
    ),
];

/// The values of If-None-Match, to be changed.
fn if_none_match(request: &mut Request) -> impl Iterator<Item = &mut Vec<u8>> {
    request
        .headers
        .iter_mut()
        .filter(|(name, _)| name == "if-none-match")
        .map(|(_, value)| value)
}

fn drop_if_none_match(request: &mut Request, mut drops: impl FnMut(&[u8]) -> bool) {
    request
        .headers
        .retain(|(name, value)| name != "if-none-match" || !drops(value));
}
