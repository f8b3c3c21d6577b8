//! The API key on each request: over any version, on any connection, whatever came before.

use std::collections::BTreeSet;

use crate::cases::everything::{greetings, resources};
use crate::cases::steps::{Kept, absent, ask, item, name};
use crate::http::{Connection, Request};
use crate::url::percent_encode;
use crate::{Case, Context, Deviation, Level, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "security/key-http10",
        "RFC 9110 §11.4, §15.5.2, the contract",
        "Requests in HTTP/1.0 need the key like others: with and without Host, for GET and for \
         HEAD.",
        http10,
    )
    .of_rfcs_alone(Level::Should)
    .needing(KEYED),
    Case::must(
        "security/key-kept-connection",
        "RFC 9110 §3.3, §11.4",
        "On a kept connection each request needs its own key: the one before neither gives nor \
         takes access.",
        kept_connection,
    )
    .needing(KEYED),
    Case::must(
        "security/key-pipelined",
        "RFC 9110 §3.3, §11.4; RFC 9112 §9.3.2; the contract",
        "Each pipelined request needs its own key, in any order.",
        pipelined,
    )
    .of_rfcs_alone(Level::Should)
    .needing(KEYED),
    Case::must(
        "security/key-neighbours",
        "RFC 9110 §11.4, §15.5.2, the contract",
        "A key that differs from the right one by one character is 401: one added at either end, \
         one missing, two exchanged, one in the other case.",
        neighbours,
    )
    .of_rfcs_alone(Level::Should)
    .needing(KEYED),
    Case::must(
        "security/key-every-greeting",
        "RFC 9110 §11.4, the contract",
        "Every greeting without the key is 401, for GET and HEAD, with a precondition, a query, \
         content or a proxy's fields; the response contains nothing of it.",
        every_greeting,
    )
    .of_rfcs_alone(Level::Should)
    .needing(KEYED),
    Case::must(
        "security/key-elsewhere",
        "RFC 9110 §11.6.2, §17.9, the contract",
        "The right key opens the data in Authorization only: not in the query, where it would be \
         logged, nor in another field, a cookie, the path or the content.",
        elsewhere,
    )
    .of_rfcs_alone(Level::Info)
    .needing(KEYED),
    Case::must(
        "security/key-changes-nothing-else",
        "RFC 9110 §11.6.2, the contract",
        "With the right key everything is the same as on a server without keys: status, content, \
         entity tag, 304 and 412. Public responses are the same with a right or a wrong key.",
        changes_nothing_else,
    )
    .needing(KEYED),
];

const KEYED: &[Need] = &[Need::ApiKey];

fn with_key(request: Request, key: &str) -> Request {
    request.header("Authorization", format!("Key {key}"))
}

fn http10(context: &Context) -> Outcome {
    let (keyed, key) = context.keyed()?;
    for path in ["/greetings", &item(context), &absent(context)] {
        for method in ["GET", "HEAD"] {
            let open = ask(context, Request::new(method, path))?.status;
            let plain = Request::new(method, path).in_http10();
            for (request, with, expected) in [
                (plain.clone(), "without a key", 401),
                (with_key(plain.clone(), "wrong"), "with a wrong key", 401),
                (with_key(plain, key), "with the right key", open),
            ] {
                let with_host = keyed.prepare(request);
                let mut without_host = with_host.clone();
                without_host
                    .headers
                    .retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
                for form in [with_host, without_host] {
                    let mut connection = keyed.connect()?;
                    let status = connection.exchange(method, &form.to_bytes())?.status;
                    if status == 505 {
                        let why = "does not serve HTTP/1.0".to_owned();
                        return Ok(Verdict::NotApplicable(why));
                    }
                    ensure!(
                        status == expected,
                        "{method} {path} in HTTP/1.0 {with} is {status}, not {expected}"
                    );
                }
            }
        }
    }
    Ok(Verdict::Conforms)
}

/// Requests without and with the key by turns, each with the status it must get.
///
/// # Errors
/// A deviation if there is no answer.
fn turns(context: &Context, key: &str) -> Result<Vec<(Request, u16)>, Deviation> {
    let item = item(context);
    let health = ask(context, Request::get("/healthz"))?.status;
    let list = || Request::get("/greetings");
    Ok(vec![
        (list(), 401),
        (with_key(list(), key), 200),
        (list(), 401),
        (Request::get(item.as_str()), 401),
        (with_key(Request::get(item.as_str()), key), 200),
        (with_key(list(), "wrong"), 401),
        (Request::get("/healthz"), health),
        (list(), 401),
        (Request::get("/no-such-path"), 404),
        (Request::get(item.as_str()), 401),
        (with_key(list(), key).header("If-None-Match", "*"), 304),
        (list().header("If-None-Match", "*"), 401),
        (with_key(Request::get(absent(context)), key), 404),
        (Request::get(absent(context)), 401),
    ])
}

fn kept_connection(context: &Context) -> Outcome {
    let (keyed, key) = context.keyed()?;
    let mut connection: Option<Connection> = None;
    let mut before = "nothing".to_owned();
    for (request, expected) in turns(context, key)? {
        let what = name(&request);
        let bytes = keyed.prepare(request).to_bytes();
        let mut used = match connection.take() {
            Some(connection) => connection,
            None => keyed.connect()?,
        };
        let answer = match used.exchange("GET", &bytes) {
            // It may close a connection between two requests at any time (RFC 9112 §9.5).
            Err(broken) if broken.is_closed() => {
                used = keyed.connect()?;
                used.exchange("GET", &bytes)?
            }
            answered => answered?,
        };
        ensure!(
            answer.status == expected,
            "on a kept connection, after {before}, {what} is {}, not {expected}",
            answer.status
        );
        before = format!("{what}, a {expected}");
        let closes = |option: &&str| option.eq_ignore_ascii_case("close");
        if !answer.list("connection").iter().any(closes) {
            connection = Some(used);
        }
    }
    Ok(Verdict::Conforms)
}

fn pipelined(context: &Context) -> Outcome {
    let (keyed, key) = context.keyed()?;
    let turns = turns(context, key)?;
    let mut reversed = turns.clone();
    reversed.reverse();
    for turns in [turns, reversed] {
        let octets: Vec<u8> = turns
            .iter()
            .flat_map(|(request, _)| keyed.prepare(request.clone()).to_bytes())
            .collect();
        let mut connection = keyed.connect()?;
        connection.send(&octets)?;
        for (number, (request, expected)) in (1..).zip(&turns) {
            let what = format!("request {number} of {}, {}", turns.len(), name(request));
            let answer = match connection.receive("GET") {
                // A server may close after any answer; the client then asks again.
                Err(broken) if broken.is_closed() && number > 1 => {
                    let why = format!(
                        "answers {} of {} requests, then closes the connection",
                        number - 1,
                        turns.len()
                    );
                    return Ok(Verdict::Differs(why));
                }
                received => received.map_err(|broken| Deviation(format!("{what}: {broken}")))?,
            };
            ensure!(
                answer.status == *expected,
                "among pipelined requests with and without the key, {what} is {}, not {expected}",
                answer.status
            );
        }
    }
    Ok(Verdict::Conforms)
}

/// Keys that differ from this one in one character, or in the order of two.
fn neighbours_of(key: &str) -> BTreeSet<String> {
    let characters: Vec<char> = key.chars().collect();
    let mut neighbours = BTreeSet::new();
    for visible in '!'..='~' {
        neighbours.insert(format!("{key}{visible}"));
        neighbours.insert(format!("{visible}{key}"));
    }
    for at in 0..characters.len() {
        let mut less = characters.clone();
        less.remove(at);
        neighbours.insert(less.iter().collect());
        let mut other_case = characters.clone();
        other_case[at] = match other_case[at].is_ascii_uppercase() {
            true => other_case[at].to_ascii_lowercase(),
            false => other_case[at].to_ascii_uppercase(),
        };
        neighbours.insert(other_case.iter().collect());
        let mut exchanged = characters.clone();
        exchanged.swap(at, (at + 1) % characters.len());
        neighbours.insert(exchanged.iter().collect());
    }
    neighbours.remove(key);
    neighbours
}

fn neighbours(context: &Context) -> Outcome {
    let (keyed, key) = context.keyed()?;
    let mut kept = Kept::new(&keyed);
    for wrong in neighbours_of(key) {
        let status = kept
            .ask(with_key(Request::get("/greetings"), &wrong))?
            .status;
        ensure!(
            matches!(status, 401 | 403),
            "GET /greetings with {wrong:?}, where the key is {key:?}, is {status}, not 401"
        );
    }
    let status = kept.ask(with_key(Request::get("/greetings"), key))?.status;
    ensure!(
        status == 200,
        "GET /greetings with the right key after many wrong ones is {status}, not 200"
    );
    Ok(Verdict::Conforms)
}

fn every_greeting(context: &Context) -> Outcome {
    let (keyed, _) = context.keyed()?;
    for path in greetings(context) {
        let lang = path.trim_start_matches("/greetings/").to_owned();
        let text = context.model().greetings().get(&lang);
        let text = text.map(String::as_str).unwrap_or_default();
        for request in [
            Request::get(path.as_str()),
            Request::new("HEAD", path.as_str()),
            Request::get(path.as_str()).header("If-None-Match", "*"),
            Request::get(path.as_str()).header("If-Match", "\"another\""),
            Request::get(format!("{path}?key=x")),
            Request::get(path.as_str()).content("hello"),
            Request::get(path.as_str()).header("Range", "bytes=0-"),
            Request::get(path.as_str()).header("X-Forwarded-For", "127.0.0.1"),
            Request::get(path.as_str()).header("Forwarded", "for=127.0.0.1;host=localhost"),
            Request::get(path.as_str()).header("X-Original-URL", "/healthz"),
            Request::get(path.as_str()).header("X-HTTP-Method-Override", "OPTIONS"),
            Request::get(path.as_str()).header("Host", "localhost"),
            Request::get(path.as_str()).header("Cookie", "authenticated=1"),
        ] {
            let what = name(&request);
            let response = ask(&keyed, request)?;
            ensure!(
                response.status == 401,
                "{what} without a key is {}, not 401",
                response.status
            );
            let content = String::from_utf8_lossy(&response.body);
            ensure!(
                text.is_empty() || !content.contains(text),
                "{what} without a key is 401, but contains {text:?}"
            );
            ensure!(
                response.header("etag").is_none(),
                "{what} without a key is 401 with `ETag` {:?}",
                response.values("etag")
            );
        }
    }
    Ok(Verdict::Conforms)
}

fn elsewhere(context: &Context) -> Outcome {
    let (keyed, key) = context.keyed()?;
    let encoded = percent_encode(key);
    let mut requests = Vec::new();
    for name in [
        "key",
        "api_key",
        "apikey",
        "api-key",
        "apiKey",
        "access_token",
        "token",
        "auth",
        "authorization",
        "Authorization",
    ] {
        requests.push(Request::get(format!("/greetings?{name}={encoded}")));
        requests.push(Request::get(format!("/greetings?{name}=Key%20{encoded}")));
        let cookie = format!("{name}={key}");
        requests.push(Request::get("/greetings").header("Cookie", cookie));
    }
    for field in [
        "X-API-Key",
        "Api-Key",
        "Key",
        "X-Auth-Token",
        "X-Authorization",
        "Proxy-Authorization",
        "Authentication",
        "X-Forwarded-Authorization",
    ] {
        for value in [key.to_owned(), format!("Key {key}")] {
            requests.push(Request::get("/greetings").header(field, value));
        }
    }
    requests.push(Request::get(format!("/greetings;key={encoded}")));
    requests.push(Request::get("/greetings").content(format!("key={encoded}")));
    for request in requests {
        let target = String::from_utf8_lossy(&request.target).replace(&encoded, "…");
        let fields = request.headers.iter().map(|(field, _)| field.as_str());
        let fields: Vec<&str> = fields.collect();
        let status = ask(&keyed, request.clone())?.status;
        // A path with a parameter is another path.
        ensure!(
            matches!(status, 401 | 404),
            "GET {target} with the key in the query, the content or {fields:?} is {status}, not 401"
        );
    }
    Ok(Verdict::Conforms)
}

fn changes_nothing_else(context: &Context) -> Outcome {
    let (keyed, key) = context.keyed()?;
    let is_data = |path: &str| path == "/greetings" || path.starts_with("/greetings/");
    for it in resources(context)? {
        // The document says which of the two instances it is of.
        if it.path == "/openapi.json" {
            continue;
        }
        let keys: &[&str] = match is_data(&it.path) {
            true => &[key],
            false => &[key, "wrong"],
        };
        let tag = it.tag().unwrap_or("*").to_owned();
        for given in keys {
            for request in [
                it.get(),
                it.request("HEAD"),
                it.get().header("If-None-Match", tag.as_str()),
                it.get().header("If-Match", "\"another\""),
                it.request("OPTIONS"),
                it.request("DELETE"),
            ] {
                let open = ask(context, request.clone())?;
                let what = name(&request);
                let response = ask(&keyed, with_key(request, given))?;
                let which = match *given == key {
                    true => "the right key",
                    false => "a wrong key",
                };
                ensure!(
                    response.status == open.status,
                    "{what} with {which} is {}, but {} on a server without keys",
                    response.status,
                    open.status
                );
                ensure!(
                    response.body == open.body && response.values("etag") == open.values("etag"),
                    "{what} with {which} has different content or another entity tag on a server \
                     without keys"
                );
            }
        }
    }
    Ok(Verdict::Conforms)
}
