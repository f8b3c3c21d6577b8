//! Faults in who gets in, and in what an answer gives away.

use std::time::Duration;

use super::super::{Answer, Cause, Fault, KEY, Request};

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
        "the key is asked for after the greeting is looked up",
        |request| {
            if request.path() == "/greetings/tlh" {
                let_in(request);
            }
        },
    ),
    Fault::request("security/key-http10", "HTTP/1.0 needs no key", |request| {
        if request.minor_version == 0 {
            let_in(request);
        }
    }),
    Fault::request(
        "security/key-http10",
        "without Host no key is needed",
        |request| {
            if request.values("host").next().is_none() {
                let_in(request);
            }
        },
    ),
    Fault::answer(
        "security/key-http10",
        "the right key does not open in HTTP/1.0",
        |request, answer| {
            if request.minor_version == 0 && answer.status == 200 {
                *answer = Answer::problem(401, "No valid API key");
            }
        },
    ),
    Fault::request(
        "security/key-kept-connection",
        "what follows on a kept connection needs no key",
        |request| {
            // In this case's reference the first on the connection is the first of all.
            if request.number > 0 {
                let_in(request);
            }
        },
    ),
    Fault::answer(
        "security/key-kept-connection",
        "who lacked the key once is refused for good",
        |request, answer| {
            if request.number > 0 && answer.status == 200 {
                *answer = Answer::problem(401, "No valid API key");
            }
        },
    ),
    Fault::request(
        "security/key-pipelined",
        "every third of pipelined requests needs no key",
        |request| {
            if request.number % 3 == 2 {
                let_in(request);
            }
        },
    ),
    Fault::rules(
        "security/key-pipelined",
        "what comes together is answered from the last to the first",
        |rules| rules.answers_last_first = true,
    ),
    Fault::request(
        "security/key-neighbours",
        "`=` at the end of a key is taken for padding",
        |request| {
            for (name, value) in &mut request.headers {
                if name == "authorization" && value.ends_with(b"=") {
                    value.pop();
                }
            }
        },
    ),
    Fault::request(
        "security/key-neighbours",
        "the third character has no case",
        |request| {
            for (name, value) in &mut request.headers {
                if name == "authorization"
                    && let Some(octet) = value.get_mut(6)
                {
                    octet.make_ascii_lowercase();
                }
            }
        },
    ),
    Fault::request(
        "security/key-elsewhere",
        "the key may be in the query",
        |request| {
            if request.target.contains("?api_key=") {
                let_in(request);
            }
        },
    ),
    Fault::request(
        "security/key-elsewhere",
        "the key may be in a field of its own",
        |request| {
            if request.values("x-api-key").next().is_some() {
                let_in(request);
            }
        },
    ),
    Fault::request(
        "security/key-every-greeting",
        "zh needs no key",
        |request| {
            if request.path() == "/greetings/zh" {
                let_in(request);
            }
        },
    ),
    Fault::request(
        "security/key-every-greeting",
        "a request that a proxy says comes from here needs no key",
        |request| {
            if request.values("x-forwarded-for").next() == Some(b"127.0.0.1") {
                let_in(request);
            }
        },
    ),
    Fault::request(
        "security/key-every-greeting",
        "a request with content needs no key",
        |request| {
            if !request.body.is_empty() {
                let_in(request);
            }
        },
    ),
    Fault::answer(
        "security/key-every-greeting",
        "a 401 has the greeting's entity tag",
        |request, answer| {
            if answer.status == 401 && request.path().starts_with("/greetings/") {
                answer.set("ETag", "\"secret\"");
            }
        },
    ),
    Fault::answer(
        "security/key-changes-nothing-else",
        "the page needs a key where one is sent",
        |request, answer| {
            if request.path() == "/docs" && authorization(request) == Some(b"Key wrong") {
                *answer = Answer::problem(401, "No valid API key");
            }
        },
    ),
    Fault::answer(
        "security/key-changes-nothing-else",
        "with a key nothing is 304",
        |request, answer| {
            if answer.status == 304 && authorization(request).is_some() {
                *answer = Answer::new(200, "application/json", "[]");
            }
        },
    ),
    Fault::answer(
        "security/key-changes-nothing-else",
        "with a key a greeting has no entity tag",
        |request, answer| {
            if authorization(request).is_some() {
                answer.remove("ETag");
            }
        },
    ),
    Fault::conduct(
        "security/key-each-of-file",
        "only the first key of the file opens",
        |conduct| conduct.most_keys = 1,
    ),
    Fault::conduct(
        "security/key-each-of-file",
        "the last key of the file does not open",
        |conduct| conduct.most_keys = 7,
    ),
    Fault::request(
        "security/key-each-of-file",
        "keys have no case",
        |request| {
            for (name, value) in &mut request.headers {
                if name == "authorization" && value.eq_ignore_ascii_case(b"Key mixed-case-key") {
                    *value = b"Key mixed-case-key".to_vec();
                }
            }
        },
    ),
    Fault::conduct(
        "security/key-file-refused",
        "without a key that can be used the data is open",
        |conduct| conduct.overlooks = Some(Cause::Data),
    ),
    Fault::conduct(
        "security/key-file-refused",
        "the file is left out",
        |conduct| {
            conduct.last_words = |cause, words| {
                if cause == Cause::Data {
                    words.text = "conformance: no key in it".to_owned();
                }
            };
        },
    ),
    Fault::conduct(
        "security/key-file-line",
        "lines are counted from 0",
        |conduct| {
            conduct.last_words = |cause, words| {
                if cause == Cause::Data {
                    for line in 1..=12 {
                        let (told, before) = (format!(":{line}: "), format!(":{}: ", line - 1));
                        words.text = words.text.replace(&told, &before);
                    }
                }
            };
        },
    ),
    Fault::conduct(
        "security/key-file-line",
        "the line is left out",
        |conduct| {
            conduct.last_words = |cause, words| {
                if cause == Cause::Data {
                    words.text = "conformance: a key in the file has a space".to_owned();
                }
            };
        },
    ),
    Fault::conduct(
        "security/key-listed-twice",
        "a key that the file has twice does not open",
        |conduct| conduct.takes_repeated_keys = false,
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
