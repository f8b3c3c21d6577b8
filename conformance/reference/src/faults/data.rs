//! Faults that show with other data than the repository's.

use serde_json::{Value, json};

use super::super::{Answer, Cause, Fault, Request};

pub(super) const FAULTS: &[Fault] = &[
    Fault::answer(
        "contract/data-list",
        "the list is sorted without case",
        |request, answer| {
            edit_list(request, answer, |list| {
                list.sort_by_key(|item| item["lang"].as_str().map(str::to_lowercase));
            });
        },
    ),
    Fault::answer(
        "contract/data-list",
        "the list is sorted by length first",
        |request, answer| {
            edit_list(request, answer, |list| {
                list.sort_by_key(|item| item["lang"].as_str().map(str::len));
            });
        },
    ),
    Fault::answer(
        "contract/data-list",
        "a control character is lost",
        |request, answer| edit_texts(request, answer, |text| text.replace('\u{7}', "")),
    ),
    Fault::answer(
        "contract/data-list",
        "texts are normalised",
        |request, answer| edit_texts(request, answer, |text| text.replace("e\u{301}", "é")),
    ),
    Fault::answer(
        "contract/data-list",
        "texts are made safe for HTML",
        |request, answer| edit_texts(request, answer, |text| text.replace('<', "&lt;")),
    ),
    Fault::answer(
        "contract/data-list",
        "white space around a text is cut off",
        |request, answer| edit_texts(request, answer, |text| text.trim().to_owned()),
    ),
    Fault::answer(
        "contract/data-item",
        "U+2028 is a line's end in a greeting",
        |request, answer| {
            if request.path() != "/greetings" {
                answer.replace("\u{2028}", "\\n");
            }
        },
    ),
    Fault::request("contract/data-item", "case does not count", |request| {
        request.target = request.target.replace("en-gb", "en-GB");
    }),
    Fault::request(
        "contract/data-item",
        "a lang stands for those that start with it",
        |request| {
            request.target = request
                .target
                .replace("/en-G", "/en-GB")
                .replace("GBB", "GB");
        },
    ),
    Fault::answer(
        "contract/data-conditions",
        "an entity tag is of the text alone",
        |request, answer| {
            if answer.status == 200 && request.path().starts_with("/greetings/en") {
                answer.set("ETag", "\"Hello\"");
            }
        },
    ),
    Fault::request(
        "contract/data-conditions",
        "conditions of a lang with a hyphen are ignored",
        |request| {
            if request.path().contains('-') {
                request.headers.retain(|(name, _)| name != "if-none-match");
            }
        },
    ),
    Fault::answer(
        "contract/data-many",
        "a list has a thousand entries at most",
        |request, answer| edit_list(request, answer, |list| list.truncate(1000)),
    ),
    Fault::answer(
        "contract/data-many",
        "HEAD of a long list states another length",
        |request, answer| {
            if request.method == "HEAD" && answer.body.len() > 50_000 {
                answer.body.truncate(50_000);
            }
        },
    ),
    Fault::answer(
        "contract/data-large",
        "a list ends after eight MiB",
        |request, answer| {
            if request.path() == "/greetings" {
                answer.body.truncate(8 << 20);
            }
        },
    ),
    Fault::conduct(
        "contract/data-limit",
        "a file of 16 MiB is too large",
        |conduct| conduct.largest_data_file = (16 << 20) - 1,
    ),
    Fault::conduct(
        "contract/data-limit",
        "a file that is too large is overlooked",
        |conduct| conduct.overlooks = Some(Cause::Data),
    ),
    Fault::answer(
        "contract/data-few",
        "an empty list is 404",
        |request, answer| {
            if request.path() == "/greetings" && answer.body == b"[]" {
                *answer = Answer::problem(404, "No greetings");
            }
        },
    ),
    Fault::answer(
        "contract/data-few",
        "en is always there",
        |request, answer| {
            if request.path() == "/greetings/en" && answer.status == 404 {
                *answer = Answer::new(200, "application/json", r#"{"lang":"en","text":"Hello"}"#);
            }
        },
    ),
    Fault::answer(
        "contract/data-form",
        "an entity tag is drawn when the process starts",
        |_, answer| {
            if answer.status == 200 {
                answer.set("ETag", &format!("\"{}\"", std::process::id()));
            }
        },
    ),
    Fault::answer(
        "semantics/etag-of-the-list",
        "the list's entity tag is of its first entry",
        |request, answer| {
            tag_list_by(request, answer, |list| json!(list.first()));
        },
    ),
    Fault::answer(
        "semantics/etag-of-the-list",
        "the list's entity tag is of its langs",
        |request, answer| {
            tag_list_by(request, answer, |list| {
                list.iter().map(|item| item["lang"].clone()).collect()
            });
        },
    ),
    Fault::answer(
        "semantics/etag-of-the-list",
        "the list's entity tag is of its texts",
        |request, answer| {
            tag_list_by(request, answer, |list| {
                list.iter().map(|item| item["text"].clone()).collect()
            });
        },
    ),
    Fault::answer(
        "semantics/etag-of-the-list",
        "the list's entity tag ignores the order of the list",
        |request, answer| {
            tag_list_by(request, answer, |list| {
                let mut parts: Vec<String> = list
                    .iter()
                    .flat_map(|item| [item["lang"].to_string(), item["text"].to_string()])
                    .collect();
                parts.sort();
                json!(parts)
            });
        },
    ),
    Fault::answer(
        "semantics/etag-of-the-list",
        "any entity tag makes the list 304",
        |request, answer| {
            let is_conditional = request.values("if-none-match").next().is_some();
            if request.path() == "/greetings" && is_conditional && answer.status == 200 {
                *answer = Answer::empty(304);
            }
        },
    ),
];

fn edit_list(request: &Request, answer: &mut Answer, change: impl FnOnce(&mut Vec<Value>)) {
    if request.path() == "/greetings" {
        answer.edit(|list| {
            list.as_array_mut().map(change);
        });
    }
}

fn edit_texts(request: &Request, answer: &mut Answer, change: impl Fn(&str) -> String) {
    edit_list(request, answer, |list| {
        for item in list {
            item["text"] = json!(change(item["text"].as_str().unwrap_or_default()));
        }
    });
}

/// Gives the list an entity tag of something of it.
pub(super) fn tag_list_by(
    request: &Request,
    answer: &mut Answer,
    of: impl FnOnce(&[Value]) -> Value,
) {
    if answer.status == 200 {
        let mut tag = None;
        edit_list(request, answer, |list| {
            let octets = of(list).to_string();
            tag = Some(quartet_common::EntityTag::of(octets.as_bytes()));
        });
        if let Some(tag) = tag {
            answer.set("ETag", tag.as_str());
        }
    }
}
