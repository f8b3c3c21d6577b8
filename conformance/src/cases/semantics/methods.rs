//! Methods: which there are, and how a server says so.

use std::collections::BTreeSet;

use crate::cases::steps::{Differences, absent, ask, item, known_paths, paths_there};
use crate::http::Request;
use crate::{Case, Context, Deviation, Level, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "semantics/method-not-allowed",
        "RFC 9110 §15.5.6, the contract",
        "POST, PUT, PATCH and DELETE are 405 on every path of the API.",
        method_not_allowed,
    ),
    Case::must(
        "semantics/allow-present",
        "RFC 9110 §15.5.6, §10.2.1",
        "A 405 has Allow, with the methods of the path.",
        allow_present,
    ),
    Case::must(
        "semantics/allow-exact",
        "RFC 9110 §10.2.1, the contract",
        "Every method in Allow works, and every other one is 405.",
        allow_exact,
    ),
    Case::must(
        "semantics/unknown-path-any-method",
        "RFC 9110 §15.5.5, the contract",
        "An unknown path is 404 for every method.",
        unknown_path_any_method,
    ),
    Case::must(
        "semantics/options",
        "RFC 9110 §9.3.7, the contract",
        "OPTIONS is answered on every path, with Allow.",
        options,
    ),
    Case::should(
        "semantics/options-star",
        "RFC 9112 §3.2.4, RFC 9110 §9.3.7, the contract",
        "OPTIONS * is answered for the server as a whole.",
        options_star,
    ),
    Case::must(
        "semantics/unknown-method",
        "RFC 9110 §9.1, the contract",
        "An unknown method is 405 or 501.",
        |context| refused_methods(context, &["BREW", "GETS"], &[405, 501]),
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "semantics/method-case",
        "RFC 9110 §9.1, §2.4",
        "Methods are case-sensitive: `get` is not GET, and is 400, 404, 405 or 501.",
        method_case,
    ),
    Case::must(
        "semantics/trace",
        "RFC 9110 §9.3.8, the contract",
        "TRACE is refused, or does not return the request's credentials.",
        trace,
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "semantics/connect",
        "RFC 9110 §9.3.6, the contract",
        "CONNECT opens no tunnel: it is refused.",
        connect,
    )
    .of_rfcs_alone(Level::Must),
];

/// Methods that are well known and that the API does not have.
const REFUSED: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

/// A request without content, which says so where the method has some as a rule (RFC 9110 §8.6).
fn without_content(method: &str, target: &str) -> Request {
    let request = Request::new(method, target);
    match method {
        "POST" | "PUT" | "PATCH" => request.content(""),
        _ => request,
    }
}

fn method_not_allowed(context: &Context) -> Outcome {
    for path in paths_there(context)? {
        for method in REFUSED {
            let status = ask(context, without_content(method, &path))?.status;
            ensure!(status == 405, "{method} {path} is {status}, not 405");
        }
    }
    Ok(Verdict::Conforms)
}

fn allow_present(context: &Context) -> Outcome {
    let mut met_405 = false;
    for path in known_paths(context) {
        for method in REFUSED {
            let response = ask(context, without_content(method, &path))?;
            if response.status == 405 {
                met_405 = true;
                ensure!(
                    response.header("allow").is_some(),
                    "{method} {path} is 405 without `Allow`"
                );
            }
        }
    }
    Ok(match met_405 {
        true => Verdict::Conforms,
        false => Verdict::NotApplicable("no method is 405".to_owned()),
    })
}

fn allow_exact(context: &Context) -> Outcome {
    let mut met_one = false;
    for path in paths_there(context)? {
        let Some(allowed) = allowed_methods(context, &path)? else {
            continue;
        };
        met_one = true;
        let mut methods: BTreeSet<&str> = ["GET", "HEAD", "OPTIONS", "TRACE"].into();
        methods.extend(REFUSED);
        methods.extend(allowed.iter().map(String::as_str));
        // CONNECT has no path.
        methods.remove("CONNECT");
        for method in methods {
            let status = ask(context, without_content(method, &path))?.status;
            let works = !matches!(status, 405 | 501);
            ensure!(
                works == allowed.contains(method),
                "{method} {path} is {status}, but `Allow` has {allowed:?}"
            );
        }
    }
    Ok(match met_one {
        true => Verdict::Conforms,
        false => Verdict::NotApplicable("no response has `Allow`".to_owned()),
    })
}

/// The methods that `Allow` names, which a refusal and OPTIONS must agree on; none where there is
/// no `Allow`, which is for other cases to say.
fn allowed_methods(context: &Context, path: &str) -> Result<Option<BTreeSet<String>>, Deviation> {
    let mut found: Option<BTreeSet<String>> = None;
    for method in ["POST", "OPTIONS"] {
        let response = ask(context, without_content(method, path))?;
        if response.header("allow").is_none() {
            continue;
        }
        let named: BTreeSet<String> = response
            .list("allow")
            .into_iter()
            .map(str::to_owned)
            .collect();
        if let Some(other) = &found {
            ensure!(
                *other == named,
                "{path} has `Allow` {other:?} with 405, but {named:?} with OPTIONS"
            );
        }
        found = Some(named);
    }
    Ok(found)
}

fn unknown_path_any_method(context: &Context) -> Outcome {
    let below = format!("{}/no-such-path", item(context));
    for path in ["/no-such-path", &below] {
        for method in ["GET", "HEAD", "OPTIONS"].into_iter().chain(REFUSED) {
            let status = ask(context, without_content(method, path))?.status;
            ensure!(status == 404, "{method} {path} is {status}, not 404");
        }
    }
    Ok(Verdict::Conforms)
}

fn options(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let mut paths = paths_there(context)?;
    paths.push(absent(context));
    for path in paths {
        let response = ask(context, Request::new("OPTIONS", path.as_str()))?;
        let status = response.status;
        ensure!(
            (200..300).contains(&status),
            "OPTIONS {path} is {status}, not 2xx"
        );
        ensure!(
            response.header("allow").is_some(),
            "OPTIONS {path} is {status} without `Allow`"
        );
        if status != 204 {
            differences.note(format!("answers {status}"));
        }
    }
    Ok(differences.verdict())
}

fn options_star(context: &Context) -> Outcome {
    let response = ask(context, Request::new("OPTIONS", "*"))?;
    let status = response.status;
    ensure!(
        (200..300).contains(&status),
        "OPTIONS * is {status}, not 2xx"
    );
    let mut differences = Differences::default();
    if status != 204 {
        differences.note(format!("answers {status}"));
    }
    if response.header("allow").is_none() {
        differences.note("without Allow");
    }
    Ok(differences.verdict())
}

fn method_case(context: &Context) -> Outcome {
    // Where every method is answered alike, those with another case are too.
    let request = Request::new("BREW", context.resource());
    let unknown = ask(context, request)?.status;
    refused_methods(context, &["get", "Get"], &[400, 404, 405, 501, unknown])
}

/// The contract's answer is 405.
fn refused_methods(context: &Context, methods: &[&str], legal: &[u16]) -> Outcome {
    let mut differences = Differences::default();
    let path = context.resource();
    for method in methods {
        let status = ask(context, Request::new(*method, path))?.status;
        ensure!(
            legal.contains(&status),
            "{method} {path} is {status}, not one of {legal:?}"
        );
        if status != 405 {
            differences.note(format!("{method} is {status}"));
        }
    }
    Ok(differences.verdict())
}

fn trace(context: &Context) -> Outcome {
    const SECRETS: [&str; 2] = ["do-not-tell-this-key", "do-not-tell-this-cookie"];
    let [key, cookie] = SECRETS;
    let request = Request::new("TRACE", context.resource())
        .header("Authorization", format!("Key {key}"))
        .header("Cookie", format!("session={cookie}"));
    let response = ask(context, request)?;
    let values = response.headers.iter().map(|(_, value)| value.as_slice());
    for part in values.chain([response.body.as_slice()]) {
        let part = String::from_utf8_lossy(part);
        ensure!(
            !SECRETS.iter().any(|secret| part.contains(secret)),
            "the response to TRACE, a {}, contains the request's credentials",
            response.status
        );
    }
    match response.status {
        405 => Ok(Verdict::Conforms),
        status @ (200..=499 | 501) => Ok(Verdict::Differs(format!("answers {status}"))),
        status => Err(Deviation(format!("TRACE is {status}"))),
    }
}

fn connect(context: &Context) -> Outcome {
    let authority = match context.base().authority() {
        // CONNECT's target states the port (RFC 9110 §9.3.6).
        authority if context.base().port() == 80 => format!("{authority}:80"),
        authority => authority,
    };
    let request = context.prepare(Request::new("CONNECT", authority));
    match context.connect()?.exchange("CONNECT", &request.to_bytes()) {
        Ok(response) => match response.status {
            // An origin server may accept it; its answer then has no length of its own.
            status @ 200..300 => {
                let framing = ["content-length", "transfer-encoding"];
                let framed = framing.iter().find(|name| response.header(name).is_some());
                match framed {
                    Some(name) => Err(Deviation(format!("CONNECT is {status} with `{name}`"))),
                    None if context.is_the_api() => Err(Deviation(format!(
                        "CONNECT is {status}, which opens a tunnel"
                    ))),
                    None => Ok(Verdict::Differs(format!("CONNECT is {status}"))),
                }
            }
            400..=499 | 501 => Ok(Verdict::Conforms),
            status => Ok(Verdict::Differs(format!("answers {status}"))),
        },
        Err(broken) if broken.is_closed() => Ok(Verdict::Differs("closes".to_owned())),
        Err(broken) => Err(Deviation(format!("CONNECT: {broken}"))),
    }
}
