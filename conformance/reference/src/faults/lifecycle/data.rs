//! Faults in what is said of a data file that cannot be used.

use serde_json::json;

use crate::{Answer, Cause, Conduct, Fault, LastWords};

pub(in crate::faults) const FAULTS: &[Fault] = &[
    Fault::conduct("lifecycle/data-missing", PANICS, panics),
    Fault::conduct(
        "lifecycle/data-missing",
        "the system's message stands alone",
        |conduct| {
            conduct.last_words = |_, words| {
                words.text = "conformance: No such file or directory (os error 2)".to_owned();
            };
        },
    ),
    Fault::conduct("lifecycle/data-missing", SERVES_OTHERS, serves_others),
    Fault::conduct("lifecycle/data-not-json", PANICS, panics),
    Fault::conduct(
        "lifecycle/data-not-json",
        "the place in the file is left out",
        |conduct| {
            conduct.last_words = |cause, words| edit_data(cause, words, without_place);
        },
    ),
    Fault::conduct(
        "lifecycle/data-not-json",
        "the error is printed as the programmer sees it",
        |conduct| {
            conduct.last_words = |cause, words| {
                edit_data(cause, words, |text| {
                    *text = format!("Error: DataError {{\n    reason: {text:?},\n}}");
                });
            };
        },
    ),
    Fault::conduct(
        "lifecycle/data-not-json",
        "the exit status is 0 after a failure",
        |conduct| {
            conduct.last_words = |cause, words| {
                if cause == Cause::Data {
                    words.status = 0;
                }
            };
        },
    ),
    Fault::conduct(
        "lifecycle/data-not-json",
        "the error is on standard output",
        |conduct| {
            conduct.last_words = |cause, words| words.to_stdout = cause == Cause::Data;
        },
    ),
    Fault::conduct("lifecycle/data-not-object", SERVES_OTHERS, serves_others),
    Fault::conduct(
        "lifecycle/data-not-object",
        "the file is left out",
        |conduct| {
            conduct.last_words = |cause, words| {
                edit_data(cause, words, |text| *text = "the data are wrong".to_owned());
            };
        },
    ),
    Fault::conduct(
        "lifecycle/data-not-text",
        "the reason is left out",
        |conduct| {
            conduct.last_words = |cause, words| edit_data(cause, words, only_place);
        },
    ),
    Fault::conduct("lifecycle/data-duplicate", SERVES_OTHERS, serves_others),
    Fault::conduct(
        "lifecycle/data-duplicate",
        "the place is one line off",
        |conduct| {
            conduct.last_words = |cause, words| {
                edit_data(cause, words, |text| {
                    *text = text.replace(":4:", ":5:").replace(":3:", ":4:");
                });
            };
        },
    ),
    Fault::conduct(
        "lifecycle/data-bad-lang",
        "the place in the file is left out",
        |conduct| {
            conduct.last_words = |cause, words| edit_data(cause, words, without_place);
        },
    ),
    Fault::conduct("lifecycle/data-empty-text", SERVES_OTHERS, serves_others),
    Fault::conduct("lifecycle/data-huge", SERVES_OTHERS, serves_others),
    Fault::conduct("lifecycle/data-huge", "it aborts", |conduct| {
        conduct.last_words = |cause, _| {
            if cause == Cause::Data {
                std::process::abort();
            }
        };
    }),
    Fault::answer(
        "lifecycle/told-together",
        "the key is asked of the greetings alone that it has untold",
        |request, answer| {
            if answer.status == 401 && request.path() == "/greetings/Q9" {
                *answer = Answer::new(200, "application/json", r#"{"lang":"Q9","text":"told"}"#);
            }
        },
    ),
    Fault::answer(
        "lifecycle/told-together",
        "told a prefix, the document says that no key is needed",
        |request, answer| {
            if request.path() == "/openapi.json" {
                answer.edit(|document| {
                    let has_prefix = document["servers"][0]["url"] != ".";
                    let paths = document["paths"].as_object_mut().into_iter().flatten();
                    for (_, path) in paths.filter(|_| has_prefix) {
                        path["get"]["security"] = json!([]);
                    }
                });
            }
        },
    ),
    Fault::conduct(
        "lifecycle/files-gone",
        "without the file of them there are no greetings",
        |conduct| conduct.needs_files = true,
    ),
];

const PANICS: &str = "it panics";

fn panics(conduct: &mut Conduct) {
    conduct.last_words = |cause, words| {
        assert_ne!(cause, Cause::Data, "{}", words.text);
    };
}

const SERVES_OTHERS: &str = "other greetings are served instead";

fn serves_others(conduct: &mut Conduct) {
    conduct.overlooks = Some(Cause::Data);
}

fn edit_data(cause: Cause, words: &mut LastWords, edit: fn(&mut String)) {
    if cause == Cause::Data {
        edit(&mut words.text);
    }
}

/// Removes line and column.
fn without_place(text: &mut String) {
    let is_number = |part: &&str| part.parse::<u32>().is_ok();
    let parts: Vec<&str> = text.split(':').filter(|part| !is_number(part)).collect();
    *text = parts.join(":");
}

/// Removes all that follows line and column.
fn only_place(text: &mut String) {
    let parts: Vec<&str> = text.split(": ").take(2).collect();
    *text = parts.join(": ").replace("conformance: ", "");
}
