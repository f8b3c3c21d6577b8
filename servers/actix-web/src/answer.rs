//! What handlers return beside actix-web's own types.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
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

/// The representation, or 304 if the client has it.
pub(crate) fn conditional(
    request: &HttpRequest,
    etag: &EntityTag,
    representation: impl FnOnce(&mut HttpResponseBuilder) -> HttpResponse,
) -> HttpResponse {
    let field = (header::ETAG, etag.as_bytes());
    let if_none_match = request.headers().get_all(header::IF_NONE_MATCH);
    if not_modified(if_none_match.map(HeaderValue::as_bytes), etag) {
        HttpResponse::NotModified().insert_header(field).finish()
    } else {
        representation(HttpResponse::Ok().insert_header(field))
    }
}

/// The document, or 304 if the client has it.
pub(crate) fn document(request: &HttpRequest, document: &Document) -> HttpResponse {
    conditional(request, &document.etag, |response| {
        response
            .content_type(document.content_type)
            .body(document.content)
    })
}
