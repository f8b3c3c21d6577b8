//! How long a connection lasts, and what comes over it in pieces.

use std::time::{Duration, Instant};

use super::probe::{Allowed, Reading};
use super::sound;
use super::steps::is_closing;
use crate::cases::steps::{Differences, absent, item, known_paths, name};
use crate::http::{Broken, Request, Response};
use crate::{Case, Context, Deviation, Level, Outcome, Verdict, ensure};
use Reading::{Once, Refused, Whole};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "wire/keep-alive",
        "RFC 9112 §9.3, §9.6, the contract",
        "A connection serves one request after another, or a response says that it is closed.",
        keep_alive,
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "wire/connection-close",
        "RFC 9112 §9.6",
        "After a request with `Connection: close` the connection is closed, and no later request \
         on it is answered.",
        connection_close,
    ),
    Case::should(
        "wire/close-said",
        "RFC 9112 §9.6",
        "The response to a request with `Connection: close` has it, too.",
        close_said,
    ),
    Case::should(
        "wire/late-content",
        "RFC 9112 §9.3, §9.6",
        "If a server answers before it has the whole content, it reads the rest, or says that it \
         closes the connection.",
        late_content,
    ),
    Case::must(
        "wire/http10-close",
        "RFC 9112 §9.3, RFC 9110 §2.4",
        "An HTTP/1.0 connection is closed after the response, unless the client asks to keep it.",
        http10_close,
    ),
    Case::info(
        "wire/http10-keep-alive",
        "RFC 9112 §9.3, §C.2.2",
        "Whether an HTTP/1.0 connection is kept for a client that asks for it.",
        http10_keep_alive,
    ),
    Case::must(
        "wire/http10-not-chunked",
        "RFC 9112 §6.1",
        "A response to an HTTP/1.0 request has no transfer coding.",
        http10_not_chunked,
    ),
    Case::must(
        "wire/split-every-byte",
        "RFC 9112 §2.2",
        "A request in packets of one octet gets the same response as one in a single packet.",
        split_every_byte,
    ),
];

fn keep_alive(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let mut connection = context.connect()?;
    let mut before = 0;
    let item = item(context);
    for request in [
        Request::get(context.resource()),
        Request::get(item.as_str()),
        Request::get(absent(context)),
        Request::get(context.resource()).header("If-None-Match", "*"),
        Request::new("HEAD", item.as_str()),
        Request::new("OPTIONS", context.resource()),
        Request::new("POST", context.resource()).content("hello"),
        Request::get(context.resource()),
    ] {
        let what = name(&request);
        let bytes = context.prepare(request.clone()).to_bytes();
        let mut received = connection.exchange(&request.method, &bytes);
        if before >= 500 && matches!(&received, Err(broken) if broken.is_closed()) {
            // A server that has failed may close at any time (RFC 9112 §9.5).
            differences.note(format!(
                "closes the connection after a {before} without `Connection: close`"
            ));
            connection = context.connect()?;
            received = connection.exchange(&request.method, &bytes);
        }
        let answer = received.map_err(|broken| match broken {
            Broken::Closed | Broken::Reset(_) => Deviation(format!(
                "the connection was closed before {what}, without `Connection: close` on the \
                 response before it, a {before}"
            )),
            broken => Deviation(format!("{what}: {broken}")),
        })?;
        before = answer.status;
        if answer.minor_version == 0 && !keeps(&answer) {
            differences.note("closes after each response, as in HTTP/1.0");
            connection = context.connect()?;
        } else if is_closing(&answer.list("connection")) {
            differences.note(format!("closes after a {}", answer.status));
            connection = context.connect()?;
        }
    }
    Ok(differences.verdict())
}

/// Whether an answer in HTTP/1.0 says that the connection is kept.
fn keeps(answer: &Response) -> bool {
    let options = answer.list("connection");
    options
        .iter()
        .any(|option| option.eq_ignore_ascii_case("keep-alive"))
}

/// Only that the message is answered, and nothing after it.
const ONCE: Allowed = Allowed {
    preferred: |reading| matches!(reading, Once(_)),
    // A client that says close must send no more (RFC 9112 §9.6): the server may refuse it for what
    // follows, or for a method that it does not have.
    legal: |reading| matches!(reading, Refused(_)),
};

fn connection_close(context: &Context) -> Outcome {
    let probe = sound::probe(context);
    let mut differences = Differences::default();
    for fields in [
        vec!["Connection: close"],
        vec!["Connection: Close"],
        vec!["connection:close"],
        vec!["Connection: x-a, close"],
        vec!["Connection: x-a", "Connection: close"],
        vec!["Connection: close", "Content-Length: 5"],
    ] {
        let content: &[u8] = if fields.contains(&"Content-Length: 5") {
            b"hello"
        } else {
            b""
        };
        for method in ["GET", "HEAD", "POST", "OPTIONS"] {
            let what = format!("{method} with {}", fields.join(" and "));
            let message = probe.message((method, "HTTP/1.1"), &fields, content);
            let reading = probe.send(&what, method, &message)?;
            ONCE.judge(&what, reading, &mut differences)?;
        }
    }
    Ok(differences.verdict())
}

fn close_said(context: &Context) -> Outcome {
    for request in [
        Request::get(context.resource()),
        Request::new("HEAD", context.resource()),
        Request::get(absent(context)),
        Request::new("POST", context.resource()).content(""),
    ] {
        let what = name(&request);
        let answer = context.send(request)?;
        let is_implied = answer.minor_version == 0 && !keeps(&answer);
        ensure!(
            is_implied || is_closing(&answer.list("connection")),
            "the response to {what} with Connection: close has Connection {:?}",
            answer.values("connection")
        );
    }
    Ok(Verdict::Conforms)
}

fn late_content(context: &Context) -> Outcome {
    let probe = sound::probe(context);
    let mut differences = Differences::default();
    let next = Request::get(context.resource());
    let usual = context.send(next.clone())?.status;
    let next = context.prepare(next).to_bytes();
    let mut waiting = Vec::new();
    for method in probe.methods() {
        for (field, first, last) in [
            ("Content-Length: 10", "hello", "world"),
            ("Transfer-Encoding: chunked", "5\r\nhello\r\n", "0\r\n\r\n"),
        ] {
            let message = probe.message((method, "HTTP/1.1"), [field], first.as_bytes());
            let mut connection = context.connect()?;
            connection.send(&message)?;
            waiting.push((connection, method, field, last));
        }
    }
    // A server may answer at once, or lose patience.
    let until = Instant::now() + LATE;
    while Instant::now() < until && !waiting.iter_mut().all(|it| it.0.has_reacted()) {
        std::thread::sleep(Duration::from_millis(20));
    }
    for (mut connection, method, field, last) in waiting {
        let what = format!("{method} with {field}");
        let when = match connection.has_reacted() {
            true => " before its content was there",
            false => "",
        };
        // A server that closes need not read it.
        let sent = connection.send(last.as_bytes());
        let answer = connection
            .receive(method)
            .map_err(|broken| Deviation(format!("{what}, whose end comes later: {broken}")))?;
        if is_closing(&answer.list("connection")) || answer.minor_version == 0 {
            differences.note(format!("closes after {what}, and says so"));
            continue;
        }
        let answered = sent.and_then(|()| connection.exchange("GET", &next));
        let answer = answered.map_err(|broken| match broken.is_closed() {
            true => Deviation(format!(
                "{what} was answered{when}, without `Connection: close`, and the connection was \
                 closed"
            )),
            false => Deviation(format!("after {what}, whose end came later: {broken}")),
        })?;
        ensure!(
            answer.status == usual,
            "after {what}, whose end came later, a request is {}, and {usual} without it",
            answer.status
        );
    }
    Ok(differences.verdict())
}

/// How long content is late.
const LATE: Duration = Duration::from_secs(2);

fn http10_close(context: &Context) -> Outcome {
    let probe = sound::probe(context);
    let mut differences = Differences::default();
    for (method, fields, content) in [
        ("GET", vec![], ""),
        ("HEAD", vec![], ""),
        ("GET", vec!["Connection: x-a"], ""),
        ("GET", vec!["Connection: keep-alive, close"], ""),
        ("POST", vec!["Content-Length: 5"], "hello"),
    ] {
        let what = match fields.as_slice() {
            [] => format!("{method} in HTTP/1.0"),
            fields => format!("{method} in HTTP/1.0 with {}", fields.join(" and ")),
        };
        let message = probe.message((method, "HTTP/1.0"), &fields, content.as_bytes());
        let reading = probe.send(&what, method, &message)?;
        ONCE.judge(&what, reading, &mut differences)?;
    }
    Ok(differences.verdict())
}

fn http10_keep_alive(context: &Context) -> Outcome {
    let probe = sound::probe(context);
    let message = probe.message(("GET", "HTTP/1.0"), ["Connection: keep-alive"], b"");
    match probe.send("GET in HTTP/1.0 with keep-alive", "GET", &message)? {
        Whole(status) if status.code == 200 => Ok(Verdict::Conforms),
        Once(status) if status.code == 200 => Ok(Verdict::Differs("closes".to_owned())),
        reading => Err(Deviation(format!("GET in HTTP/1.0: {reading}"))),
    }
}

fn http10_not_chunked(context: &Context) -> Outcome {
    for path in known_paths(context).into_iter().chain([absent(context)]) {
        let host = context.base().authority();
        let message = format!(
            "GET {} HTTP/1.0\r\nHost: {host}\r\n\r\n",
            context.path(&path)
        );
        let answer = context.connect()?.exchange("GET", message.as_bytes())?;
        ensure!(
            answer.values("transfer-encoding").is_empty(),
            "the response to GET {path} in HTTP/1.0 has Transfer-Encoding"
        );
    }
    Ok(Verdict::Conforms)
}

fn split_every_byte(context: &Context) -> Outcome {
    let probe = sound::probe(context);
    let chunks: &[u8] = b"5;a=b\r\nhello\r\n0\r\nX-A: b\r\n\r\n";
    for (method, fields, content) in [
        ("GET", vec!["X-A: b"], &b""[..]),
        ("GET", vec!["If-None-Match: *"], b""),
        ("POST", vec!["Content-Length: 5"], b"hello"),
        ("POST", vec!["Transfer-Encoding: chunked"], chunks),
    ] {
        let what = format!("{method} with {}", fields.join(" and "));
        let message = probe.message((method, "HTTP/1.1"), &fields, content);
        let whole = probe.send(&what, method, &message)?;

        let what = format!("{what}, octet by octet,");
        let mut connection = context.connect()?;
        // A server may answer and close before it has read the content.
        let _ = connection.send_split(&probe.followed(&message));
        let split = probe.read(&mut connection, &what, method, None)?;
        let is_alike = match (whole, split) {
            (Whole(a), Once(b)) => a == b && !content.is_empty(),
            (Once(a), Once(b) | Whole(b)) => a == b,
            (whole, split) => whole == split,
        };
        ensure!(is_alike, "{what}: {split}; sent whole: {whole}");
    }
    Ok(Verdict::Conforms)
}
