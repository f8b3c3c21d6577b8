//! Faults in the API itself.

use serde_json::{Value, json};

use super::super::{Answer, Fault, Request};

pub(super) const FAULTS: &[Fault] = &[
    Fault::answer(
        "contract/list-status",
        "the list is 201",
        |request, answer| {
            if is_list(request) {
                answer.status = 201;
            }
        },
    ),
    Fault::answer(
        "contract/list-type",
        "the list is text/json",
        |request, answer| {
            if is_list(request) {
                answer.set("Content-Type", "text/json");
            }
        },
    ),
    Fault::answer(
        "contract/list-type",
        "the list says that it is Latin-1",
        |request, answer| {
            if is_list(request) {
                answer.set("Content-Type", "application/json; charset=iso-8859-1");
            }
        },
    ),
    Fault::answer(
        "contract/list-exact",
        "a greeting has a member too many",
        |request, answer| edit_list(request, answer, |list| list[0]["id"] = json!(1)),
    ),
    Fault::answer(
        "contract/list-exact",
        "a greeting is missing",
        |request, answer| {
            edit_list(request, answer, |list| drop(list.pop()));
        },
    ),
    Fault::answer(
        "contract/list-sorted",
        "the list is in reverse",
        |request, answer| {
            edit_list(request, answer, |list| list.reverse());
        },
    ),
    Fault::answer(
        "contract/list-utf8",
        "the list starts with a byte order mark",
        |request, answer| {
            if is_list(request) {
                answer.body.splice(0..0, *b"\xEF\xBB\xBF");
            }
        },
    ),
    Fault::answer(
        "contract/list-utf8",
        "a combining mark is lost",
        |request, answer| {
            if is_list(request) {
                answer.replace("\u{650}", "");
            }
        },
    ),
    Fault::answer(
        "contract/list-utf8",
        "the list is Latin-1",
        |request, answer| {
            if is_list(request) {
                answer.body = vec![b'"', 0xE9, b'"'];
            }
        },
    ),
    Fault::answer(
        "contract/list-stable",
        "every other list ends in a space",
        |request, answer| {
            if is_list(request) && request.number % 2 == 1 {
                answer.body.push(b' ');
            }
        },
    ),
    Fault::answer(
        "contract/list-stable",
        "the connection closes after each answer",
        |_, answer| answer.close = true,
    ),
    Fault::answer(
        "contract/list-no-duplicate-keys",
        "a greeting in the list has its lang twice",
        |request, answer| {
            if is_list(request) {
                answer.replace(r#"{"lang":"en","#, r#"{"lang":"en","lang":"en","#);
            }
        },
    ),
    Fault::answer(
        "contract/list-schema",
        "a text is a number",
        |request, answer| {
            edit_list(request, answer, |list| list[0]["text"] = json!(7));
        },
    ),
    Fault::answer(
        "contract/list-schema",
        "the document says that the list is an object",
        |request, answer| {
            if request.path() == "/openapi.json" {
                answer.edit(|document| {
                    let get = &mut document["paths"]["/greetings"]["get"];
                    get["responses"]["200"]["content"]["application/json"]["schema"] =
                        json!({"type": "object"});
                });
            }
        },
    ),
    Fault::request("contract/item-each", "zh is not found", |request| {
        if request.path() == "/greetings/zh" {
            request.target = "/greetings/tlh".to_owned();
        }
    }),
    Fault::request("contract/item-each", "zh is answered with es", |request| {
        if request.path() == "/greetings/zh" {
            request.target = "/greetings/es".to_owned();
        }
    }),
    Fault::answer(
        "contract/item-equals-list-entry",
        "a greeting on its own ends in an exclamation mark",
        |request, answer| {
            edit_item(request, answer, |item| {
                item["text"] = json!(format!("{}!", item["text"].as_str().unwrap_or_default()));
            });
        },
    ),
    Fault::answer(
        "contract/item-schema",
        "a greeting has no text",
        |request, answer| {
            edit_item(request, answer, |item| {
                item.as_object_mut().map(|members| members.remove("text"));
            });
        },
    ),
    Fault::answer(
        "contract/item-unknown",
        "an unknown lang is 500, as in the original",
        |request, answer| {
            if is_item(request) && answer.status == 404 {
                *answer = Answer::problem(500, "None is not a greeting");
            }
        },
    ),
    Fault::answer(
        "contract/item-unknown",
        "the detail does not name the lang",
        |request, answer| {
            if is_item(request) && answer.status == 404 {
                *answer = Answer::problem(404, "No such greeting");
            }
        },
    ),
    Fault::answer(
        "contract/item-malformed",
        "a malformed lang is 404",
        |_, answer| {
            if answer.status == 422 {
                *answer = Answer::problem(404, "No such greeting");
            }
        },
    ),
    Fault::answer(
        "contract/item-malformed",
        "the errors have no location",
        |_, answer| {
            if answer.status == 422 {
                answer.edit(|problem| problem["errors"][0]["loc"] = json!([]));
            }
        },
    ),
    Fault::request("contract/item-case", "case does not count", |request| {
        request.target = request.target.to_lowercase();
    }),
    Fault::request(
        "contract/item-percent",
        "escapes are not decoded",
        |request| {
            if is_item(request) {
                request.target = request.target.replace('%', "%25");
            }
        },
    ),
    Fault::request(
        "contract/item-percent",
        "escapes are decoded if in upper case",
        |request| {
            if request.target.contains("%6e") {
                request.target = request.target.replace('%', "%25");
            }
        },
    ),
    Fault::request(
        "contract/item-decoded-once",
        "an escape is decoded twice",
        |request| request.target = request.target.replace("%25", "%"),
    ),
    Fault::request(
        "contract/item-literal",
        "a plus is a space, and spaces are cut off",
        |request| {
            if is_item(request) {
                request.target = request.target.replace(['+', ' '], "").replace("%20", "");
            }
        },
    ),
    Fault::request(
        "contract/item-literal",
        "a lang may say a format",
        |request| request.target = request.target.replace(".json", ""),
    ),
    Fault::request(
        "contract/item-literal",
        "parameters of a path are cut off",
        |request| {
            if let Some((before, _)) = request.target.split_once(';') {
                request.target = before.to_owned();
            }
        },
    ),
    Fault::request(
        "contract/exact-paths",
        "a slash at the end of a path is overlooked",
        |request| {
            let trimmed = request.target.trim_end_matches('/').len();
            request.target.truncate(trimmed.max(1));
        },
    ),
    Fault::request(
        "contract/exact-paths",
        "the page's parts have no case",
        |request| {
            if request.target.to_lowercase().starts_with("/docs/") {
                request.target = request.target.to_lowercase();
            }
        },
    ),
    Fault::answer(
        "contract/item-malformed-reason",
        "the error names another pattern",
        |_, answer| {
            if answer.status == 422 {
                answer.edit(|problem| {
                    problem["errors"][0]["msg"] = json!("String should match pattern '^[a-z]+$'");
                });
            }
        },
    ),
    Fault::request(
        "contract/item-hostile",
        "invalid UTF-8 is replaced, then ignored",
        |request| request.target = request.target.replace("%FF", "en"),
    ),
    Fault::answer(
        "contract/item-hostile",
        "a lang comes back as HTML",
        |request, answer| {
            if request.target.contains("script") {
                *answer = Answer::new(404, "text/html", "no <script>alert(1)</script> here");
            }
        },
    ),
    Fault::answer(
        "contract/item-hostile",
        "a lang comes back in a header field",
        |request, answer| {
            if request.target.contains("%0D%0A") {
                answer.set("X-Lang", "x\r\nX-Injected: yes");
            }
        },
    ),
    Fault::answer(
        "contract/item-hostile",
        "a bare % is 500",
        |request, answer| {
            if request.target.ends_with('%') {
                *answer = Answer::problem(500, "Unexpected end of escape");
            }
        },
    ),
    Fault::request(
        "contract/extra-segment",
        "what follows the lang is dropped",
        |request| {
            request.target = request.target.replace("/x", "");
        },
    ),
    Fault::answer(
        "contract/unknown-query",
        "an unknown query is 400",
        |request, answer| {
            if request.target.contains("?x=1") {
                *answer = Answer::problem(400, "Unknown parameter x");
            }
        },
    ),
    Fault::request(
        "contract/unknown-query",
        "the query names the lang",
        |request| {
            if request.target.contains("?lang=es") {
                request.target = "/greetings/es".to_owned();
            }
        },
    ),
    Fault::answer(
        "contract/unknown-path",
        "an unknown path is answered in HTML",
        |request, answer| {
            if request.path() == "/nope" {
                *answer = Answer::new(404, "text/html", "<h1>Not Found</h1>");
            }
        },
    ),
    Fault::request(
        "contract/unknown-path",
        "paths are matched by prefix",
        |request| {
            if request.path().starts_with("/greetingsx") {
                request.target = "/greetings".to_owned();
            }
        },
    ),
    Fault::request(
        "contract/concurrent",
        "one request in 97 gets the answer to another",
        |request| {
            if request.number % 97 == 96 {
                request.target = "/healthz".to_owned();
            }
        },
    ),
    Fault::answer(
        "contract/property",
        "a condition that names several entity tags is 400",
        |request, answer| {
            let names_several = |value: &[u8]| value.contains(&b',');
            if request.values("if-none-match").any(names_several) {
                *answer = Answer::problem(400, "One entity tag, please");
            }
        },
    ),
    Fault::answer(
        "contract/property",
        "a query with an encoded octet names something else",
        |request, answer| {
            let query = request.target.split_once('?');
            if answer.status == 200 && query.is_some_and(|(_, query)| query.contains('%')) {
                *answer = Answer::problem(404, "No such path");
            }
        },
    ),
    Fault::answer(
        "contract/property",
        "langs of ten letters or more are 500",
        |request, answer| {
            if is_item(request) && answer.status == 404 && request.path().len() > 20 {
                answer.status = 500;
            }
        },
    ),
];

fn is_list(request: &Request) -> bool {
    request.path() == "/greetings"
}

fn is_item(request: &Request) -> bool {
    request.path().starts_with("/greetings/")
}

fn edit_list(request: &Request, answer: &mut Answer, change: impl FnOnce(&mut Vec<Value>)) {
    if is_list(request) {
        answer.edit(|list| {
            list.as_array_mut().map(change);
        });
    }
}

fn edit_item(request: &Request, answer: &mut Answer, change: impl FnOnce(&mut Value)) {
    if is_item(request) && answer.status == 200 {
        answer.edit(change);
    }
}
