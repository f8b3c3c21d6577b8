//! Faults in the problems that errors are told by.

use serde_json::{Value, json};

use super::super::{Answer, Fault};
use super::octets::{has_status, replace, set_field};

pub(super) const FAULTS: &[Fault] = &[
    Fault::output(
        "contract/problem-every-status",
        "414 in the status line is 400 in the problem",
        |_, message| replace(message, b"\"status\":414", b"\"status\":400"),
    ),
    Fault::answer(
        "contract/problem-every-status",
        "DELETE of an unknown path is 404 without a problem",
        |request, answer| {
            if answer.status == 404 && request.method == "DELETE" {
                *answer = Answer::empty(404);
            }
        },
    ),
    Fault::answer(
        "contract/problem-every-status",
        "a 412 has the title of a 417",
        |_, answer| {
            if answer.status == 412 {
                answer.edit(|problem| problem["title"] = json!("Expectation Failed"));
            }
        },
    ),
    Fault::output(
        "contract/problem-every-status",
        "a 431 is plain text",
        |_, message| {
            if has_status(message, 431) {
                set_field(message, "Content-Type", "text/plain");
            }
        },
    ),
    Fault::answer(
        "contract/problem-every-status",
        "the detail of a 417 is empty",
        |_, answer| {
            if answer.status == 417 {
                answer.edit(|problem| problem["detail"] = json!(""));
            }
        },
    ),
    Fault::answer(
        "contract/problem-401",
        "a wrong key is 403 in the problem",
        |request, answer| {
            if answer.status == 401 && request.values("authorization").next().is_some() {
                answer.edit(|problem| problem["status"] = json!(403));
            }
        },
    ),
    Fault::answer(
        "contract/problem-401",
        "the title of a greeting's 401 is another",
        |request, answer| {
            if answer.status == 401 && request.path().starts_with("/greetings/") {
                answer.edit(|problem| problem["title"] = json!("Forbidden"));
            }
        },
    ),
    Fault::answer(
        "contract/problem-401",
        "the 401 of a wrong key has no challenge",
        |request, answer| {
            if answer.status == 401 && request.values("authorization").next().is_some() {
                answer.remove("WWW-Authenticate");
            }
        },
    ),
    Fault::answer(
        "contract/problem-detail",
        "the detail has the lang in lower case",
        |_, answer| {
            if answer.status == 404 {
                answer.edit(|problem| {
                    let detail = problem["detail"].as_str().unwrap_or_default();
                    problem["detail"] = json!(detail.to_lowercase());
                });
            }
        },
    ),
    Fault::answer(
        "contract/problem-detail",
        "every problem has errors",
        |_, answer| {
            if answer.status == 412 {
                answer.edit(|problem| problem["errors"] = json!([]));
            }
        },
    ),
    Fault::answer(
        "contract/problem-shape",
        "problems are application/json",
        |_, answer| {
            if answer.status == 405 {
                answer.set("Content-Type", "application/json");
            }
        },
    ),
    Fault::answer(
        "contract/problem-shape",
        "problems have no title",
        |_, answer| {
            if answer.status == 422 {
                answer.edit(|problem| problem["title"] = Value::Null);
            }
        },
    ),
    Fault::answer(
        "contract/problem-shape",
        "a problem has another status",
        |_, answer| {
            if answer.status == 405 {
                answer.edit(|problem| problem["status"] = json!(400));
            }
        },
    ),
];
