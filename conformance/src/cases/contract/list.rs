//! `GET /greetings`.

use serde_json::Value;

use super::{DATA, DOCUMENT, EXAMPLE};
use crate::http::{Broken, Request, Response};
use crate::json::check_unique_names;
use crate::model::check_type;
use crate::{Case, Context, Deviation, Level, Need, Outcome, Verdict, difference, ensure};

/// How many reads have to be alike.
const READS: usize = 50;

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "contract/list-status",
        EXAMPLE,
        "GET /greetings is 200.",
        status,
    ),
    Case::must(
        "contract/list-type",
        EXAMPLE,
        "GET /greetings is application/json; its charset, if any, is UTF-8.",
        content_type,
    ),
    Case::must(
        "contract/list-exact",
        DATA,
        "GET /greetings has exactly the greetings of the data, each with lang and text and \
         nothing else.",
        exact,
    )
    .needing(&[Need::Model]),
    Case::must(
        "contract/list-sorted",
        EXAMPLE,
        "GET /greetings is sorted by lang, in code point order.",
        sorted,
    ),
    Case::must(
        "contract/list-utf8",
        "RFC 8259 §8.1; greetings.json",
        "GET /greetings is UTF-8 without a byte order mark; every text has the data's code \
         points, unchanged.",
        utf8,
    )
    .needing(&[Need::Model]),
    Case::must(
        "contract/list-stable",
        EXAMPLE,
        "Fifty reads of the list on one connection give the same octets.",
        stable,
    ),
    Case::must(
        "contract/list-no-duplicate-keys",
        "RFC 8259 §4, the contract",
        "No object in the list or in a greeting has a duplicate name.",
        no_duplicate_keys,
    )
    .of_rfcs_alone(Level::Should),
    Case::must(
        "contract/list-schema",
        DOCUMENT,
        "The list validates against its schema in the document.",
        schema,
    ),
];

fn status(context: &Context) -> Outcome {
    list(context)?;
    Ok(Verdict::Conforms)
}

fn content_type(context: &Context) -> Outcome {
    let response = context.get("/greetings")?;
    if response.status != 200 {
        // What it must be is for another case to say.
        let why = format!("GET /greetings is {}", response.status);
        return Ok(Verdict::NotApplicable(why));
    }
    check_type(&response, "application/json")?;
    Ok(Verdict::Conforms)
}

fn exact(context: &Context) -> Outcome {
    let mut got = items(context)?;
    // Their order is the subject of another case.
    got.sort_by(|a, b| a["lang"].as_str().cmp(&b["lang"].as_str()));
    let (got, expected) = (Value::from(got), context.model().list());
    ensure!(
        got == expected,
        "the list (sorted) differs: {}",
        difference::of_json(&got, &expected)
    );
    Ok(Verdict::Conforms)
}

fn sorted(context: &Context) -> Outcome {
    let items = items(context)?;
    let langs: Vec<&str> = items
        .iter()
        .filter_map(|item| item["lang"].as_str())
        .collect();
    ensure!(
        langs.len() == items.len() && !langs.is_empty(),
        "the list is empty, or an item has no lang: {}",
        Value::from(items)
    );
    // Strings compare by their UTF-8 octets, which is the order of code points.
    ensure!(langs.is_sorted(), "the order of the langs is {langs:?}");
    Ok(Verdict::Conforms)
}

fn utf8(context: &Context) -> Outcome {
    let response = list(context)?;
    let text = response.text()?;
    ensure!(
        !text.starts_with('\u{feff}'),
        "the content starts with a byte order mark"
    );
    let items = response.json()?;
    for (lang, expected) in context.model().greetings() {
        let mut of_lang = items.as_array().into_iter().flatten();
        let item = of_lang.find(|item| item["lang"] == **lang);
        let got = item.and_then(|item| item["text"].as_str());
        ensure!(
            got == Some(expected),
            "the text of {lang} is {}, not {}",
            got.map_or_else(|| "not there".to_owned(), code_points),
            code_points(expected)
        );
    }
    let mut texts = context.model().greetings().values();
    if texts.all(|expected| text.contains(expected.as_str())) {
        Ok(Verdict::Conforms)
    } else {
        Ok(Verdict::Differs(
            "writes characters as \\u escapes".to_owned(),
        ))
    }
}

fn code_points(text: &str) -> String {
    let points: Vec<String> = text
        .chars()
        .map(|character| format!("U+{:04X}", u32::from(character)))
        .collect();
    points.join(" ")
}

fn stable(context: &Context) -> Outcome {
    let request = context.prepare(Request::get("/greetings"));
    let bytes = request.to_bytes();
    let mut connection = context.connect()?;
    let first = connection.exchange("GET", &bytes)?;
    ensure!(first.status == 200, "the status is {}", first.status);
    for read in 2..=READS {
        let again = match connection.exchange("GET", &bytes) {
            Err(Broken::Closed) => {
                return Err(Deviation(format!(
                    "the server closed the connection before read {read} without `Connection: \
                     close`"
                )));
            }
            other => other?,
        };
        ensure!(
            (again.status, &again.body) == (first.status, &first.body),
            "read {read}, a {}, differs from the first: {}",
            again.status,
            difference::of_octets(&again.body, &first.body)
        );
    }
    Ok(Verdict::Conforms)
}

fn no_duplicate_keys(context: &Context) -> Outcome {
    let item = format!("/greetings/{}", context.model().present());
    for path in ["/greetings", &item] {
        let response = context.get(path)?;
        check_unique_names(&response.body)
            .map_err(|error| Deviation(format!("GET {path}: {error}")))?;
    }
    Ok(Verdict::Conforms)
}

fn schema(context: &Context) -> Outcome {
    let description = context.description()?;
    let schema = description.response_schema("/greetings", 200, "application/json")?;
    schema.check(&list(context)?.json()?)?;
    Ok(Verdict::Conforms)
}

/// The list, which must be 200.
fn list(context: &Context) -> Result<Response, Deviation> {
    let response = context.get("/greetings")?;
    ensure!(response.status == 200, "the status is {}", response.status);
    Ok(response)
}

/// The items of the list.
pub(super) fn items(context: &Context) -> Result<Vec<Value>, Deviation> {
    match list(context)?.json()? {
        Value::Array(items) => Ok(items),
        other => Err(Deviation(format!("the content is {other}, not an array"))),
    }
}
