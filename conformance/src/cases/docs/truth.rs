//! The document for programs, held against what the server does.

use serde_json::{Value, json};

use crate::cases::steps::{absent, item};
use crate::http::Request;
use crate::model::check_type;
use crate::openapi::Operation;
use crate::{Case, Context, Deviation, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "docs/openapi-paths",
        "OpenAPI 3.1 §4.8.8",
        "The document describes the data routes, and the health checks if there are any. Every \
         operation gives a status that it declares.",
        paths,
    ),
    Case::must(
        "docs/openapi-errors",
        "OpenAPI 3.1 §4.8.16; RFC 9457",
        "The document describes the 404 and the 422 of a greeting as problems. The server's own \
         validate against the schema; an empty object does not.",
        errors,
    ),
    Case::must(
        "docs/openapi-servers",
        "OpenAPI 3.1 §4.8.5; RFC 3986 §5.2",
        "A server URL of the document, resolved against the document's location, leads to the API.",
        servers,
    ),
];

fn paths(context: &Context) -> Outcome {
    let description = context.description()?;
    description.operation("/greetings")?;
    description.operation("/greetings/{lang}")?;
    for check in ["/healthz", "/readyz"] {
        if context.get(check)?.status == 200 {
            description.operation(check)?;
        }
    }
    for operation in description.operations() {
        let name = operation.name();
        let status = context.send(request(context, &operation)?)?.status;
        ensure!(
            !matches!(status, 404 | 405),
            "{name} is in the document, but gives {status}"
        );
        let responses = &operation.value["responses"];
        let range = format!("{}XX", status / 100);
        let is_named = [status.to_string(), range, "default".to_owned()]
            .iter()
            .any(|key| responses.get(key).is_some());
        ensure!(
            is_named,
            "{name} is {status}, which the document does not declare"
        );
    }
    Ok(Verdict::Conforms)
}

/// A request that an operation describes, for a greeting that there is.
///
/// # Errors
/// A deviation if its path has another parameter than that.
pub(in crate::cases) fn request(
    context: &Context,
    operation: &Operation<'_>,
) -> Result<Request, Deviation> {
    let path = operation.path.replace("{lang}", context.model().present());
    ensure!(
        !path.contains('{'),
        "{} has a parameter other than lang",
        operation.name()
    );
    Ok(Request::new(operation.method.to_ascii_uppercase(), path))
}

fn errors(context: &Context) -> Outcome {
    const PROBLEM: &str = "application/problem+json";
    let description = context.description()?;
    let requests = [(404, absent(context)), (422, "/greetings/_".to_owned())];
    for (status, path) in requests {
        let schema = description.response_schema("/greetings/{lang}", status, PROBLEM)?;
        ensure!(
            schema.check(&json!({})).is_err(),
            "an empty object validates against the schema of {status}"
        );
        let response = context.get(&path)?;
        let named = |why: Deviation| Deviation(format!("GET {path}: {why}"));
        ensure!(
            response.status == status,
            "GET {path} is {}, not {status}",
            response.status
        );
        check_type(&response, PROBLEM).map_err(named)?;
        schema.check(&response.json()?).map_err(named)?;
    }
    Ok(Verdict::Conforms)
}

pub(in crate::cases) fn servers(context: &Context) -> Outcome {
    let description = context.description()?;
    let document = context.path("/openapi.json");
    // Without servers the URL is "/" (§4.8.1).
    let urls = match &description.root["servers"] {
        Value::Array(servers) if !servers.is_empty() => servers
            .iter()
            .filter_map(|server| server["url"].as_str())
            .collect(),
        _ => vec!["/"],
    };
    let api = context.path("");
    let leads_here = urls.iter().any(|url| {
        let resolved = context.base().follow(&document, url);
        // Paths start with a slash, so that clients take one from the end of the URL.
        resolved.is_ok_and(|path| path.strip_suffix('/').unwrap_or(&path) == api)
    });
    ensure!(
        leads_here,
        "none of the server URLs {urls:?} leads from {document} to {}",
        context.base()
    );
    for path in ["/greetings", &item(context)] {
        let response = context.get(path)?;
        ensure!(response.status == 200, "GET {path} is {}", response.status);
    }
    Ok(Verdict::Conforms)
}
