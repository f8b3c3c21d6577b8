//! The document in version 3.0 of the specification.
//!
//! What 3.1 added and the document may use is written as 3.0 has it
//! (<https://spec.openapis.org/oas/v3.0.3>): the licence's SPDX identifier, and in schemas `null`
//! among several types, `const`, `examples`, numbers as exclusive bounds, and keywords beside a
//! reference. A test holds the result to the keywords of 3.0.

use serde_json::{Map, Value, json};

/// Keywords whose value is a schema.
const ONE: [&str; 3] = ["additionalProperties", "items", "not"];

/// Keywords whose value is a list of schemas.
const SEVERAL: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Converts a document, both as JSON.
pub(super) fn converted(document: &str) -> String {
    let mut document: Value = serde_json::from_str(document).expect("the document is JSON");
    // Whatever features serde_json has in the program, the order is the same.
    document.sort_all_objects();
    document["openapi"] = json!("3.0.3");
    if let Some(license) = document["info"]["license"].as_object_mut() {
        license.remove("identifier");
    }
    convert(&mut document);
    format!("{document:#}")
}

/// Converts the schemas that stand anywhere within a value.
fn convert(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    // Any JSON at all.
                    ("example" | "examples", _) => {}
                    ("schema", member) => convert_schema(member),
                    ("schemas", Value::Object(schemas)) => {
                        schemas.values_mut().for_each(convert_schema);
                    }
                    (_, member) => convert(member),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(convert),
        _ => {}
    }
}

fn convert_schema(schema: &mut Value) {
    let Value::Object(members) = schema else {
        return;
    };
    for name in ONE {
        if let Some(member) = members.get_mut(name) {
            convert_schema(member);
        }
    }
    for name in SEVERAL {
        let list = members.get_mut(name).and_then(Value::as_array_mut);
        list.into_iter().flatten().for_each(convert_schema);
    }
    if let Some(Value::Object(properties)) = members.get_mut("properties") {
        properties.values_mut().for_each(convert_schema);
    }
    convert_types(members);
    if let Some(value) = members.remove("const") {
        members.insert("enum".to_owned(), json!([value]));
    }
    if let Some(Value::Array(examples)) = members.remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        members.entry("example").or_insert(first);
    }
    for (bound, exclusive) in [
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ] {
        if let Some(limit) = members.remove(exclusive) {
            members.insert(bound.to_owned(), limit);
            members.insert(exclusive.to_owned(), json!(true));
        }
    }
    // Beside a reference 3.0 ignores everything (§4.7.24).
    if members.len() > 1
        && let Some(reference) = members.remove("$ref")
    {
        members.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
}

/// One type, with `nullable` for `null`; several as alternatives.
fn convert_types(members: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = members.get("type") else {
        return;
    };
    let (null, types): (Vec<Value>, Vec<Value>) = types
        .iter()
        .cloned()
        .partition(|name| *name == json!("null"));
    members.remove("type");
    if let [only] = types.as_slice() {
        members.insert("type".to_owned(), only.clone());
    } else {
        let alternatives = types.iter().map(|name| json!({"type": name})).collect();
        members.insert("anyOf".to_owned(), alternatives);
    }
    if !null.is_empty() {
        members.insert("nullable".to_owned(), json!(true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(schema: Value) -> Value {
        let document = json!({"components": {"schemas": {"S": schema}}});
        let document: Value = serde_json::from_str(&converted(&document.to_string())).unwrap();
        document["components"]["schemas"]["S"].clone()
    }

    #[test]
    fn what_3_0_lacks_is_said_otherwise() {
        for (given, expected) in [
            (
                json!({"type": ["string", "null"]}),
                json!({"type": "string", "nullable": true}),
            ),
            (
                json!({"type": ["string", "integer"]}),
                json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
            ),
            (json!({"const": "ok"}), json!({"enum": ["ok"]})),
            (json!({"examples": [1, 2]}), json!({"example": 1})),
            (
                json!({"exclusiveMinimum": 0}),
                json!({"minimum": 0, "exclusiveMinimum": true}),
            ),
            (
                json!({"$ref": "#/a", "description": "d"}),
                json!({"allOf": [{"$ref": "#/a"}], "description": "d"}),
            ),
            (json!({"$ref": "#/a"}), json!({"$ref": "#/a"})),
        ] {
            assert_eq!(schema(given.clone()), expected);
            let within = json!({"properties": {"const": {"items": {"anyOf": [given]}}}});
            assert_eq!(
                schema(within)["properties"]["const"]["items"]["anyOf"][0],
                expected
            );
        }
    }

    #[test]
    fn an_example_is_left_alone() {
        let example = json!({"schema": {"const": 1}});
        let document = json!({"content": {"example": example}});
        let converted: Value = serde_json::from_str(&converted(&document.to_string())).unwrap();
        assert_eq!(converted["content"]["example"], example);
    }
}
