//! Faults in HEAD.

use crate::faults::octets::{remove_field, set_field};
use crate::{Fault, Request};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::output(
        "semantics/head-list",
        "the list's HEAD has content",
        |request, message| {
            if is_head(request, "/greetings") {
                message.extend_from_slice(b"[]");
            }
        },
    ),
    Fault::output(
        "semantics/head-list",
        "the list's HEAD states the length of no content",
        |request, message| {
            if is_head(request, "/greetings") {
                set_field(message, "Content-Length", "0");
            }
        },
    ),
    Fault::answer(
        "semantics/head-list",
        "the list has no HEAD",
        |request, answer| {
            if is_head(request, "/greetings") {
                answer.status = 405;
            }
        },
    ),
    Fault::answer(
        "semantics/head-item",
        "a greeting's HEAD has no entity tag",
        |request, answer| {
            if request.method == "HEAD" && request.path().starts_with("/greetings/") {
                answer.remove("ETag");
            }
        },
    ),
    Fault::answer(
        "semantics/head-docs",
        "the page's HEAD has another type",
        |request, answer| {
            if is_head(request, "/docs") {
                answer.set("Content-Type", "text/plain");
            }
        },
    ),
    Fault::answer(
        "semantics/head-unknown",
        "HEAD of an absent resource is 200",
        |request, answer| {
            if request.method == "HEAD" && answer.status == 404 {
                answer.status = 200;
            }
        },
    ),
    Fault::output(
        "semantics/head-content-length",
        "HEAD states no length",
        |request, message| {
            if request.method == "HEAD" {
                remove_field(message, "Content-Length");
            }
        },
    ),
];

fn is_head(request: &Request, path: &str) -> bool {
    request.method == "HEAD" && request.path() == path
}
