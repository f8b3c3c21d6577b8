//! Faults in Host, and in the request targets that name one.

use crate::{Answer, Fault, Request};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::request("wire/host-missing", "Host may be missing", |request| {
        if hosts(request).next().is_none() {
            request
                .headers
                .push(("host".to_owned(), b"localhost".to_vec()));
        }
    }),
    Fault::request(
        "wire/host-missing-http10",
        "HTTP/1.0 is held to HTTP/1.1's rule",
        |request| request.minor_version = 1,
    ),
    Fault::request("wire/host-duplicate", "the first Host wins", |request| {
        let mut met = false;
        request
            .headers
            .retain(|(name, _)| name != "host" || !std::mem::replace(&mut met, true));
    }),
    Fault::request(
        "wire/host-duplicate-same",
        "two Host fields that are the same are one",
        |request| {
            let mut seen = Vec::new();
            request.headers.retain(|(name, value)| {
                let is_new = !seen.contains(value);
                seen.push(value.clone());
                name != "host" || is_new
            });
        },
    ),
    Fault::request(
        "wire/host-invalid",
        "user information is dropped from Host",
        |request| {
            edit_hosts(request, |host| {
                if let Some(at) = host.iter().position(|octet| *octet == b'@') {
                    host.drain(..=at);
                }
            });
        },
    ),
    Fault::request("wire/host-invalid", "Host is not looked at", |request| {
        edit_hosts(request, |host| *host = b"localhost".to_vec());
    }),
    Fault::answer(
        "wire/host-empty",
        "an empty Host is a failure",
        |request, answer| {
            if hosts(request).any(<[u8]>::is_empty) {
                *answer = Answer::problem(500, "No host");
            }
        },
    ),
    Fault::request(
        "wire/absolute-form",
        "the absolute form is not taken apart",
        |request| {
            if request.target.contains("://") {
                request.target.insert(0, '/');
            }
        },
    ),
    Fault::request(
        "wire/absolute-form",
        "the scheme in a target has case",
        |request| {
            if request.target.starts_with("HTTP://") {
                request.target.insert(0, '/');
            }
        },
    ),
    Fault::answer(
        "wire/absolute-form-mismatch",
        "a Host that is not the target's is misdirected",
        |request, answer| {
            let names = |host: &[u8]| {
                request
                    .target
                    .contains(String::from_utf8_lossy(host).as_ref())
            };
            if request.target.contains("://") && !hosts(request).any(names) {
                *answer = Answer::problem(421, "Another host is meant");
            }
        },
    ),
    Fault::answer(
        "wire/host-valid",
        "an IPv6 address is refused",
        |request, answer| {
            if hosts(request).any(|host| host.starts_with(b"[")) {
                *answer = Answer::problem(400, "The Host is not a host and an optional port");
            }
        },
    ),
    Fault::answer(
        "wire/host-valid",
        "a port must have digits",
        |request, answer| {
            if hosts(request).any(|host| host.ends_with(b":")) {
                *answer = Answer::problem(400, "The Host is not a host and an optional port");
            }
        },
    ),
];

fn hosts(request: &Request) -> impl Iterator<Item = &[u8]> {
    request.values("host")
}

fn edit_hosts(request: &mut Request, change: impl Fn(&mut Vec<u8>)) {
    for (name, value) in &mut request.headers {
        if name == "host" {
            change(value);
        }
    }
}
