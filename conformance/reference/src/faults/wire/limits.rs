//! Faults in how large a head may be.

use crate::Fault;
use crate::faults::octets::{edit_fields, edit_request_line};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::rules(
        "wire/stated-limits",
        "header fields may have half as many octets",
        |rules| rules.limits.header_block /= 2,
    ),
    Fault::rules(
        "wire/stated-limits",
        "a request line may have an octet more",
        |rules| rules.limits.request_line += 1,
    ),
    Fault::input(
        "wire/stated-limits",
        "fields of one name count as one",
        |message| edit_fields(message, |fields| fields.dedup()),
    ),
    Fault::rules(
        "wire/request-line-limit",
        "the limit of a request line is not the stated one",
        |rules| rules.limits.request_line = 64 * 1024,
    ),
    Fault::rules(
        "wire/request-line-limit",
        "a request line as long as the limit is refused",
        |rules| rules.limits.request_line -= 1,
    ),
    Fault::input(
        "wire/request-line-limit-methods",
        "every method counts as three octets",
        |message| {
            edit_request_line(message, |line| {
                // As long as one of GET: what a client pads its target with is none's path.
                let method = line.iter().position(|octet| *octet == b' ').unwrap_or(0);
                if let Some(at) = line.windows(8).position(|it| it == b"xxxxxxxx") {
                    line.drain(at..at + method.clamp(3, 11) - 3);
                }
            });
        },
    ),
    Fault::rules(
        "wire/header-limit",
        "the limit of the fields' size is not the stated one",
        |rules| rules.limits.header_block = 64 * 1024,
    ),
    Fault::rules(
        "wire/header-limit",
        "fields as large as the limit are refused",
        |rules| rules.limits.header_block -= 1,
    ),
    Fault::input(
        "wire/header-count-limit",
        "fields of one name count as one",
        |message| edit_fields(message, |fields| fields.dedup()),
    ),
    Fault::rules(
        "wire/header-count-limit",
        "the limit of the fields' number is not the stated one",
        |rules| rules.limits.header_count = 100,
    ),
    Fault::rules(
        "wire/header-count-limit",
        "as many fields as the limit are refused",
        |rules| rules.limits.header_count -= 1,
    ),
];
