//! What handlers return beside axum's own types.

use std::convert::Infallible;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use quartet_common::{EntityTag, PROBLEM_JSON, Problem, docs::Document};
use quartet_connection::{etag, not_modified};

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

/// The representation, 304 if the client has it, or the problem that it is not the one that the
/// client expects.
pub(crate) fn conditional(
    request: &Request,
    tag: &EntityTag,
    representation: impl IntoResponse,
) -> Result<Response, Error> {
    let mut response = if not_modified(request.headers(), tag)? {
        // An empty body would get `Content-Length: 0`, which is not the representation's
        // length (RFC 9110 §8.6); axum states no length for a stream (tokio-rs/axum#3741).
        let no_content = Body::from_stream(stream::empty::<Result<Bytes, Infallible>>());
        (StatusCode::NOT_MODIFIED, no_content).into_response()
    } else {
        representation.into_response()
    };
    response.headers_mut().insert(header::ETAG, etag(tag));
    Ok(response)
}

/// The same of a document.
pub(crate) fn document(request: &Request, document: &Document) -> Result<Response, Error> {
    let content_type = [(header::CONTENT_TYPE, document.content_type)];
    conditional(request, &document.etag, (content_type, document.content))
}
