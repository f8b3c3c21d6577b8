//! The document of another API.

use super::error::RunError;
use crate::openapi::Description;
use crate::{BaseUrl, Target};

/// Fetches a document: at a path of the target, or at an http URL. The second value is its path, for
/// references relative to it; that of another server says nothing of the target's paths.
///
/// # Errors
/// If it cannot be had, or is no OpenAPI document.
pub(super) fn document(target: &Target, url: &str) -> Result<(Description, String), RunError> {
    let fail = |why: String| Err(RunError::Unreachable(format!("{url}: {why}")));
    let (fetched, page) = if url.starts_with('/') {
        let page = format!("{}{url}", target.base.prefix());
        (target.fetch(url), page)
    } else {
        let base = BaseUrl::parse(url).map_err(|error| RunError::Usage(error.to_string()))?;
        let is_here = (base.host(), base.port()) == (target.base.host(), target.base.port());
        let page = match is_here {
            true => base.prefix().to_owned(),
            false => format!("{}/", target.base.prefix()),
        };
        let server = Target::new("the document", base.root());
        (server.fetch(base.prefix()), page)
    };
    let answer = match fetched {
        Ok(answer) if answer.status == 200 => answer,
        Ok(answer) => return fail(format!("the status is {}, not 200", answer.status)),
        Err(why) => return fail(why.to_string()),
    };
    match answer.json() {
        Ok(root) if root["paths"].is_object() => Ok((Description { root }, page)),
        Ok(_) => fail("not an OpenAPI document: it has no paths".to_owned()),
        Err(why) => fail(why.to_string()),
    }
}
