//! What answers carry.

mod date;

use std::time::{Duration, SystemTime};

use crate::cases::docs::page;
use crate::cases::everything::{errors, greetings};
use crate::cases::steps::{ask, item, known_paths, name};
use crate::http::imf_fixdate as date_at;
use crate::http::{Request, Response};
use crate::{Case, Context, Deviation, Level, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "semantics/content-type-always",
        "RFC 9110 §8.3, the contract",
        "Every response with content has exactly one Content-Type.",
        content_type_always,
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "semantics/fields-once",
        "RFC 9110 §5.3",
        "No response repeats a single-valued field, such as Content-Length, Date, ETag or \
         Location.",
        fields_once,
    ),
    Case::must(
        "semantics/date",
        "RFC 9110 §6.6.1",
        "Every 2xx, 3xx and 4xx response has exactly one Date.",
        date,
    ),
    Case::must(
        "semantics/imf-fixdate",
        "RFC 9110 §5.6.7",
        "Dates have the form `Sun, 06 Nov 1994 08:49:37 GMT`, with a day that exists.",
        imf_fixdate,
    ),
    Case::should(
        "semantics/date-now",
        "RFC 9110 §6.6.1",
        "The Date of a response is its time of origin; for a server on this machine, to ten \
         seconds.",
        date_now,
    ),
    Case::must(
        "semantics/no-length-on-204-304",
        "RFC 9110 §8.6, RFC 9112 §6.1",
        "A 204 has no Content-Length and no transfer coding; a 304 has no Content-Length but \
         GET's.",
        no_length_on_204_304,
    ),
    Case::info(
        "semantics/server-header",
        "RFC 9110 §10.2.4, §17.12",
        "Whether responses disclose the software behind them.",
        server_header,
    ),
];

/// A request for each kind of answer.
fn of_each_kind(context: &Context) -> Vec<Request> {
    let paths = known_paths(context).into_iter();
    let paths = paths.chain(greetings(context)).chain(page::parts(context));
    let mut requests: Vec<Request> = paths.map(Request::get).collect();
    requests.extend(errors(context));
    requests.extend([
        Request::new("OPTIONS", "/greetings"),
        Request::new("OPTIONS", item(context)),
        Request::new("HEAD", "/greetings"),
        Request::new("HEAD", "/no-such-path"),
        Request::get("/greetings").header("If-None-Match", "*"),
        Request::get(item(context)).header("If-None-Match", "*"),
        Request::get("/docs").header("If-None-Match", "*"),
    ]);
    requests
}

fn content_type_always(context: &Context) -> Outcome {
    for request in of_each_kind(context) {
        let name = name(&request);
        let response = ask(context, request)?;
        if response.body.is_empty() {
            continue;
        }
        let types = response.values("content-type");
        let [given] = types.as_slice() else {
            let status = response.status;
            return Err(Deviation(format!(
                "{name}, a {status} with content, has `Content-Type` {types:?}"
            )));
        };
        ensure!(is_media_type(given), "{name} has `Content-Type` {given:?}");
    }
    Ok(Verdict::Conforms)
}

/// Whether a type and a subtype are there, each a token (RFC 9110 §8.3.1).
fn is_media_type(value: &str) -> bool {
    let is_token = |text: &str| {
        let is_token_octet = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        !text.is_empty() && text.bytes().all(is_token_octet)
    };
    let essence = value.split(';').next().unwrap_or_default();
    essence
        .trim_end()
        .split_once('/')
        .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

/// Fields that are no lists, so that a second line would contradict the first or repeat it.
const SINGLE: [&str; 13] = [
    "age",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "location",
    "retry-after",
    "server",
    "x-content-type-options",
];

fn fields_once(context: &Context) -> Outcome {
    for request in of_each_kind(context) {
        let about = name(&request);
        let response = ask(context, request)?;
        for name in SINGLE {
            let values = response.values(name);
            ensure!(
                values.len() < 2,
                "{about}, a {}, has `{name}` {values:?}",
                response.status
            );
        }
    }
    Ok(Verdict::Conforms)
}

fn date(context: &Context) -> Outcome {
    for request in of_each_kind(context) {
        let name = name(&request);
        let response = ask(context, request)?;
        let dates = response.values("date");
        ensure!(
            dates.len() == 1 || response.status >= 500,
            "{name}, a {}, has `Date` {dates:?}",
            response.status
        );
    }
    Ok(Verdict::Conforms)
}

fn imf_fixdate(context: &Context) -> Outcome {
    let mut met_one = false;
    for request in of_each_kind(context) {
        let about = name(&request);
        let response = ask(context, request)?;
        for name in ["date", "last-modified"] {
            for value in response.values(name) {
                met_one = true;
                date::check(value)
                    .map_err(|why| Deviation(format!("{about} has `{name}` {value:?}: {why}")))?;
            }
        }
    }
    Ok(match met_one {
        true => Verdict::Conforms,
        false => Verdict::NotApplicable("no response has a Date".to_owned()),
    })
}

/// How far a clock on this machine may seem to be off: what makes answers may take a copy of the
/// time, now and then.
const CLOCK: u64 = 10;

fn date_now(context: &Context) -> Outcome {
    if !context.base().is_loopback() {
        let why = "the clock of another machine may differ".to_owned();
        return Ok(Verdict::NotApplicable(why));
    }
    for request in [
        Request::get("/greetings"),
        Request::get(item(context)),
        Request::get("/no-such-path"),
        Request::get("/docs"),
    ] {
        let about = name(&request);
        let response = ask(context, request)?;
        // That it is there, and in what form, is for other cases to say.
        let Some(made) = response.header("date").filter(|it| date::check(it).is_ok()) else {
            continue;
        };
        let now = SystemTime::now();
        let near = (0..=CLOCK).map(Duration::from_secs);
        let mut near = near.flat_map(|off| [now - off, now + off]);
        ensure!(
            near.any(|time| date_at(time) == made),
            "{about} has `Date` {made:?}, but it is {}",
            date_at(now)
        );
    }
    Ok(Verdict::Conforms)
}

fn no_length_on_204_304(context: &Context) -> Outcome {
    let mut met_one = false;
    for path in ["/greetings", &item(context), "/docs"] {
        let whole = ask(context, Request::get(path))?;
        let tag = whole.header("etag").unwrap_or("*");
        let request = Request::get(path).header("If-None-Match", tag);
        let not_modified = ask(context, request)?;
        if not_modified.status == 304 {
            met_one = true;
            let length = whole.body.len().to_string();
            let stated = not_modified.values("content-length");
            ensure!(
                stated.iter().all(|stated| *stated == length),
                "the 304 of GET {path} has `Content-Length` {stated:?}, but the 200 has {length} \
                 octets"
            );
        }
        let options = ask(context, Request::new("OPTIONS", path))?;
        if options.status == 204 {
            met_one = true;
            ensure_unframed(&options, path)?;
        }
    }
    Ok(match met_one {
        true => Verdict::Conforms,
        false => Verdict::NotApplicable("no response is 204 or 304".to_owned()),
    })
}

fn ensure_unframed(options: &Response, path: &str) -> Result<(), Deviation> {
    for name in ["content-length", "transfer-encoding"] {
        let values = options.values(name);
        ensure!(
            values.is_empty(),
            "the 204 of OPTIONS {path} has `{name}` {values:?}"
        );
    }
    Ok(())
}

fn server_header(context: &Context) -> Outcome {
    let mut disclosed = Vec::new();
    for request in [Request::get("/greetings"), Request::get("/no-such-path")] {
        let response = ask(context, request)?;
        for (name, value) in &response.headers {
            let is_telling = ["server", "x-powered-by", "via", "x-generator", "x-runtime"]
                .iter()
                .any(|telling| name.eq_ignore_ascii_case(telling));
            let field = format!("{name}: {}", String::from_utf8_lossy(value));
            if is_telling && !disclosed.contains(&field) {
                disclosed.push(field);
            }
        }
    }
    Ok(match disclosed.is_empty() {
        true => Verdict::Conforms,
        false => Verdict::Differs(disclosed.join("; ")),
    })
}
