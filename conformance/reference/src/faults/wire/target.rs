//! Faults in how request targets are read, and how long they may be.

use crate::Fault;
use crate::faults::octets::{cut_target, edit_request_line};
use quartet_conformance::url::percent_decode;

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::input(
        "wire/fragment-in-target",
        "a fragment is cut off",
        |octets| {
            cut_target(octets, b'#');
        },
    ),
    Fault::input(
        "wire/asterisk-form",
        "GET of * is OPTIONS of it",
        |octets| {
            if octets.starts_with(b"GET * ") {
                octets.splice(..3, *b"OPTIONS");
            }
        },
    ),
    Fault::input(
        "wire/raw-space-in-target",
        "a target ends at its first space",
        |octets| {
            cut_target(octets, b' ');
        },
    ),
    Fault::input("wire/nul-in-target", "a target ends at NUL", |octets| {
        cut_target(octets, b'\0');
    }),
    Fault::input(
        "wire/raw-utf8-target",
        "octets beyond ASCII are encoded for the client",
        |octets| {
            edit_request_line(octets, |line| {
                let encode = |octet: &u8| match octet.is_ascii() {
                    true => vec![*octet],
                    false => format!("%{octet:02X}").into_bytes(),
                };
                *line = line.iter().flat_map(encode).collect();
            });
        },
    ),
    Fault::input(
        "wire/invalid-utf8-target",
        "octets that are no UTF-8 are dropped",
        |octets| {
            edit_request_line(octets, |line| {
                let valid = line.utf8_chunks().map(|chunk| chunk.valid());
                *line = valid.collect::<String>().into_bytes();
            });
        },
    ),
    Fault::answer(
        "wire/crlf-injection",
        "the path, decoded, is a field of the answer",
        |request, answer| {
            if let Some(path) = percent_decode(request.path()) {
                answer.set("X-Path", &String::from_utf8_lossy(&path));
            }
        },
    ),
    Fault::answer(
        "wire/crlf-injection",
        "the query, decoded, is a field of the answer",
        |request, answer| {
            let query = request.target.split_once('?').map(|(_, query)| query);
            if let Some(query) = query.and_then(percent_decode) {
                answer.set("X-Query", &String::from_utf8_lossy(&query));
            }
        },
    ),
    Fault::rules(
        "wire/uri-8k",
        "a request line has 4096 octets at most",
        |rules| {
            rules.limits.request_line = 4096;
        },
    ),
    Fault::rules(
        "wire/uri-70k",
        "a request line may be as long as it likes",
        |rules| {
            rules.limits.request_line = 1024 * 1024;
        },
    ),
    Fault::rules(
        "wire/uri-500k",
        "a request line may be as long as it likes",
        |rules| {
            rules.limits.request_line = 1024 * 1024;
        },
    ),
    Fault::rules(
        "wire/uri-500k",
        "a line's length is looked at when its end has come",
        |rules| rules.limits_partial_lines = false,
    ),
];
