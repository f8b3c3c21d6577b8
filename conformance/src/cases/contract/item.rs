//! `GET /greetings/{lang}`.

use super::{CONTRACT, DATA, DOCUMENT, EXAMPLE};
use crate::cases::steps::{Differences, absent, item};
use crate::http::Response;
use crate::url::{percent_decode, percent_encode};
use crate::{Case, Context, Deviation, Outcome, Verdict, difference, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "contract/item-each",
        DATA,
        "Every lang of the data gives 200 with its greeting.",
        each,
    ),
    Case::must(
        "contract/item-equals-list-entry",
        EXAMPLE,
        "A single greeting equals its entry in the list.",
        equals_list_entry,
    ),
    Case::must(
        "contract/item-schema",
        DOCUMENT,
        "A greeting validates against its schema in the document.",
        schema,
    ),
    Case::must(
        "contract/item-unknown",
        CONTRACT,
        "A well-formed lang without a greeting is 404, with a problem whose detail names it.",
        unknown,
    ),
    Case::must(
        "contract/item-malformed",
        DOCUMENT,
        "A lang outside the documented pattern is 422, with a problem whose first error is about \
         [\"path\", \"lang\"].",
        malformed,
    ),
    Case::must(
        "contract/item-malformed-reason",
        "the OpenAPI document; the contract",
        "The error for a malformed lang names the documented pattern.",
        malformed_reason,
    ),
    Case::info(
        "contract/item-case",
        "RFC 5646 §2.1.1; the FastAPI example",
        "A lang in another case is another lang, or the same one.",
        case,
    ),
    Case::must(
        "contract/item-percent",
        "RFC 3986 §2.3, §6.2.2.2",
        "A lang with percent-encoded letters is the same resource as without.",
        percent,
    ),
    Case::must(
        "contract/item-decoded-once",
        "RFC 3986 §2.4",
        "A lang is percent-decoded only once: one with an encoded percent sign is refused, and \
         never gives another lang's greeting.",
        decoded_once,
    ),
    Case::must(
        "contract/item-literal",
        "RFC 3986 §3.3, §2.2; the contract",
        "A lang is taken literally: with a plus, a space, a parameter, a dot, a format, or in \
         another case it is another lang.",
        literal,
    ),
    Case::must(
        "contract/item-hostile",
        CONTRACT,
        "Octets that are no lang in any encoding are 400, 404, 414 or 422; the response contains \
         none of them unescaped.",
        hostile,
    ),
];

pub(in crate::cases) fn each(context: &Context) -> Outcome {
    for lang in context.model().greetings().keys() {
        let path = format!("/greetings/{lang}");
        check_answer(context, &path)?;
    }
    Ok(Verdict::Conforms)
}

fn equals_list_entry(context: &Context) -> Outcome {
    let items = super::list::items(context)?;
    ensure!(!items.is_empty(), "the list is empty");
    for entry in items {
        let lang = entry["lang"].as_str().unwrap_or_default();
        let item = context
            .get(&format!("/greetings/{}", percent_encode(lang)))?
            .json()?;
        ensure!(
            item == entry,
            "GET /greetings/{lang} is not the entry in the list: {}",
            difference::of_json(&item, &entry)
        );
    }
    Ok(Verdict::Conforms)
}

fn schema(context: &Context) -> Outcome {
    let description = context.description()?;
    let schema = description.response_schema("/greetings/{lang}", 200, "application/json")?;
    let response = context.get(&item(context))?;
    ensure!(response.status == 200, "the status is {}", response.status);
    schema.check(&response.json()?)?;
    Ok(Verdict::Conforms)
}

fn unknown(context: &Context) -> Outcome {
    check_answer(context, &absent(context))?;
    // The longest lang that there can be, and hyphens wherever they may stand.
    let longest = "x".repeat(35);
    for lang in [&longest, "tlh-", "tlh--x", "t-1", "T9-"] {
        if context.model().item(lang).is_none() {
            check_answer(context, &format!("/greetings/{lang}"))?;
        }
    }
    Ok(Verdict::Conforms)
}

fn malformed(context: &Context) -> Outcome {
    let too_long = "a".repeat(36);
    for segment in [
        "e%20n",
        "_",
        "1en",
        "-en",
        "%F0%9F%91%8B",
        "en%2E",
        "en_GB",
        "en.GB",
        "en@x",
        "%C3%A9n",
        "en%C3%A9",
        "e%CC%81n",
        "%EF%BD%85n",
        "en%D9%A1",
        &too_long,
    ] {
        check_answer(context, &format!("/greetings/{segment}"))?;
    }
    Ok(Verdict::Conforms)
}

fn malformed_reason(context: &Context) -> Outcome {
    let description = context.description()?;
    let operation = description.operation("/greetings/{lang}")?;
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let mut patterns = parameters.filter_map(|it| it["schema"]["pattern"].as_str());
    let Some(pattern) = patterns.next() else {
        return Ok(Verdict::NotApplicable(
            "the document has no pattern for lang".to_owned(),
        ));
    };
    let problem = check_answer(context, "/greetings/_")?.json()?;
    let error = &problem["errors"][0];
    ensure!(
        error["msg"].as_str().is_some_and(|it| it.contains(pattern)),
        "`errors[0].msg` is {}, without the documented pattern {pattern}",
        error["msg"]
    );
    ensure!(
        error["type"] == "string_pattern_mismatch",
        "`errors[0].type` is {}, but \"string_pattern_mismatch\" in FastAPI",
        error["type"]
    );
    Ok(Verdict::Conforms)
}

fn case(context: &Context) -> Outcome {
    let lang = context.model().present();
    let other = if lang == lang.to_uppercase() {
        lang.to_lowercase()
    } else {
        lang.to_uppercase()
    };
    if context.model().item(&other).is_some() {
        return Ok(Verdict::NotApplicable(format!(
            "the data has both {lang} and {other}"
        )));
    }
    let response = context.get(&format!("/greetings/{other}"))?;
    Ok(match response.status {
        404 => Verdict::Conforms,
        status => Verdict::Differs(format!("{other} is {status}")),
    })
}

fn percent(context: &Context) -> Outcome {
    let lang = context.model().present();
    let plain = check_answer(context, &item(context))?;
    let upper: String = lang.bytes().map(|octet| format!("%{octet:02X}")).collect();
    let first = format!("{}{}", &upper[..3], &lang[1..]);
    for encoded in [&upper, &upper.to_lowercase(), &first] {
        let path = format!("/greetings/{encoded}");
        let response = check_answer(context, &path)?;
        ensure!(
            response.body == plain.body,
            "the content of GET {path} differs from that of GET /greetings/{lang}: {}",
            difference::of_octets(&response.body, &plain.body)
        );
    }
    Ok(Verdict::Conforms)
}

/// The langs that are there, as far as they are plain enough to be taken apart.
fn plain_langs(context: &Context) -> impl Iterator<Item = &String> {
    let langs = context.model().greetings().keys();
    langs
        .filter(|lang| !lang.is_empty() && lang.is_ascii())
        .take(20)
}

/// Asks for a segment that is no lang that is there, and makes sure that it is refused.
fn refused(context: &Context, segment: &str, statuses: &[u16]) -> Result<(), Deviation> {
    let path = format!("/greetings/{segment}");
    let response = context.get(&path)?;
    ensure!(
        statuses.contains(&response.status),
        "GET {path} is {}, not one of {statuses:?}",
        response.status
    );
    Ok(())
}

fn decoded_once(context: &Context) -> Outcome {
    for lang in plain_langs(context) {
        let (first, rest) = lang.split_at(1);
        let encoded = format!("{:02X}", first.as_bytes()[0]);
        let all: String = lang
            .bytes()
            .map(|octet| format!("%25{octet:02x}"))
            .collect();
        for segment in [
            format!("%25{encoded}{rest}"),
            format!("%25{}{rest}", encoded.to_lowercase()),
            format!("%2525{encoded}{rest}"),
            format!("%%32%35{encoded}{rest}"),
            all,
        ] {
            refused(context, &segment, &[400, 404, 422])?;
        }
    }
    Ok(Verdict::Conforms)
}

fn literal(context: &Context) -> Outcome {
    for lang in plain_langs(context) {
        for segment in [
            format!("{lang}+"),
            format!("+{lang}"),
            format!("{lang}%20"),
            format!("%20{lang}"),
            format!("{lang};x=1"),
            format!("{lang}."),
            format!("{lang}.json"),
            format!("{lang}%0A"),
            format!("{lang}%09"),
            format!("{lang},{lang}"),
            format!("{lang}*"),
            format!("{lang}%3F"),
        ] {
            refused(context, &segment, &[400, 404, 422])?;
        }
    }
    Ok(Verdict::Conforms)
}

fn hostile(context: &Context) -> Outcome {
    let long = "a".repeat(7900);
    let mut differences = Differences::default();
    for segment in [
        "%FF",
        "%C0%AF",
        "%ED%A0%80",
        "%00",
        "en%00",
        "x%0D%0AX-Injected:%20yes",
        "e%2Fn",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%",
        "%zz",
        "en%",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        &long,
    ] {
        let name = if segment.len() > 80 {
            "7,900 octets"
        } else {
            segment
        };
        let response = context
            .get(&format!("/greetings/{segment}"))
            .map_err(|why| Deviation(format!("{name}: {why}")))?;
        ensure!(
            matches!(response.status, 400 | 404 | 414 | 422),
            "{name}: the status is {}",
            response.status
        );
        check_reflection(segment, &response).map_err(|why| Deviation(format!("{name}: {why}")))?;
        if response.status != 422 {
            differences.note(format!("{name} is {}", response.status));
        }
    }
    Ok(differences.verdict())
}

/// Whether `response` holds nothing of the decoded `segment` where it could be taken for something
/// else than text.
fn check_reflection(segment: &str, response: &Response) -> Result<(), Deviation> {
    ensure!(
        response.header("x-injected").is_none(),
        "a header field was injected"
    );
    let media_type = response.media_type().unwrap_or_default();
    if media_type == "application/json" || media_type.ends_with("+json") {
        // A JSON string cannot hold a quote or a control character as it is.
        response.json()?;
        return Ok(());
    }
    let decoded = percent_decode(segment).unwrap_or_else(|| segment.as_bytes().to_vec());
    let is_markup = decoded.contains(&b'<') || decoded.contains(&b'\n');
    let reflected = response
        .body
        .windows(decoded.len().max(1))
        .any(|window| window == decoded);
    ensure!(
        !(is_markup && reflected),
        "the content, {media_type:?}, contains it unescaped"
    );
    Ok(())
}

/// The answer to GET, which must be the model's.
pub(in crate::cases) fn check_answer(context: &Context, path: &str) -> Result<Response, Deviation> {
    let named = |why| Deviation(format!("GET {path}: {why}"));
    let response = context.get(path).map_err(named)?;
    context
        .model()
        .answer("GET", path)
        .check(&response)
        .map_err(named)?;
    Ok(response)
}
