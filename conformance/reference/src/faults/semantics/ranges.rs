//! Faults in range requests, each in one place alone.

use crate::Fault;

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::answer(
        "semantics/range-everywhere",
        "a script is 206, whole and without Content-Range",
        |request, answer| {
            let asks = request.values("range").next().is_some();
            if asks && request.path().ends_with(".js") && answer.status == 200 {
                answer.status = 206;
            }
        },
    ),
    Fault::answer(
        "semantics/range-everywhere",
        "one octet too many of the page is sent",
        |request, answer| {
            let asks = request.values("range").any(|range| range == b"bytes=0-3");
            if asks && request.path() == "/docs" && request.method == "GET" && answer.status == 200
            {
                let length = answer.body.len();
                answer.status = 206;
                answer.body.truncate(5);
                answer.set("Content-Range", &format!("bytes 0-3/{length}"));
            }
        },
    ),
    Fault::answer(
        "semantics/range-everywhere",
        "HEAD of a greeting is 206",
        |request, answer| {
            let asks = request.values("range").next().is_some();
            if asks && request.method == "HEAD" && request.path() == "/greetings/es" {
                answer.status = 206;
            }
        },
    ),
    Fault::answer(
        "semantics/range-everywhere",
        "If-Range is ignored",
        |request, answer| {
            let has = |name| request.values(name).next().is_some();
            if has("range") && has("if-range") && answer.status == 200 {
                let length = answer.body.len();
                answer.status = 206;
                answer.body.truncate(4);
                answer.set("Content-Range", &format!("bytes 0-3/{length}"));
            }
        },
    ),
];
