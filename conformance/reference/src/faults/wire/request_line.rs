//! Faults in how the request line is read.

use crate::faults::octets::{cut_target, edit_request_line, fail_instead_of};
use crate::{Answer, Fault};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::input("wire/bare-lf", "LF alone ends a line", |octets| {
        end_lines_at(octets, b'\n');
    }),
    Fault::input("wire/bare-cr", "CR alone ends a line", |octets| {
        end_lines_at(octets, b'\r');
    }),
    Fault::rules(
        "wire/leading-crlf",
        "an empty line is a request line",
        |rules| {
            rules.empty_lines = 0;
        },
    ),
    Fault::input(
        "wire/request-line-spaces",
        "spaces beyond two belong to the target, and are encoded for the client",
        |octets| {
            edit_request_line(octets, |line| {
                let text = String::from_utf8_lossy(line).into_owned();
                if let Some((method, rest)) = text.split_once(' ')
                    && let Some((target, version)) = rest.rsplit_once(' ')
                {
                    let target = target.replace(' ', "%20");
                    *line = format!("{method} {target} {version}").into_bytes();
                }
            });
        },
    ),
    Fault::input(
        "wire/request-line-tab",
        "a target ends at a tab",
        |octets| {
            cut_target(octets, b'\t');
        },
    ),
    Fault::input("wire/no-target", "no target is the root", |octets| {
        edit_request_line(octets, |line| {
            if matches!(line.as_slice(), b"GET HTTP/1.1" | b"GET  HTTP/1.1") {
                *line = b"GET / HTTP/1.1".to_vec();
            }
        });
    }),
    Fault::input(
        "wire/version-unknown-minor",
        "only HTTP/1.0 and HTTP/1.1 are spoken",
        |octets| {
            edit_version(octets, |version| {
                if !version.ends_with(b".0") && !version.ends_with(b".1") {
                    *version = b"HTTP/2.0".to_vec();
                }
            });
        },
    ),
    Fault::input(
        "wire/version-major",
        "the version is not looked at",
        |octets| {
            edit_version(octets, |version| *version = b"HTTP/1.1".to_vec());
        },
    ),
    Fault::input("wire/version-case", "the version has no case", |octets| {
        edit_version(octets, |version| version.make_ascii_uppercase());
    }),
    Fault::input(
        "wire/version-case",
        "any version that starts with 1 will do",
        |octets| {
            edit_version(octets, |version| {
                if version.starts_with(b"HTTP/1") {
                    version.truncate(6);
                    version.extend_from_slice(b".1");
                }
            });
        },
    ),
    Fault::input("wire/http09", "no version is HTTP/1.0", |octets| {
        edit_request_line(octets, |line| {
            if line.starts_with(b"GET /") && !line.windows(6).any(|six| six == b" HTTP/") {
                line.truncate(line.trim_ascii_end().len());
                line.extend_from_slice(b" HTTP/1.0");
            }
        });
    }),
    Fault::output(
        "wire/h2-preface",
        "another version is the server's failure",
        |_, octets| fail_instead_of(octets, 505),
    ),
    Fault::answer(
        "wire/long-method",
        "a method that does not fit is the server's failure",
        |request, answer| {
            if request.method.len() > 32 {
                *answer = Answer::problem(500, "The method does not fit");
            }
        },
    ),
];

/// Makes this octet, CR or LF, a line end where it stands without the other.
fn end_lines_at(octets: &mut Vec<u8>, octet: u8) {
    let mut ended = Vec::with_capacity(octets.len());
    for (at, now) in octets.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| octets[at]);
        let is_pair = match octet {
            b'\n' => before == Some(b'\r'),
            // What follows the last octet has not come.
            _ => octets.get(at + 1).is_none_or(|next| *next == b'\n'),
        };
        match *now == octet && !is_pair {
            true => ended.extend_from_slice(b"\r\n"),
            false => ended.push(*now),
        }
    }
    *octets = ended;
}

/// Changes what is after the last space of the request line.
fn edit_version(octets: &mut Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) {
    edit_request_line(octets, |line| {
        if let Some(space) = line.iter().rposition(|octet| *octet == b' ') {
            let mut version = line.split_off(space + 1);
            change(&mut version);
            line.append(&mut version);
        }
    });
}
