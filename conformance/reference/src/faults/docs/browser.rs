//! Faults that only a browser sees.

use serde_json::json;

use crate::{Answer, Fault, Request};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::answer(
        "docs/renders",
        "the page looks for the document elsewhere",
        |request, answer| initialise(request, answer, "\"openapi.json\"", "\"swagger.json\""),
    ),
    Fault::answer(
        "docs/renders",
        "the page's policy forbids its own scripts",
        |_, answer| set_policy(answer, "default-src 'self'; script-src 'none'"),
    ),
    Fault::answer(
        "docs/renders",
        "the page's policy forbids fetching the document",
        |_, answer| {
            set_policy(
                answer,
                "default-src 'self' 'unsafe-inline' data:; connect-src 'none'",
            );
        },
    ),
    Fault::answer(
        "docs/renders",
        "half of the page's script is missing",
        |request, answer| {
            if request.path().ends_with("bundle.js") {
                answer.body.truncate(answer.body.len() / 2);
            }
        },
    ),
    Fault::answer(
        "docs/renders",
        "the page draws into an element that is not there",
        |request, answer| initialise(request, answer, "#swagger-ui", "#swagger"),
    ),
    Fault::answer(
        "docs/try-it-out",
        "the document's server is another path",
        |request, answer| {
            if request.path() == "/openapi.json" {
                answer.edit(|document| document["servers"] = json!([{"url": "/api/v1"}]));
            }
        },
    ),
    Fault::answer(
        "docs/try-it-out",
        "the page lets nobody try anything out",
        |request, answer| {
            initialise(
                request,
                answer,
                "deepLinking",
                "supportedSubmitMethods: [], deepLinking",
            );
        },
    ),
    Fault::answer(
        "docs/try-it-out",
        "the API takes a browser's script for another site's",
        |request, answer| {
            let is_script = request
                .values("sec-fetch-dest")
                .any(|kind| kind == b"empty");
            if is_script && request.path().starts_with("/greetings") {
                *answer = Answer::problem(403, "Cross-site requests are refused");
            }
        },
    ),
];

fn initialise(request: &Request, answer: &mut Answer, from: &str, to: &str) {
    if request.path().ends_with("initializer.js") {
        answer.replace(from, to);
    }
}

fn set_policy(answer: &mut Answer, policy: &str) {
    if answer
        .headers
        .iter()
        .any(|(name, _)| name == "Content-Security-Policy")
    {
        answer.set("Content-Security-Policy", policy);
    }
}
