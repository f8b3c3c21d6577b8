//! Messages whose length Content-Length states, or fails to.

use super::framing::{EITHER, HELLO, INVALID, hold};
use super::probe::{Allowed, Reading};
use super::sound;
use crate::cases::steps::Differences;
use crate::{Case, Context, Outcome};
use Reading::{Once, Refused, Waits, Withheld};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "wire/cl-duplicate-different",
        "RFC 9112 §6.3",
        "Two different Content-Lengths are 400, and the connection is closed.",
        |context| {
            let fields = [
                ["Content-Length: 5", "Content-Length: 6"],
                ["Content-Length: 6", "Content-Length: 5"],
                ["Content-Length: 5", "Content-Length: 0"],
                ["Content-Length: 0", "Content-Length: 5"],
            ];
            hold(context, &fields, HELLO, INVALID)
        },
    ),
    Case::must(
        "wire/cl-duplicate-same",
        "RFC 9112 §6.3, RFC 9110 §8.6",
        "Two equal Content-Lengths are 400, or count as one.",
        |context| {
            let fields = [["Content-Length: 5", "Content-Length: 5"]];
            hold(context, &fields, HELLO, EITHER)
        },
    ),
    Case::must(
        "wire/cl-plus",
        "RFC 9110 §8.6, RFC 9112 §6.3",
        "A Content-Length with a plus sign is 400, and the connection is closed.",
        |context| hold(context, &[["Content-Length: +5"]], HELLO, INVALID),
    ),
    Case::must(
        "wire/cl-negative",
        "RFC 9110 §8.6, RFC 9112 §6.3",
        "A Content-Length with a minus sign is 400, and the connection is closed.",
        |context| {
            let fields = [
                ["Content-Length: -5"],
                ["Content-Length: -0"],
                ["Content-Length: -18446744073709551611"],
            ];
            hold(context, &fields, HELLO, INVALID)
        },
    ),
    Case::must(
        "wire/cl-not-digits",
        "RFC 9110 §8.6, RFC 9112 §6.3",
        "A Content-Length with other characters than digits is 400, and the connection is closed.",
        |context| {
            let fields = [
                ["Content-Length: 0x5"],
                ["Content-Length: 5x"],
                ["Content-Length: 5.0"],
                ["Content-Length: 5;"],
                ["Content-Length: 1_0"],
                ["Content-Length: 0 5"],
                ["Content-Length: \"5\""],
                ["Content-Length: \u{665}"],
            ];
            hold(context, &fields, HELLO, INVALID)
        },
    ),
    Case::must(
        "wire/cl-overflow",
        "RFC 9110 §8.6",
        "A Content-Length too large for an integer is not read as a small one.",
        cl_overflow,
    ),
    Case::must(
        "wire/cl-list",
        "RFC 9112 §6.3, RFC 9110 §8.6",
        "A list of equal Content-Lengths is 400 or counts as one; a list of different ones is 400.",
        |context| {
            let others = [
                ["Content-Length: 5, 6"],
                ["Content-Length: 6, 5"],
                ["Content-Length: 5, x"],
            ];
            hold(context, &others, HELLO, INVALID)?;
            hold(context, &[["Content-Length: 5, 5"]], HELLO, EITHER)
        },
    ),
];

fn cl_overflow(context: &Context) -> Outcome {
    let probe = sound::probe(context);
    let mut differences = Differences::default();
    let allowed = Allowed {
        preferred: |reading| matches!(reading, Refused(400 | 413)),
        legal: |reading| matches!(reading, Refused(_) | Once(_) | Waits(_) | Withheld),
    };
    // Five more than 2 to the power of 64 and of 32, and less than any.
    for length in [
        "18446744073709551621",
        "4294967301",
        "99999999999999999999999999999999999999999",
    ] {
        let field = format!("Content-Length: {length}");
        probe.check(&field, &[&field], HELLO, allowed, &mut differences)?;
    }
    Ok(differences.verdict())
}
