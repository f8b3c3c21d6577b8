//! The fixed fields of OpenAPI's objects (§4.8). It knows nothing of how they are checked.

/// The fixed fields of an object: those it must have, and those it may.
pub(super) type Fields = (&'static [&'static str], &'static [&'static str]);

pub(super) const ROOT: Fields = (
    &["openapi", "info"],
    &[
        "jsonSchemaDialect",
        "servers",
        "paths",
        "webhooks",
        "components",
        "security",
        "tags",
        "externalDocs",
    ],
);
pub(super) const INFO: Fields = (
    &["title", "version"],
    &[
        "summary",
        "description",
        "termsOfService",
        "contact",
        "license",
    ],
);
pub(super) const LICENSE: Fields = (&["name"], &["identifier", "url"]);
pub(super) const SERVER: Fields = (&["url"], &["description", "variables"]);
pub(super) const TAG: Fields = (&["name"], &["description", "externalDocs"]);
pub(super) const PATH_ITEM: Fields = (
    &[],
    &[
        "$ref",
        "summary",
        "description",
        "get",
        "put",
        "post",
        "delete",
        "options",
        "head",
        "patch",
        "trace",
        "servers",
        "parameters",
    ],
);
pub(super) const OPERATION: Fields = (
    // A document of the 3.1 series may leave them out; clients then know nothing of the answers.
    &["responses"],
    &[
        "tags",
        "summary",
        "description",
        "externalDocs",
        "operationId",
        "parameters",
        "requestBody",
        "callbacks",
        "deprecated",
        "security",
        "servers",
    ],
);
pub(super) const PARAMETER: Fields = (
    &["name", "in"],
    &[
        "description",
        "required",
        "deprecated",
        "allowEmptyValue",
        "style",
        "explode",
        "allowReserved",
        "schema",
        "example",
        "examples",
        "content",
    ],
);
pub(super) const REQUEST_BODY: Fields = (&["content"], &["description", "required"]);
pub(super) const RESPONSE: Fields = (&["description"], &["headers", "content", "links"]);
pub(super) const HEADER: Fields = (
    &[],
    &[
        "description",
        "required",
        "deprecated",
        "style",
        "explode",
        "schema",
        "example",
        "examples",
        "content",
    ],
);
pub(super) const MEDIA_TYPE: Fields = (&[], &["schema", "example", "examples", "encoding"]);
pub(super) const EXAMPLE: Fields = (&[], &["summary", "description", "value", "externalValue"]);
pub(super) const COMPONENTS: Fields = (
    &[],
    &[
        "schemas",
        "responses",
        "parameters",
        "examples",
        "requestBodies",
        "headers",
        "securitySchemes",
        "links",
        "callbacks",
        "pathItems",
    ],
);
pub(super) const SECURITY_SCHEME: Fields = (
    &["type"],
    &[
        "description",
        "name",
        "in",
        "scheme",
        "bearerFormat",
        "flows",
        "openIdConnectUrl",
    ],
);
