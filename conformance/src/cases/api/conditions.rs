//! Entity tags, conditions and ranges.

use super::{NO_REPRESENTATION, each, get, representation};
use crate::cases::steps::{ask, is_part};
use crate::difference;
use crate::http::{Request, Response};
use crate::operations::Resource;
use crate::{Case, Context, Deviation, Need, Outcome, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::should(
        "api/etag",
        "RFC 9110 §8.8.3, §8.8.3.1",
        "A representation has one entity tag, which changes only when the content does.",
        etag,
    )
    .needing(&[Need::Operations]),
    Case::must(
        "api/if-none-match",
        "RFC 9110 §13.1.2, §13.2.2, §8.8.3.2",
        "If-None-Match with the current entity tag (alone, in a list, or weak) is 304 without \
         content, for GET and HEAD.",
        if_none_match,
    )
    .needing(&[Need::Operations]),
    Case::must(
        "api/if-none-match-star",
        "RFC 9110 §13.1.2, §13.2.1",
        "If-None-Match: * on an existing representation is 304.",
        if_none_match_star,
    )
    .needing(&[Need::Operations]),
    Case::must(
        "api/if-none-match-other",
        "RFC 9110 §13.1.2",
        "If-None-Match with another entity tag has no effect.",
        if_none_match_other,
    )
    .needing(&[Need::Operations]),
    Case::should(
        "api/if-modified-since",
        "RFC 9110 §13.1.3",
        "If-Modified-Since with the representation's Last-Modified is 304.",
        if_modified_since,
    )
    .needing(&[Need::Operations]),
    Case::must(
        "api/range",
        "RFC 9110 §14.2, §15.3.7, §15.3.7.1",
        "Range is ignored, or answered with requested octets that Content-Range names.",
        range,
    )
    .needing(&[Need::Operations]),
];

const UNTAGGED: &str = "no representation has an entity tag";

/// Holds every resource that has an entity tag to something, given its representation and the tag.
fn each_tagged(
    context: &Context,
    check: impl Fn(&Resource, &Response, &str) -> Result<(), Deviation>,
) -> Outcome {
    each(context, UNTAGGED, |resource| {
        let whole = representation(context, resource)?;
        let again = get(context, resource)?;
        let Some(whole) = whole else { return Ok(false) };
        match whole.header("etag") {
            // One that changes by itself names nothing.
            Some(tag) if again.header("etag") == Some(tag) => check(resource, &whole, tag)?,
            _ => return Ok(false),
        }
        Ok(true)
    })
}

fn etag(context: &Context) -> Outcome {
    each(context, NO_REPRESENTATION, |resource| {
        let path = &resource.path;
        let Some(whole) = representation(context, resource)? else {
            return Ok(false);
        };
        let tags = whole.values("etag");
        let [tag] = tags.as_slice() else {
            return Err(Deviation(format!("GET {path} has `ETag` {tags:?}")));
        };
        let opaque = tag.strip_prefix("W/").unwrap_or(tag);
        let is_quoted = opaque.len() >= 2 && opaque.starts_with('"') && opaque.ends_with('"');
        ensure!(
            is_quoted,
            "GET {path} has `ETag` {tag}, which is not in quotes"
        );
        let again = get(context, resource)?;
        ensure!(
            again.body != whole.body || again.values("etag") == tags,
            "GET {path} has `ETag` {tag}, then {:?} with the same content",
            again.values("etag")
        );
        Ok(true)
    })
}

fn if_none_match(context: &Context) -> Outcome {
    each_tagged(context, |resource, _, tag| {
        let path = resource.path.as_str();
        let as_other_kind = match tag.strip_prefix("W/") {
            Some(strong) => strong.to_owned(),
            None => format!("W/{tag}"),
        };
        let values = [tag.to_owned(), format!("\"another\", {tag}"), as_other_kind];
        for value in values {
            for method in ["GET", "HEAD"] {
                let request = Request::new(method, path).header("If-None-Match", value.as_str());
                let answer = ask(context, request)?;
                if method == "HEAD" && matches!(answer.status, 405 | 501) {
                    // That there is no HEAD is for another case to say.
                    continue;
                }
                ensure!(
                    answer.status == 304,
                    "{method} {path} with If-None-Match: {value} is {}, not 304",
                    answer.status
                );
            }
        }
        Ok(())
    })
}

fn if_none_match_star(context: &Context) -> Outcome {
    each(context, NO_REPRESENTATION, |resource| {
        if representation(context, resource)?.is_none() {
            return Ok(false);
        }
        let path = resource.path.as_str();
        let status = ask(context, Request::get(path).header("If-None-Match", "*"))?.status;
        ensure!(
            status == 304,
            "GET {path} with If-None-Match: * is {status}, not 304"
        );
        Ok(true)
    })
}

fn if_none_match_other(context: &Context) -> Outcome {
    each_tagged(context, |resource, whole, tag| {
        let path = resource.path.as_str();
        let request = Request::get(path).header("If-None-Match", "\"another\"");
        let answer = ask(context, request)?;
        // A weak tag may stand for content that is not the same octets (RFC 9110 §8.8.1).
        let is_weak = tag.starts_with("W/");
        ensure!(
            answer.status == 200 && (is_weak || answer.body == whole.body),
            "GET {path} with If-None-Match: \"another\" is {}, not 200 with the content: {}",
            answer.status,
            difference::of_octets(&answer.body, &whole.body)
        );
        Ok(())
    })
}

fn if_modified_since(context: &Context) -> Outcome {
    each(context, "no representation has Last-Modified", |resource| {
        let whole = representation(context, resource)?;
        let Some(last) = whole
            .as_ref()
            .and_then(|whole| whole.header("last-modified"))
        else {
            return Ok(false);
        };
        // The time of the response says nothing.
        if get(context, resource)?.header("last-modified") != Some(last) {
            return Ok(false);
        }
        let path = resource.path.as_str();
        let request = Request::get(path).header("If-Modified-Since", last);
        let status = ask(context, request)?.status;
        ensure!(
            status == 304,
            "GET {path} with If-Modified-Since: {last} is {status}, not 304"
        );
        Ok(true)
    })
}

fn range(context: &Context) -> Outcome {
    let none = "no GET is 200 with more than five octets that are the same each time";
    each(context, none, |resource| {
        let path = resource.path.as_str();
        let whole = representation(context, resource)?;
        let again = get(context, resource)?;
        let Some(whole) = whole.filter(|whole| whole.body == again.body && whole.body.len() > 5)
        else {
            return Ok(false);
        };
        let part = ask(context, Request::get(path).header("Range", "bytes=2-5"))?;
        let length = whole.body.len();
        let stated = part.header("content-range").unwrap_or_default();
        let is_right = match part.status {
            200 => part.body == whole.body,
            206 => is_part(&part, &whole.body, 2, 6),
            _ => false,
        };
        ensure!(
            is_right,
            "GET {path} with Range: bytes=2-5 is {} with `Content-Range` {stated:?} and {} octets of \
             {length}",
            part.status,
            part.body.len()
        );
        Ok(true)
    })
}
