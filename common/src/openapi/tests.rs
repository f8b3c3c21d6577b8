//! Tests of the OpenAPI document.

use serde_json::{Value, json};

use super::*;

fn parsed(mode: &Mode) -> Value {
    serde_json::from_str(&document(mode)).unwrap()
}

fn keyed() -> Mode {
    Mode {
        keyed: true,
        ..Mode::default()
    }
}

/// Every operation of a document, by its id.
fn operations(document: &Value) -> Vec<(&str, &Value)> {
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|path| path.as_object().unwrap().values());
    operations
        .map(|operation| (operation["operationId"].as_str().unwrap(), operation))
        .collect()
}

#[test]
fn the_server_is_where_clients_find_the_api() {
    for (place, url) in [
        (Place::Anywhere, "."),
        (Place::Below("/p".parse().unwrap()), "/p"),
        (
            Place::At("https://host/p".parse().unwrap()),
            "https://host/p",
        ),
    ] {
        let mode = Mode {
            place,
            ..Mode::default()
        };
        assert_eq!(parsed(&mode)["servers"], json!([{"url": url}]));
    }
}

#[test]
fn an_open_server_names_no_key_and_no_401() {
    let document = parsed(&Mode::default());
    assert_eq!(document["components"]["securitySchemes"], Value::Null);
    for (id, operation) in operations(&document) {
        assert_eq!(operation["security"], json!([]), "{id}");
        assert_eq!(operation["responses"]["401"], Value::Null, "{id}");
    }
}

#[test]
fn a_server_with_keys_demands_one_wherever_there_is_data() {
    let document = parsed(&keyed());
    assert!(document["components"]["securitySchemes"]["apiKey"].is_object());
    for (id, operation) in operations(&document) {
        let (security, answers_401) = match id {
            "healthz" | "readyz" => (json!([]), false),
            _ => (json!([{"apiKey": []}]), true),
        };
        assert_eq!(operation["security"], security, "{id}");
        assert_eq!(
            operation["responses"]["401"].is_object(),
            answers_401,
            "{id}"
        );
    }
}

fn over_database() -> Mode {
    Mode {
        over_database: true,
        ..Mode::default()
    }
}

#[test]
fn only_a_server_over_a_database_says_that_data_may_be_unavailable() {
    for mode in [Mode::default(), over_database()] {
        for (id, operation) in operations(&parsed(&mode)) {
            let unavailable = &operation["responses"]["503"];
            match id {
                "healthz" => assert_eq!(*unavailable, Value::Null),
                "readyz" => {
                    let names_it = unavailable.to_string().contains("database");
                    assert_eq!(names_it, mode.over_database, "{unavailable}");
                }
                _ if mode.over_database => {
                    assert!(unavailable["content"]["application/problem+json"].is_object());
                    let seconds = &unavailable["headers"]["Retry-After"]["schema"]["type"];
                    assert_eq!(*seconds, json!("integer"), "{id}");
                }
                _ => assert_eq!(*unavailable, Value::Null, "{id}"),
            }
        }
    }
}

#[test]
fn no_operation_describes_what_only_another_method_is_answered() {
    for (id, operation) in operations(&parsed(&keyed())) {
        assert_eq!(operation["responses"]["405"], Value::Null, "{id}");
        assert_eq!(operation["tags"], Value::Null, "{id}");
        for text in ["summary", "description"] {
            assert!(operation[text].is_string(), "{id} has no {text}");
        }
    }
}

/// The keywords of 3.0's Schema Object (OpenAPI 3.0.3 §4.7.24), as far as a document of ours could
/// do with them.
const KEYWORDS_3_0: [&str; 30] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "deprecated",
    "description",
    "enum",
    "example",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
];

/// The names of the members of every schema within a value, but for those of `properties`.
fn keywords(value: &Value, is_schema: bool, found: &mut Vec<String>) {
    let within = |name: &str| match name {
        "schema" | "items" | "additionalProperties" | "not" => true,
        _ => is_schema && matches!(name, "allOf" | "anyOf" | "oneOf"),
    };
    match value {
        Value::Array(elements) => elements
            .iter()
            .for_each(|element| keywords(element, is_schema, found)),
        Value::Object(members) => {
            for (name, member) in members {
                if is_schema {
                    found.push(name.clone());
                }
                match name.as_str() {
                    "example" | "examples" => {}
                    "schemas" | "properties" => {
                        for schema in member.as_object().unwrap().values() {
                            keywords(schema, true, found);
                        }
                    }
                    name => keywords(member, within(name), found),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn in_3_0_it_has_nothing_that_3_0_lacks() {
    for mode in [Mode::default(), keyed(), over_database()] {
        let text = document_in(Version::V3_0, &mode);
        let converted: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(converted["openapi"], "3.0.3");
        assert_eq!(
            converted["info"]["license"],
            json!({"name": "MIT OR Apache-2.0"})
        );
        let mut found = Vec::new();
        keywords(&converted, false, &mut found);
        assert!(found.iter().any(|keyword| keyword == "pattern"));
        found.retain(|keyword| !KEYWORDS_3_0.contains(&keyword.as_str()));
        assert_eq!(found, [""; 0]);

        let served = parsed(&mode);
        let ids = |document: &Value| {
            let operations = operations(document).into_iter();
            let mut ids: Vec<String> = operations.map(|(id, _)| id.to_owned()).collect();
            ids.sort();
            ids
        };
        assert_eq!(ids(&converted), ids(&served));
        assert_eq!(converted["servers"], served["servers"]);
        assert_eq!(document_in(Version::V3_1, &mode), document(&mode));
    }
}

#[test]
fn the_pattern_is_the_one_that_is_enforced() {
    let document = parsed(&Mode::default());
    let parameter = &document["paths"]["/greetings/{lang}"]["get"]["parameters"][0];
    assert_eq!(parameter["schema"]["pattern"], crate::Lang::PATTERN);
}

/// What FastAPI generates for the original: `baselines/fastapi/openapi.py` writes it.
const ORIGINAL: &str = include_str!("../../../baselines/fastapi/openapi.json");

fn both() -> (Value, Value) {
    let ours = parsed(&Mode::default());
    (ours, serde_json::from_str(ORIGINAL).unwrap())
}

/// Follows a reference.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document
            .pointer(&reference[1..])
            .expect("it leads somewhere"),
        None => value,
    }
}

/// What of `theirs` a value may lack that `ours` describes: nothing, where clients that rely on
/// their schema can rely on ours.
fn lacks(documents: &(Value, Value), ours: &Value, theirs: &Value, at: &str) -> Vec<String> {
    let (ours, theirs) = (resolved(&documents.0, ours), resolved(&documents.1, theirs));
    let members = |value: &Value, name| match &value[name] {
        Value::Array(members) => members.clone(),
        _ => Vec::new(),
    };
    let mut lacking = Vec::new();
    let kinds = members(theirs, "anyOf");
    let allowed = kinds.iter().chain([theirs]).map(|kind| &kind["type"]);
    if !allowed.into_iter().any(|kind| *kind == ours["type"]) {
        lacking.push(format!("{at}: type"));
    }
    if theirs["items"].is_object() {
        let at = format!("{at}[]");
        lacking.extend(lacks(documents, &ours["items"], &theirs["items"], &at));
    }
    for name in members(theirs, "required") {
        let at = format!("{at}.{}", name.as_str().unwrap());
        let property = |schema: &Value| schema["properties"][name.as_str().unwrap()].clone();
        if !members(ours, "required").contains(&name) {
            lacking.push(format!("{at}: required"));
        }
        lacking.extend(lacks(documents, &property(ours), &property(theirs), &at));
    }
    lacking
}

#[test]
fn nothing_that_fastapi_describes_is_missing() {
    let documents = both();
    let (ours, theirs) = &documents;
    let mut lacking = Vec::new();
    for (path, methods) in theirs["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let at = format!("{method} {path}");
            let own = &ours["paths"][path][method];
            if own["operationId"] != operation["operationId"] {
                lacking.push(format!("{at}: operationId"));
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let at = format!("{at} {}", parameter["name"]);
                let same = |other: &&Value| {
                    ["name", "in", "required"].map(|key| &other[key])
                        == ["name", "in", "required"].map(|key| &parameter[key])
                };
                match own["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .find(same)
                {
                    Some(other) => lacking.extend(lacks(
                        &documents,
                        &other["schema"],
                        &parameter["schema"],
                        &at,
                    )),
                    None => lacking.push(at),
                }
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                let at = format!("{at} {status}");
                let schema =
                    |responses: &Value| responses["content"]["application/json"]["schema"].clone();
                let other = &own["responses"][status];
                // A 422 is a problem here, of which the next test tells.
                match status.as_str() {
                    "422" if other.is_object() => {}
                    _ => lacking.extend(lacks(&documents, &schema(other), &schema(response), &at)),
                }
            }
        }
    }
    assert_eq!(lacking, [""; 0]);
}

#[test]
fn the_errors_of_a_422_are_what_fastapi_has_under_detail() {
    let documents = both();
    let (ours, theirs) = &documents;
    let errors = &ours["components"]["schemas"]["Problem"]["properties"]["errors"];
    let detail = &theirs["components"]["schemas"]["HTTPValidationError"]["properties"]["detail"];
    assert_eq!(lacks(&documents, errors, detail, "422"), [""; 0]);

    let problem = crate::Problem::malformed_lang();
    let problem = serde_json::to_value(problem).unwrap();
    let error = &problem["errors"][0];
    assert_eq!(error["loc"], json!(["path", "lang"]));
    assert_eq!(error["type"], "string_pattern_mismatch");
    assert!(
        error["msg"]
            .as_str()
            .unwrap()
            .contains(crate::Lang::PATTERN)
    );
}

#[test]
fn what_is_missing_is_found() {
    let documents = both();
    let schema = |name: &str| documents.1["components"]["schemas"][name].clone();
    let mut poorer = schema("Greeting");
    poorer["required"] = json!(["lang"]);
    poorer["properties"]["lang"]["type"] = json!("integer");
    let found = lacks(&documents, &poorer, &schema("Greeting"), "it");
    assert_eq!(found, ["it.lang: type", "it.text: required"]);
    let list = json!({"type": "array", "items": poorer});
    let theirs = json!({"type": "array", "items": schema("Greeting")});
    assert_eq!(
        lacks(&documents, &list, &theirs, "it")[0],
        "it[].lang: type"
    );
}
