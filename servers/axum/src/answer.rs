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

/// The request's If-None-Match field lines, of which there are rarely any.
#[derive(Debug)]
pub(crate) struct IfNoneMatch(Vec<HeaderValue>);

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let lines = parts.headers.get_all(header::IF_NONE_MATCH);
        Ok(Self(lines.iter().cloned().collect()))
    }
}

impl IfNoneMatch {
    /// The representation, or 304 if the client has it.
    pub(crate) fn or(&self, etag: &EntityTag, representation: impl IntoResponse) -> Response {
        let field = [(header::ETAG, etag.as_bytes())];
        if not_modified(self.0.iter().map(HeaderValue::as_bytes), etag) {
            // An empty body would get `Content-Length: 0`, which is not the representation's
            // length (RFC 9110 §8.6); axum states no length for a stream (tokio-rs/axum#3741).
            let no_content = Body::from_stream(stream::empty::<Result<Bytes, Infallible>>());
            (StatusCode::NOT_MODIFIED, field, no_content).into_response()
        } else {
            (field, representation).into_response()
        }
    }

    /// The document, or 304 if the client has it.
    pub(crate) fn or_document(&self, document: &Document) -> Response {
        let content_type = [(header::CONTENT_TYPE, document.content_type)];
        self.or(&document.etag, (content_type, document.content))
    }
}
