//! The document for programs, read on its own.

use crate::{Case, Context, Deviation, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "docs/openapi-version",
        "OpenAPI 3.1 §4.8.1",
        "GET /openapi.json is an OpenAPI 3.1 document.",
        version,
    ),
    Case::must(
        "docs/openapi-valid",
        "OpenAPI 3.1 §4.8; JSON Schema 2020-12",
        "The document is valid OpenAPI: its objects have the required members and no others, \
         references and security requirements resolve, path parameters match their paths, and \
         every schema is valid JSON Schema 2020-12. (Links, callbacks, webhooks and encodings are \
         not checked.)",
        valid,
    ),
    Case::must(
        "docs/openapi-operation-ids",
        "OpenAPI 3.1 §4.8.10",
        "Every operation has an operationId, and all are different.",
        operation_ids,
    ),
    Case::must(
        "docs/openapi-examples",
        "OpenAPI 3.1 §4.8.14",
        "Every example of a schema, parameter, header or content validates against its schema.",
        examples,
    ),
    Case::must(
        "docs/openapi-same",
        "the contract",
        "The document is identical on every server, octet for octet.",
        same,
    ),
];

fn version(context: &Context) -> Outcome {
    let description = context.description()?;
    let version = &description.root["openapi"];
    let patch = version.as_str().and_then(|text| text.strip_prefix("3.1."));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    ensure!(patch.is_some_and(is_number), "`openapi` is {version}");
    Ok(Verdict::Conforms)
}

fn valid(context: &Context) -> Outcome {
    let description = context.description()?;
    let problems = description.problems();
    ensure!(problems.is_empty(), "{}", problems.join("; "));
    for (place, schema) in description.schemas() {
        description
            .compile(schema)
            .map_err(|why| Deviation(format!("{place}: {why}")))?;
    }
    Ok(Verdict::Conforms)
}

fn operation_ids(context: &Context) -> Outcome {
    let description = context.description()?;
    let mut seen: Vec<&str> = Vec::new();
    for operation in description.operations() {
        let name = operation.name();
        let id = operation.value["operationId"]
            .as_str()
            .ok_or_else(|| Deviation(format!("{name} has no operationId")))?;
        ensure!(
            !seen.contains(&id),
            "{name} has a duplicate operationId: {id}"
        );
        seen.push(id);
    }
    ensure!(!seen.is_empty(), "the document has no operations");
    Ok(Verdict::Conforms)
}

fn examples(context: &Context) -> Outcome {
    let description = context.description()?;
    let examples = description.examples();
    if examples.is_empty() {
        return Ok(Verdict::NotApplicable(
            "the document has no examples".to_owned(),
        ));
    }
    for (place, schema, example) in examples {
        description
            .compile(schema)
            .and_then(|schema| schema.check(example))
            .map_err(|why| Deviation(format!("{place}: {why}")))?;
    }
    Ok(Verdict::Conforms)
}

fn same(context: &Context) -> Outcome {
    let Some(expected) = &context.target().document else {
        return Ok(Verdict::NotApplicable(
            "there is no other server to compare with".to_owned(),
        ));
    };
    is_that_of(context, &expected.whose, &expected.open)?;
    if let (Some(document), Ok((keyed, _))) = (&expected.keyed, context.keyed()) {
        let named = |why: Deviation| Deviation(format!("with keys: {why}"));
        is_that_of(&keyed, &expected.whose, document).map_err(named)?;
    }
    Ok(Verdict::Conforms)
}

fn is_that_of(context: &Context, whose: &str, expected: &[u8]) -> Result<(), Deviation> {
    let response = context.get("/openapi.json")?;
    ensure!(response.status == 200, "the status is {}", response.status);
    let differs = response.body.iter().zip(expected).position(|(a, b)| a != b);
    let at = differs.unwrap_or(response.body.len().min(expected.len()));
    ensure!(
        response.body == expected,
        "the document differs from that of {whose} at octet {at} ({} octets here, {} there)",
        response.body.len(),
        expected.len()
    );
    Ok(())
}
