//! Faults in what is answered when, and in what is taken for a request.

use crate::Fault;
use crate::faults::octets::{fail_instead_of, has_status, set_field};
use crate::rules::{Framing, framing, wants_100};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::output(
        "wire/answer-lines",
        "the status line ends in LF alone",
        |_, message| {
            if let Some(at) = message.iter().position(|octet| *octet == b'\r') {
                message.remove(at);
            }
        },
    ),
    Fault::output(
        "wire/answer-lines",
        "a field of a 404 has a space before the colon",
        |_, message| {
            let name = b"Content-Type";
            let at = message.windows(name.len()).position(|part| part == name);
            if let Some(at) = at.filter(|_| has_status(message, 404)) {
                message.insert(at + name.len(), b' ');
            }
        },
    ),
    Fault::rules("wire/smuggled-get", "DELETE has no content", |rules| {
        rules.framing = |request| match request.method.as_str() {
            "DELETE" => Ok(Framing::Length(0)),
            _ => framing(request),
        };
    }),
    Fault::rules("wire/smuggled-get", "HEAD has no chunks", |rules| {
        rules.framing = |request| match (request.method.as_str(), framing(request)?) {
            ("HEAD", Framing::Chunked) => Ok(Framing::Length(0)),
            (_, framing) => Ok(framing),
        };
    }),
    Fault::rules("wire/expect-100", "100 is never sent", |rules| {
        rules.expects_100 = |_| false;
    }),
    Fault::rules(
        "wire/expect-100",
        "who expects 100 sends no content",
        |rules| {
            rules.framing = |request| match wants_100(request) {
                true => Ok(Framing::Length(0)),
                false => framing(request),
            };
        },
    ),
    Fault::rules(
        "wire/no-1xx-to-http10",
        "100 is sent to every version",
        |rules| {
            rules.expects_100 = wants_100;
        },
    ),
    Fault::rules(
        "wire/pipelining-order",
        "the last request is answered first",
        |rules| rules.answers_last_first = true,
    ),
    Fault::output(
        "wire/pipelining-head",
        "the answer to HEAD has content",
        |request, octets| {
            if request.method == "HEAD" {
                octets.extend_from_slice(b"{}");
            }
        },
    ),
    Fault::output(
        "wire/pipelining-close",
        "every answer says close",
        |_, octets| set_field(octets, "Connection", "close"),
    ),
    Fault::input(
        "wire/pipelining-100",
        "what does not fit a buffer is lost",
        |octets| octets.truncate(4096),
    ),
    Fault::output(
        "wire/garbage",
        "garbage is the server's failure",
        |_, octets| {
            fail_instead_of(octets, 400);
        },
    ),
    Fault::output(
        "wire/mutations",
        "a malformed request is the server's failure",
        |_, octets| {
            fail_instead_of(octets, 400);
        },
    ),
];
