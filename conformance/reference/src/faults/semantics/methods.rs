//! Faults in how methods are told apart.

use crate::{Answer, Fault, Request};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::answer(
        "semantics/method-not-allowed",
        "DELETE of the health check is 404",
        |request, answer| {
            if request.method == "DELETE" && request.path() == "/healthz" {
                answer.status = 404;
            }
        },
    ),
    Fault::answer(
        "semantics/method-not-allowed",
        "POST is 404",
        |request, answer| {
            if request.method == "POST" {
                answer.status = 404;
            }
        },
    ),
    Fault::answer(
        "semantics/allow-present",
        "a 405 of the root has no Allow",
        |request, answer| {
            if answer.status == 405 && request.path() == "/" {
                answer.remove("Allow");
            }
        },
    ),
    Fault::answer(
        "semantics/allow-exact",
        "Allow leaves out HEAD, which works",
        |_, answer| {
            if answer.status == 405 {
                answer.set("Allow", "GET, OPTIONS");
            }
        },
    ),
    Fault::answer(
        "semantics/allow-exact",
        "Allow names POST, which does not work",
        |request, answer| {
            if matches!(answer.status, 204 | 405) && request.path() == "/docs" {
                answer.set("Allow", "GET, HEAD, OPTIONS, POST");
            }
        },
    ),
    Fault::answer(
        "semantics/unknown-path-any-method",
        "PUT is 405 before the path is looked at",
        |request, answer| {
            if request.method == "PUT" {
                answer.status = 405;
            }
        },
    ),
    Fault::answer(
        "semantics/options",
        "OPTIONS does not say what is allowed",
        |request, answer| {
            if request.method == "OPTIONS" {
                answer.remove("Allow");
            }
        },
    ),
    Fault::answer(
        "semantics/options-star",
        "OPTIONS * is 404",
        |request, answer| {
            if request.target == "*" {
                answer.status = 404;
            }
        },
    ),
    Fault::request(
        "semantics/unknown-method",
        "a method that nobody knows is taken for GET",
        |request| {
            if request.method == "BREW" {
                request.method = "GET".to_owned();
            }
        },
    ),
    Fault::request(
        "semantics/method-case",
        "methods have no case",
        |request: &mut Request| request.method.make_ascii_uppercase(),
    ),
    Fault::answer(
        "semantics/trace",
        "TRACE sends back the whole request",
        |request, answer| {
            if request.method == "TRACE" {
                let fields = request.headers.iter();
                let fields = fields.flat_map(|(name, value)| {
                    [name.as_bytes(), b": ", value.as_slice(), b"\r\n"].concat()
                });
                *answer = Answer::new(200, "message/http", fields.collect::<Vec<u8>>());
            }
        },
    ),
    Fault::answer(
        "semantics/connect",
        "CONNECT opens a tunnel",
        |request, answer| {
            if request.method == "CONNECT" {
                *answer = Answer::empty(200);
            }
        },
    ),
];
