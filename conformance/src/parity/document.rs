//! Two OpenAPI documents side by side: paths, operations, schemas.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde_json::{Map, Value};

use super::{Answers, cell, write_head};

/// What of a document clients are generated from, by name.
type Facts = BTreeMap<String, String>;

/// Writes what differs.
pub(super) fn write(out: &mut String, original: &Answers, other: &Answers) -> fmt::Result {
    let (before, after) = (facts(&original.document), facts(&other.document));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let (alike, differing): (Vec<&String>, Vec<&String>) = names
        .into_iter()
        .partition(|name| before.get(*name) == after.get(*name));
    writeln!(out, "The same:\n")?;
    for name in alike {
        writeln!(
            out,
            "- {name}: {}",
            cell(before.get(name).map(String::as_str))
        )?;
    }
    writeln!(out, "\nDifferent:\n")?;
    write_head(out, original, "")?;
    for name in differing {
        let value = |facts: &Facts| cell(facts.get(name).map(String::as_str));
        writeln!(out, "| {name} | {} | {} |", value(&before), value(&after))?;
    }
    Ok(())
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn facts(document: &Value) -> Facts {
    let mut facts = Facts::new();
    let mut note = |name: String, value: String| facts.insert(name, value);
    for name in ["openapi", "servers"] {
        if !document[name].is_null() {
            note(name.to_owned(), plain(&document[name]));
        }
    }
    note("title and version".to_owned(), {
        let info = &document["info"];
        format!("{} {}", plain(&info["title"]), plain(&info["version"]))
    });
    for (path, methods) in members(&document["paths"]) {
        for (method, operation) in members(methods) {
            let at = format!("{} {path}", method.to_uppercase());
            for name in ["operationId", "summary", "security"] {
                if !operation[name].is_null() {
                    note(format!("{at}, {name}"), plain(&operation[name]));
                }
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = plain(&parameter["name"]);
                let shape = shape(&parameter["schema"]);
                let shape = match parameter["schema"]["pattern"].as_str() {
                    Some(pattern) => format!("{shape} like {pattern}"),
                    None => shape,
                };
                note(
                    format!("{at}, {} parameter {name}", plain(&parameter["in"])),
                    format!(
                        "{shape}{}",
                        if parameter["required"] == true {
                            ", required"
                        } else {
                            ""
                        }
                    ),
                );
            }
            for (status, response) in members(&operation["responses"]) {
                let contents: Vec<String> = members(&response["content"])
                    .map(|(media_type, content)| {
                        format!("{media_type}: {}", shape(&content["schema"]))
                    })
                    .collect();
                note(
                    format!("{at}, {status}"),
                    match contents.is_empty() {
                        true => "no content".to_owned(),
                        false => contents.join("; "),
                    },
                );
            }
        }
    }
    for (name, schema) in members(&document["components"]["schemas"]) {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let properties: Vec<String> = members(&schema["properties"])
            .map(|(property, schema)| {
                let optional = !required.iter().any(|name| name == property);
                format!(
                    "{property}{}: {}",
                    if optional { "?" } else { "" },
                    shape(schema)
                )
            })
            .collect();
        note(format!("schema {name}"), properties.join(", "));
    }
    facts
}

/// A schema in a word or two.
fn shape(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or(reference).to_owned();
    }
    if let Some(kinds) = schema["anyOf"].as_array() {
        return kinds.iter().map(shape).collect::<Vec<_>>().join(" or ");
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", shape(&schema["items"])),
        Some(kind) => kind.to_owned(),
        None => "anything".to_owned(),
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn facts_are_what_clients_are_generated_from() {
        let document = json!({
            "openapi": "3.1.0",
            "info": {"title": "T", "version": "1"},
            "paths": {"/a/{b}": {"get": {
                "operationId": "a",
                "parameters": [{"name": "b", "in": "path", "required": true,
                    "schema": {"type": "string"}}],
                "responses": {"200": {"content": {"application/json": {"schema":
                    {"type": "array", "items": {"$ref": "#/components/schemas/S"}}}}}, "304": {}},
            }}},
            "components": {"schemas": {"S": {"required": ["x"], "properties":
                {"x": {"anyOf": [{"type": "string"}, {"type": "integer"}]}, "y": {}}}}},
        });
        let facts = facts(&document);
        assert_eq!(facts["GET /a/{b}, operationId"], "a");
        assert_eq!(facts["GET /a/{b}, path parameter b"], "string, required");
        assert_eq!(facts["GET /a/{b}, 200"], "application/json: list of S");
        assert_eq!(facts["GET /a/{b}, 304"], "no content");
        assert_eq!(facts["schema S"], "x: string or integer, y?: anything");
    }
}
