//! What handlers render beside salvo's own types.

use quartet_common::{EntityTag, PROBLEM_JSON, Problem, docs::Document};
use quartet_connection::{etag, not_modified};
use salvo::{
    Scribe,
    http::{HeaderName, HeaderValue, header},
    prelude::*,
};

/// A problem as an answer.
#[derive(Debug)]
pub(crate) struct Error(pub(crate) Problem);

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl Scribe for Error {
    fn render(self, res: &mut Response) {
        let Self(problem) = self;
        let status =
            StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = res.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some((name, value)) = problem.header_field() {
            let name = HeaderName::from_static(name);
            headers.insert(name, HeaderValue::from_static(value));
        }
        res.render_with_status(status, Json(problem));
    }
}

/// A fixed representation.
struct Content<'a>(&'a Document);

impl Scribe for Content<'_> {
    fn render(self, res: &mut Response) {
        let Self(document) = self;
        let content_type = HeaderValue::from_static(document.content_type);
        res.headers_mut().insert(header::CONTENT_TYPE, content_type);
        res.body(document.content);
    }
}

/// Renders the representation, 304 if the client has it, or the problem that it is not the one that
/// the client expects.
pub(crate) fn render(
    req: &Request,
    res: &mut Response,
    tag: &EntityTag,
    representation: impl Scribe,
) -> Result<(), Error> {
    let is_known = not_modified(req.headers(), tag)?;
    res.headers_mut().insert(header::ETAG, etag(tag));
    if is_known {
        res.status_code(StatusCode::NOT_MODIFIED);
    } else {
        res.render(representation);
    }
    Ok(())
}

/// The same of a document.
pub(crate) fn render_document(
    req: &Request,
    res: &mut Response,
    document: &Document,
) -> Result<(), Error> {
    render(req, res, &document.etag, Content(document))
}
