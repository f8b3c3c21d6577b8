//! Faults in what is made of a request's fields and content.

use crate::faults::octets::remove_field;
use crate::{Answer, Fault, Request};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::answer(
        "semantics/range-ignored",
        "a range is answered by the whole",
        |request, answer| {
            if has_range(request, b"bytes=2-5") {
                answer.status = 206;
                answer.set("Content-Range", "bytes 2-5/*");
            }
        },
    ),
    Fault::answer(
        "semantics/range-ignored",
        "the last octet of a range is left out",
        |request, answer| {
            if has_range(request, b"bytes=2-5") {
                let range = format!("bytes 2-5/{}", answer.body.len());
                answer.set("Content-Range", &range);
                answer.status = 206;
                answer.body = answer.body.get(2..5).unwrap_or_default().to_vec();
            }
        },
    ),
    Fault::answer(
        "semantics/range-ignored",
        "a unit that nobody knows is 416",
        |request, answer| {
            if has_range(request, b"lines=1-2") {
                *answer = Answer::problem(416, "No such range");
            }
        },
    ),
    Fault::input(
        "semantics/get-with-body",
        "a GET request's content is taken for the next request",
        |octets| {
            if octets.starts_with(b"GET ") {
                remove_field(octets, "Content-Length");
            }
        },
    ),
    Fault::input(
        "semantics/get-with-body",
        "a GET request's chunks are taken for the next request",
        |octets| {
            if octets.starts_with(b"GET ") {
                remove_field(octets, "Transfer-Encoding");
            }
        },
    ),
    Fault::answer(
        "semantics/unknown-header",
        "a field that nobody knows is 400",
        |request, answer| {
            if request.values("x-unknown").next().is_some() {
                *answer = Answer::problem(400, "No such field");
            }
        },
    ),
    Fault::input(
        "semantics/field-name-case",
        "a field name in upper case is another",
        |octets| {
            let name = b"IF-NONE-MATCH";
            if let Some(at) = octets.windows(name.len()).position(|part| part == name) {
                octets[at] = b'X';
            }
        },
    ),
    Fault::answer(
        "semantics/expect-unknown",
        "an expectation that nobody knows is 500",
        |_, answer| {
            if answer.status == 417 {
                answer.status = 500;
            }
        },
    ),
];

fn has_range(request: &Request, range: &[u8]) -> bool {
    request.values("range").any(|value| value == range)
}
