//! Entity tags and conditional requests.

use crate::cases::processes::{scratch_file, start};
use crate::cases::steps::{Differences, absent, ask, get_whole, harmless_delete, item, name};
use crate::http::{Request, Response};
use crate::servers::Setting;
use crate::{Case, Context, Deviation, Level, Need, Outcome, Verdict, difference, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::should(
        "semantics/etag",
        "RFC 9110 §8.8.3, §8.8.3.1",
        "Every representation has a strong entity tag, which changes only when the content does.",
        etag,
    ),
    Case::must(
        "semantics/etag-changes",
        "RFC 9110 §8.8.1, §8.8.3, §13.1.2",
        "A changed text of a greeting changes the entity tags of the list and of the greeting; \
         If-None-Match with the old ones is 200.",
        etag_changes,
    )
    .needing(&[Need::Process, Need::DataFile]),
    Case::must(
        "semantics/if-none-match",
        "RFC 9110 §13.1.2, §15.4.5, the contract",
        "If-None-Match with the current entity tag is 304 without content, with GET's ETag, \
         Cache-Control, Content-Location and Vary.",
        if_none_match,
    )
    .of_rfcs_alone(Level::Must),
    Case::must(
        "semantics/if-none-match-head",
        "RFC 9110 §13.1.2",
        "If-None-Match with the current entity tag is 304 for HEAD, as for GET.",
        if_none_match_head,
    ),
    Case::must(
        "semantics/if-none-match-list",
        "RFC 9110 §13.1.2, §5.6.1.2",
        "If-None-Match is 304 if any of its entity tags is the current one: on several lines, \
         with empty list elements, after a tag with a comma.",
        if_none_match_list,
    ),
    Case::must(
        "semantics/if-none-match-star",
        "RFC 9110 §13.1.2",
        "If-None-Match: * on an existing representation is 304.",
        if_none_match_star,
    ),
    Case::must(
        "semantics/if-none-match-weak",
        "RFC 9110 §13.1.2, §8.8.3.2",
        "If-None-Match compares weakly: a W/ before an entity tag makes no difference.",
        if_none_match_weak,
    ),
    Case::must(
        "semantics/if-none-match-other",
        "RFC 9110 §13.1.2",
        "If-None-Match with another entity tag is 200 with the content.",
        if_none_match_other,
    ),
    Case::must(
        "semantics/if-none-match-error",
        "RFC 9110 §13.2.1",
        "A precondition is ignored if the response without it is an error.",
        if_none_match_error,
    ),
    Case::must(
        "semantics/if-modified-since",
        "RFC 9110 §13.1.3, §13.2.2",
        "If-Modified-Since is ignored if there is an If-None-Match.",
        if_modified_since,
    ),
];

const OTHER: &str = "\"another\"";

/// The paths that have a representation. That one has none is for other cases to say.
fn representations(context: &Context) -> Result<Vec<String>, Deviation> {
    let item = item(context);
    let mut paths = Vec::new();
    for path in ["/greetings", &item, "/docs", "/openapi.json"] {
        if ask(context, Request::get(path))?.status == 200 {
            paths.push(path.to_owned());
        }
    }
    Ok(paths)
}

/// The same, of those that have an entity tag, with it.
fn tagged(context: &Context) -> Result<Vec<(String, String)>, Deviation> {
    let mut tagged = Vec::new();
    for path in representations(context)? {
        if let Some(tag) = tag_of(context, &path)? {
            tagged.push((path, tag));
        }
    }
    Ok(tagged)
}

fn etag(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    let mut seen: Vec<(String, Vec<u8>)> = Vec::new();
    for path in representations(context)? {
        let response = get_whole(context, &path)?;
        let tags = response.values("etag");
        let [tag] = tags.as_slice() else {
            return Err(Deviation(format!("GET {path} has `ETag` {tags:?}")));
        };
        let opaque = tag.strip_prefix("W/").unwrap_or(tag);
        ensure!(is_opaque_tag(opaque), "GET {path} has `ETag` {tag:?}");
        if tag.starts_with("W/") {
            differences.note("entity tags are weak");
        }
        let again = get_whole(context, &path)?;
        ensure!(
            again.body != response.body || again.values("etag") == tags,
            "GET {path} has `ETag` {tag:?}, then {:?} with the same content",
            again.values("etag")
        );
        // A tag is unique for its resource alone.
        if seen
            .iter()
            .any(|(other, body)| other == tag && *body != response.body)
        {
            differences.note("different resources have the same entity tag");
        }
        seen.push(((*tag).to_owned(), response.body.clone()));
    }
    Ok(differences.verdict())
}

fn etag_changes(context: &Context) -> Outcome {
    let mut before: Vec<(&str, String)> = Vec::new();
    // Of the same length, so that a tag of the length alone does not do.
    for text in ["Hello", "Hallo"] {
        let file = scratch_file(context, format!(r#"{{"en": "{text}"}}"#).as_bytes())?;
        let (_process, view) = start(context, &[Setting::DataFile(file.path())])?;
        let now = ["/greetings", "/greetings/en"].map(|path| (path, tag_of(&view, path)));
        for (path, tag) in &before {
            let request = Request::get(*path).header("If-None-Match", tag.as_str());
            let status = ask(&view, request)?.status;
            ensure!(
                status == 200,
                "GET {path} with If-None-Match: {tag} is {status}, but {tag} belongs to other \
                 content"
            );
        }
        for (path, tag) in now {
            let Some(tag) = tag? else { continue };
            ensure!(
                !before.contains(&(path, tag.clone())),
                "GET {path} has `ETag` {tag} whether the greeting is Hello or Hallo"
            );
            before.push((path, tag));
        }
    }
    Ok(match before.is_empty() {
        true => Verdict::NotApplicable("nothing has an entity tag".to_owned()),
        false => Verdict::Conforms,
    })
}

/// `DQUOTE *etagc DQUOTE`
fn is_opaque_tag(text: &str) -> bool {
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .is_some_and(|text| text.bytes().all(|b| b == b'!' || (b > b'"' && b != 0x7F)))
}

/// The entity tag of what GET sends.
fn tag_of(context: &Context, path: &str) -> Result<Option<String>, Deviation> {
    let whole = get_whole(context, path)?;
    Ok(whole.header("etag").map(str::to_owned))
}

/// Without entity tags there is nothing to name; `semantics/etag` says so.
fn unless_untagged(tagged: &[(String, String)]) -> Verdict {
    if tagged.is_empty() {
        Verdict::NotApplicable("nothing has an entity tag".to_owned())
    } else {
        Verdict::Conforms
    }
}

/// Sends a request whose precondition is false.
fn ask_for_304(context: &Context, request: Request) -> Result<Response, Deviation> {
    let said: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
        .collect();
    let name = name(&request);
    let response = ask(context, request)?;
    ensure!(
        response.status == 304,
        "{name} with {} is {}, not 304",
        said.join(" and "),
        response.status
    );
    Ok(response)
}

fn if_none_match(context: &Context) -> Outcome {
    let tagged = tagged(context)?;
    for (path, tag) in &tagged {
        let whole = get_whole(context, path)?;
        let request = Request::get(path.as_str()).header("If-None-Match", tag.as_str());
        let response = ask_for_304(context, request)?;
        for name in ["etag", "cache-control", "content-location", "vary"] {
            let (wanted, given) = (whole.values(name), response.values(name));
            ensure!(
                wanted == given,
                "GET {path} has `{name}` {wanted:?} in a 200 and {given:?} in a 304"
            );
        }
    }
    Ok(unless_untagged(&tagged))
}

fn if_none_match_head(context: &Context) -> Outcome {
    let tagged = tagged(context)?;
    for (path, tag) in &tagged {
        let request = Request::new("HEAD", path.as_str()).header("If-None-Match", tag.as_str());
        ask_for_304(context, request)?;
    }
    Ok(unless_untagged(&tagged))
}

fn if_none_match_list(context: &Context) -> Outcome {
    let tagged = tagged(context)?;
    for (path, tag) in &tagged {
        let list: [&[String]; 5] = [
            &[format!("{OTHER}, {tag}, \"third\"")],
            &[format!("{OTHER},{tag}")],
            &[OTHER.to_owned(), tag.clone()],
            &[format!(", {OTHER} ,,{tag} ,")],
            &[format!("\"one,two\", {tag}")],
        ];
        for lines in list {
            let request = lines
                .iter()
                .fold(Request::get(path.as_str()), |request, line| {
                    request.header("If-None-Match", line.as_str())
                });
            ask_for_304(context, request)?;
        }
    }
    Ok(unless_untagged(&tagged))
}

fn if_none_match_star(context: &Context) -> Outcome {
    for path in representations(context)? {
        ask_for_304(context, Request::get(path).header("If-None-Match", "*"))?;
    }
    Ok(Verdict::Conforms)
}

fn if_none_match_weak(context: &Context) -> Outcome {
    let tagged = tagged(context)?;
    for (path, tag) in &tagged {
        let as_other_kind = match tag.strip_prefix("W/") {
            Some(strong) => strong.to_owned(),
            None => format!("W/{tag}"),
        };
        let request = Request::get(path.as_str()).header("If-None-Match", as_other_kind);
        ask_for_304(context, request)?;
    }
    Ok(unless_untagged(&tagged))
}

fn if_none_match_other(context: &Context) -> Outcome {
    for path in ["/greetings", &item(context)] {
        let whole = get_whole(context, path)?;
        let mut others = vec![OTHER.to_owned(), format!("W/{OTHER}"), "\"*\"".to_owned()];
        let opaque = whole.header("etag").and_then(|tag| {
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            tag.strip_prefix('"')?.strip_suffix('"')
        });
        if let Some(opaque) = opaque {
            others.push(format!("\"{opaque}x\""));
            others.push(format!("\"x{opaque}\""));
            let upper = opaque.to_ascii_uppercase();
            if upper != opaque {
                others.push(format!("\"{upper}\""));
            }
        }
        for other in others {
            let request = Request::get(path).header("If-None-Match", other.as_str());
            let response = ask(context, request)?;
            ensure!(
                response.status == 200 && response.body == whole.body,
                "GET {path} with If-None-Match: {other} is {}, not 200 with the content: {}",
                response.status,
                difference::of_octets(&response.body, &whole.body)
            );
        }
    }
    Ok(Verdict::Conforms)
}

fn if_none_match_error(context: &Context) -> Outcome {
    for request in [
        Request::get(absent(context)),
        Request::get("/no-such-path"),
        harmless_delete(context),
    ] {
        let name = name(&request);
        let without = ask(context, request.clone())?.status;
        let with = ask(context, request.header("If-None-Match", "*"))?.status;
        let evaluates = matches!(without, 200..300 | 412);
        ensure!(
            evaluates || with == without,
            "{name} with If-None-Match: * is {with}, but {without} without it"
        );
    }
    Ok(Verdict::Conforms)
}

fn if_modified_since(context: &Context) -> Outcome {
    const LONG_AGO: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    for path in ["/greetings", &item(context)] {
        let whole = get_whole(context, path)?;
        // By this time alone the client would have the latest.
        let latest = whole
            .header("last-modified")
            .or(whole.header("date"))
            .unwrap_or(LONG_AGO);
        let request = Request::get(path)
            .header("If-None-Match", OTHER)
            .header("If-Modified-Since", latest);
        let status = ask(context, request)?.status;
        ensure!(
            status == 200,
            "GET {path} with If-None-Match: {OTHER} and If-Modified-Since: {latest} is {status}, \
             not 200"
        );
        if let Some(tag) = whole.header("etag") {
            let request = Request::get(path)
                .header("If-None-Match", tag)
                .header("If-Modified-Since", LONG_AGO);
            ask_for_304(context, request)?;
        }
    }
    Ok(Verdict::Conforms)
}
