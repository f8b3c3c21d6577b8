//! Tests of the check of a document's structure.

use serde_json::json;

use super::*;

fn problems(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut root = json!({
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/a/{b}": {
                "get": {
                    "parameters": [
                        {"name": "b", "in": "path", "required": true, "schema": {}},
                    ],
                    "responses": {
                        "200": {
                            "description": "d",
                            "content": {
                                "text/plain": {"schema": {"$ref": "#/components/schemas/S"}},
                            },
                        },
                        "4XX": {"$ref": "#/components/responses/R"},
                    },
                    "security": [{"key": []}],
                },
            },
        },
        "components": {
            "schemas": {"S": {"type": "string", "examples": [{"$ref": "#/only/text"}]}},
            "responses": {"R": {"description": "d"}},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    });
    change(&mut root);
    Description { root }.problems()
}

#[test]
fn a_sound_document_has_no_problems() {
    assert_eq!(problems(|_| {}), [""; 0]);
}

/// Puts a mistake into a sound document.
type Change = fn(&mut Value);

#[test]
fn each_mistake_is_one_problem() {
    let changes: [(&str, Change); 12] = [
        ("no title", |root| {
            root["info"]
                .as_object_mut()
                .map(|info| info.remove("title"));
        }),
        ("colour", |root| root["info"]["colour"] = json!("red")),
        ("no string", |root| root["info"]["version"] = json!(1)),
        ("both", |root| {
            root["info"]["license"] = json!({"name": "n", "identifier": "i", "url": "u"});
        }),
        ("slash", |root| {
            root["paths"]["x"] = json!({});
        }),
        ("not required", |root| {
            root["paths"]["/a/{b}"]["get"]["parameters"][0]["required"] = json!(false);
        }),
        ("path parameters", |root| {
            root["paths"]["/a/{b}"]["get"]["parameters"][0]["name"] = json!("c");
        }),
        ("no status", |root| {
            root["paths"]["/a/{b}"]["get"]["responses"]["2000"] = json!({"description": "d"});
        }),
        ("no description", |root| {
            root["components"]["responses"]["R"] = json!({});
        }),
        ("nothing at", |root| {
            root["paths"]["/a/{b}"]["get"]["responses"]["500"] =
                json!({"$ref": "#/components/responses/none"});
        }),
        ("no such security scheme", |root| {
            root["security"] = json!([{"none": []}]);
        }),
        ("no scheme", |root| {
            root["components"]["securitySchemes"]["key"] = json!({"type": "http"});
        }),
    ];
    for (expected, change) in changes {
        let found = problems(change);
        assert!(
            found.iter().any(|problem| problem.contains(expected)),
            "{expected}: {found:?}"
        );
    }
}
