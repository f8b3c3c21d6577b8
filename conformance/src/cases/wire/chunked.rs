//! Chunks: their sizes, their extensions, the trailer section.

use std::time::Duration;

use super::framing::SOUND;
use super::probe::{Allowed, Reading};
use super::sound;
use crate::cases::steps::Differences;
use crate::{Case, Context, Level, Outcome};
use Reading::{Dropped, Once, Refused, RefusedLate, Whole};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "wire/chunk-size-0x",
        "RFC 9112 §7.1, the contract",
        "A chunk size that starts with 0x is invalid.",
        |context| {
            let contents: &[&[u8]] = &[
                b"0x5\r\nhello\r\n0\r\n\r\n",
                b"0X5\r\nhello\r\n0\r\n\r\n",
                b"5\r\nhello\r\n0x0\r\n\r\n",
            ];
            hold(context, contents, MALFORMED)
        },
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/chunk-size-plus",
        "RFC 9112 §7.1, the contract",
        "A chunk size with a sign is invalid.",
        |context| {
            let contents: &[&[u8]] = &[
                b"+5\r\nhello\r\n0\r\n\r\n",
                b"-5\r\nhello\r\n0\r\n\r\n",
                b"5\r\nhello\r\n+0\r\n\r\n",
                b"5\r\nhello\r\n-0\r\n\r\n",
            ];
            hold(context, contents, MALFORMED)
        },
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/chunk-size-not-hex",
        "RFC 9112 §7.1, the contract",
        "A chunk size with other characters than hexadecimal digits is invalid.",
        |context| {
            let contents: &[&[u8]] = &[
                b"\r\n\r\n",
                b"\r\nhello\r\n0\r\n\r\n",
                b"five\r\nhello\r\n0\r\n\r\n",
                b"5_\r\nhello\r\n0\r\n\r\n",
                b"5,\r\nhello\r\n0\r\n\r\n",
                b"0 5\r\nhello\r\n0\r\n\r\n",
                b"\xEF\xBC\x95\r\nhello\r\n0\r\n\r\n",
            ];
            hold(context, contents, MALFORMED)
        },
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/chunk-size-overflow",
        "RFC 9112 §7.1",
        "A chunk size too large for an integer is not read as a small one.",
        |context| {
            // Five more than 2 to the power of 32 and of 64, and less than any.
            let contents: &[&[u8]] = &[
                b"100000005\r\nhello\r\n0\r\n\r\n",
                b"10000000000000005\r\nhello\r\n0\r\n\r\n",
                b"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
            ];
            let allowed = Allowed {
                legal: |reading| !matches!(reading, Whole(_)),
                ..MALFORMED
            };
            hold(context, contents, allowed)
        },
    ),
    Case::must(
        "wire/chunk-bare-lf",
        "RFC 9112 §7.1, §2.2, the contract",
        "A bare LF does not end a line of a chunk.",
        |context| {
            let contents: &[&[u8]] = &[
                b"5\nhello\r\n0\r\n\r\n",
                b"5\r\nhello\n0\r\n\r\n",
                b"5;a\nhello\r\n0\r\n\r\n",
                b"5\nhello\n0\n\n",
            ];
            hold(context, contents, MALFORMED)
        },
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/chunk-longer-than-size",
        "RFC 9112 §7.1, the contract",
        "A chunk that is longer than its size is malformed.",
        |context| {
            let contents: &[&[u8]] = &[
                b"3\r\nhello\r\n0\r\n\r\n",
                b"5\r\nhelloXX0\r\n\r\n",
                b"5\r\nhello0\r\n\r\n",
            ];
            hold(context, contents, MALFORMED)
        },
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/chunk-extension",
        "RFC 9112 §7.1.1",
        "Unknown chunk extensions are ignored.",
        |context| {
            let contents: &[&[u8]] = &[
                b"5;a\r\nhello\r\n0;b=c\r\n\r\n",
                b"5;a=\"b;c\";d=e\r\nhello\r\n0\r\n\r\n",
                b"0005\r\nhello\r\n000\r\n\r\n",
            ];
            hold(context, contents, SOUND)
        },
    ),
    Case::must(
        "wire/chunk-extension-64k",
        "RFC 9112 §7.1.1",
        "A chunk extension of 64 KiB is refused or ignored; nothing in it is answered.",
        chunk_extension_64k,
    ),
    Case::must(
        "wire/chunk-missing-final",
        "RFC 9112 §8, §7.1",
        "A message without its last chunk is incomplete until the connection ends; what follows \
         it is not read as another message.",
        chunk_missing_final,
    ),
    Case::must(
        "wire/chunk-trailer-forbidden",
        "RFC 9112 §7.1.2, RFC 9110 §6.5.1",
        "Trailer fields about framing, routing or conditions have no effect.",
        |context| {
            let contents: &[&[u8]] = &[
                b"5\r\nhello\r\n0\r\nIf-None-Match: *\r\n\r\n",
                b"5\r\nhello\r\n0\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\n",
                b"5\r\nhello\r\n0\r\nHost: other.example\r\nExpect: a-miracle\r\n\r\n",
            ];
            let allowed = Allowed {
                legal: |reading| match reading {
                    Once(status) => status.is_usual,
                    Refused(_) => true,
                    reading => reading.is_usual_at_first(),
                },
                ..SOUND
            };
            hold(context, contents, allowed)
        },
    ),
];

/// Content that is not chunks as RFC 9112 has them. A server that answers before it has read the
/// content refuses it or closes when it meets this, or waits for no more requests.
const MALFORMED: Allowed = Allowed {
    preferred: |reading| matches!(reading, Refused(400)),
    legal: |reading| {
        matches!(reading, Refused(_) | Once(_) | Dropped) || reading.is_usual_at_first()
    },
};

const FIELDS: &[&str] = &["Transfer-Encoding: chunked"];

/// Holds a server to what is allowed of chunked messages with this content, with GET and with POST.
fn hold(context: &Context, contents: &[&[u8]], allowed: Allowed) -> Outcome {
    let probe = sound::probe(context);
    let mut differences = Differences::default();
    for content in contents {
        let what = format!("the chunks {:?}", String::from_utf8_lossy(content));
        probe.check(&what, FIELDS, content, allowed, &mut differences)?;
    }
    Ok(differences.verdict())
}

fn chunk_extension_64k(context: &Context) -> Outcome {
    let probe = sound::probe(context);
    let mut differences = Differences::default();
    let allowed = Allowed {
        preferred: |reading| matches!(reading, Refused(400..500)),
        legal: |reading| match reading {
            Once(_) | Dropped | Whole(_) => true,
            RefusedLate(status) => status.is_usual,
            _ => false,
        },
    };
    let extension = "x".repeat(64 * 1024);
    for content in [
        format!("5;{extension}\r\nhello\r\n0\r\n\r\n"),
        format!("5\r\nhello\r\n0;{extension}\r\n\r\n"),
    ] {
        let what = "a chunk extension of 64 KiB";
        probe.check(what, FIELDS, content.as_bytes(), allowed, &mut differences)?;
    }
    Ok(differences.verdict())
}

fn chunk_missing_final(context: &Context) -> Outcome {
    // What would be the next message is where a chunk's size must be.
    hold(context, &[b"5\r\nhello\r\n"], MALFORMED)?;

    let probe = sound::probe(context);
    let mut differences = Differences::default();
    let ended = Allowed {
        preferred: |reading| matches!(reading, Refused(400 | 408) | Dropped | Once(_)),
        legal: |reading| match reading {
            Refused(_) => true,
            RefusedLate(status) => status.is_usual,
            _ => false,
        },
    };
    let contents: [&[u8]; 4] = [b"", b"5\r\nhel", b"5\r\nhello\r\n", b"5\r\nhello\r\n0\r\n"];
    for content in contents {
        for method in probe.methods() {
            let text = String::from_utf8_lossy(content);
            let what = format!("{method} with only the chunks {text:?}");
            let mut connection = context.connect()?;
            connection.send(&probe.message((method, "HTTP/1.1"), FIELDS, content))?;
            connection.pause(Duration::from_millis(50));
            // A server that has ended the connection already needs no telling.
            let _ = connection.finish_sending();
            let reading = probe.read(&mut connection, &what, method, None)?;
            ended.judge(&what, reading, &mut differences)?;
        }
    }
    Ok(differences.verdict())
}
