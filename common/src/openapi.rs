//! The OpenAPI 3.1 document, written once for all four servers.
//!
//! It describes all that FastAPI's of the original does, and by the same operation ids, which are
//! the names of functions in clients that are generated from it.

use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document, Server,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};

use crate::{FieldError, Greeting, Health, Problem};

/// The document as JSON. `root_path` is the prefix that clients see; without it the server is
/// given relative to where the document was found (OpenAPI 3.1 §4.8.5), which holds behind any
/// proxy.
pub fn document(root_path: Option<&str>) -> String {
    let mut document = Greetings::openapi();
    document.servers = Some(vec![Server::new(root_path.unwrap_or("."))]);
    document
        .to_pretty_json()
        .expect("a test serialises the document")
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Greetings",
        description = "A read-only API for listing and fetching greetings by locale name.",
        version = "1.0.0",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(greetings, greeting, healthz),
    components(schemas(Greeting, Health, Problem, FieldError)),
    modifiers(&OptionalApiKey),
)]
struct Greetings;

/// A server may be started with keys or without, hence both requirements (OpenAPI 3.1 §4.8.30).
struct OptionalApiKey;

impl Modify for OptionalApiKey {
    fn modify(&self, document: &mut Document) {
        let mut value = ApiKeyValue::new("Authorization");
        value.description = Some("`Key` and the key, where the server was given any".to_owned());
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("apiKey", SecurityScheme::ApiKey(ApiKey::Header(value)));
    }
}

/// List the greetings, sorted by lang
#[utoipa::path(
    get,
    path = "/greetings",
    operation_id = "greetings_greetings_get",
    responses(
        (status = 200, description = "Every greeting", body = Vec<Greeting>,
            example = json!([{"lang": "en", "text": "Hello"}, {"lang": "es", "text": "Hola"}])),
        (status = 304, description = "Not modified: If-None-Match names the present entity tag"),
        (status = 401, description = "No valid API key", body = Problem,
            content_type = "application/problem+json"),
        (status = 405, description = "Not a method of this path; Allow names those", body = Problem,
            content_type = "application/problem+json"),
    ),
    security((), ("apiKey" = [])),
)]
#[expect(
    dead_code,
    reason = "only described here; each server has its own handler"
)]
fn greetings() {}

/// Fetch the greeting of one language
#[utoipa::path(
    get,
    path = "/greetings/{lang}",
    operation_id = "greeting_greetings__lang__get",
    params(
        ("lang" = String, Path, description = "Locale name", example = "en",
            pattern = "^[A-Za-z][A-Za-z0-9-]{0,34}$"),
    ),
    responses(
        (status = 200, description = "The greeting", body = Greeting,
            example = json!({"lang": "en", "text": "Hello"})),
        (status = 304, description = "Not modified: If-None-Match names the present entity tag"),
        (status = 401, description = "No valid API key", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "No greeting for this language", body = Problem,
            content_type = "application/problem+json",
            example = json!({"type": "about:blank", "title": "Not Found", "status": 404,
                "detail": "No greeting for the language fr"})),
        (status = 405, description = "Not a method of this path; Allow names those", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "Not shaped like a language tag", body = Problem,
            content_type = "application/problem+json",
            example = json!({"type": "about:blank", "title": "Unprocessable Content", "status": 422,
                "detail": "The language is not shaped like a language tag",
                "errors": [{"loc": ["path", "lang"],
                    "msg": "String should match pattern '^[A-Za-z][A-Za-z0-9-]{0,34}$'",
                    "type": "string_pattern_mismatch"}]})),
    ),
    security((), ("apiKey" = [])),
)]
#[expect(
    dead_code,
    reason = "only described here; each server has its own handler"
)]
fn greeting() {}

/// Whether the server answers
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    responses(
        (status = 200, description = "It does", body = Health, example = json!({"status": "ok"})),
        (status = 405, description = "Not a method of this path; Allow names those", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
#[expect(
    dead_code,
    reason = "only described here; each server has its own handler"
)]
fn healthz() {}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_server_is_relative_unless_the_prefix_is_stated() {
        for (root_path, url) in [(None, "."), (Some("/p"), "/p")] {
            let document: Value = serde_json::from_str(&document(root_path)).unwrap();
            assert_eq!(document["servers"], json!([{"url": url}]));
        }
    }

    #[test]
    fn the_pattern_is_the_one_that_is_enforced() {
        let document: Value = serde_json::from_str(&document(None)).unwrap();
        let parameter = &document["paths"]["/greetings/{lang}"]["get"]["parameters"][0];
        assert_eq!(parameter["schema"]["pattern"], crate::Lang::PATTERN);
    }

    /// What FastAPI generates for the original: `baselines/fastapi/openapi.py` writes it.
    const ORIGINAL: &str = include_str!("../../baselines/fastapi/openapi.json");

    fn both() -> (Value, Value) {
        let ours = serde_json::from_str(&document(None)).unwrap();
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
                    let schema = |responses: &Value| {
                        responses["content"]["application/json"]["schema"].clone()
                    };
                    let other = &own["responses"][status];
                    // A 422 is a problem here, of which the next test tells.
                    match status.as_str() {
                        "422" if other.is_object() => {}
                        _ => lacking.extend(lacks(
                            &documents,
                            &schema(other),
                            &schema(response),
                            &at,
                        )),
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
        let detail =
            &theirs["components"]["schemas"]["HTTPValidationError"]["properties"]["detail"];
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
}
