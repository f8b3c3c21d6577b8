//! FastAPI's validation errors without FastAPI: what the four applications of the guide share.
//!
//! It knows no framework. serde reads, validator checks, and both kinds of error become the list
//! that FastAPI's clients know.

use std::ops::RangeInclusive;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use serde_path_to_error::Error;
use validator::{Validate, ValidationError};

// [validation]
/// What is wrong with one field.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "salvo", derive(salvo::oapi::ToSchema))]
#[cfg_attr(feature = "salvo", salvo(schema(name = "ValidationError")))]
#[schema(as = ValidationError)]
pub struct Detail {
    /// Where: `body`, `path` or `query`, then the field.
    pub loc: Vec<String>,
    /// Why, for a reader.
    pub msg: String,
    /// Why, for a program: the names are pydantic's.
    pub r#type: String,
}

/// The body of a 422.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "salvo", derive(salvo::oapi::ToSchema))]
#[cfg_attr(feature = "salvo", salvo(schema(name = "HTTPValidationError")))]
#[schema(as = HTTPValidationError)]
pub struct Invalid {
    /// Every error that was found.
    pub detail: Vec<Detail>,
}

/// A JSON body that was read and checked.
pub fn body<T: DeserializeOwned + Validate>(json: &[u8]) -> Result<T, Invalid> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    match serde_path_to_error::deserialize(&mut reader) {
        Ok(value) if reader.end().is_ok() => checked("body", value),
        Err(error) if error.inner().is_data() => Err(unread("body", &error)),
        _ => Err(Invalid::one(&["body"], "json_invalid", "JSON decode error")),
    }
}

/// A query that was read and checked.
pub fn query<T: DeserializeOwned + Validate>(query: Option<&str>) -> Result<T, Invalid> {
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let value = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
        .map_err(|error| unread("query", &error))?;
    checked("query", value)
}

/// A path's whole number within `bounds`.
pub fn integer(name: &str, text: &str, bounds: RangeInclusive<i64>) -> Result<i64, Invalid> {
    let loc = ["path", name];
    let number = text.parse().map_err(|_| {
        let msg = "Input should be a valid integer, unable to parse string as an integer";
        Invalid::one(&loc, "int_parsing", msg)
    })?;
    let (least, most) = bounds.into_inner();
    match out_of(number, Some(least), Some(most)) {
        Some((kind, msg)) => Err(Invalid::one(&loc, kind, msg)),
        None => Ok(number),
    }
}

impl Invalid {
    fn one(loc: &[&str], kind: &str, msg: impl Into<String>) -> Self {
        let detail = Detail {
            loc: loc.iter().map(ToString::to_string).collect(),
            msg: msg.into(),
            r#type: kind.to_owned(),
        };
        Self {
            detail: vec![detail],
        }
    }
}

/// serde's error, of which there is only the first.
fn unread(source: &str, error: &Error<impl ToString>) -> Invalid {
    let message = error.inner().to_string();
    let mut loc = vec![source];
    let path = error.path().to_string();
    if path != "." {
        loc.extend(path.split('.'));
    }
    // serde names a missing field only here, in its default text for any format.
    let missing = message.strip_prefix("missing field `");
    match missing.and_then(|rest| rest.split('`').next()) {
        Some(field) => {
            loc.push(field);
            Invalid::one(&loc, "missing", "Field required")
        }
        None => Invalid::one(&loc, "value_error", &*message),
    }
}

/// What validator finds, of all fields at once.
fn checked<T: Validate>(source: &str, value: T) -> Result<T, Invalid> {
    let Err(errors) = value.validate() else {
        return Ok(value);
    };
    let mut detail = Vec::new();
    for (field, errors) in errors.field_errors() {
        for error in errors {
            let (kind, msg) = in_words_of_pydantic(error);
            detail.extend(Invalid::one(&[source, &field], kind, msg).detail);
        }
    }
    // They come from a hash map.
    detail.sort_by(|one, other| one.loc.cmp(&other.loc));
    Err(Invalid { detail })
}

fn in_words_of_pydantic(error: &ValidationError) -> (&str, String) {
    let number = |name| error.params.get(name).and_then(Value::as_i64);
    let (min, max) = (number("min"), number("max"));
    let text = error.params.get("value").and_then(Value::as_str);
    let found = match (&*error.code, text) {
        ("range", _) => number("value").and_then(|value| out_of(value, min, max)),
        ("length", Some(text)) => {
            let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            let (kind, most, bound) = match (min, max) {
                (Some(min), _) if length < min => ("string_too_short", "at least", min),
                (_, max) => ("string_too_long", "at most", max.unwrap_or(i64::MAX)),
            };
            let s = if bound == 1 { "" } else { "s" };
            let msg = format!("String should have {most} {bound} character{s}");
            Some((kind, msg))
        }
        _ => None,
    };
    found.unwrap_or_else(|| (&error.code, error.to_string()))
}

fn out_of(number: i64, min: Option<i64>, max: Option<i64>) -> Option<(&'static str, String)> {
    let (kind, than, bound) = match (min, max) {
        (Some(min), _) if number < min => ("greater_than_equal", "greater", min),
        (_, Some(max)) if number > max => ("less_than_equal", "less", max),
        _ => return None,
    };
    let msg = format!("Input should be {than} than or equal to {bound}");
    Some((kind, msg))
}
// [/validation]
