//! What the document says of the server's mode, held against what the server does: whether it asks
//! for a key, where clients find it, which methods it has.

use serde_json::Value;

use super::truth::request;
use crate::cases::lifecycle::refusal;
use crate::cases::processes;
use crate::servers::Setting;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "docs/openapi-open",
        "OpenAPI 3.1 §4.8.10, §4.8.30; the contract",
        "The document of a server without keys has no operation that requires one, and no 401.",
        open,
    ),
    Case::must(
        "docs/openapi-keyed",
        "OpenAPI 3.1 §4.8.10, §4.8.27, §4.8.30; the contract",
        "The document of a server with keys requires one in Authorization where the server does, \
         and nowhere else; it describes the 401.",
        keyed,
    )
    .needing(&[Need::ApiKey]),
    Case::must(
        "docs/openapi-methods",
        "RFC 9110 §15.5.6; the contract",
        "No operation declares 405, which only other methods get.",
        methods,
    ),
    Case::must(
        "docs/openapi-printed",
        "the contract",
        "The printed document equals the served one, octet for octet, also with a key and a \
         public URL; the exit status is 0.",
        printed,
    )
    .needing(&[
        Need::Process,
        Need::PrintOpenApi,
        Need::ApiKey,
        Need::PublicUrl,
    ]),
];

const PROBLEM: &str = "application/problem+json";

/// Whether a security requirement is met by a client without any credentials.
fn is_empty(requirement: &Value) -> bool {
    requirement
        .as_object()
        .is_none_or(|schemes| schemes.is_empty())
}

fn open(context: &Context) -> Outcome {
    let description = context.description()?;
    for operation in description.operations() {
        let name = operation.name();
        let status = context.send(request(context, &operation)?)?.status;
        if status == 401 {
            let why = format!("the server requires a key: {name} is 401");
            return Ok(Verdict::NotApplicable(why));
        }
        let requirements = description.security(&operation);
        ensure!(
            requirements.iter().all(is_empty),
            "{name} is {status} without a key, but its security is {}",
            Value::from(requirements)
        );
        ensure!(
            operation.value["responses"].get("401").is_none(),
            "{name} is {status} without a key, but declares 401"
        );
    }
    Ok(Verdict::Conforms)
}

fn keyed(context: &Context) -> Outcome {
    let (context, key) = context.keyed()?;
    demands_the_key(&context, key)?;
    Ok(Verdict::Conforms)
}

/// Checks that the document demands a key where the server asks for this one, and nowhere else.
///
/// # Errors
/// The first operation of which that is not true.
pub(in crate::cases) fn demands_the_key(context: &Context, key: &str) -> Result<(), Deviation> {
    let description = context.description()?;
    let mut guarded = 0;
    for operation in description.operations() {
        let name = operation.name();
        let asked = request(context, &operation)?;
        let refused = context.send(asked.clone())?;
        let requirements = description.security(&operation);
        let given = Value::from(requirements);
        if refused.status != 401 {
            ensure!(
                requirements.iter().all(is_empty),
                "{name} is {} without a key, but its security is {given}",
                refused.status
            );
            continue;
        }
        guarded += 1;
        ensure!(
            !requirements.is_empty() && !requirements.iter().any(is_empty),
            "{name} is 401 without a key, but its security is {given}"
        );
        let mut schemes = requirements
            .iter()
            .flat_map(|requirement| requirement.as_object().into_iter().flatten());
        ensure!(
            schemes.any(|(scheme, _)| description.is_sent_in_authorization(scheme)),
            "{name} reads its key from Authorization, but no scheme of {given} sends it there"
        );
        let described = operation.value["responses"]
            .get("401")
            .map(|response| description.resolve(response))
            .transpose()?
            .and_then(|response| response["content"][PROBLEM].get("schema"))
            .ok_or_else(|| {
                Deviation(format!(
                    "{name} is 401, but the document does not describe it as a problem"
                ))
            })?;
        description
            .compile(described)?
            .check(&refused.json()?)
            .map_err(|why| Deviation(format!("the 401 of {name}: {why}")))?;
        let status = context
            .send(asked.header("Authorization", format!("Key {key}")))?
            .status;
        ensure!(
            status != 401,
            "{name} is 401 with a key in the document's form"
        );
    }
    ensure!(guarded > 0, "no operation of the document requires a key");
    Ok(())
}

fn methods(context: &Context) -> Outcome {
    let description = context.description()?;
    for operation in description.operations() {
        ensure!(
            operation.value["responses"].get("405").is_none(),
            "{} declares 405",
            operation.name()
        );
    }
    Ok(Verdict::Conforms)
}

fn printed(context: &Context) -> Outcome {
    let file = processes::scratch_file(context, b"printed-52c8\n")?;
    let key = Setting::KeyFile(file.path());
    let url = Setting::PublicUrl("https://api.example/content/42");
    for (with, settings) in [
        ("no setting", &[][..]),
        ("a key", &[key]),
        ("a public URL", &[url]),
        ("a key and a public URL", &[key, url]),
    ] {
        let (_process, view) = processes::start(context, settings)?;
        let served = view.get("/openapi.json")?;
        ensure!(
            served.status == 200,
            "with {with}, GET /openapi.json is {}",
            served.status
        );
        let options = context.options(&[settings, &[Setting::PrintOpenApi]].concat())?;
        let ended = refusal::run(context, options, with)?;
        ensure!(
            ended.status.code() == Some(0),
            "with {with}, printing the document ends with {}: {}",
            ended.status,
            ended.stderr.trim()
        );
        ensure!(
            ended.stdout.as_bytes() == served.body,
            "with {with}, the document printed is not the one served ({} octets, {} served)",
            ended.stdout.len(),
            served.body.len()
        );
    }
    Ok(Verdict::Conforms)
}
