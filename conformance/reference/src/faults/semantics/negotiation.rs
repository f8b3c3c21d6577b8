//! Faults in content negotiation.

use crate::{Answer, Fault, Request};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::answer(
        "semantics/accept-mismatch",
        "an Accept that cannot be met is 500",
        |request, answer| {
            if has(request, "accept", "image/png") {
                *answer = Answer::problem(500, "Nothing to send");
            }
        },
    ),
    Fault::answer(
        "semantics/accept-mismatch",
        "an Accept that cannot be met gets nothing",
        |request, answer| {
            if has(request, "accept", "image/png") {
                answer.body.clear();
            }
        },
    ),
    Fault::answer(
        "semantics/accept-on-error",
        "an error is HTML for those that prefer it",
        |request, answer| {
            if answer.status >= 400 && has(request, "accept", "text/html") {
                *answer = Answer::new(answer.status, "text/html", "<h1>Error</h1>");
                answer.set("Vary", "Accept");
            }
        },
    ),
    Fault::answer(
        "semantics/vary-when-negotiated",
        "the list is in one language for those that prefer it, without Vary",
        |request, answer| {
            if has(request, "accept-language", "zh") {
                answer.edit(|list| {
                    if let Some(list) = list.as_array_mut() {
                        list.retain(|item| item["lang"] == "zh");
                    }
                });
            }
        },
    ),
    Fault::answer(
        "semantics/vary-when-negotiated",
        "Vary is missing where the field is",
        |request, answer| {
            if answer.status == 404 && has(request, "accept", "text/html") {
                *answer = Answer::new(404, "text/html", "<h1>Not found</h1>");
                answer.set("Vary", "Accept");
            }
        },
    ),
];

fn has(request: &Request, name: &str, part: &str) -> bool {
    request
        .values(name)
        .any(|value| String::from_utf8_lossy(value).contains(part))
}
