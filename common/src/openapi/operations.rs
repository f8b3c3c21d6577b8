//! What is described: the four operations and their schemas.

use utoipa::{
    OpenApi,
    openapi::{
        OpenApi as Document, RefOr,
        path::Operation,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};

use super::Mode;
use crate::{FieldError, Greeting, Health, Problem};

/// The name of the security scheme.
const API_KEY: &str = "apiKey";

/// The description of a server of this mode, wherever it is found.
pub(super) fn document(mode: &Mode) -> Document {
    let mut document = Greetings::openapi();
    let paths = document.paths.paths.values_mut();
    for operation in paths.filter_map(|path| path.get.as_mut()) {
        complete(operation, mode);
    }
    if mode.keyed {
        let mut value = ApiKeyValue::new("Authorization");
        value.description = Some("`Key`, a space and the key".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(API_KEY, SecurityScheme::ApiKey(ApiKey::Header(value)));
    }
    document
}

/// What is written below is of a server that asks for a key and reads a database. An operation that
/// needs no key says so with an empty list (OpenAPI 3.1 §4.8.10) and is never 401.
fn complete(operation: &mut Operation, mode: &Mode) {
    let reads_greetings = operation.security.is_some();
    if !mode.keyed || !reads_greetings {
        operation.security = Some(Vec::new());
        operation.responses.responses.remove("401");
    }
    if !mode.over_database {
        if reads_greetings {
            operation.responses.responses.remove("503");
        }
    } else if operation.operation_id.as_deref() == Some("readyz") {
        describe_readiness_over_database(operation);
    }
    // utoipa lists the tags even of an operation that has none. FastAPI's have none either, and
    // tags would give a generated client's functions another place.
    if operation.tags.as_ref().is_some_and(Vec::is_empty) {
        operation.tags = None;
    }
}

fn describe_readiness_over_database(operation: &mut Operation) {
    operation.description = Some(
        "For load balancers: not while the database cannot be read, and not once it has been told to end, though it \
         may still answer. It needs no API key."
            .to_owned(),
    );
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("503") {
        response.description = "The database cannot be read, or it has been told to end; Retry-After says when to ask \
                                again"
            .to_owned();
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Greetings",
        description = "A read-only API for listing and fetching greetings by locale name.\n\n\
            Every path answers `GET`, `HEAD` and `OPTIONS`. Every error is a problem (RFC 9457).",
        version = "1.0.0",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(greetings, greeting, healthz, readyz),
    components(schemas(Greeting, Health, Problem, FieldError))
)]
struct Greetings;

/// List the greetings
#[utoipa::path(
    get,
    path = "/greetings",
    operation_id = "greetings_greetings_get",
    description = "Every greeting there is, sorted by `lang` in code point order. There are no pages.",
    responses(
        (status = 200, description = "Every greeting", body = Vec<Greeting>,
            example = json!([{"lang": "en", "text": "Hello"}, {"lang": "es", "text": "Hola"}])),
        (status = 304, description = "Not modified: If-None-Match names the present entity tag"),
        (status = 401, description = "No valid API key", body = Problem,
            content_type = "application/problem+json"),
        (status = 412, description = "If-Match does not name the present entity tag", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be read", body = Problem,
            content_type = "application/problem+json",
            headers(("Retry-After" = u32, description = "When to ask again, in seconds")),
            example = json!({"type": "about:blank", "title": "Service Unavailable", "status": 503,
                "detail": "The database cannot be reached"})),
    ),
    security(("apiKey" = [])),
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
    description = "The greeting whose `lang` is exactly this one: case counts, and no other \
        language stands in.",
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
        (status = 412, description = "If-Match does not name the present entity tag", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "Not shaped like a language tag", body = Problem,
            content_type = "application/problem+json",
            example = json!({"type": "about:blank", "title": "Unprocessable Content", "status": 422,
                "detail": "The language is not shaped like a language tag",
                "errors": [{"loc": ["path", "lang"],
                    "msg": "String should match pattern '^[A-Za-z][A-Za-z0-9-]{0,34}$'",
                    "type": "string_pattern_mismatch"}]})),
        (status = 503, description = "The database cannot be read", body = Problem,
            content_type = "application/problem+json",
            headers(("Retry-After" = u32, description = "When to ask again, in seconds")),
            example = json!({"type": "about:blank", "title": "Service Unavailable", "status": 503,
                "detail": "The database cannot be reached"})),
    ),
    security(("apiKey" = [])),
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
    description = "For orchestrators: a server that does not is started anew. It needs no API key.",
    responses(
        (status = 200, description = "It does", body = Health, example = json!({"status": "ok"})),
        (status = 304, description = "Not modified: If-None-Match names the present entity tag"),
        (status = 412, description = "If-Match does not name the present entity tag", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
#[expect(
    dead_code,
    reason = "only described here; each server has its own handler"
)]
fn healthz() {}

/// Whether the server takes further requests
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    description = "For load balancers: not once it has been told to end, though it may still answer. It \
        needs no API key.",
    responses(
        (status = 200, description = "It does", body = Health, example = json!({"status": "ok"})),
        (status = 304, description = "Not modified: If-None-Match names the present entity tag"),
        (status = 412, description = "If-Match does not name the present entity tag", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "It has been told to end; Retry-After says when to ask again",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
#[expect(
    dead_code,
    reason = "only described here; each server has its own handler"
)]
fn readyz() {}
