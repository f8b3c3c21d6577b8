//! The API key.

use crate::cases::steps::{Differences, absent, ask, item};
use crate::http::{Request, Response};
use crate::model::check_problem;
use crate::{Case, Context, Deviation, Level, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "security/key-missing",
        "RFC 9110 §11.4, §15.5.2, §11.6.1, the contract",
        "A data request without credentials is 401, with a problem and a challenge for the scheme \
         Key.",
        key_missing,
    )
    .of_rfcs_alone(Level::Should)
    .needing(KEYED),
    Case::must(
        "security/key-wrong",
        "RFC 9110 §11.4, §15.5.2, the contract",
        "A data request with a wrong key is 401.",
        key_wrong,
    )
    .of_rfcs_alone(Level::Should)
    .needing(KEYED),
    Case::must(
        "security/key-right",
        "RFC 9110 §11.6.2, the contract",
        "A data request with the right key gets the same response as on a server without keys.",
        key_right,
    )
    .of_rfcs_alone(Level::Should)
    .needing(KEYED),
    Case::must(
        "security/key-scheme-case",
        "RFC 9110 §2.4, §11.1",
        "The name of the authentication scheme is case-insensitive.",
        key_scheme_case,
    )
    .needing(KEYED),
    Case::must(
        "security/key-other-scheme",
        "RFC 9110 §11.1, §11.6.2, the contract",
        "The right key under another scheme, or under none, is 401.",
        key_other_scheme,
    )
    .of_rfcs_alone(Level::Should)
    .needing(KEYED),
    Case::must(
        "security/key-covers-every-data-route",
        "RFC 9110 §11.4, the contract",
        "No method, spelling of a path or precondition reveals the data without the key.",
        key_covers_every_data_route,
    )
    .of_rfcs_alone(Level::Should)
    .needing(KEYED),
    Case::must(
        "security/key-leaves-health-open",
        "the contract",
        "The health check, the docs and responses without data need no key.",
        key_leaves_health_open,
    )
    .needing(KEYED),
];

const KEYED: &[Need] = &[Need::ApiKey];

fn data_paths(context: &Context) -> [String; 3] {
    [
        "/greetings".to_owned(),
        item(context),
        // Whether there is such a greeting is data too.
        absent(context),
    ]
}

fn with(path: &str, authorization: &str) -> Request {
    Request::get(path).header("Authorization", authorization)
}

/// Whether a request was let in, which is told from the status: 403 is legal where credentials
/// were sent (RFC 9110 §15.5.4), the contract's answer is 401.
fn ensure_kept_out(
    response: &Response,
    what: &str,
    differences: &mut Differences,
) -> Result<(), Deviation> {
    match response.status {
        401 => {}
        403 => differences.note("answers 403 to wrong credentials"),
        status => return Err(Deviation(format!("{what} is {status}, not 401"))),
    }
    Ok(())
}

fn key_missing(context: &Context) -> Outcome {
    let (keyed, _) = context.keyed()?;
    for path in data_paths(context) {
        let response = ask(&keyed, Request::get(path.as_str()))?;
        ensure!(
            response.status == 401,
            "GET {path} without a key is {}, not 401",
            response.status
        );
        let challenges = response.values("www-authenticate");
        ensure!(
            challenges.iter().any(|value| challenges_for_key(value)),
            "a 401 has `WWW-Authenticate` {challenges:?}, without a challenge for Key"
        );
        check_problem(&response)?;
    }
    Ok(Verdict::Conforms)
}

/// Whether one of the challenges in this field value is for the scheme Key. A scheme is a word
/// that begins a list element and has no `=` after it (RFC 9110 §11.6.1).
pub(in crate::cases) fn challenges_for_key(value: &str) -> bool {
    value.split(',').any(|element| {
        let mut words = element.split_ascii_whitespace();
        words
            .next()
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("Key"))
            && !words.next().is_some_and(|next| next.starts_with('='))
    })
}

fn key_wrong(context: &Context) -> Outcome {
    let (keyed, key) = context.keyed()?;
    let mut differences = Differences::default();
    let but_its_end = &key[..key.len() - key.chars().next_back().map_or(0, char::len_utf8)];
    let other_case: String = key
        .chars()
        .map(|c| match c.is_ascii_lowercase() {
            true => c.to_ascii_uppercase(),
            false => c.to_ascii_lowercase(),
        })
        .collect();
    let mut wrong = vec![
        "Key".to_owned(),
        "Key wrong".to_owned(),
        format!("Key {key}x"),
        format!("Key x{key}"),
        format!("Key {but_its_end}"),
        format!("Key {key} {key}"),
        format!("Key {key},"),
        format!("Key \"{key}\""),
    ];
    if other_case != key {
        wrong.push(format!("Key {other_case}"));
    }
    for authorization in wrong {
        let response = ask(&keyed, with("/greetings", &authorization))?;
        let what = format!("GET /greetings with Authorization: {authorization}");
        ensure_kept_out(&response, &what, &mut differences)?;
    }
    let elsewhere = [
        Request::get(format!("/greetings?key={key}")),
        Request::get("/greetings").header("X-API-Key", key),
        Request::get("/greetings").header("Cookie", format!("key={key}")),
    ];
    for request in elsewhere {
        let response = ask(&keyed, request)?;
        let what = "GET /greetings with the key anywhere but in Authorization";
        ensure_kept_out(&response, what, &mut differences)?;
    }
    Ok(differences.verdict())
}

fn key_right(context: &Context) -> Outcome {
    let (keyed, key) = context.keyed()?;
    let authorization = format!("Key {key}");
    // RFC 9110 §11.4: one space or more.
    let status = ask(&keyed, with("/greetings", &format!("Key  {key}")))?.status;
    ensure!(
        status == 200,
        "GET /greetings with two spaces before the right key is {status}, not 200"
    );
    for path in data_paths(context) {
        let open = ask(context, Request::get(path.as_str()))?;
        for method in ["GET", "HEAD"] {
            let request = Request::new(method, path.as_str());
            let response = ask(&keyed, request.header("Authorization", &*authorization))?;
            ensure!(
                response.status == open.status,
                "{method} {path} with the right key is {}, but {} on a server without keys",
                response.status,
                open.status
            );
            ensure!(
                method == "HEAD" || response.body == open.body,
                "the content of GET {path} with the right key differs from that on a server \
                 without keys"
            );
        }
    }
    Ok(Verdict::Conforms)
}

fn key_scheme_case(context: &Context) -> Outcome {
    let (keyed, key) = context.keyed()?;
    for scheme in ["Key", "key", "KEY", "kEy"] {
        let status = ask(&keyed, with("/greetings", &format!("{scheme} {key}")))?.status;
        ensure!(
            status == 200,
            "GET /greetings with the right key under the scheme {scheme} is {status}, not 200"
        );
    }
    Ok(Verdict::Conforms)
}

fn key_other_scheme(context: &Context) -> Outcome {
    let (keyed, key) = context.keyed()?;
    let mut differences = Differences::default();
    for authorization in [
        format!("Bearer {key}"),
        format!("Basic {key}"),
        format!("Keys {key}"),
        format!("Ke {key}"),
        format!("Key{key}"),
        format!("Key={key}"),
        format!("Basic Key {key}"),
        key.to_owned(),
    ] {
        let response = ask(&keyed, with("/greetings", &authorization))?;
        let what = format!("GET /greetings with Authorization: {authorization}");
        ensure_kept_out(&response, &what, &mut differences)?;
    }
    Ok(differences.verdict())
}

fn key_covers_every_data_route(context: &Context) -> Outcome {
    let (keyed, _) = context.keyed()?;
    for path in data_paths(context) {
        for method in ["GET", "HEAD"] {
            let plain = Request::new(method, path.as_str());
            for request in [plain.clone().header("If-None-Match", "*"), plain] {
                let status = ask(&keyed, request)?.status;
                ensure!(
                    status == 401,
                    "{method} {path} without a key is {status}, not 401"
                );
            }
        }
    }
    let present = context.model().present();
    for target in [
        "/greetings?",
        "/greetings?x=/healthz",
        "/greetings/",
        "//greetings",
        "/./greetings",
        "/healthz/../greetings",
        "/docs/..%2fgreetings",
        "/Greetings",
        "/%67reetings",
        "/greetings%2F",
        "/greetings;x",
        &format!("/greetings/{present}/"),
        &format!("/greetings//{present}"),
        &format!("/greetings%2F{present}"),
        &format!("/greetings/{}", encode_all(present)),
        &format!("{}greetings", context.base()),
    ] {
        let status = ask(&keyed, Request::get(target))?.status;
        ensure!(
            !matches!(status, 200..300 | 304),
            "GET {target} without a key is {status}"
        );
    }
    Ok(Verdict::Conforms)
}

fn encode_all(text: &str) -> String {
    text.bytes().map(|octet| format!("%{octet:02x}")).collect()
}

fn key_leaves_health_open(context: &Context) -> Outcome {
    let (keyed, _) = context.keyed()?;
    for path in ["/healthz", "/readyz", "/docs", "/openapi.json"] {
        let status = ask(&keyed, Request::get(path))?.status;
        ensure!(
            status == 200,
            "GET {path} without a key is {status}, not 200"
        );
    }
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/no-such-path"),
        ("DELETE", "/greetings"),
        ("OPTIONS", "/greetings"),
    ] {
        let status = ask(&keyed, Request::new(method, path))?.status;
        ensure!(
            !matches!(status, 401 | 403),
            "{method} {path} without a key is {status}"
        );
    }
    Ok(Verdict::Conforms)
}
