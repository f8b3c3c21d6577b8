//! The OpenAPI 3.1 document, written once for all four servers.

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
    operation_id = "greetings",
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
    operation_id = "greeting",
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
}
