//! Clients that wait for 100 (Continue).

use std::time::Duration;

use super::probe::{Allowed, Reading};
use super::sound;
use crate::cases::steps::Differences;
use crate::{Case, Context, Deviation, Outcome, Verdict, ensure};
use Reading::{Once, Refused};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "wire/expect-100",
        "RFC 9110 §10.1.1",
        "A client that expects 100 gets it, or a final response, before it sends content; the \
         content is then read as content.",
        expect_100,
    ),
    Case::must(
        "wire/no-1xx-to-http10",
        "RFC 9110 §10.1.1, §15.2",
        "An HTTP/1.0 client gets no interim response: its expectation is ignored.",
        no_1xx_to_http10,
    ),
];

fn expect_100(context: &Context) -> Outcome {
    let probe = sound::probe(context);
    let mut differences = Differences::default();
    let allowed = Allowed {
        preferred: Reading::is_usual,
        legal: |reading| matches!(reading, Once(_) | Refused(400..500)),
    };
    let content = probe.hidden();
    let length = format!("Content-Length: {}", content.len());
    for method in probe.methods() {
        for expectation in ["Expect: 100-continue", "Expect: 100-Continue"] {
            let what = format!("{method} with {expectation}");
            let fail = |broken| Deviation(format!("{what}, before content is sent: {broken}"));
            let head = probe.message((method, "HTTP/1.1"), [expectation, &length], b"");
            let mut connection = context.connect()?;
            connection.send(&head)?;
            let mut first = connection.receive_next(method).map_err(fail)?;
            while first.is_interim() && first.status != 100 {
                first = connection.receive_next(method).map_err(fail)?;
            }
            let first = Some(first).filter(|first| !first.is_interim());
            // The final answer may have ended the connection.
            let _ = connection.send(&probe.followed(&content));
            let reading = probe.read(&mut connection, &what, method, first)?;
            allowed.judge(&what, reading, &mut differences)?;
        }
    }
    Ok(differences.verdict())
}

fn no_1xx_to_http10(context: &Context) -> Outcome {
    let probe = sound::probe(context);
    for method in probe.methods() {
        let what = format!("{method} in HTTP/1.0 with Expect");
        // What is answered without an expectation, which may be a refusal of content.
        let without = probe.message((method, "HTTP/1.0"), ["Content-Length: 5"], b"hello");
        let usual = context.connect()?.exchange(method, &without);
        let usual = usual.map_err(|broken| Deviation(format!("{method} in HTTP/1.0: {broken}")))?;
        let fields = ["Expect: 100-continue", "Content-Length: 5"];
        let mut connection = context.connect()?;
        connection.send(&probe.message((method, "HTTP/1.0"), fields, b""))?;
        // Time for an interim answer that must not come.
        connection.pause(Duration::from_millis(200));
        let answer = connection
            .exchange(method, b"hello")
            .map_err(|broken| Deviation(format!("{what}: {broken}")))?;
        ensure!(
            answer.interim.is_empty(),
            "{what} gets {:?} first",
            answer.interim
        );
        ensure!(
            answer.status == usual.status,
            "{what} is {}, but {} without the expectation",
            answer.status,
            usual.status
        );
    }
    Ok(Verdict::Conforms)
}
