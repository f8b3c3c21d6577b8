//! What is answered while the database cannot be read.

use super::case;
use super::stage::{Stage, is_served, is_unavailable};
use crate::cases::processes::scratch_file;
use crate::http::Request;
use crate::postgres::Stop;
use crate::servers::Setting;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    case(
        "database/unavailable",
        "While the database is down, GET and HEAD of the list, of each greeting and of an unknown one \
         get 503, also with conditions: a problem, with Retry-After.",
        unavailable,
    ),
    case(
        "database/unaffected",
        "While the database is down, what does not need it is answered as ever: other paths and \
         methods, malformed langs, requests without a key.",
        unaffected,
    )
    .needing(&[Need::Process, Need::Postgres, Need::Database, Need::ApiKey]),
];

/// A key that is asked for.
const KEY: &str = "a-key-of-the-database-cases";

fn unavailable(context: &Context) -> Outcome {
    let mut stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let whole = view.get("/greetings")?;
    let tag = whole.header("etag").unwrap_or("\"a\"").to_owned();
    let stopped = stage.cluster.stop(Stop::Fast);
    stopped.map_err(|error| context.obstructed(error))?;
    for path in [
        "/greetings".to_owned(),
        format!("/greetings/{}", view.model().present()),
        format!("/greetings/{}", view.model().absent()),
    ] {
        for (method, field) in [
            ("GET", None),
            ("HEAD", None),
            ("GET", Some(("If-None-Match", "*"))),
            ("GET", Some(("If-None-Match", tag.as_str()))),
            ("GET", Some(("If-Match", "\"another\""))),
            ("GET", Some(("Range", "bytes=0-0"))),
            ("GET", Some(("Accept", "text/html"))),
        ] {
            let mut request = Request::new(method, path.as_str());
            let mut with = String::new();
            if let Some((name, value)) = field {
                request = request.header(name, value);
                with = format!(" with {name}: {value}");
            }
            let answer = view.send(request)?;
            let checked = match method {
                "HEAD" => {
                    ensure!(
                        answer.status == 503 && answer.header("retry-after").is_some(),
                        "HEAD {path} is {}, not 503 with Retry-After",
                        answer.status
                    );
                    continue;
                }
                _ => is_unavailable(&answer),
            };
            checked.map_err(|why| Deviation(format!("{method} {path}{with}: {why}")))?;
            ensure!(
                answer.header("etag").is_none(),
                "{method} {path}{with}: the 503 has an entity tag"
            );
        }
    }
    Ok(Verdict::Conforms)
}

fn unaffected(context: &Context) -> Outcome {
    let mut stage = Stage::set(context)?;
    let file = scratch_file(context, format!("{KEY}\n").as_bytes())?;
    let (_open, view) = stage.serve(&[])?;
    let (_keyed, keyed) = stage.start(&[Setting::KeyFile(file.path())])?;
    let stopped = stage.cluster.stop(Stop::Fast);
    stopped.map_err(|error| context.obstructed(error))?;
    for path in [
        "/docs",
        "/openapi.json",
        "/healthz",
        "/",
        "/greetings/_",
        "/no-such-path",
    ] {
        is_served(&view, path, view.model())?;
    }
    for (method, path) in [
        ("OPTIONS", "/greetings"),
        ("DELETE", "/greetings"),
        ("POST", "/greetings/en"),
    ] {
        let answer = view.send(Request::new(method, path))?;
        let checked = view.model().answer(method, path).check(&answer);
        checked.map_err(|why| Deviation(format!("{method} {path}: {why}")))?;
    }
    let refused = keyed.get("/greetings")?.status;
    ensure!(
        refused == 401,
        "GET /greetings without a key is {refused} while the database is down, not 401"
    );
    let request = Request::get("/greetings").header("Authorization", format!("Key {KEY}"));
    is_unavailable(&keyed.send(request)?)
        .map_err(|why| Deviation(format!("GET /greetings with a key: {why}")))?;
    Ok(Verdict::Conforms)
}
