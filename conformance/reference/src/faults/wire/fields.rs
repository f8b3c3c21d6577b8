//! Faults in how field lines are read.

use crate::Fault;
use crate::faults::octets::{edit_fields, fail_instead_of};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::input("wire/space-before-colon", "names are trimmed", |octets| {
        edit_fields(octets, |lines| {
            for line in lines {
                if let Some(colon) = line.iter().position(|octet| *octet == b':') {
                    let name = line[..colon].trim_ascii_end().len();
                    line.drain(name..colon);
                }
            }
        });
    }),
    Fault::input("wire/obs-fold", "a folded line is a field", |octets| {
        edit_fields(octets, |lines| {
            for line in lines.iter_mut().skip(1) {
                *line = line.trim_ascii_start().to_vec();
            }
        });
    }),
    Fault::input(
        "wire/space-before-fields",
        "white space before the first field is trimmed",
        |octets| {
            edit_fields(octets, |lines| {
                if let Some(line) = lines.first_mut() {
                    *line = line.trim_ascii_start().to_vec();
                }
            });
        },
    ),
    Fault::input(
        "wire/empty-name",
        "a field without a name is passed over",
        |octets| {
            edit_fields(octets, |lines| lines.retain(|line| !line.starts_with(b":")));
        },
    ),
    Fault::input(
        "wire/no-colon",
        "a line without a colon is passed over",
        |octets| {
            edit_fields(octets, |lines| lines.retain(|line| line.contains(&b':')));
        },
    ),
    Fault::input(
        "wire/name-not-token",
        "any octet may be in a name",
        |octets| {
            edit_fields(octets, |lines| {
                for line in lines.iter_mut() {
                    for octet in line.iter_mut().take_while(|octet| **octet != b':') {
                        if !octet.is_ascii_alphanumeric() {
                            *octet = b'-';
                        }
                    }
                }
            });
        },
    ),
    Fault::input("wire/nul-in-value", "a line ends at NUL", |octets| {
        edit_fields(octets, |lines| {
            for line in lines {
                let end = line.iter().position(|octet| *octet == b'\0');
                line.truncate(end.unwrap_or(line.len()));
            }
        });
    }),
    Fault::input(
        "wire/control-in-value",
        "a vertical tab ends a line",
        |octets| {
            edit_fields(octets, |lines| {
                let split = |line: &Vec<u8>| {
                    line.split(|octet| *octet == b'\x0B')
                        .map(<[u8]>::to_vec)
                        .collect::<Vec<_>>()
                };
                *lines = lines.iter().flat_map(split).collect();
            });
        },
    ),
    Fault::input(
        "wire/headers-101",
        "fields beyond 100 are dropped",
        |octets| {
            edit_fields(octets, |lines| lines.truncate(100));
        },
    ),
    Fault::rules(
        "wire/headers-10k",
        "there may be any number of fields",
        |rules| {
            rules.limits.header_count = usize::MAX;
            rules.limits.header_block = 1024 * 1024;
        },
    ),
    Fault::rules(
        "wire/headers-10k",
        "a line's length is looked at when its end has come",
        |rules| rules.limits_partial_lines = false,
    ),
    Fault::output(
        "wire/header-64k",
        "a field that is too large is the server's failure",
        |_, octets| fail_instead_of(octets, 431),
    ),
];
