//! What is asked of another API: the paths that were named, and the operations of its document that
//! need no content.

use std::sync::Arc;

use serde_json::Value;

use crate::BaseUrl;
use crate::openapi::Description;
use crate::url::percent_encode;

/// Something that GET is sent for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resource {
    /// Its path and query, below the target's prefix.
    pub(crate) path: String,
    /// What the API's document says of it.
    pub(crate) described: Option<Described>,
}

/// What a document says of a resource.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Described {
    /// The document.
    pub(crate) document: Arc<Description>,
    /// The path template.
    pub(crate) template: String,
    /// Every template that the filled-in path fits, which may be of other operations: `/users/me` fits
    /// `/users/{id}`, too.
    pub(crate) fitting: Vec<String>,
    /// The same path with a path parameter that its schema does not allow, if that can be told.
    pub(crate) disallowed: Option<String>,
}

impl Resource {
    /// A resource of which only the path is known.
    pub(crate) fn at(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            described: None,
        }
    }
}

impl Described {
    /// The GET operation.
    pub(crate) fn operation(&self) -> Option<&Value> {
        self.document.operation(&self.template).ok()
    }

    /// Whether the document has this method for the path; one that has GET has HEAD (RFC 9110 §9.1).
    pub(crate) fn has_method(&self, method: &str) -> bool {
        self.has_method_at(&self.template, method)
    }

    /// Whether the document has this method for any template that the path fits.
    pub(crate) fn may_have_method(&self, method: &str) -> bool {
        let mut fitting = self.fitting.iter();
        fitting.any(|template| self.has_method_at(template, method))
    }

    fn has_method_at(&self, template: &str, method: &str) -> bool {
        let item = self.document.root["paths"].get(template);
        let lower = method.to_ascii_lowercase();
        let is_there = |name: &str| item.is_some_and(|item| item.get(name).is_some());
        is_there(&lower) || lower == "head" && is_there("get")
    }

    /// The Response Object for a status: its own, that of its class, or the default (OpenAPI 3.1
    /// §4.8.16).
    pub(crate) fn response(&self, status: u16) -> Option<&Value> {
        let responses = self.operation()?.get("responses")?;
        let names = [
            status.to_string(),
            format!("{}XX", status / 100),
            "default".to_owned(),
        ];
        let found = names.iter().find_map(|name| responses.get(name))?;
        self.document.resolve(found).ok()
    }

    /// The Media Type Object for a type: its own, or that of the closest range (§4.8.14).
    pub(crate) fn content(&self, status: u16, media_type: &str) -> Option<&Value> {
        let content = self.response(status)?.get("content")?.as_object()?;
        let kind = media_type.split('/').next().unwrap_or_default();
        let names = [media_type.to_owned(), format!("{kind}/*"), "*/*".to_owned()];
        let is_named = |given: &str, name: &str| {
            let essence = given.split(';').next().unwrap_or_default();
            essence.trim().eq_ignore_ascii_case(name)
        };
        names.iter().find_map(|name| {
            let mut types = content.iter();
            types
                .find(|(given, _)| is_named(given, name))
                .map(|(_, value)| value)
        })
    }
}

/// The GET operations of a document that can be asked, and why the others cannot: a sentence each.
/// `page` is the path of the document, with the target's prefix.
pub(crate) fn of_document(
    mut document: Description,
    base: &BaseUrl,
    page: &str,
) -> (Vec<Resource>, Vec<String>) {
    allow_null(&mut document.root);
    let document = Arc::new(document);
    let below = prefix(&document, base, page);
    let (mut resources, mut left_out) = (Vec::new(), Vec::new());
    for (template, item) in document.root["paths"].as_object().into_iter().flatten() {
        if item.get("get").is_none() {
            continue;
        }
        if !template.starts_with('/') {
            left_out.push(format!(
                "{template:?} of the document is not tested: a path begins with a slash"
            ));
            continue;
        }
        match filled(&document, template, item) {
            Ok((path, disallowed)) => resources.push(Resource {
                described: Some(Described {
                    document: document.clone(),
                    template: template.clone(),
                    fitting: fitting(&document, &path),
                    disallowed: disallowed.map(|path| format!("{below}{path}")),
                }),
                path: format!("{below}{path}"),
            }),
            Err(why) => left_out.push(format!("GET {template} is not tested: {why}")),
        }
    }
    (resources, left_out)
}

/// Has a schema of OpenAPI 3.0 that is `nullable` say so as JSON Schema does.
fn allow_null(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("nullable") == Some(&Value::Bool(true))
                && let Some(kind) = members.get_mut("type").filter(|kind| kind.is_string())
            {
                *kind = Value::from(vec![kind.take(), Value::from("null")]);
            }
            members.values_mut().for_each(allow_null);
        }
        Value::Array(elements) => elements.iter_mut().for_each(allow_null),
        _ => {}
    }
}

/// The templates of a document that a path fits.
fn fitting(document: &Description, path: &str) -> Vec<String> {
    let path = path.split('?').next().unwrap_or_default();
    let fits = |template: &&String| {
        let both = template.split('/').zip(path.split('/'));
        template.split('/').count() == path.split('/').count() && { both }
            .all(|(template, segment)| template == segment || template.contains('{'))
    };
    let templates = document.root["paths"].as_object().into_iter().flatten();
    templates
        .map(|(template, _)| template)
        .filter(fits)
        .cloned()
        .collect()
}

/// What the document's first server adds to the target's prefix, where that is on this server.
fn prefix(document: &Description, base: &BaseUrl, page: &str) -> String {
    let url = document.root["servers"][0]["url"]
        .as_str()
        .unwrap_or_default();
    let path = base.follow(page, url).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let is_template = path.contains('{');
    match path.strip_prefix(base.prefix()) {
        // A prefix ends where a segment does.
        Some(rest) if rest.is_empty() || rest.starts_with('/') => match url {
            "" => String::new(),
            _ if is_template => String::new(),
            _ => rest.trim_end_matches('/').to_owned(),
        },
        _ => String::new(),
    }
}

/// A path template with a value for each parameter that is required, and the same with one that is
/// not allowed.
///
/// # Errors
/// What stands in the way.
fn filled(
    document: &Description,
    template: &str,
    item: &Value,
) -> Result<(String, Option<String>), String> {
    let operation = &item["get"];
    if !operation.is_object() {
        return Err("its operation is no object".to_owned());
    }
    if operation["requestBody"]["required"] == true {
        return Err("it needs content".to_owned());
    }
    let given = |holder: &Value| holder["parameters"].as_array().cloned().unwrap_or_default();
    let (mut path, mut disallowed) = (template.to_owned(), None::<String>);
    let mut query: Vec<String> = Vec::new();
    let mut seen: Vec<(&str, Option<&str>)> = Vec::new();
    // What the operation says of a parameter stands in for what the path says of it.
    let (of_operation, of_path) = (given(operation), given(item));
    for parameter in of_operation.iter().chain(&of_path) {
        let parameter = document.resolve(parameter).map_err(|why| why.0)?;
        let name = parameter["name"].as_str().unwrap_or_default();
        let place = parameter["in"].as_str();
        if seen.contains(&(name, place)) {
            continue;
        }
        seen.push((name, place));
        let schema = document
            .resolve(&parameter["schema"])
            .unwrap_or(&Value::Null);
        let value = value_of(document, parameter, schema);
        match place {
            Some("path") => {
                let place = format!("{{{name}}}");
                disallowed = match disallowed_by(document, schema) {
                    Some(other) => Some(path.replace(&place, &other)),
                    None => disallowed.map(|path| path.replace(&place, &percent_encode(&value))),
                };
                path = path.replace(&place, &percent_encode(&value));
            }
            _ if parameter["required"] != true => {}
            Some("query") => {
                query.push(format!(
                    "{}={}",
                    percent_encode(name),
                    percent_encode(&value)
                ));
            }
            _ => {
                return Err(format!(
                    "it requires the parameter {name}, which is not in its URL"
                ));
            }
        }
    }
    if path.contains('{') {
        return Err("its document does not describe every parameter of the path".to_owned());
    }
    let with_query = |path: String| match query.is_empty() {
        true => path,
        false => format!("{path}?{}", query.join("&")),
    };
    let disallowed = disallowed.filter(|path| !path.contains('{'));
    Ok((with_query(path), disallowed.map(with_query)))
}

/// A value that a parameter's schema does not allow, where one is easily told.
fn disallowed_by(document: &Description, schema: &Value) -> Option<String> {
    const CANDIDATES: [&str; 2] = ["no-number", "!"];
    let is_simple = matches!(
        schema["type"].as_str(),
        Some("integer" | "number" | "string")
    );
    if !is_simple {
        return None;
    }
    if schema["format"] == "uuid" {
        return Some("no-uuid".to_owned());
    }
    // One that cannot be read is for the case about schemas to say.
    let schema = document.compile(schema).ok()?;
    let mut candidates = CANDIDATES.into_iter();
    let is_disallowed = |value: &&str| schema.check(&Value::from(*value)).is_err();
    candidates.find(is_disallowed).map(percent_encode)
}

/// A value for a parameter: its example, its default, one that it may have, or any of its type.
fn value_of(document: &Description, parameter: &Value, schema: &Value) -> String {
    let of_examples = parameter["examples"].as_object().and_then(|examples| {
        let example = document.resolve(examples.values().next()?).ok()?;
        example.get("value")
    });
    let candidates = [
        parameter.get("example"),
        of_examples,
        schema.get("example"),
        schema["examples"].get(0),
        schema.get("default"),
        schema.get("const"),
        schema["enum"].get(0),
        schema.get("minimum"),
    ];
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let known = candidates.into_iter().flatten().find_map(text);
    known.unwrap_or_else(|| {
        let kind = (schema["type"].as_str(), schema["format"].as_str());
        let any = match kind {
            (Some("integer" | "number"), _) => "1",
            (Some("boolean"), _) => "true",
            (_, Some("uuid")) => "00000000-0000-0000-0000-000000000000",
            (_, Some("date")) => "2000-01-01",
            (_, Some("date-time")) => "2000-01-01T00:00:00Z",
            _ => "x",
        };
        any.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(document: Value) -> (Vec<String>, Vec<String>) {
        let base = BaseUrl::parse("http://h:81/p/").unwrap();
        let document = Description { root: document };
        let (resources, left_out) = of_document(document, &base, "/p/openapi.json");
        (
            resources
                .into_iter()
                .map(|resource| resource.path)
                .collect(),
            left_out,
        )
    }

    #[test]
    fn parameters_are_filled_in() {
        let number = json!({"name": "id", "in": "path", "required": true,
            "schema": {"$ref": "#/components/schemas/Id"}});
        let document = json!({
            "servers": [{"url": "./v1"}],
            "components": {"schemas": {"Id": {"type": "integer", "minimum": 7}}},
            "paths": {
                "/items": {"get": {"parameters": [
                    {"name": "q", "in": "query", "required": true, "example": "a b"},
                    {"name": "page", "in": "query"},
                ]}, "post": {}},
                "/items/{id}": {"parameters": [number], "get": {}},
                // The operation's own stand in for those of the path.
                "/own/{id}": {"parameters": [number, {"name": "q", "in": "query", "required": true}],
                    "get": {"parameters": [
                        {"name": "id", "in": "path", "required": true,
                            "schema": {"type": "integer", "minimum": 8}},
                        {"name": "q", "in": "query", "required": false},
                    ]}},
                "/items/{id}/x": {"get": {}},
                "/keyed": {"get": {"parameters": [
                    {"name": "X-Key", "in": "header", "required": true, "schema": {}},
                ]}},
                "/only-post": {"post": {}},
            },
        });
        let (found, left_out) = paths(document);
        assert_eq!(found, ["/v1/items?q=a%20b", "/v1/items/7", "/v1/own/8"]);
        assert_eq!(left_out.len(), 2, "{left_out:?}");
    }

    #[test]
    fn an_operations_parameter_stands_in_for_that_of_its_path() {
        let id =
            json!({"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}});
        let path = json!({"parameters": [id], "get": {"parameters": [id]}});
        let document = Description {
            root: json!({"paths": {"/items/{id}": path}}),
        };
        let base = BaseUrl::parse("http://h:81/").unwrap();
        let (resources, _) = of_document(document, &base, "/openapi.json");
        let described = resources[0].described.as_ref().unwrap();
        assert_eq!(described.disallowed.as_deref(), Some("/items/no-number"));
    }

    #[test]
    fn a_method_of_another_template_that_fits_is_a_method_of_the_path() {
        let id = json!({"name": "id", "in": "path", "required": true, "example": "me"});
        let document = Description {
            root: json!({"paths": {
                "/users/me": {"delete": {}},
                "/users/{id}": {"parameters": [id], "get": {}},
            }}),
        };
        let base = BaseUrl::parse("http://h:81/").unwrap();
        let (resources, _) = of_document(document, &base, "/openapi.json");
        let described = resources[0].described.as_ref().unwrap();
        assert_eq!(resources[0].path, "/users/me");
        assert!(!described.has_method("DELETE") && described.may_have_method("DELETE"));
        assert!(!described.may_have_method("PUT"));
    }

    #[test]
    fn what_is_no_path_and_no_operation_is_left_out() {
        let document = json!({"paths": {"nope": {"get": {}}, "/y": {"get": 5}, "/z": 5}});
        let (found, left_out) = paths(document);
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(left_out.len(), 2, "{left_out:?}");
    }

    #[test]
    fn a_prefix_ends_with_its_segment() {
        let document = json!({
            "servers": [{"url": "/p2"}], "paths": {"/items": {"get": {}}},
        });
        assert_eq!(paths(document).0, ["/items"]);
    }

    #[test]
    fn a_response_is_found_by_status_class_and_default() {
        let document = json!({"paths": {"/a": {"get": {"responses": {
            "200": {"content": {"application/json; charset=utf-8": {"schema": 1}}},
            "4XX": {"content": {"application/*": {"schema": 2}}},
            "default": {"content": {"*/*": {"schema": 3}}},
        }}}}});
        let base = BaseUrl::parse("http://h:81/").unwrap();
        let (resources, _) = of_document(Description { root: document }, &base, "/openapi.json");
        let described = resources[0].described.as_ref().unwrap();
        for (status, schema) in [(200, 1), (404, 2), (500, 3)] {
            let content = described.content(status, "application/json").unwrap();
            assert_eq!(content["schema"], schema, "{status}");
        }
        assert_eq!(described.disallowed, None);
        assert!(described.has_method("HEAD") && !described.has_method("PUT"));
        assert!(!described.may_have_method("PUT"));
        assert_eq!(described.content(200, "text/html"), None);
    }
}
