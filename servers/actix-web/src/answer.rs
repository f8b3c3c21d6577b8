//! What handlers return beside actix-web's own types.

use actix_web::{
    HttpRequest, HttpResponse, Responder, ResponseError,
    http::StatusCode,
    http::header::{self, HeaderValue},
};
use quartet_common::{EntityTag, PROBLEM_JSON, Problem, docs::Document, not_modified};

/// A problem as an answer.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] Problem);

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(field) = self.0.header_field() {
            response.insert_header(field);
        }
        response.content_type(PROBLEM_JSON).json(&self.0)
    }
}

/// The representation, 304 if the client has it, or the problem that it is not the one that the
/// client expects.
pub(crate) fn conditional(
    request: &HttpRequest,
    etag: &EntityTag,
    representation: impl Responder,
) -> Result<HttpResponse, Error> {
    let lines = |name| request.headers().get_all(name).map(HeaderValue::as_bytes);
    let mut response = if not_modified(lines(header::IF_MATCH), lines(header::IF_NONE_MATCH), etag)?
    {
        HttpResponse::NotModified().finish()
    } else {
        representation.respond_to(request).map_into_boxed_body()
    };
    let etag = HeaderValue::from_maybe_shared(etag.to_bytes());
    let etag = etag.map_err(|_| Problem::internal_server_error())?;
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

/// The same of a document.
pub(crate) fn document(request: &HttpRequest, document: &Document) -> Result<HttpResponse, Error> {
    let content = HttpResponse::Ok()
        .content_type(document.content_type)
        .body(document.content);
    conditional(request, &document.etag, content)
}
