//! The OpenAPI document that a server gives of itself.

mod contents;
mod structure;

use jsonschema::Draft;
use serde_json::{Map, Value, json};

pub(crate) use contents::Operation;

use crate::Deviation;

/// A server's OpenAPI document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Description {
    /// The document.
    pub(crate) root: Value,
}

/// A schema of a document, ready to check values.
#[derive(Debug)]
pub(crate) struct Schema(jsonschema::Validator);

impl Description {
    /// Follows references within the document (`#/…`) until there is none. More than a few in a
    /// row are a circle.
    pub(crate) fn resolve<'a>(&'a self, mut value: &'a Value) -> Result<&'a Value, Deviation> {
        for _ in 0..16 {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
                return Ok(value);
            };
            let target = reference
                .strip_prefix('#')
                .and_then(|pointer| self.root.pointer(pointer));
            value = target
                .ok_or_else(|| Deviation(format!("the document has nothing at {reference:?}")))?;
        }
        Err(Deviation("references are circular".to_owned()))
    }

    /// The schema of a GET operation's response content.
    pub(crate) fn response_schema(
        &self,
        path: &str,
        status: u16,
        media_type: &str,
    ) -> Result<Schema, Deviation> {
        let schema = self
            .operation(path)?
            .get("responses")
            .and_then(|responses| responses.get(status.to_string()))
            .map(|response| self.resolve(response))
            .transpose()?
            .and_then(|response| response.get("content")?.get(media_type)?.get("schema"))
            .ok_or_else(|| {
                Deviation(format!(
                    "the document has no schema for {status} {media_type} of GET {path}"
                ))
            })?;
        self.compile(schema)
    }

    /// The GET operation of a path as the document has it.
    pub(crate) fn operation(&self, path: &str) -> Result<&Value, Deviation> {
        self.root
            .get("paths")
            .and_then(|paths| paths.get(path)?.get("get"))
            .ok_or_else(|| Deviation(format!("the document does not describe GET {path}")))
    }

    /// The dialect of the document's schemas: JSON Schema 2020-12 for OpenAPI 3.1 (§4.8.24), and for
    /// 3.0 what it took its own from, whose bounds are exclusive by a flag (§4.7.24).
    fn draft(&self) -> Draft {
        match self.root["openapi"].as_str() {
            Some(version) if version.starts_with("3.0") => Draft::Draft4,
            _ => Draft::Draft202012,
        }
    }

    /// Makes a schema of the document ready, which must be valid against the meta-schema of its
    /// dialect; what OpenAPI adds to the dialect only annotates.
    pub(crate) fn compile(&self, schema: &Value) -> Result<Schema, Deviation> {
        // References point into the document, so the parts they may point at go with the schema.
        let mut with_parts = match schema {
            Value::Object(members) => members.clone(),
            other => Map::from_iter([("allOf".to_owned(), json!([other]))]),
        };
        for part in ["components", "paths"] {
            if let Some(value) = self.root.get(part) {
                with_parts.insert(part.to_owned(), value.clone());
            }
        }
        jsonschema::options()
            .with_draft(self.draft())
            .build(&Value::Object(with_parts))
            .map(Schema)
            .map_err(|error| {
                let place = error.instance_path();
                Deviation(format!(
                    "the schema {schema} is not valid at {place:?}: {error}"
                ))
            })
    }
}

impl Schema {
    /// Checks a value.
    ///
    /// # Errors
    /// A deviation that says where it is wrong.
    pub(crate) fn check(&self, value: &Value) -> Result<(), Deviation> {
        self.0.validate(value).map_err(|error| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() { "/" } else { &place };
            Deviation(format!("the content does not validate at {place}: {error}"))
        })
    }
}
