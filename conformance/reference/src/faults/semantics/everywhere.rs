//! Faults in one path, or where it is asked for in one way alone.

use crate::faults::octets::{count_fields, set_field};
use crate::{Answer, Fault};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::answer(
        "semantics/head-everywhere",
        "HEAD of an image has another type",
        |request, answer| {
            if request.method == "HEAD" && request.path().ends_with(".png") {
                answer.set("Content-Type", "text/html");
            }
        },
    ),
    Fault::answer(
        "semantics/head-everywhere",
        "HEAD of zh is 404",
        |request, answer| {
            if request.method == "HEAD" && request.path() == "/greetings/zh" {
                *answer = Answer::problem(404, "No such path");
            }
        },
    ),
    Fault::answer(
        "semantics/head-everywhere",
        "HEAD of a malformed lang states no length of GET's",
        |request, answer| {
            if request.method == "HEAD" && answer.status == 422 {
                answer.body.clear();
            }
        },
    ),
    Fault::answer(
        "semantics/http10-everywhere",
        "the health check is not there in HTTP/1.0",
        |request, answer| {
            if request.minor_version == 0 && request.path() == "/healthz" {
                *answer = Answer::problem(404, "No such path");
            }
        },
    ),
    Fault::answer(
        "semantics/http10-everywhere",
        "without Host a greeting is 400 in HTTP/1.0, too",
        |request, answer| {
            let has_host = request.values("host").next().is_some();
            if !has_host && request.path().starts_with("/greetings/") {
                *answer = Answer::problem(400, "The request has no Host");
            }
        },
    ),
    Fault::answer(
        "semantics/http10-everywhere",
        "problems in HTTP/1.0 are JSON",
        |request, answer| {
            if request.minor_version == 0 && answer.status >= 400 {
                answer.set("Content-Type", "application/json");
            }
        },
    ),
    Fault::input(
        "semantics/host-everywhere",
        "HEAD needs no Host",
        |message| {
            if message.starts_with(b"HEAD") && count_fields(message, "Host") == 0 {
                set_field(message, "Host", "localhost");
            }
        },
    ),
    Fault::input(
        "semantics/host-everywhere",
        "of two Hosts the last counts, but for the list",
        |message| {
            let is_list = message
                .windows(10)
                .take(20)
                .any(|part| part == b"/greetings");
            if !is_list && count_fields(message, "Host") == 2 {
                set_field(message, "Host", "localhost");
            }
        },
    ),
    Fault::answer(
        "semantics/kept-everywhere",
        "an answer on a kept connection has no entity tag",
        |request, answer| {
            if request.values("connection").next().is_none() && request.path() == "/docs" {
                answer.remove("ETag");
            }
        },
    ),
    Fault::answer(
        "semantics/kept-everywhere",
        "a malformed lang on a kept connection is 404",
        |request, answer| {
            if request.values("connection").next().is_none() && answer.status == 422 {
                *answer = Answer::problem(404, "No such path");
            }
        },
    ),
    Fault::answer(
        "semantics/methods-everywhere",
        "DELETE of a style sheet is 404",
        |request, answer| {
            if request.method == "DELETE" && request.path().ends_with(".css") {
                *answer = Answer::problem(404, "No such path");
            }
        },
    ),
    Fault::answer(
        "semantics/methods-everywhere",
        "PROPFIND is 404",
        |request, answer| {
            if request.method == "PROPFIND" && answer.status == 405 {
                *answer = Answer::problem(404, "No such path");
            }
        },
    ),
    Fault::answer(
        "semantics/methods-everywhere",
        "Allow of the document names GET alone",
        |request, answer| {
            if answer.status == 405 && request.path() == "/openapi.json" {
                answer.set("Allow", "GET");
            }
        },
    ),
    Fault::answer(
        "semantics/options-everywhere",
        "OPTIONS of an unknown lang is 404",
        |request, answer| {
            if request.method == "OPTIONS" && request.path() == "/greetings/tlh" {
                *answer = Answer::problem(404, "No such path");
            }
        },
    ),
    Fault::answer(
        "semantics/options-everywhere",
        "OPTIONS of an image allows everything",
        |request, answer| {
            if request.method == "OPTIONS" && request.path().ends_with(".png") {
                answer.set("Allow", "GET, HEAD, OPTIONS, PUT");
            }
        },
    ),
    Fault::answer(
        "semantics/unknown-path-unusual-method",
        "an unusual method is 405 before the path is looked at",
        |request, answer| {
            if request.method == "PROPFIND" {
                *answer = Answer::problem(405, "This path answers GET, HEAD and OPTIONS");
            }
        },
    ),
    Fault::answer(
        "semantics/unknown-path-unusual-method",
        "OPTIONS is 204 for any path",
        |request, answer| {
            if request.method == "OPTIONS" && answer.status == 404 {
                *answer = Answer::empty(204);
            }
        },
    ),
    Fault::answer(
        "semantics/query-everywhere",
        "a part of the page is not found with a query",
        |request, answer| {
            if request.path().starts_with("/docs/") && request.target.contains('?') {
                *answer = Answer::problem(404, "No such path");
            }
        },
    ),
    Fault::request(
        "semantics/query-everywhere",
        "the query of sw names the lang",
        |request| {
            if request.target.starts_with("/greetings/sw?lang=es") {
                request.target = "/greetings/es".to_owned();
            }
        },
    ),
];
