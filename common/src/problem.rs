//! Problems (RFC 9457). How a framework sends one is not known here.

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::{Lang, MalformedLang};

/// The methods that every known path has, as an Allow field value (RFC 9110 §10.2.1).
pub const ALLOW: &str = "GET, HEAD, OPTIONS";

/// What went wrong with a request, in RFC 9457's terms. Serialises to the body of an answer of
/// type [`PROBLEM_JSON`](crate::PROBLEM_JSON).
///
/// The type is always `about:blank`: the status says all, and the title is its phrase (§4.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(description = "What went wrong with a request (RFC 9457).")]
pub struct Problem {
    /// Always `about:blank`.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The status's phrase.
    #[schema(example = "Not Found")]
    title: &'static str,
    /// The status code, as in the status line.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// What happened, for a person. Always text, also where FastAPI has a list.
    #[schema(value_type = String, example = "No greeting for the language fr")]
    detail: Cow<'static, str>,
    /// What is wrong with which part of the request; with 422 only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    errors: Option<[FieldError; 1]>,
}

/// One part of a request that is not as it must be, in the shape FastAPI's clients read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where: `["path", "lang"]`.
    #[schema(value_type = Vec<String>, example = json!(["path", "lang"]))]
    loc: [&'static str; 2],
    /// What is wrong, for a person.
    #[serde(serialize_with = "display")]
    #[schema(value_type = String, example = "String should match pattern '^[A-Za-z][A-Za-z0-9-]{0,34}$'")]
    msg: PatternMismatch,
    /// What is wrong, for a program.
    #[serde(rename = "type")]
    #[schema(example = "string_pattern_mismatch")]
    kind: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PatternMismatch;

impl fmt::Display for PatternMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "String should match pattern '{}'", Lang::PATTERN)
    }
}

fn display<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl Problem {
    fn new(status: u16, title: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: "about:blank",
            title,
            status,
            detail: detail.into(),
            errors: None,
        }
    }

    /// 400: the message is not one that this server can take (RFC 9110 §15.5.1).
    pub fn bad_request(detail: &'static str) -> Self {
        Self::new(400, "Bad Request", detail)
    }

    /// 401: the request names no valid API key (RFC 9110 §15.5.2).
    pub fn unauthorized(detail: &'static str) -> Self {
        Self::new(401, "Unauthorized", detail)
    }

    /// 404: no such path (RFC 9110 §15.5.5).
    pub fn not_found() -> Self {
        Self::new(404, "Not Found", "No such path")
    }

    /// 404: no greeting for this language.
    pub fn unknown_lang(lang: &Lang) -> Self {
        Self::new(
            404,
            "Not Found",
            format!("No greeting for the language {lang}"),
        )
    }

    /// 405: the path is known and the method is not (RFC 9110 §15.5.6).
    pub fn method_not_allowed() -> Self {
        Self::new(
            405,
            "Method Not Allowed",
            "This path answers GET, HEAD and OPTIONS",
        )
    }

    /// 412: If-Match names no present entity tag (RFC 9110 §13.1.1, §15.5.13).
    pub fn precondition_failed() -> Self {
        Self::new(
            412,
            "Precondition Failed",
            "If-Match does not name the present entity tag",
        )
    }

    /// 414: the request line is longer than the stated limit (RFC 9110 §15.5.15).
    pub fn uri_too_long() -> Self {
        Self::new(414, "URI Too Long", "The request line is too long")
    }

    /// 417: an expectation other than 100-continue (RFC 9110 §15.5.18).
    pub fn expectation_failed() -> Self {
        Self::new(
            417,
            "Expectation Failed",
            "The only expectation met here is 100-continue",
        )
    }

    /// 422: the path's language is not shaped like a language tag (RFC 9110 §15.5.21).
    pub fn malformed_lang() -> Self {
        Self {
            errors: Some([FieldError {
                loc: ["path", "lang"],
                msg: PatternMismatch,
                kind: "string_pattern_mismatch",
            }]),
            ..Self::new(
                422,
                "Unprocessable Content",
                "The language is not shaped like a language tag",
            )
        }
    }

    /// 431: more header fields, or longer ones, than the stated limits (RFC 6585 §5).
    pub fn header_fields_too_large() -> Self {
        Self::new(
            431,
            "Request Header Fields Too Large",
            "The header fields are too many or too large",
        )
    }

    /// 500: a fault of this server's (RFC 9110 §15.6.1). Says nothing of its cause.
    pub fn internal_server_error() -> Self {
        Self::new(
            500,
            "Internal Server Error",
            "The server failed to answer this request",
        )
    }

    /// 501: the content is in a transfer coding other than chunked.
    pub fn unknown_transfer_coding() -> Self {
        Self::new(
            501,
            "Not Implemented",
            "The only transfer coding understood here is chunked",
        )
    }

    /// 503: the server has been told to end (RFC 9110 §15.6.4).
    pub fn ending() -> Self {
        Self::new(
            503,
            "Service Unavailable",
            "The server has been told to end and takes no further work",
        )
    }

    /// 503: what the data is read from does not answer, or not in time (RFC 9110 §15.6.4).
    pub fn unavailable(detail: &'static str) -> Self {
        Self::new(503, "Service Unavailable", detail)
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The header field that must go with this status, if there is one: Allow with 405
    /// (RFC 9110 §15.5.6), WWW-Authenticate with 401 (§15.5.2), Retry-After with 503 (§15.6.4):
    /// a second later another server has its place, or the client asks in vain once more.
    pub fn header_field(&self) -> Option<(&'static str, &'static str)> {
        match self.status {
            401 => Some(("www-authenticate", "Key realm=\"greetings\"")),
            405 => Some(("allow", ALLOW)),
            503 => Some(("retry-after", "1")),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.title, self.detail)
    }
}

impl std::error::Error for Problem {}

impl From<MalformedLang> for Problem {
    fn from(_: MalformedLang) -> Self {
        Self::malformed_lang()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn has_the_members_of_rfc_9457() {
        let lang = "fr".parse().unwrap();
        assert_eq!(
            serde_json::to_value(Problem::unknown_lang(&lang)).unwrap(),
            json!({
                "type": "about:blank",
                "title": "Not Found",
                "status": 404,
                "detail": "No greeting for the language fr",
            })
        );
    }

    #[test]
    fn malformed_lang_carries_what_a_fastapi_client_reads() {
        assert_eq!(
            serde_json::to_value(Problem::malformed_lang()).unwrap()["errors"],
            json!([{
                "loc": ["path", "lang"],
                "msg": "String should match pattern '^[A-Za-z][A-Za-z0-9-]{0,34}$'",
                "type": "string_pattern_mismatch",
            }])
        );
    }
}
