//! Faults in some answers to a request and not in others.

use crate::Fault;

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::answer(
        "semantics/same-each-time",
        "every other page has no policy",
        |request, answer| {
            if request.path() == "/docs" && request.number % 2 == 1 {
                answer.remove("Content-Security-Policy");
            }
        },
    ),
    Fault::answer(
        "semantics/same-each-time",
        "every third 404 may be cached",
        |request, answer| {
            if answer.status == 404 && request.number % 3 == 0 {
                answer.set("Cache-Control", "max-age=60");
            }
        },
    ),
    Fault::answer(
        "semantics/same-each-time",
        "one Allow in four names the methods in another order",
        |request, answer| {
            if request.number % 4 == 1 && answer.status == 405 {
                answer.set("Allow", "OPTIONS, HEAD, GET");
            }
        },
    ),
    Fault::answer(
        "semantics/same-each-time",
        "a greeting on a kept connection names its language",
        |request, answer| {
            let is_kept = request.values("connection").next().is_none();
            if is_kept && request.path() == "/greetings/zh" {
                answer.set("Content-Language", "zh");
            }
        },
    ),
    Fault::answer(
        "semantics/same-each-time",
        "every other 401 has another realm",
        |request, answer| {
            if answer.status == 401 && request.number % 2 == 1 {
                answer.set("WWW-Authenticate", "Key realm=\"another\"");
            }
        },
    ),
];
