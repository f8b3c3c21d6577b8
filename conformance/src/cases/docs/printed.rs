//! The document that a program prints for tools that take OpenAPI 3.0 alone.

use serde_json::Value;

use crate::cases::lifecycle::refusal;
use crate::cases::processes;
use crate::openapi::Description;
use crate::servers::Setting;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "docs/openapi-printed-3-0",
    "OpenAPI 3.0.3 §4.7; the contract",
    "The document printed in version 3.0 has the operations, responses and schemas of the one \
     served, with and without a key, and nothing that 3.0 does not have.",
    printed,
)
.needing(&[Need::Process, Need::PrintOpenApi30, Need::ApiKey])];

fn printed(context: &Context) -> Outcome {
    let file = processes::scratch_file(context, b"printed-30-91c4\n")?;
    let key = Setting::KeyFile(file.path());
    for (with, settings) in [("no setting", &[][..]), ("a key", &[key])] {
        let (_process, view) = processes::start(context, settings)?;
        let served = view.description()?;
        let options = context.options(&[settings, &[Setting::PrintOpenApi30]].concat())?;
        let ended = refusal::run(context, options, with)?;
        ensure!(
            ended.status.code() == Some(0),
            "with {with}, printing the document ends with {}: {}",
            ended.status,
            ended.stderr.trim()
        );
        let root: Value = serde_json::from_str(&ended.stdout)
            .map_err(|why| Deviation(format!("with {with}, the printed document: {why}")))?;
        let version = root["openapi"].as_str().unwrap_or_default();
        ensure!(
            version.starts_with("3.0."),
            "with {with}, the document printed has the version {version:?}"
        );
        let printed = Description { root };
        let mut newer = Vec::new();
        find_newer("", &printed.root, &mut newer);
        ensure!(
            newer.is_empty(),
            "with {with}, the document printed has what 3.0 does not have: {}",
            newer.join(", ")
        );
        let outline = |description: &Description| -> Vec<String> {
            let mut outline = Vec::new();
            for operation in description.operations() {
                let id = operation.value["operationId"].as_str().unwrap_or_default();
                let statuses = operation.value["responses"].as_object();
                let statuses: Vec<_> = statuses.into_iter().flatten().map(|it| it.0).collect();
                outline.push(format!("{} {id} {statuses:?}", operation.name()));
            }
            let schemas = description.schemas();
            outline.extend(schemas.into_iter().map(|(place, _)| place));
            outline.sort_unstable();
            outline
        };
        let (has, must) = (outline(&printed), outline(&served));
        ensure!(
            has == must,
            "with {with}, the document printed has {has:?}, the one served {must:?}"
        );
        for (place, schema) in printed.schemas() {
            printed
                .compile(schema)
                .map_err(|why| Deviation(format!("with {with}, {place}: {why}")))?;
        }
        // That they are examples of what is served, another case says.
        for (place, schema, example) in printed.examples() {
            let checked = printed.compile(schema)?.check(example);
            checked.map_err(|why| Deviation(format!("with {with}, {place}: {why}")))?;
        }
    }
    Ok(Verdict::Conforms)
}

/// Notes what 3.0 does not have: members that came with 3.1, types in a list, references with members
/// beside them.
fn find_newer(place: &str, value: &Value, newer: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let is_newer = |name: &str, member: &Value| match name {
                "const" | "identifier" | "webhooks" | "jsonSchemaDialect" => true,
                "type" | "examples" => member.is_array(),
                "exclusiveMinimum" | "exclusiveMaximum" => member.is_number(),
                "$ref" => members.len() > 1,
                _ => false,
            };
            for (name, member) in members {
                let place = format!("{place}/{name}");
                if is_newer(name, member) {
                    newer.push(place);
                } else if name != "example" {
                    find_newer(&place, member, newer);
                }
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                find_newer(&format!("{place}/{index}"), element, newer);
            }
        }
        _ => {}
    }
}
