//! Preconditions and entity tags as fields of the `http` crate, which axum, warp, salvo and hyper share.

use hyper::header::{HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use quartet_common::{EntityTag, Problem};

/// Whether a request with these fields has preconditions. Looking at each name takes less than two
/// look-ups by hash: most requests have few fields, and no precondition.
pub fn has_preconditions(fields: &HeaderMap) -> bool {
    fields
        .keys()
        .any(|name| *name == IF_MATCH || *name == IF_NONE_MATCH)
}

/// [`quartet_common::not_modified`] of a request with these fields.
///
/// # Errors
/// The problem that If-Match names no present entity tag (412).
pub fn not_modified(fields: &HeaderMap, current: &EntityTag) -> Result<bool, Problem> {
    if !has_preconditions(fields) {
        return Ok(false);
    }
    let lines = |name| fields.get_all(name).iter().map(HeaderValue::as_bytes);
    quartet_common::not_modified(lines(IF_MATCH), lines(IF_NONE_MATCH), current)
}

/// An entity tag as a field value.
pub fn etag(tag: &EntityTag) -> HeaderValue {
    HeaderValue::from_maybe_shared(tag.to_bytes()).expect("an entity tag is visible ASCII")
}
