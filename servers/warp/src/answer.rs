//! What handlers and rejections become.

use std::{convert::Infallible, sync::Arc};

use quartet_common::{ALLOW, EntityTag, PROBLEM_JSON, Problem, docs::Document};
use quartet_connection::{etag, not_modified};
use warp::{
    Rejection, Reply,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    reject::Reject,
    reply::{Response, json, with_header, with_status},
};

/// The fields of a request that has preconditions; none of another. Each filter hands them on to the
/// next, and a pointer is handed on at less cost than a map.
pub(crate) type Preconditions = Option<Arc<HeaderMap>>;

/// A problem: a reply, or the cause of a rejection.
#[derive(Clone, Debug)]
pub(crate) struct Error(pub(crate) Problem);

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl Reject for Error {}

impl Reply for Error {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let status =
            StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reply = with_header(json(&problem), header::CONTENT_TYPE, PROBLEM_JSON);
        let mut response = with_status(reply, status).into_response();
        if let Some((name, value)) = problem.header_field() {
            let value = HeaderValue::from_static(value);
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
        response
    }
}

/// The path is known and the method is OPTIONS, which no handler takes.
#[derive(Debug)]
pub(crate) struct AsksForOptions;

impl Reject for AsksForOptions {}

/// The answer to a request that no handler took.
pub(crate) async fn rejected(rejection: Rejection) -> Result<Response, Infallible> {
    if rejection.find::<AsksForOptions>().is_some() {
        Ok(with_header(StatusCode::NO_CONTENT, header::ALLOW, ALLOW).into_response())
    } else if let Some(error) = rejection.find::<Error>() {
        Ok(error.clone().into_response())
    } else {
        Ok(Error(Problem::not_found()).into_response())
    }
}

/// The representation, 304 if the client has it, or the problem that it is not the one that the
/// client expects.
pub(crate) fn conditional<R: Reply>(
    fields: Preconditions,
    tag: &EntityTag,
    representation: impl FnOnce() -> R,
) -> Result<Response, Error> {
    let is_known = fields.map_or(Ok(false), |fields| not_modified(&fields, tag))?;
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        representation().into_response()
    };
    response.headers_mut().insert(header::ETAG, etag(tag));
    Ok(response)
}

/// The same of a document.
pub(crate) fn document(fields: Preconditions, document: &Document) -> Result<Response, Error> {
    conditional(fields, &document.etag, || {
        with_header(
            document.content,
            header::CONTENT_TYPE,
            document.content_type,
        )
    })
}
