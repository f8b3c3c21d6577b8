//! Requests hidden in the content of others.

use super::probe::Reading;
use super::sound;
use crate::{Case, Context, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "wire/smuggled-get",
    "RFC 9112 §6.3, §9.3, §11.2",
    "A request in the content of another is never answered, for any framing of that content.",
    smuggled_get,
)];

/// Methods with content that means nothing to them, and one that nobody knows.
const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW",
];

fn smuggled_get(context: &Context) -> Outcome {
    let probe = sound::probe(context);
    let hidden = probe.hidden();
    let length = format!("Content-Length: {}", hidden.len());
    let chunked = "Transfer-Encoding: chunked";
    // Of another API they may take something away.
    let is_harmless =
        |method: &&str| context.is_the_api() || !matches!(*method, "PUT" | "PATCH" | "DELETE");
    for method in METHODS.into_iter().filter(is_harmless) {
        for (fields, content) in [
            ([length.as_str()], hidden.clone()),
            ([chunked], in_chunks(&hidden, hidden.len())),
            ([chunked], in_chunks(&hidden, 7)),
        ] {
            let what = format!("{method} with {} around a GET", fields.join(" and "));
            let message = probe.message((method, "HTTP/1.1"), fields, &content);
            let reading = probe.send(&what, method, &message)?;
            let is_answered = matches!(
                reading,
                Reading::Whole(_) | Reading::Once(_) | Reading::Refused(_)
            );
            ensure!(is_answered, "{what}: {reading}");
        }
    }
    for (fields, content) in contradictory(&hidden) {
        for method in probe.methods() {
            let what = format!("{method} with {fields:?} around a GET");
            let message = probe.message((method, "HTTP/1.1"), &fields, &content);
            // Whatever is legal here, the hidden request's answer is not: that is an error.
            probe.send(&what, method, &message)?;
        }
    }
    Ok(Verdict::Conforms)
}

/// Messages that end before the hidden request if they are read by one of their fields, or by a
/// field that is not quite what it must be, and after it otherwise.
fn contradictory(hidden: &[u8]) -> Vec<(Vec<String>, Vec<u8>)> {
    let length = hidden.len();
    let whole = format!("Content-Length: {length}");
    let none = "Content-Length: 0".to_owned();
    let chunked = "Transfer-Encoding: chunked".to_owned();
    let after_last = [b"0\r\n\r\n", hidden].concat();
    let after_size = in_chunks(hidden, length);
    let to_end = |content: &[u8]| format!("Content-Length: {}", content.len());
    let size_line = format!("Content-Length: {}", format!("{length:x}\r\n").len());
    let mut messages = vec![
        (vec![none.clone(), whole.clone()], hidden.to_vec()),
        (vec![whole.clone(), none.clone()], hidden.to_vec()),
        (
            vec![format!("Content-Length: 0, {length}")],
            hidden.to_vec(),
        ),
        (
            vec![format!("Content-Length: {length}, 0")],
            hidden.to_vec(),
        ),
        (vec![format!("Content-Length: +{length}")], hidden.to_vec()),
        (vec![format!("Content-Length : {length}")], hidden.to_vec()),
        (
            vec![chunked.clone(), to_end(&after_last)],
            after_last.clone(),
        ),
        (
            vec![to_end(&after_last), chunked.clone()],
            after_last.clone(),
        ),
        (vec![chunked.clone(), size_line.clone()], after_size.clone()),
        (vec![size_line, chunked], after_size),
    ];
    for value in [
        "xchunked",
        "\"chunked\"",
        "chunked\u{b}",
        "chunked, identity",
        "identity",
    ] {
        let coding = format!("Transfer-Encoding: {value}");
        messages.push((
            vec![coding.clone(), to_end(&after_last)],
            after_last.clone(),
        ));
        messages.push((vec![coding], hidden.to_vec()));
    }
    messages
}

/// As chunks of at most this many octets.
fn in_chunks(content: &[u8], most: usize) -> Vec<u8> {
    let mut chunks = Vec::new();
    for chunk in content.chunks(most.max(1)) {
        chunks.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    chunks
}
