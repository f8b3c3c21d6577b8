//! What the API's document says of answers.

use super::{each, get};
use crate::cases::steps::ask;
use crate::http::{Request, Response};
use crate::operations::{Described, Resource};
use crate::{Case, Context, Deviation, Need, Outcome, ensure};

/// The source of what a document says.
const DOCUMENT: &str = "the API's own document";

pub(in crate::cases) const CASES: &[Case] = &[
    Case::should(
        "api/status",
        DOCUMENT,
        "The document declares the status of GET, unless that is a client error (4xx).",
        status,
    )
    .needing(&[Need::Described]),
    Case::must(
        "api/content-type",
        DOCUMENT,
        "The document declares the content type of GET for its status.",
        content_type,
    )
    .needing(&[Need::Described]),
    Case::must(
        "api/schema",
        DOCUMENT,
        "JSON content validates against the schema that the document declares for it.",
        schema,
    )
    .needing(&[Need::Described]),
    Case::should(
        "api/parameter-disallowed",
        DOCUMENT,
        "A path parameter that its schema does not allow is a client error (4xx).",
        parameter_disallowed,
    )
    .needing(&[Need::Described]),
];

const UNDECLARED: &str = "the document declares none of the responses";

/// Holds the answer to GET of every resource that is described to something.
fn each_answer(
    context: &Context,
    check: impl Fn(&Resource, &Described, &Response) -> super::Met,
) -> Outcome {
    each(context, UNDECLARED, |resource| {
        let Some(described) = &resource.described else {
            return Ok(false);
        };
        check(resource, described, &get(context, resource)?)
    })
}

fn status(context: &Context) -> Outcome {
    each_answer(context, |resource, described, answer| {
        let status = answer.status;
        // The value of a parameter may be none that there is.
        let is_client_error = (400..500).contains(&status);
        ensure!(
            is_client_error || described.response(status).is_some(),
            "GET {} is {status}, which the document does not declare for {}",
            resource.path,
            described.template
        );
        Ok(!is_client_error)
    })
}

fn content_type(context: &Context) -> Outcome {
    each_answer(context, |resource, described, answer| {
        let declared = described.response(answer.status);
        let types = declared.and_then(|response| response.get("content")?.as_object());
        let Some(types) = types.filter(|_| !answer.body.is_empty()) else {
            return Ok(false);
        };
        let given = answer.media_type().unwrap_or_default();
        let names: Vec<&String> = types.keys().collect();
        ensure!(
            described.content(answer.status, &given).is_some(),
            "GET {}, a {}, has `Content-Type` {given:?}, but the document declares {names:?}",
            resource.path,
            answer.status
        );
        Ok(true)
    })
}

fn schema(context: &Context) -> Outcome {
    each_answer(context, |resource, described, answer| {
        let kind = answer.media_type().unwrap_or_default();
        let is_json = kind == "application/json" || kind.ends_with("+json");
        let declared = described.content(answer.status, &kind);
        let Some(schema) = declared.and_then(|content| content.get("schema")) else {
            return Ok(false);
        };
        if !is_json {
            return Ok(false);
        }
        let named = |why: Deviation| {
            let (path, status) = (&resource.path, answer.status);
            Deviation(format!("GET {path}, a {status}: {}", why.0))
        };
        let schema = described.document.compile(schema).map_err(named)?;
        schema
            .check(&answer.json().map_err(named)?)
            .map_err(named)?;
        Ok(true)
    })
}

fn parameter_disallowed(context: &Context) -> Outcome {
    each(
        context,
        "no path parameter has a schema that excludes a value",
        |resource| {
            let described = resource.described.as_ref();
            let Some(path) = described.and_then(|described| described.disallowed.as_deref()) else {
                return Ok(false);
            };
            let status = ask(context, Request::get(path))?.status;
            ensure!(
                (400..500).contains(&status),
                "GET {path} is {status}, not a client error"
            );
            Ok(true)
        },
    )
}
