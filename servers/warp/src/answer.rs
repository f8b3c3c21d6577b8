//! What handlers and rejections become.

use std::convert::Infallible;

use quartet_common::{ALLOW, EntityTag, PROBLEM_JSON, Problem, docs::Document, not_modified};
use warp::{
    Rejection, Reply,
    http::{HeaderName, HeaderValue, StatusCode, header},
    reject::Reject,
    reply::{Response, json, with_header, with_status},
};

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
        Ok(options())
    } else if let Some(error) = rejection.find::<Error>() {
        Ok(error.clone().into_response())
    } else {
        Ok(Error(Problem::not_found()).into_response())
    }
}

/// The answer to OPTIONS.
pub(crate) fn options() -> Response {
    with_header(StatusCode::NO_CONTENT, header::ALLOW, ALLOW).into_response()
}

/// The field lines of the request's If-Match and If-None-Match, of which there are rarely any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Preconditions {
    pub(crate) if_match: Vec<HeaderValue>,
    pub(crate) if_none_match: Vec<HeaderValue>,
}

impl Preconditions {
    /// Whether the request has neither field.
    pub(crate) fn are_none(&self) -> bool {
        self.if_match.is_empty() && self.if_none_match.is_empty()
    }

    /// The representation, 304 if the client has it, or the problem that it is not the one that the
    /// client expects.
    pub(crate) fn or<R: Reply>(
        &self,
        etag: &EntityTag,
        representation: impl FnOnce() -> R,
    ) -> Result<Response, Error> {
        let if_match = self.if_match.iter().map(HeaderValue::as_bytes);
        let if_none_match = self.if_none_match.iter().map(HeaderValue::as_bytes);
        let field = etag.as_bytes();
        Ok(if not_modified(if_match, if_none_match, etag)? {
            with_header(StatusCode::NOT_MODIFIED, header::ETAG, field).into_response()
        } else {
            with_header(representation(), header::ETAG, field).into_response()
        })
    }

    /// The same of a document.
    pub(crate) fn or_document(&self, document: &Document) -> Result<Response, Error> {
        let content_type = document.content_type;
        self.or(&document.etag, || {
            with_header(document.content, header::CONTENT_TYPE, content_type)
        })
    }
}
