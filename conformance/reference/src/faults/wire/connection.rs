//! Faults in how long a connection lasts.

use crate::Fault;
use crate::faults::octets::{remove_field, set_field};
use crate::rules::{LateContent, options};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::rules(
        "wire/keep-alive",
        "the connection is closed without a word",
        |rules| {
            rules.keeps = |_| false;
            rules.says_close = false;
        },
    ),
    Fault::rules(
        "wire/connection-close",
        "the connection is kept all the same",
        |rules| {
            rules.keeps = |_| true;
        },
    ),
    Fault::rules(
        "wire/connection-close",
        "close must be the only option",
        |rules| {
            rules.keeps = |request| options(request) != ["close"];
        },
    ),
    Fault::rules(
        "wire/close-said",
        "the answer does not say close",
        |rules| {
            rules.says_close = false;
        },
    ),
    Fault::rules(
        "wire/late-content",
        "content is not waited for, and the connection is closed without a word",
        |rules| {
            rules.late_content = LateContent::ClosedOn;
        },
    ),
    Fault::rules(
        "wire/late-content",
        "content that comes after the answer is read as a request",
        |rules| {
            rules.late_content = LateContent::NextRequest;
        },
    ),
    Fault::rules(
        "wire/http10-close",
        "HTTP/1.0 is kept like HTTP/1.1",
        |rules| {
            rules.keeps = |request| !options(request).contains(&"close".to_owned());
        },
    ),
    Fault::rules(
        "wire/http10-keep-alive",
        "HTTP/1.0 is never kept",
        |rules| {
            rules.keeps = |request| {
                request.minor_version == 1 && !options(request).contains(&"close".to_owned())
            };
        },
    ),
    Fault::output(
        "wire/http10-not-chunked",
        "all content is chunked",
        |_, octets| {
            let Some(head) = octets.windows(4).position(|four| four == b"\r\n\r\n") else {
                return;
            };
            let body = octets.split_off(head + 4);
            remove_field(octets, "Content-Length");
            set_field(octets, "Transfer-Encoding", "chunked");
            octets.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
            octets.extend_from_slice(&body);
            octets.extend_from_slice(b"\r\n0\r\n\r\n");
        },
    ),
    Fault::rules(
        "wire/split-every-byte",
        "a request must come in one piece",
        |rules| {
            rules.reads_once = true;
        },
    ),
];
