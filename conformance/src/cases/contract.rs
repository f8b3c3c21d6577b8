//! The API itself.

use serde_json::Value;

use crate::{Case, Context, Outcome, Verdict, ensure};

const EXAMPLE: &str = "the FastAPI example";

pub(super) const CASES: &[Case] = &[
    Case::must(
        "contract/list-status",
        EXAMPLE,
        "GET /greetings is 200.",
        list_status,
    ),
    Case::must(
        "contract/list-sorted",
        EXAMPLE,
        "GET /greetings is sorted by lang, by code point.",
        list_sorted,
    ),
];

fn list_status(context: &Context) -> Outcome {
    let response = context.get("/greetings")?;
    ensure!(response.status == 200, "the status is {}", response.status);
    Ok(Verdict::Conforms)
}

fn list_sorted(context: &Context) -> Outcome {
    let list = context.get("/greetings")?.json()?;
    let langs: Vec<&str> = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item["lang"].as_str())
        .collect();
    ensure!(!langs.is_empty(), "the list holds no lang: {list}");
    // Strings compare by UTF-8 octets, which is code point order.
    ensure!(
        langs.is_sorted(),
        "the langs come as {}",
        Value::from(langs)
    );
    Ok(Verdict::Conforms)
}
