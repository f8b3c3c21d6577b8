//! The document of another API.

use super::error::{RunError, unreachable, usage};
use crate::openapi::Description;
use crate::{BaseUrl, Target};

/// Fetches a document: at a path of the target, or at an http URL. The second value is its path, for
/// references relative to it; that of another server says nothing of the target's paths.
///
/// # Errors
/// If it cannot be had, or is no OpenAPI document.
pub(super) fn document(target: &Target, url: &str) -> Result<(Description, String), RunError> {
    let fail = |why: String| Err(usage(format!("{url}: {why}")));
    let (fetched, page) = if url.starts_with('/') {
        let page = format!("{}{url}", target.base.prefix());
        (target.fetch(url), page)
    } else {
        let (base, path) =
            BaseUrl::parse_origin(url).ok_or_else(|| usage(format!("{url:?} is no http URL")))?;
        let path = match path.starts_with('/') {
            true => path.to_owned(),
            false => format!("/{path}"),
        };
        let is_here = (base.host(), base.port()) == (target.base.host(), target.base.port());
        let page = match is_here {
            true => path.clone(),
            false => format!("{}/", target.base.prefix()),
        };
        (Target::new("the document", base).fetch(&path), page)
    };
    let answer = match fetched {
        Ok(answer) if answer.status == 200 => answer,
        Ok(answer) => return fail(format!("the status is {}, not 200", answer.status)),
        Err(why) => return Err(unreachable(format!("{url}: {why}"))),
    };
    match answer.json() {
        Ok(root) if root["paths"].is_object() => Ok((Description { root }, page)),
        Ok(_) => fail("not an OpenAPI document: it has no paths".to_owned()),
        Err(why) => fail(why.to_string()),
    }
}
