//! HEAD, OPTIONS, and methods that a path does not have.

use super::{NO_REPRESENTATION, each, get, representation};
use crate::cases::steps::{Differences, ask};
use crate::http::{Request, Response};
use crate::operations::Resource;
use crate::served::NOWHERE;
use crate::{Case, Context, Deviation, Level, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "api/head",
        "RFC 9110 §9.1, §9.3.2, §8.6",
        "HEAD has the status of GET and no content; its Content-Length, if any, is GET's.",
        head,
    )
    .needing(&[Need::Operations]),
    Case::should(
        "api/head-fields",
        "RFC 9110 §9.3.2",
        "HEAD has the type, the validators and the caching fields of GET.",
        head_fields,
    )
    .needing(&[Need::Operations]),
    Case::should(
        "api/method-not-allowed",
        "RFC 9110 §9.1, §15.5.6",
        "A method that the path does not support, by the document or by Allow, is 405 or 501.",
        method_not_allowed,
    )
    .needing(&[Need::Operations]),
    Case::must(
        "api/allow",
        "RFC 9110 §15.5.6, §10.2.1",
        "A 405 has Allow, with the methods of the document.",
        allow,
    )
    .needing(&[Need::Operations]),
    Case::info(
        "api/options",
        "RFC 9110 §9.3.7",
        "Whether OPTIONS is answered, with Allow.",
        options,
    )
    .needing(&[Need::Operations]),
    Case::must(
        "api/not-found",
        "RFC 9110 §15.5.5, the API's own document",
        "A path that does not exist is 404, or another client error.",
        not_found,
    )
    .of_rfcs_alone(Level::Info)
    .needing(&[Need::Operations]),
    Case::should(
        "api/error-type",
        "RFC 9110 §8.3",
        "An error with content states its content type; JSON content is well-formed.",
        error_type,
    )
    .needing(&[Need::Operations]),
];

/// Methods that a path may have or not, and that have no content or need none to be refused.
const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

fn head(context: &Context) -> Outcome {
    each(context, NO_REPRESENTATION, |resource| {
        let path = &resource.path;
        let Some(whole) = representation(context, resource)? else {
            return Ok(false);
        };
        let again = get(context, resource)?;
        let head = ask(context, Request::new("HEAD", path.as_str()))?;
        ensure!(
            head.status == 200,
            "HEAD {path} is {}, but GET is 200",
            head.status
        );
        let length = whole.body.len().to_string();
        let stated = head.values("content-length");
        ensure!(
            again.body.len() != whole.body.len() || stated.iter().all(|stated| *stated == length),
            "HEAD {path} has `Content-Length` {stated:?}, but GET has {length} octets"
        );
        Ok(true)
    })
}

fn head_fields(context: &Context) -> Outcome {
    each(context, "HEAD is never 200", |resource| {
        let path = &resource.path;
        let (one, other) = (get(context, resource)?, get(context, resource)?);
        let head = ask(context, Request::new("HEAD", path.as_str()))?;
        if (one.status, head.status) != (200, 200) {
            return Ok(false);
        }
        for name in [
            "content-type",
            "etag",
            "last-modified",
            "cache-control",
            "vary",
        ] {
            let (wanted, given) = (one.values(name), head.values(name));
            // They may be left out if they are known only with the content (RFC 9110 §9.3.2).
            let may_be_left_out = given.is_empty() && matches!(name, "vary" | "etag");
            ensure!(
                wanted != other.values(name) || wanted == given || may_be_left_out,
                "{path} has `{name}` {wanted:?} for GET, but {given:?} for HEAD"
            );
        }
        Ok(true)
    })
}

/// Sends methods that a path does not have, and checks each answer: those that the document leaves
/// out, or where there is none those that `Allow` of OPTIONS leaves out. Nothing else is sent. Says
/// whether any check had something to decide.
fn each_refusal(
    context: &Context,
    resource: &Resource,
    check: impl Fn(&str, &Response) -> Result<bool, Deviation>,
) -> Result<bool, Deviation> {
    let path = resource.path.as_str();
    let allowed = match &resource.described {
        Some(_) => Vec::new(),
        None => {
            let options = ask(context, Request::new("OPTIONS", path))?;
            let named = options.list("allow");
            if named.is_empty() || options.status >= 300 {
                return Ok(false);
            }
            named.into_iter().map(str::to_owned).collect()
        }
    };
    let has = |method: &str| match &resource.described {
        Some(described) => described.may_have_method(method),
        None => allowed.iter().any(|named| named == method),
    };
    let mut met_one = false;
    for method in METHODS.into_iter().filter(|method| !has(method)) {
        let answer = ask(context, Request::new(method, path).content(""))?;
        met_one |= check(method, &answer)?;
    }
    Ok(met_one)
}

const NO_REFUSAL: &str = "no path declares its methods";

fn method_not_allowed(context: &Context) -> Outcome {
    each(context, NO_REFUSAL, |resource| {
        each_refusal(context, resource, |method, answer| {
            ensure!(
                matches!(answer.status, 405 | 501),
                "{method} {} is {}, not 405",
                resource.path,
                answer.status
            );
            Ok(true)
        })
    })
}

fn allow(context: &Context) -> Outcome {
    each(context, "no response is 405", |resource| {
        let path = &resource.path;
        each_refusal(context, resource, |method, answer| {
            if answer.status != 405 {
                return Ok(false);
            }
            ensure!(
                answer.header("allow").is_some(),
                "{method} {path} is 405 without `Allow`"
            );
            let allowed = answer.list("allow");
            let described = resource.described.as_ref();
            let has = |name: &str| described.is_some_and(|described| described.has_method(name));
            for documented in ["GET"].into_iter().chain(METHODS).filter(|name| has(name)) {
                ensure!(
                    allowed.contains(&documented),
                    "{method} {path} is 405 with `Allow` {allowed:?}, but the document has \
                     {documented}"
                );
            }
            Ok(true)
        })
    })
}

fn options(context: &Context) -> Outcome {
    let mut differences = Differences::default();
    for resource in context.resources() {
        let answer = ask(context, Request::new("OPTIONS", resource.path.as_str()))?;
        if answer.status >= 300 {
            differences.note(format!("answers {}", answer.status));
        } else if answer.header("allow").is_none() {
            differences.note("without Allow");
        }
    }
    Ok(differences.verdict())
}

fn not_found(context: &Context) -> Outcome {
    let status = ask(context, Request::get(NOWHERE))?.status;
    ensure!(
        (400..500).contains(&status),
        "GET {NOWHERE} is {status}, not 404"
    );
    Ok(match status {
        404 => Verdict::Conforms,
        status => Verdict::Differs(format!("answers {status}")),
    })
}

fn error_type(context: &Context) -> Outcome {
    let mut met_one = false;
    let check = |what: &str, answer: &Response| {
        if answer.status < 400 || answer.body.is_empty() {
            return Ok(false);
        }
        let kind = answer.media_type();
        ensure!(
            kind.is_some(),
            "{what}, a {} with content, has no `Content-Type`",
            answer.status
        );
        let kind = kind.unwrap_or_default();
        if kind == "application/json" || kind.ends_with("+json") {
            answer
                .json()
                .map_err(|why| Deviation(format!("{what}: {}", why.0)))?;
        }
        Ok(true)
    };
    met_one |= check(
        &format!("GET {NOWHERE}"),
        &ask(context, Request::get(NOWHERE))?,
    )?;
    for resource in context.resources() {
        let path = &resource.path;
        met_one |= check(&format!("GET {path}"), &get(context, resource)?)?;
        met_one |= each_refusal(context, resource, |method, answer| {
            check(&format!("{method} {path}"), answer)
        })?;
    }
    Ok(match met_one {
        true => Verdict::Conforms,
        false => Verdict::NotApplicable("no error has content".to_owned()),
    })
}
