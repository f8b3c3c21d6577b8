//! What the OpenAPI document says of a database that is away.

use super::case;
use super::stage::{Stage, is_unavailable};
use crate::cases::docs::truth::request;
use crate::cases::lifecycle::refusal;
use crate::postgres::Stop;
use crate::servers::Setting;
use crate::{Case, Context, Deviation, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[case(
    "database/described",
    "The OpenAPI document of a server over a database describes each 503 that is given while the \
     database is down, as a problem with Retry-After. One that is printed is the one served.",
    described,
)];

const PROBLEM: &str = "application/problem+json";

fn described(context: &Context) -> Outcome {
    let mut stage = Stage::set(context)?;
    let (_process, view) = stage.serve(&[])?;
    let served = view.get("/openapi.json")?;
    if served.status == 404 {
        return Ok(Verdict::NotApplicable(
            "it serves no OpenAPI document".to_owned(),
        ));
    }
    is_printed(&stage.over, &served.body)?;
    let stopped = stage.cluster.stop(Stop::Fast);
    stopped.map_err(|error| context.obstructed(error))?;
    let description = view.description()?;
    let mut unavailable = 0;
    for operation in description.operations() {
        let name = operation.name();
        let answer = view.send(request(&view, &operation)?)?;
        if answer.status != 503 {
            continue;
        }
        unavailable += 1;
        is_unavailable(&answer).map_err(|why| Deviation(format!("{name}: {why}")))?;
        let response = operation.value["responses"].get("503");
        let response = response.ok_or_else(|| {
            Deviation(format!(
                "{name} is 503, which the document does not declare"
            ))
        })?;
        let response = description.resolve(response)?;
        let schema = response["content"][PROBLEM].get("schema");
        let schema = schema.ok_or_else(|| {
            Deviation(format!(
                "{name} is 503, which the document describes as no problem"
            ))
        })?;
        let checked = description.compile(schema)?.check(&answer.json()?);
        checked.map_err(|why| Deviation(format!("the 503 of {name}: {why}")))?;
        if !operation.path.starts_with("/greetings") {
            continue;
        }
        let headers = response["headers"].as_object().into_iter().flatten();
        let mut names = headers.map(|(name, _)| name);
        ensure!(
            names.any(|name| name.eq_ignore_ascii_case("Retry-After")),
            "the document does not say that the 503 of {name} has Retry-After"
        );
    }
    ensure!(
        unavailable > 0,
        "no operation of the document is 503 while the database is down"
    );
    Ok(Verdict::Conforms)
}

/// Whether a program that can print its document prints the one that it serves.
///
/// # Errors
/// A deviation if it does not.
fn is_printed(over: &Context, served: &[u8]) -> Result<(), Deviation> {
    let Ok(options) = over.options(&[Setting::PrintOpenApi]) else {
        return Ok(());
    };
    let ended = refusal::run(over, options, "a database")?;
    ensure!(
        ended.stdout.as_bytes() == served,
        "the document printed over a database is not the one served ({} octets, {} served)",
        ended.stdout.len(),
        served.len()
    );
    Ok(())
}
