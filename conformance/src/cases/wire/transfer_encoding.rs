//! Messages whose length Transfer-Encoding states, or fails to.

use super::framing::{CHUNKED, EITHER, NO_CODING, SOUND, hold};
use super::probe::{Allowed, Reading};
use super::sound;
use crate::cases::steps::Differences;
use crate::{Case, Context, Outcome, Verdict};
use Reading::{Dropped, Once, Refused, Whole};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "wire/te-cl",
        "RFC 9112 §6.1, §6.3",
        "A message with Transfer-Encoding before Content-Length is 400, or framed by \
         Transfer-Encoding; either way the connection is closed.",
        |context| two_lengths(context, |te, cl| [te, cl]),
    ),
    Case::must(
        "wire/cl-te",
        "RFC 9112 §6.1, §6.3",
        "A message with Content-Length before Transfer-Encoding is 400, or framed by \
         Transfer-Encoding; either way the connection is closed.",
        |context| two_lengths(context, |te, cl| [cl, te]),
    ),
    Case::must(
        "wire/te-http10",
        "RFC 9112 §6.1",
        "Transfer-Encoding in HTTP/1.0 is 400, or the connection is closed after the response.",
        te_http10,
    ),
    Case::should(
        "wire/te-unknown",
        "RFC 9112 §6.1",
        "An unknown transfer coding is 501 or 400.",
        |context| {
            let fields = [["Transfer-Encoding: mystery, chunked"]];
            let allowed = Allowed {
                preferred: |reading| match reading {
                    Refused(status) => matches!(status, 400 | 501),
                    Whole(status) => status.code == 501,
                    _ => false,
                },
                legal: |_| false,
            };
            hold(context, &fields, CHUNKED, allowed)
        },
    ),
    Case::must(
        "wire/te-chunked-not-last",
        "RFC 9112 §6.3",
        "A Transfer-Encoding whose last coding is not chunked is 400, and the connection is closed.",
        |context| {
            let fields = [
                ["Transfer-Encoding: chunked, gzip"],
                ["Transfer-Encoding: chunked, identity"],
                ["Transfer-Encoding: identity"],
                ["Transfer-Encoding: gzip"],
            ];
            hold(context, &fields, CHUNKED, NO_CODING)?;
            let two_lines = [["Transfer-Encoding: chunked", "Transfer-Encoding: gzip"]];
            hold(context, &two_lines, CHUNKED, NO_CODING)
        },
    ),
    Case::must(
        "wire/te-twice",
        "RFC 9112 §6.1, §6.3",
        "A message that is chunked twice is refused, or framed by its outer chunks.",
        |context| {
            hold(
                context,
                &[["Transfer-Encoding: chunked, chunked"]],
                CHUNKED,
                EITHER,
            )?;
            let two_lines = [["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]];
            hold(context, &two_lines, CHUNKED, EITHER)
        },
    ),
    Case::must(
        "wire/te-case",
        "RFC 9112 §7, §7.1, RFC 9110 §2.4",
        "The names of transfer codings are case-insensitive.",
        |context| {
            let fields = [
                ["Transfer-Encoding: chunked"],
                ["Transfer-Encoding: Chunked"],
                ["TRANSFER-ENCODING: CHUNKED"],
            ];
            hold(context, &fields, CHUNKED, SOUND)
        },
    ),
    Case::must(
        "wire/te-obfuscated",
        "RFC 9112 §6.1, §6.3, RFC 9110 §5.5, §5.6.1",
        "An invalid spelling of chunked is refused; an unusual valid one is read as chunked, or \
         refused. Neither is ignored in favour of another length.",
        te_obfuscated,
    ),
];

fn two_lengths(context: &Context, order: fn(String, String) -> [String; 2]) -> Outcome {
    let probe = sound::probe(context);
    let mut differences = Differences::default();
    let allowed = Allowed {
        preferred: |reading| matches!(reading, Refused(400)),
        legal: |reading| matches!(reading, Refused(_) | Once(_)),
    };
    let hidden = probe.hidden();
    // Read by the one length the hidden request is content, by the other it is the next request.
    let short_chunked = [b"0\r\n\r\n", hidden.as_slice()].concat();
    let start = format!("{:x}\r\n", hidden.len());
    let long_chunked = [start.as_bytes(), &hidden, b"\r\n0\r\n\r\n"].concat();
    for (content, length) in [
        (CHUNKED, CHUNKED.len()),
        (&short_chunked, short_chunked.len()),
        (&long_chunked, start.len()),
    ] {
        let te = "Transfer-Encoding: chunked".to_owned();
        let fields = order(te, format!("Content-Length: {length}"));
        let fields = fields.each_ref().map(String::as_str);
        let what = fields.join(" and ");
        probe.check(&what, &fields, content, allowed, &mut differences)?;
    }
    Ok(differences.verdict())
}

fn te_http10(context: &Context) -> Outcome {
    let probe = sound::probe(context);
    let mut differences = Differences::default();
    let allowed = Allowed {
        preferred: |reading| matches!(reading, Refused(400)),
        legal: |reading| matches!(reading, Refused(_) | Once(_) | Dropped),
    };
    let (chunked, keep) = ("Transfer-Encoding: chunked", "Connection: keep-alive");
    let length = format!("Content-Length: {}", CHUNKED.len());
    for fields in [vec![chunked, keep], vec![chunked, &length, keep]] {
        for method in probe.methods() {
            let message = probe.message((method, "HTTP/1.0"), &fields, CHUNKED);
            let what = format!("{method} in HTTP/1.0 with {}", fields.join(" and "));
            let reading = probe.send(&what, method, &message)?;
            allowed.judge(&what, reading, &mut differences)?;
        }
    }
    Ok(differences.verdict())
}

fn te_obfuscated(context: &Context) -> Outcome {
    let probe = sound::probe(context);
    let mut differences = Differences::default();
    let length = format!("Content-Length: {}", CHUNKED.len());
    for value in [
        "xchunked",
        "chunkedx",
        "\"chunked\"",
        "chunked\u{b}",
        "chun ked",
        "chunked chunked",
        "chunked\u{a0}",
        "x, xchunked",
    ] {
        let field = format!("Transfer-Encoding: {value}");
        let what = format!("{field:?}");
        let alone: [&str; 1] = [&field];
        probe.check(&what, &alone, CHUNKED, NO_CODING, &mut differences)?;
        let what = format!("{field:?} and {length}");
        probe.check(
            &what,
            &[&field, &length],
            CHUNKED,
            NO_CODING,
            &mut differences,
        )?;
    }
    let guised = Allowed {
        preferred: SOUND.preferred,
        legal: EITHER.legal,
    };
    for value in ["\tchunked", "chunked\t ", ",chunked", "chunked, ,"] {
        let field = format!("Transfer-Encoding: {value}");
        let what = format!("{field:?}");
        let mut own = Differences::default();
        probe.check(&what, &[&field], CHUNKED, guised, &mut own)?;
        if let Verdict::Differs(how) = own.verdict() {
            differences.note(format!("{field:?}: {how}"));
        }
    }
    Ok(differences.verdict())
}
