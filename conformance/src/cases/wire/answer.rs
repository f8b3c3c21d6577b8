//! The lines of an answer, as they are on the wire.

use std::time::Duration;

use crate::cases::steps::{absent, item, name};
use crate::http::Request;
use crate::{Case, Context, Deviation, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "wire/answer-lines",
    "RFC 9112 §2.1, §4, §5, RFC 9110 §2.2",
    "The head of every response is a well-formed status line and well-formed fields, each ended \
     by CRLF.",
    answer_lines,
)];

/// How long an answer may take to be complete, unless the server closes first.
const WAIT: Duration = Duration::from_secs(5);

fn answer_lines(context: &Context) -> Outcome {
    for request in [
        Request::get(context.resource()),
        Request::get(item(context)),
        Request::get(absent(context)),
        Request::get("/no-such-path"),
        Request::new("HEAD", context.resource()),
        Request::new("OPTIONS", context.resource()),
        Request::new("DELETE", absent(context)),
        Request::get(context.resource()).header("If-None-Match", "*"),
    ] {
        let what = name(&request);
        let request = context.prepare(request).header("Connection", "close");
        let mut connection = context.connect()?;
        connection.send(&request.to_bytes())?;
        let (answer, _) = connection.rest(WAIT);
        check_head(&answer).map_err(|why| Deviation(format!("{what}: {}", why.0)))?;
    }
    Ok(Verdict::Conforms)
}

/// Whether an answer starts with a head that a strict reader takes.
fn check_head(answer: &[u8]) -> Result<(), Deviation> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else {
        return Err(Deviation(
            "the head of the response does not end".to_owned(),
        ));
    };
    let mut lines = Vec::new();
    let mut rest = answer.get(..end).unwrap_or_default();
    while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
        lines.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    lines.push(rest);
    for (number, line) in lines.iter().enumerate() {
        let shown = String::from_utf8_lossy(line);
        ensure!(
            !line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)),
            "a line of the head has CR, LF or NUL within it: {shown:?}"
        );
        let is_right = match number {
            0 => is_status_line(line),
            _ => is_field_line(line),
        };
        ensure!(is_right, "a line of the head is malformed: {shown:?}");
    }
    Ok(())
}

/// `HTTP/1.1 200 OK`; what the reason says is open, and so is whether there is one.
fn is_status_line(line: &[u8]) -> bool {
    match line {
        [
            b'H',
            b'T',
            b'T',
            b'P',
            b'/',
            b'1',
            b'.',
            minor,
            b' ',
            status @ ..,
        ] => {
            minor.is_ascii_digit()
                && status.len() > 3
                && matches!(status[0], b'1'..=b'5')
                && status[1..3].iter().all(u8::is_ascii_digit)
                && status[3] == b' '
        }
        _ => false,
    }
}

/// `Name: value`, the name a token with no white space around it.
fn is_field_line(line: &[u8]) -> bool {
    let Some(colon) = line.iter().position(|octet| *octet == b':') else {
        return false;
    };
    let is_token = |octet: &u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(octet);
    colon > 0 && line[..colon].iter().all(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_heads_are_taken() {
        for head in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.0 404 \r\nA:b\r\nC: \u{e9}\r\n\r\nx\ny",
        ] {
            assert_eq!(check_head(head.as_bytes()), Ok(()), "{head:?}");
        }
    }

    #[test]
    fn others_are_not() {
        for head in [
            "",
            "HTTP/1.1 200 OK\n\n",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\nA: b\r\n\r\n",
            "HTTP/1.1 200\r\n\r\n",
            "HTTP/1.1  200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "http/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA\r\n\r\n",
            "HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
            "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
        ] {
            assert!(check_head(head.as_bytes()).is_err(), "{head:?}");
        }
    }
}
