//! Preconditions on everything that has an entity tag.

use crate::cases::everything::{Resource, resources, tagged};
use crate::cases::steps::{absent, ask, in_full, is_other};
use crate::http::{Request, Response};
use crate::{Case, Context, Deviation, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "semantics/etag-everywhere",
        "the contract; RFC 9110 §8.8.3",
        "If anything has an entity tag, all of these do: the list, every greeting, the page, its \
         parts and the document. The tag is strong and stable, and HEAD has it too.",
        etag_everywhere,
    ),
    Case::must(
        "semantics/if-none-match-everywhere",
        "RFC 9110 §13.1.2, §13.2.1, §15.4.5, the contract",
        "Everything with an entity tag is 304 without content if If-None-Match names the tag, and \
         200 with its full content if not: for GET and HEAD.",
        if_none_match_everywhere,
    ),
    Case::must(
        "semantics/if-match",
        "RFC 9110 §13.1.1, §13.2.1, §13.2.2, §15.5.13",
        "If-Match that does not name the current entity tag (strong comparison) is 412 wherever \
         there is an entity tag, for GET and HEAD.",
        if_match,
    ),
    Case::must(
        "semantics/if-match-met",
        "RFC 9110 §13.1.1, §5.6.1.2",
        "If-Match that names the current entity tag, or `*`, has no effect: alone, in a list, on \
         a second line.",
        if_match_met,
    ),
    Case::must(
        "semantics/precondition-order",
        "RFC 9110 §13.2.2, §13.1.3, §13.1.4",
        "If-Match is evaluated before If-None-Match, and dates after tags, or not at all without \
         a modification date.",
        precondition_order,
    ),
    Case::must(
        "semantics/preconditions-everywhere",
        "RFC 9110 §13.1.1, §13.1.2, §13.2.1, §13.2.2",
        "Everything that is 200 evaluates preconditions, with an entity tag or without. \
         If-None-Match: * is 304. If-Match with another entity tag is 412. Both hold for GET and HEAD.",
        preconditions_everywhere,
    ),
    Case::must(
        "semantics/precondition-not-applicable",
        "RFC 9110 §13.2.1",
        "A precondition has no effect if the response without it is an error or a redirect, or if \
         the method is OPTIONS.",
        precondition_not_applicable,
    ),
];

const OTHER: &str = "\"another\"";

/// A date before anything was made, and one after.
const LONG_AGO: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn unless_untagged(tagged: &[Resource]) -> Verdict {
    match tagged.is_empty() {
        true => Verdict::NotApplicable("nothing has an entity tag".to_owned()),
        false => Verdict::Conforms,
    }
}

/// Sends a request that is answered with this status.
fn answered(context: &Context, request: Request, status: u16) -> Result<Response, Deviation> {
    let what = in_full(&request);
    let response = ask(context, request)?;
    ensure!(
        response.status == status,
        "{what} is {}, not {status}",
        response.status
    );
    Ok(response)
}

/// Sends a request that is answered as if it had no precondition.
fn unaffected(context: &Context, request: Request, whole: &Response) -> Result<(), Deviation> {
    let what = in_full(&request);
    let method = request.method.clone();
    let mut plain = request.clone();
    plain.headers.clear();
    let response = answered(context, request, whole.status)?;
    ensure!(
        method == "HEAD" || !is_other(context, &plain, whole, &response)?,
        "{what} has {} octets of content, but {} (or different ones) without it",
        response.body.len(),
        whole.body.len()
    );
    ensure!(
        response.values("etag") == whole.values("etag"),
        "{what} has `ETag` {:?}, but {:?} without it",
        response.values("etag"),
        whole.values("etag")
    );
    Ok(())
}

fn etag_everywhere(context: &Context) -> Outcome {
    let mut resources = resources(context)?;
    if resources.iter().all(|it| it.tag().is_none()) {
        return Ok(unless_untagged(&[]));
    }
    // The checks say what is now, and need no tag.
    let is_check = |path: &str| matches!(path, "/healthz" | "/readyz");
    resources.retain(|it| it.whole.status == 200 && !is_check(&it.path));
    for it in &resources {
        let path = &it.path;
        let tags = it.whole.values("etag");
        let is_strong = |tag: &&str| !tag.starts_with("W/");
        ensure!(
            tags.len() == 1 && tags.iter().all(is_strong),
            "GET {path} has `ETag` {tags:?}, not one strong tag"
        );
        for method in ["GET", "HEAD"] {
            let again = ask(context, it.request(method))?;
            ensure!(
                again.values("etag") == tags,
                "{method} {path} has `ETag` {:?}, but GET had {tags:?}",
                again.values("etag")
            );
        }
    }
    Ok(Verdict::Conforms)
}

fn if_none_match_everywhere(context: &Context) -> Outcome {
    let tagged = tagged(context)?;
    for it in &tagged {
        let tag = it.tag().unwrap_or_default();
        for method in ["GET", "HEAD"] {
            for condition in [tag, "*", &format!("{OTHER}, {tag}")] {
                let request = it.request(method).header("If-None-Match", condition);
                let what = in_full(&request);
                let response = answered(context, request, 304)?;
                ensure!(
                    response.values("etag") == [tag],
                    "{what} is 304 with `ETag` {:?}",
                    response.values("etag")
                );
            }
            let request = it.request(method).header("If-None-Match", OTHER);
            unaffected(context, request, &it.whole)?;
        }
    }
    Ok(unless_untagged(&tagged))
}

fn if_match(context: &Context) -> Outcome {
    let tagged = tagged(context)?;
    for it in &tagged {
        let tag = it.tag().unwrap_or_default();
        let as_weak = match tag.starts_with("W/") {
            true => tag.to_owned(),
            false => format!("W/{tag}"),
        };
        for method in ["GET", "HEAD"] {
            for condition in [OTHER, &format!("{OTHER}, \"*\""), &as_weak] {
                let request = it.request(method).header("If-Match", condition);
                let what = in_full(&request);
                let response = answered(context, request, 412)?;
                ensure!(
                    response.body != it.whole.body || response.body.is_empty(),
                    "{what} is 412, but has the content"
                );
            }
        }
    }
    Ok(unless_untagged(&tagged))
}

fn if_match_met(context: &Context) -> Outcome {
    let tagged = tagged(context)?;
    for it in &tagged {
        let tag = it.tag().unwrap_or_default();
        let named = [
            vec![tag.to_owned()],
            vec![format!("{OTHER}, {tag}")],
            vec![format!("\"a,b\" ,,{tag} ,")],
            vec![OTHER.to_owned(), tag.to_owned()],
        ];
        // A weak tag is named by none of these (§8.8.3.2).
        let named = named.into_iter().filter(|_| !tag.starts_with("W/"));
        for lines in named.chain([vec!["*".to_owned()]]) {
            for method in ["GET", "HEAD"] {
                let request = lines.iter().fold(it.request(method), |request, line| {
                    request.header("If-Match", line.as_str())
                });
                unaffected(context, request, &it.whole)?;
            }
        }
    }
    Ok(unless_untagged(&tagged))
}

fn precondition_order(context: &Context) -> Outcome {
    let tagged = tagged(context)?;
    for it in &tagged {
        let tag = it.tag().unwrap_or_default();
        let strong = !tag.starts_with("W/");
        let with = |fields: &[(&str, &str)]| {
            let fields = fields.iter();
            fields.fold(it.get(), |request, (name, value)| {
                request.header(*name, *value)
            })
        };
        let latest = it.whole.header("last-modified").or(it.whole.header("date"));
        let latest = latest.unwrap_or(LONG_AGO);
        let none_is_present = [("If-Match", OTHER), ("If-None-Match", tag)];
        answered(context, with(&none_is_present), 412)?;
        let mut known = vec![
            vec![("If-Match", "*"), ("If-None-Match", tag)],
            vec![("If-None-Match", tag), ("If-Modified-Since", LONG_AGO)],
        ];
        let mut all_is_well = vec![
            vec![("If-None-Match", OTHER), ("If-Modified-Since", latest)],
            vec![("If-Match", "*"), ("If-Unmodified-Since", LONG_AGO)],
            vec![("If-Match", "*"), ("If-None-Match", OTHER)],
        ];
        if strong {
            known.push(vec![("If-None-Match", tag), ("If-Match", tag)]);
            all_is_well.push(vec![("If-Match", tag), ("If-None-Match", OTHER)]);
        }
        if it.whole.header("last-modified").is_none() {
            all_is_well.push(vec![("If-Unmodified-Since", LONG_AGO)]);
            all_is_well.push(vec![("If-Modified-Since", latest)]);
        }
        for fields in known {
            answered(context, with(&fields), 304)?;
        }
        for fields in all_is_well {
            unaffected(context, with(&fields), &it.whole)?;
        }
    }
    Ok(unless_untagged(&tagged))
}

fn preconditions_everywhere(context: &Context) -> Outcome {
    let mut resources = resources(context)?;
    resources.retain(|it| it.whole.status == 200);
    for it in &resources {
        for method in ["GET", "HEAD"] {
            let known = it.request(method).header("If-None-Match", "*");
            answered(context, known, 304)?;
            let met = it.request(method).header("If-Match", "*");
            unaffected(context, met, &it.whole)?;
            let failed = it.request(method).header("If-Match", OTHER);
            answered(context, failed, 412)?;
            let both = it
                .request(method)
                .header("If-None-Match", "*")
                .header("If-Match", OTHER);
            answered(context, both, 412)?;
            let other = it.request(method).header("If-None-Match", OTHER);
            unaffected(context, other, &it.whole)?;
        }
    }
    Ok(Verdict::Conforms)
}

fn precondition_not_applicable(context: &Context) -> Outcome {
    let mut requests = vec![
        Request::get(absent(context)),
        Request::get("/greetings/_"),
        Request::get("/no-such-path"),
        Request::get("/docs/no-such-file"),
        Request::new("HEAD", "/no-such-path"),
        Request::new("HEAD", absent(context)),
        Request::new("DELETE", "/no-such-path"),
    ];
    for it in resources(context)? {
        requests.push(it.request("OPTIONS"));
        requests.push(it.request("DELETE"));
        if it.whole.status >= 300 {
            requests.push(it.get());
        }
    }
    for request in requests {
        let without = ask(context, request.clone())?;
        // Where it would be a success, the precondition is evaluated.
        if request.method != "OPTIONS" && matches!(without.status, 200..300 | 412) {
            continue;
        }
        for (field, value) in [
            ("If-Match", OTHER),
            ("If-None-Match", "*"),
            ("If-Unmodified-Since", LONG_AGO),
        ] {
            let with = request.clone().header(field, value);
            answered(context, with, without.status)?;
        }
    }
    Ok(Verdict::Conforms)
}
