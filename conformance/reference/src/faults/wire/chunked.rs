//! Faults in how chunks are read.

use crate::Fault;
use crate::faults::octets::fail_instead_of;
use crate::rules::chunk_size;

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::rules(
        "wire/chunk-size-0x",
        "0x may stand before a size",
        |rules| {
            rules.chunk_size = |line| {
                let digits = line
                    .strip_prefix(b"0x")
                    .or_else(|| line.strip_prefix(b"0X"));
                chunk_size(digits.unwrap_or(line))
            };
        },
    ),
    Fault::rules(
        "wire/chunk-size-plus",
        "a size may have a plus sign",
        |rules| {
            rules.chunk_size = |line| chunk_size(line.strip_prefix(b"+").unwrap_or(line));
        },
    ),
    Fault::rules(
        "wire/chunk-size-not-hex",
        "a size ends where its digits do",
        |rules| {
            rules.chunk_size = |line| chunk_size(leading_digits(line));
        },
    ),
    Fault::rules("wire/chunk-size-not-hex", "no size is the last", |rules| {
        rules.chunk_size = |line| match line {
            [] => Some(0),
            _ => chunk_size(line),
        };
    }),
    Fault::rules("wire/chunk-size-overflow", "a size has 32 bits", |rules| {
        rules.chunk_size = |line| {
            let digits = leading_digits(line);
            chunk_size(&digits[digits.len().saturating_sub(8)..])
        };
    }),
    Fault::rules(
        "wire/chunk-bare-lf",
        "LF alone ends a line of a chunk",
        |rules| {
            rules.chunk_line_end = b"\n";
        },
    ),
    Fault::rules(
        "wire/chunk-longer-than-size",
        "what follows a chunk on its line is passed over",
        |rules| rules.skips_after_chunk = true,
    ),
    Fault::rules(
        "wire/chunk-extension",
        "a chunk must have no extension",
        |rules| {
            rules.chunk_size = |line| match line.contains(&b';') {
                true => None,
                false => chunk_size(line),
            };
        },
    ),
    Fault::rules(
        "wire/chunk-extension",
        "a size has two digits at most",
        |rules| {
            rules.chunk_size = |line| match leading_digits(line).len() {
                ..=2 => chunk_size(line),
                _ => None,
            };
        },
    ),
    Fault::output(
        "wire/chunk-extension-64k",
        "a chunk that is refused is the server's failure",
        |_, octets| fail_instead_of(octets, 400),
    ),
    Fault::rules(
        "wire/chunk-missing-final",
        "content ends where there is no chunk",
        |rules| rules.ends_at_no_size = true,
    ),
    Fault::rules(
        "wire/chunk-trailer-forbidden",
        "trailer fields are fields",
        |rules| rules.merges_trailers = true,
    ),
];

fn leading_digits(line: &[u8]) -> &[u8] {
    let count = line.iter().take_while(|octet| octet.is_ascii_hexdigit());
    &line[..count.count()]
}
