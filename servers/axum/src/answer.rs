//! What handlers take and return beside axum's own types.

use std::convert::Infallible;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use quartet_common::{EntityTag, PROBLEM_JSON, Problem, docs::Document, not_modified};

/// A problem as an answer.
#[derive(Debug)]
pub(crate) struct Error(pub(crate) Problem);

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let status =
            StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let field = problem.header_field();
        let content_type = [(header::CONTENT_TYPE, PROBLEM_JSON)];
        let mut response = (status, content_type, Json(problem)).into_response();
        if let Some((name, value)) = field {
            let value = HeaderValue::from_static(value);
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
        response
    }
}

/// The field lines of the request's If-Match and If-None-Match, of which there are rarely any.
#[derive(Debug)]
pub(crate) struct Preconditions {
    if_match: Vec<HeaderValue>,
    if_none_match: Vec<HeaderValue>,
}

impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let lines = |name| parts.headers.get_all(name).iter().cloned().collect();
        Ok(Self {
            if_match: lines(header::IF_MATCH),
            if_none_match: lines(header::IF_NONE_MATCH),
        })
    }
}

impl Preconditions {
    /// The representation, 304 if the client has it, or the problem that it is not the one that the
    /// client expects.
    pub(crate) fn or(
        &self,
        etag: &EntityTag,
        representation: impl IntoResponse,
    ) -> Result<Response, Error> {
        let if_match = self.if_match.iter().map(HeaderValue::as_bytes);
        let if_none_match = self.if_none_match.iter().map(HeaderValue::as_bytes);
        let field = [(header::ETAG, etag.as_bytes())];
        Ok(if not_modified(if_match, if_none_match, etag)? {
            // An empty body would get `Content-Length: 0`, which is not the representation's
            // length (RFC 9110 §8.6); axum states no length for a stream (tokio-rs/axum#3741).
            let no_content = Body::from_stream(stream::empty::<Result<Bytes, Infallible>>());
            (StatusCode::NOT_MODIFIED, field, no_content).into_response()
        } else {
            (field, representation).into_response()
        })
    }

    /// The same of a document.
    pub(crate) fn or_document(&self, document: &Document) -> Result<Response, Error> {
        let content_type = [(header::CONTENT_TYPE, document.content_type)];
        self.or(&document.etag, (content_type, document.content))
    }
}
