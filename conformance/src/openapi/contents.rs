//! What is in a document: operations, schemas, examples.

use serde_json::Value;

use super::Description;

/// The fields of a Path Item that are operations (OpenAPI 3.1 §4.8.9).
pub(super) const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Keywords of JSON Schema 2020-12 whose value is a schema.
const ONE: [&str; 11] = [
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords of JSON Schema 2020-12 whose value is a list of schemas, or an object of schemas.
const SEVERAL: [&str; 8] = [
    "$defs",
    "allOf",
    "anyOf",
    "dependentSchemas",
    "oneOf",
    "patternProperties",
    "prefixItems",
    "properties",
];

/// One operation of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation<'a> {
    /// The path template.
    pub(crate) path: &'a str,
    /// The method, in lower case.
    pub(crate) method: &'a str,
    /// The Operation Object.
    pub(crate) value: &'a Value,
}

impl Operation<'_> {
    /// Method and path.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method.to_ascii_uppercase(), self.path)
    }
}

impl Description {
    /// Every operation.
    pub(crate) fn operations(&self) -> Vec<Operation<'_>> {
        let mut operations = Vec::new();
        for (path, item) in members(&self.root["paths"]) {
            for method in METHODS {
                if let Some(value) = item.get(method) {
                    operations.push(Operation {
                        path,
                        method,
                        value,
                    });
                }
            }
        }
        operations
    }

    /// The security requirements of an operation, of which one must be met: its own, or else the
    /// document's (OpenAPI 3.1 §4.8.10).
    pub(crate) fn security<'a>(&'a self, operation: &Operation<'a>) -> &'a [Value] {
        let own = operation.value.get("security");
        own.or_else(|| self.root.get("security"))
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// Whether the security scheme of this name has its credentials in the Authorization field
    /// (§4.8.27).
    pub(crate) fn is_sent_in_authorization(&self, scheme: &str) -> bool {
        let scheme = &self.root["components"]["securitySchemes"][scheme];
        let text = |member: &str| scheme[member].as_str().unwrap_or_default();
        match text("type") {
            "apiKey" => {
                text("in") == "header" && text("name").eq_ignore_ascii_case("authorization")
            }
            kind => kind == "http",
        }
    }

    /// Every schema that stands in the document on its own, with where it stands; not those within
    /// schemas.
    pub(crate) fn schemas(&self) -> Vec<(String, &Value)> {
        let mut schemas: Vec<(String, &Value)> = members(&self.root["components"]["schemas"])
            .map(|(name, schema)| (format!("components.schemas.{name}"), schema))
            .collect();
        for (place, holder) in self.holders() {
            if let Some(schema) = holder.get("schema") {
                schemas.push((format!("{place}.schema"), schema));
            }
        }
        schemas
    }

    /// Every example, with where it stands and the schema it is an example of.
    pub(crate) fn examples(&self) -> Vec<(String, &Value, &Value)> {
        let mut examples = Vec::new();
        for (place, holder) in self.holders() {
            let Some(schema) = holder.get("schema") else {
                continue;
            };
            if let Some(example) = holder.get("example") {
                examples.push((format!("{place}.example"), schema, example));
            }
            for (name, example) in members(&holder["examples"]) {
                // One that cannot be resolved is the subject of another case.
                let value = self
                    .resolve(example)
                    .ok()
                    .and_then(|found| found.get("value"));
                if let Some(value) = value {
                    examples.push((format!("{place}.examples.{name}"), schema, value));
                }
            }
        }
        for (place, schema) in self.schemas() {
            examples_within(&place, schema, &mut examples);
        }
        examples
    }

    /// Everything that holds a schema and examples of it: parameters, headers, and content.
    fn holders(&self) -> Vec<(String, &Value)> {
        let mut holders = Vec::new();
        find_holders("", &self.root, &mut holders);
        holders
    }
}

/// Finds objects in `parameters`, `headers` and `content`, wherever in the document these are, but
/// not within schemas and examples, where such names mean nothing.
fn find_holders<'a>(place: &str, value: &'a Value, holders: &mut Vec<(String, &'a Value)>) {
    for (name, member) in members(value) {
        let here = join(place, name);
        match name.as_str() {
            "schema" | "schemas" | "example" | "examples" => {}
            "parameters" | "headers" | "content" => {
                for (key, holder) in children(member) {
                    let here = join(&here, &key);
                    holders.push((here.clone(), holder));
                    find_holders(&here, holder, holders);
                }
            }
            _ => find_holders(&here, member, holders),
        }
    }
}

/// Collects `example` and `examples` of a schema and of the schemas within it.
fn examples_within<'a>(
    place: &str,
    schema: &'a Value,
    examples: &mut Vec<(String, &'a Value, &'a Value)>,
) {
    if let Some(example) = schema.get("example") {
        examples.push((join(place, "example"), schema, example));
    }
    for (index, example) in schema["examples"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        examples.push((format!("{place}.examples.{index}"), schema, example));
    }
    for keyword in ONE {
        if let Some(within) = schema.get(keyword) {
            examples_within(&join(place, keyword), within, examples);
        }
    }
    for keyword in SEVERAL {
        let several = schema.get(keyword).map(children).unwrap_or_default();
        for (name, within) in several {
            let here = join(&join(place, keyword), &name);
            examples_within(&here, within, examples);
        }
    }
}

pub(super) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The members of an object or the elements of an array, by name or index.
fn children(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .map(|(index, element)| (index.to_string(), element))
            .collect(),
        _ => Vec::new(),
    }
}

fn join(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}
