//! Faults in where a message's content ends, by its fields.

use crate::faults::octets::{count_fields, edit_fields, edit_values, remove_field};
use crate::rules::framing;
use crate::{Fault, Request};

const LENGTH: &str = "Content-Length";

const CODING: &str = "Transfer-Encoding";

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::input(
        "wire/cl-duplicate-different",
        "the first length wins",
        |octets| {
            keep_one(octets, |lengths| lengths.first().cloned());
        },
    ),
    Fault::input(
        "wire/cl-duplicate-different",
        "the last length wins",
        |octets| {
            keep_one(octets, |lengths| lengths.last().cloned());
        },
    ),
    Fault::input("wire/cl-duplicate-same", "two lengths are none", |octets| {
        keep_one(octets, |_| None);
    }),
    Fault::input("wire/cl-plus", "a number may have a sign", |octets| {
        edit_values(octets, LENGTH, |value| {
            if value.starts_with(b"+") {
                value.remove(0);
            }
        });
    }),
    Fault::input("wire/cl-negative", "a negative length is none", |octets| {
        edit_values(octets, LENGTH, |value| {
            if value.starts_with(b"-") {
                *value = b"0".to_vec();
            }
        });
    }),
    Fault::input(
        "wire/cl-not-digits",
        "a number ends where its digits do",
        |octets| {
            edit_values(octets, LENGTH, |value| {
                let digits = value.iter().take_while(|octet| octet.is_ascii_digit());
                let digits = digits.count();
                value.truncate(digits);
            });
        },
    ),
    Fault::input("wire/cl-overflow", "a length has 32 bits", |octets| {
        edit_values(octets, LENGTH, |value| {
            let digits = value.iter().filter(|octet| octet.is_ascii_digit());
            let wrapped = digits.fold(0_u32, |sum, digit| {
                sum.wrapping_mul(10).wrapping_add(u32::from(digit - b'0'))
            });
            *value = wrapped.to_string().into_bytes();
        });
    }),
    Fault::input(
        "wire/cl-list",
        "the first length of a list wins",
        |octets| {
            edit_values(octets, LENGTH, |value| {
                let end = value.iter().position(|octet| *octet == b',');
                value.truncate(end.unwrap_or(value.len()));
            });
        },
    ),
    Fault::input("wire/te-cl", "Content-Length wins", length_wins),
    Fault::input("wire/te-cl", "the connection is kept", coding_wins),
    Fault::input("wire/cl-te", "Content-Length wins", length_wins),
    Fault::input("wire/cl-te", "the connection is kept", coding_wins),
    Fault::rules(
        "wire/te-http10",
        "HTTP/1.0 has chunks, and its connection is kept",
        |rules| {
            rules.framing = |request| {
                let newer = Request {
                    minor_version: 1,
                    ..request.clone()
                };
                framing(&newer)
            };
        },
    ),
    Fault::input(
        "wire/te-unknown",
        "codings before the last are not looked at",
        |octets| {
            edit_values(octets, CODING, |value| {
                if let Some(comma) = value.iter().rposition(|octet| *octet == b',') {
                    value.drain(..=comma);
                }
            });
        },
    ),
    Fault::input(
        "wire/te-chunked-not-last",
        "codings after the first are not looked at",
        |octets| {
            edit_values(octets, CODING, |value| {
                let end = value.iter().position(|octet| *octet == b',');
                value.truncate(end.unwrap_or(value.len()));
            });
        },
    ),
    Fault::input(
        "wire/te-chunked-not-last",
        "a coding that nobody knows is none",
        unknown_is_none,
    ),
    Fault::input(
        "wire/te-twice",
        "a message that is chunked twice has no content",
        |octets| {
            if count_fields(octets, CODING) > 1 {
                remove_field(octets, CODING);
            }
        },
    ),
    Fault::input("wire/te-case", "codings have case", |octets| {
        edit_values(octets, CODING, |value| {
            if value.as_slice() != b"chunked" {
                *value = b"unknown".to_vec();
            }
        });
    }),
    Fault::input(
        "wire/te-obfuscated",
        "what has chunked in it is chunked",
        |octets| {
            edit_values(octets, CODING, |value| {
                if value.windows(7).any(|seven| seven == b"chunked") {
                    *value = b"chunked".to_vec();
                }
            });
        },
    ),
    Fault::input(
        "wire/te-obfuscated",
        "a coding that nobody knows is none",
        unknown_is_none,
    ),
];

/// Leaves one of several Content-Length lines, or none.
fn keep_one(octets: &mut Vec<u8>, choose: fn(&[Vec<u8>]) -> Option<Vec<u8>>) {
    if count_fields(octets, LENGTH) < 2 {
        return;
    }
    edit_fields(octets, |lines| {
        let is_length = |line: &Vec<u8>| count_fields(line, LENGTH) > 0;
        let lengths: Vec<Vec<u8>> = lines
            .iter()
            .filter(|line| is_length(line))
            .cloned()
            .collect();
        lines.retain(|line| !is_length(line));
        lines.extend(choose(&lengths));
    });
}

fn length_wins(octets: &mut Vec<u8>) {
    if count_fields(octets, LENGTH) > 0 {
        remove_field(octets, CODING);
    }
}

fn coding_wins(octets: &mut Vec<u8>) {
    if count_fields(octets, CODING) > 0 {
        remove_field(octets, LENGTH);
    }
}

fn unknown_is_none(octets: &mut Vec<u8>) {
    edit_fields(octets, |lines| {
        lines.retain(|line| {
            count_fields(line, CODING) == 0
                || line.ends_with(b"chunked") && !line.ends_with(b"xchunked")
        });
    });
}
