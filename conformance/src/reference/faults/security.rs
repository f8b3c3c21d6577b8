//! Faults in who gets in, and in what an answer gives away.

use std::time::Duration;

use super::super::{Answer, Fault, KEY, Request};

pub(super) const FAULTS: &[Fault] = &[
    Fault::answer(
        "security/key-missing",
        "a 401 has no challenge",
        |_, answer| answer.remove("WWW-Authenticate"),
    ),
    Fault::answer(
        "security/key-missing",
        "a 401 has a challenge for another scheme",
        |_, answer| {
            if answer.status == 401 {
                answer.set("WWW-Authenticate", "Basic realm=\"Key\"");
            }
        },
    ),
    Fault::request(
        "security/key-wrong",
        "the start of the key is enough",
        |request| {
            let start = format!("Key {}", &KEY[..KEY.len() - 1]);
            if authorization(request) == Some(start.as_bytes()) {
                let_in(request);
            }
        },
    ),
    Fault::request("security/key-wrong", "the key has no case", |request| {
        let right = format!("Key {KEY}");
        if authorization(request).is_some_and(|given| given.eq_ignore_ascii_case(right.as_bytes()))
        {
            let_in(request);
        }
    }),
    Fault::request(
        "security/key-wrong",
        "the key is taken from the query",
        |request| {
            if request.target.ends_with(&format!("?key={KEY}")) {
                let_in(request);
            }
        },
    ),
    Fault::answer(
        "security/key-right",
        "the right key does not open a greeting",
        |request, answer| {
            if authorization(request).is_some() && request.path().starts_with("/greetings/") {
                *answer = Answer::problem(401, "No valid API key");
            }
        },
    ),
    Fault::answer(
        "security/key-scheme-case",
        "the scheme's name has case",
        |request, answer| {
            if authorization(request).is_some_and(|given| given.starts_with(b"key ")) {
                *answer = Answer::problem(401, "No valid API key");
            }
        },
    ),
    Fault::request(
        "security/key-other-scheme",
        "the scheme is not looked at",
        |request| {
            if authorization(request).is_some_and(|given| given.ends_with(KEY.as_bytes())) {
                let_in(request);
            }
        },
    ),
    Fault::request(
        "security/key-covers-every-data-route",
        "HEAD needs no key",
        |request| {
            if request.method == "HEAD" {
                let_in(request);
            }
        },
    ),
    Fault::request(
        "security/key-covers-every-data-route",
        "a conditional request needs no key",
        |request| {
            if request.values("if-none-match").next().is_some() {
                let_in(request);
            }
        },
    ),
    Fault::request(
        "security/key-covers-every-data-route",
        "an encoded path needs no key",
        |request| {
            if request.target.contains('%') {
                let_in(request);
            }
        },
    ),
    Fault::request(
        "security/key-covers-every-data-route",
        "the key is asked for after it is known what is there",
        |request| {
            if request.path() == "/greetings/tlh" {
                let_in(request);
            }
        },
    ),
    Fault::answer(
        "security/key-leaves-health-open",
        "the health check needs a key",
        |request, answer| {
            if request.path() == "/healthz" && authorization(request).is_none() {
                *answer = Answer::problem(401, "No valid API key");
            }
        },
    ),
    Fault::answer(
        "security/nosniff",
        "a 404 does not forbid to guess its type",
        |_, answer| {
            if answer.status == 404 {
                answer.remove("X-Content-Type-Options");
            }
        },
    ),
    Fault::answer(
        "security/no-stack-in-errors",
        "a 422 says where it comes from",
        |_, answer| {
            if answer.status == 422 {
                answer.edit(|problem| problem["detail"] = "refused at src/lang.rs:12:5".into());
            }
        },
    ),
    Fault::answer(
        "security/panic-contained",
        "the message of a panic is sent",
        |_, answer| {
            if answer.status == 500 {
                answer.edit(|problem| problem["detail"] = "thread panicked at the store".into());
            }
        },
    ),
    Fault::answer(
        "security/panic-contained",
        "a panic is not answered by a problem",
        |_, answer| {
            if answer.status == 500 {
                *answer = Answer::new(500, "text/plain", "Internal Server Error");
            }
        },
    ),
    Fault::answer(
        "security/panic-contained",
        "workers that panic are lost",
        |request, answer| {
            if request.number >= 8 {
                *answer = Answer::problem(503, "No worker is left");
            }
        },
    ),
    Fault::request(
        "security/key-timing",
        "the comparison ends at the first wrong octet",
        |request| {
            let right = format!("Key {KEY}");
            let given = authorization(request).unwrap_or_default();
            let same = given.iter().zip(right.as_bytes());
            let same = same.take_while(|(given, right)| given == right).count();
            // What a comparison costs is exaggerated.
            std::thread::sleep(Duration::from_micros(20) * u32::try_from(same).unwrap_or(0));
        },
    ),
    Fault::conduct(
        "security/key-not-logged",
        "requests are logged with their fields",
        |conduct| {
            conduct.log_line = |request| {
                let fields = request.headers.iter();
                let fields = fields
                    .map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)));
                let fields: Vec<_> = fields.collect();
                format!("{} {} {}", request.method, request.target, fields.join(" "))
            };
        },
    ),
    Fault::conduct(
        "security/key-not-logged",
        "a wrong key is logged",
        |conduct| {
            conduct.log_line = |request| {
                let given = request.values("authorization").next().unwrap_or_default();
                let given = String::from_utf8_lossy(given);
                match given.strip_prefix("Key wrong") {
                    Some(rest) => format!("no such key: wrong{rest}"),
                    None => format!("{} {}", request.method, request.target),
                }
            };
        },
    ),
];

fn authorization(request: &Request) -> Option<&[u8]> {
    request.values("authorization").next()
}

/// Puts the right key into a request.
fn let_in(request: &mut Request) {
    request.headers.retain(|(name, _)| name != "authorization");
    let value = format!("Key {KEY}").into_bytes();
    request.headers.push(("authorization".to_owned(), value));
}
