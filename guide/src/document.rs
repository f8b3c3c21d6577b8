//! What the five OpenAPI documents say, beside each other.

use std::{fs, net::SocketAddr, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{COLUMNS, Column, folder, server};

/// FastAPI's document, as it is kept for machines without Python.
const ORIGINAL: &str = "python/openapi.json";

/// One statement, and where in a document it is made.
type Statement = (&'static str, fn(&Document) -> bool);

/// What FastAPI's document states of the application, without a line written for it.
pub const STATEMENTS: &[Statement] = &[
    ("the nine operations", |document| {
        let stated = |(path, method)| !document.at(&["paths", path, method]).is_null();
        OPERATIONS.into_iter().all(stated)
    }),
    ("an operation id for each", |document| {
        let named = |(path, method)| {
            document
                .at(&["paths", path, method, "operationId"])
                .is_string()
        };
        OPERATIONS.into_iter().all(named)
    }),
    ("`number` is an integer from 1 to 1000", |document| {
        let schema = document.parameter("/squares/{number}", "number").schema();
        schema.at(&["type"]) == "integer" && schema.is_within(1.0, 1000.0)
    }),
    ("`q` is required, `limit` is not", |document| {
        let is_required = |name| document.parameter("/search", name).at(&["required"]) == true;
        is_required("q") && !is_required("limit")
    }),
    ("`limit` is an integer from 1 to 100", |document| {
        let schema = document.parameter("/search", "limit").schema();
        schema.at(&["type"]) == "integer" && schema.is_within(1.0, 100.0)
    }),
    ("`limit` is 10 if there is none", |document| {
        document
            .parameter("/search", "limit")
            .schema()
            .at(&["default"])
            == 10
    }),
    ("the header Accept-Language", |document| {
        !document.parameter("/count", "accept-language").0.is_null()
    }),
    ("the request's body, with lengths", |document| {
        let body = document.body(&["paths", "/greetings", "post", "requestBody"]);
        let lang = body.under(&["properties", "lang"]);
        lang.at(&["minLength"]) == 2 && lang.at(&["maxLength"]) == 8
    }),
    ("the answers' bodies", |document| {
        let body = |status| document.body(&["paths", "/greetings", "post", "responses", status]);
        !body("201").at(&["properties", "text"]).is_null()
    }),
    ("422 and its body", |document| {
        let stated = |(path, method)| {
            let errors = document.body(&["paths", path, method, "responses", "422"]);
            !errors.at(&["properties", "detail"]).is_null()
        };
        VALIDATED.into_iter().all(stated)
    }),
    ("`/me` needs a bearer token", |document| {
        let requirement = document.at(&["paths", "/me", "get", "security", "0", "HTTPBearer"]);
        let scheme = document.at(&["components", "securitySchemes", "HTTPBearer", "scheme"]);
        requirement.is_array() && scheme == "bearer"
    }),
];

const OPERATIONS: [(&str, &str); 9] = [
    ("/hello", "get"),
    ("/squares/{number}", "get"),
    ("/search", "get"),
    ("/greetings", "post"),
    ("/greetings/{id}", "get"),
    ("/count", "get"),
    ("/me", "get"),
    ("/notify", "post"),
    ("/sent", "get"),
];

const VALIDATED: [(&str, &str); 5] = [
    ("/squares/{number}", "get"),
    ("/search", "get"),
    ("/greetings", "post"),
    ("/greetings/{id}", "get"),
    ("/notify", "post"),
];

/// An OpenAPI document.
#[derive(Debug)]
pub struct Document(Value);

/// A part of a document, with references followed.
struct Part<'a>(&'a Value, &'a Document);

impl Document {
    /// What a server says of itself.
    ///
    /// # Errors
    ///
    /// If it says nothing, or no JSON.
    pub fn of(server: SocketAddr) -> Result<Self> {
        let mut response = ureq::get(format!("http://{server}/openapi.json")).call()?;
        let text = response.body_mut().read_to_string()?;
        Ok(Self(serde_json::from_str(&text)?))
    }

    /// The five documents, FastAPI's as it is kept.
    ///
    /// # Errors
    ///
    /// If one cannot be had.
    pub fn all() -> Result<Vec<(Column, Self)>> {
        let of = |column| {
            let document = match column {
                Column::FastApi => Self::original()?,
                _ => Self::of(server::start(column, Path::new(""))?.address)?,
            };
            Ok((column, document))
        };
        COLUMNS.into_iter().map(of).collect()
    }

    /// FastAPI's document, as it is kept.
    ///
    /// # Errors
    ///
    /// If it is no JSON.
    pub fn original() -> Result<Self> {
        let text = fs::read_to_string(folder().join(ORIGINAL)).context(ORIGINAL)?;
        Ok(Self(serde_json::from_str(&text).context(ORIGINAL)?))
    }

    /// Keeps this as FastAPI's document.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn keep(&self) -> Result<()> {
        Ok(fs::write(folder().join(ORIGINAL), self.text() + "\n")?)
    }

    /// The whole, indented.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:#}", self.0)
    }

    /// The parameters of the search, indented.
    #[must_use]
    pub fn parameters_of_search(&self) -> String {
        format!("{:#}", self.at(&["paths", "/search", "get", "parameters"]))
    }

    fn at(&self, path: &[&str]) -> &Value {
        self.whole().under(path).0
    }

    fn whole(&self) -> Part<'_> {
        Part(&self.0, self)
    }

    /// The parameter of a GET with this name.
    fn parameter(&self, path: &str, name: &str) -> Part<'_> {
        let parameters = self.at(&["paths", path, "get", "parameters"]).as_array();
        let mut parameters = parameters.into_iter().flatten();
        let found = parameters.find(|parameter| parameter["name"] == name);
        Part(found.unwrap_or(&Value::Null), self)
    }

    /// The schema of the JSON that the request or response at `path` has.
    fn body(&self, path: &[&str]) -> Part<'_> {
        let content = self.whole().under(path);
        content.under(&["content", "application/json", "schema"])
    }
}

impl<'a> Part<'a> {
    /// The part at a path below this one.
    fn under(&self, path: &[&str]) -> Self {
        let mut part = self.resolved();
        for step in path {
            let next = match step.parse::<usize>() {
                Ok(index) if part.is_array() => &part[index],
                _ => &part[*step],
            };
            part = Self(next, self.1).resolved();
        }
        Self(part, self.1)
    }

    fn at(&self, path: &[&str]) -> &'a Value {
        self.under(path).0
    }

    fn resolved(&self) -> &'a Value {
        let pointer = self.0["$ref"]
            .as_str()
            .and_then(|text| text.strip_prefix('#'));
        pointer
            .and_then(|pointer| self.1.0.pointer(pointer))
            .unwrap_or(self.0)
    }

    fn schema(&self) -> Self {
        self.under(&["schema"])
    }

    fn is_within(&self, min: f64, max: f64) -> bool {
        let number = |name: &str| self.at(&[name]).as_f64();
        number("minimum") == Some(min) && number("maximum") == Some(max)
    }
}
