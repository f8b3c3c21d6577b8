//! Faults in what answers carry.

use crate::Fault;
use crate::faults::octets::{edit_fields, has_status, remove_field, set_field};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::output(
        "semantics/date-now",
        "Date is of when the program was made",
        |_, message| set_field(message, "Date", "Sun, 01 Nov 2020 00:00:00 GMT"),
    ),
    Fault::answer(
        "semantics/content-type-always",
        "a 422 has no Content-Type",
        |_, answer| {
            if answer.status == 422 {
                answer.remove("Content-Type");
            }
        },
    ),
    Fault::answer(
        "semantics/content-type-always",
        "a 405 has two Content-Types",
        |_, answer| {
            if answer.status == 405 {
                *answer = answer.clone().with("Content-Type", "text/plain");
            }
        },
    ),
    Fault::answer(
        "semantics/content-type-always",
        "the health check's Content-Type is not a media type",
        |request, answer| {
            if request.path() == "/healthz" {
                answer.set("Content-Type", "json");
            }
        },
    ),
    Fault::answer(
        "semantics/fields-once",
        "a 200 has its entity tag twice",
        |_, answer| {
            let tag = answer.headers.iter().find(|(name, _)| name == "ETag");
            if let Some((_, tag)) = tag.cloned() {
                *answer = answer.clone().with("ETag", &tag);
            }
        },
    ),
    Fault::output(
        "semantics/fields-once",
        "a 404 states its length twice",
        |_, message| {
            if has_status(message, 404) {
                edit_fields(message, |lines| {
                    let lengths = lines
                        .iter()
                        .filter(|line| line.starts_with(b"Content-Length"));
                    let again: Vec<Vec<u8>> = lengths.cloned().collect();
                    lines.extend(again);
                });
            }
        },
    ),
    Fault::output("semantics/date", "a 304 has no Date", |_, message| {
        if has_status(message, 304) {
            remove_field(message, "Date");
        }
    }),
    Fault::output(
        "semantics/imf-fixdate",
        "Date is in the form of RFC 850",
        |_, message| set_field(message, "Date", "Sunday, 06-Nov-94 08:49:37 GMT"),
    ),
    Fault::output(
        "semantics/imf-fixdate",
        "Date is on the wrong day of the week",
        |_, message| set_field(message, "Date", "Mon, 06 Nov 1994 08:49:37 GMT"),
    ),
    Fault::output(
        "semantics/no-length-on-204-304",
        "a 204 states a length",
        |_, message| {
            if has_status(message, 204) {
                set_field(message, "Content-Length", "0");
            }
        },
    ),
    Fault::output(
        "semantics/no-length-on-204-304",
        "a 204 is chunked",
        |_, message| {
            if has_status(message, 204) {
                set_field(message, "Transfer-Encoding", "chunked");
            }
        },
    ),
    Fault::output(
        "semantics/no-length-on-204-304",
        "a 304 states the length of no content",
        |_, message| {
            if has_status(message, 304) {
                set_field(message, "Content-Length", "0");
            }
        },
    ),
    Fault::answer(
        "semantics/server-header",
        "answers name the software and its version",
        |_, answer| answer.set("Server", "reference/1.0"),
    ),
];
