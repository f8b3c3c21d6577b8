//! The same requests to several servers: where their answers part.
//!
//! Where the contract fixes the answer, one of them is wrong; where it leaves it open, the
//! difference is worth knowing to whoever exchanges one for another.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::test_runner::{TestCaseError, TestError};

use crate::cases::steps::Kept;
use crate::generated::{Expected, Generated, requests, runner};
use crate::http::Response;
use crate::model::{Content, Route};
use crate::{BaseUrl, Context, Scale, Target};

/// How long the comparison may take in any case.
const LIMIT: Duration = Duration::from_secs(60);

/// How much longer it may take for each request to each target.
const ON_EACH: Duration = Duration::from_millis(10);

/// The most of an answer's content that is shown.
const SHOWN: usize = 160;

/// What was found between the targets of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Between {
    /// The targets.
    pub targets: Vec<String>,
    /// How many requests went to each.
    pub requests: u32,
    /// The smallest request that was found to which the contract fixes the answer and the targets
    /// give different ones.
    pub conflict: Option<Disagreement>,
    /// Where the contract leaves the answer open: one request of each kind.
    pub open: Vec<Disagreement>,
}

/// A request that the targets answer differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The request: method, target and field lines.
    pub request: String,
    /// What of the answers differs.
    pub about: &'static str,
    /// What each target answers.
    pub answers: Vec<Reply>,
}

/// What one target answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The target.
    pub target: String,
    /// Its answer, as far as it differs from others'.
    pub answer: String,
}

/// Sends generated requests to all targets, which must hold the same greetings, and compares the
/// answers.
pub fn compare(targets: &[Target], requests_each: u32, seed: u64) -> Between {
    let names: Vec<String> = targets.iter().map(|target| target.name.clone()).collect();
    let mut between = Between {
        targets: names,
        requests: requests_each,
        conflict: None,
        open: Vec::new(),
    };
    let Some(first) = targets.first() else {
        return between;
    };
    let count = u32::try_from(targets.len()).unwrap_or(u32::MAX);
    let limit = LIMIT + ON_EACH * requests_each.saturating_mul(count);
    let deadline = Instant::now() + limit;
    let contexts: Vec<Context> = targets
        .iter()
        .map(|target| Context::new(Arc::new(target.clone()), deadline, seed, Scale::default()))
        .collect();
    let kept = RefCell::new(contexts.iter().map(Kept::new).collect::<Vec<_>>());
    let open = RefCell::new(BTreeMap::new());
    let result = runner(requests_each, seed).run(&requests(&first.model), |request| {
        let answers = ask_all(&mut kept.borrow_mut(), &request);
        match parting(&request.expected(&first.model), &answers) {
            None => Ok(()),
            Some(Parting::Conflict(about)) => Err(TestCaseError::fail(about)),
            Some(Parting::Open(about)) => {
                note(&mut open.borrow_mut(), request, about, &answers);
                Ok(())
            }
        }
    });
    if let Err(TestError::Fail(_, request)) = result {
        let answers = ask_all(&mut kept.borrow_mut(), &request);
        // An answer that has changed since then is all the more worth showing.
        let about = match parting(&request.expected(&first.model), &answers) {
            Some(Parting::Conflict(about) | Parting::Open(about)) => about,
            None => "status, at times",
        };
        between.conflict = Some(disagreement(&request, about, &answers));
    }
    between.open = open
        .into_inner()
        .into_values()
        .map(|(_, kept)| kept)
        .collect();
    between
}

/// An answer, with who gave it.
struct Answered {
    target: String,
    base: BaseUrl,
    response: Result<Response, String>,
}

fn ask_all(kept: &mut [Kept<'_>], request: &Generated) -> Vec<Answered> {
    let ask = |kept: &mut Kept<'_>| Answered {
        target: kept.context().target().name.clone(),
        base: kept.context().base().clone(),
        response: kept.ask(request.request()).map_err(|why| why.0),
    };
    kept.iter_mut().map(ask).collect()
}

/// What of the answers parts.
enum Parting {
    /// Something that the contract fixes.
    Conflict(&'static str),
    /// Something that it leaves open.
    Open(&'static str),
}

const STATUS: &str = "status";
const CONTENT: &str = "content";

/// What is compared, with how it is read from an answer.
type Aspect = (&'static str, fn(&Answered, &Response) -> String);

/// The aspects in the order in which they are looked at: the first that parts is told.
const ASPECTS: &[Aspect] = &[
    ("Content-Type", |_, response| {
        response.media_type().unwrap_or_default()
    }),
    ("Allow", |_, response| {
        let mut methods = response.list("allow");
        methods.sort_unstable();
        methods.join(", ")
    }),
    ("Location", |answered, response| {
        let location = response.header("location");
        location.map_or_else(String::new, |location| leads_to(answered, location))
    }),
    ("WWW-Authenticate", |_, response| {
        response.values("www-authenticate").join(", ")
    }),
    (CONTENT, |_, response| match response.json() {
        Ok(value) => value.to_string(),
        Err(_) => format!("{} octets", response.body.len()),
    }),
    ("Content-Type's parameters", |_, response| {
        response.values("content-type").join(", ")
    }),
    ("ETag", |_, response| response.values("etag").join(", ")),
    ("Content-Length", |_, response| {
        response.values("content-length").join(", ")
    }),
    ("the content's octets", |_, response| {
        String::from_utf8_lossy(&response.body).into_owned()
    }),
];

/// Where a redirect leads, so that the same place spelt differently is the same.
fn leads_to(answered: &Answered, location: &str) -> String {
    let root = format!("{}/", answered.base.prefix());
    match answered.base.follow(&root, location) {
        Ok(path) => path
            .strip_prefix(answered.base.prefix())
            .unwrap_or(&path)
            .to_owned(),
        Err(elsewhere) => elsewhere,
    }
}

fn parting(expected: &Expected, answers: &[Answered]) -> Option<Parting> {
    let mut statuses = answers.iter().map(|answered| status(&answered.response));
    let first = statuses.next()?;
    if statuses.any(|status| status != first) {
        return Some(match expected.fixes_status() {
            true => Parting::Conflict(STATUS),
            false => Parting::Open(STATUS),
        });
    }
    for (about, read) in ASPECTS {
        let mut values = answers.iter().filter_map(|answered| {
            let response = answered.response.as_ref().ok()?;
            Some(read(answered, response))
        });
        let first = values.next()?;
        if values.any(|value| value != first) {
            return Some(match is_fixed(expected, about) {
                true => Parting::Conflict(about),
                false => Parting::Open(about),
            });
        }
    }
    None
}

/// Whether the contract leaves only one value of an aspect.
fn is_fixed(expected: &Expected, about: &str) -> bool {
    let answer = &expected.answer;
    if !expected.alternatives.is_empty() {
        return false;
    }
    match about {
        "Content-Type" => !matches!(answer.content, Content::Any | Content::Empty),
        "Allow" => answer.allow,
        CONTENT => matches!(answer.content, Content::Json(_)),
        _ => false,
    }
}

fn status(response: &Result<Response, String>) -> String {
    match response {
        Ok(response) => response.status.to_string(),
        Err(why) => why.clone(),
    }
}

/// Keeps the shortest request of each kind: what parts, and on which route.
fn note(
    open: &mut BTreeMap<(&'static str, String), (usize, Disagreement)>,
    request: Generated,
    about: &'static str,
    answers: &[Answered],
) {
    let route = match Route::of(&request.target) {
        Route::Item(lang) => format!("item {:?}", std::mem::discriminant(&lang)),
        other => format!("{other:?}"),
    };
    let method = match request.method.as_str() {
        "GET" | "HEAD" => "read",
        other => other,
    };
    let length = request.to_string().len();
    let kind = (about, format!("{method} {route}"));
    if open.get(&kind).is_none_or(|(least, _)| length < *least) {
        open.insert(kind, (length, disagreement(&request, about, answers)));
    }
}

fn disagreement(request: &Generated, about: &'static str, answers: &[Answered]) -> Disagreement {
    let read = ASPECTS.iter().find(|(name, _)| *name == about);
    let reply = |answered: &Answered| {
        let status = status(&answered.response);
        let answer = match (read, &answered.response) {
            (Some((_, read)), Ok(response)) => {
                format!("{status}, {about} {}", shorten(&read(answered, response)))
            }
            _ => status,
        };
        Reply {
            target: answered.target.clone(),
            answer,
        }
    };
    Disagreement {
        request: request.to_string(),
        about,
        answers: answers.iter().map(reply).collect(),
    }
}

fn shorten(value: &str) -> String {
    if value.is_empty() {
        return "none".to_owned();
    }
    let mut characters = value.chars();
    let mut shown: String = characters.by_ref().take(SHOWN).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Model;
    use crate::reference::{Fault, Reference};

    fn targets(fault: Option<&str>) -> (Vec<Target>, Vec<Reference>) {
        let model = Model::embedded();
        let mut references = Vec::new();
        let mut targets = Vec::new();
        for (name, fault) in [("sound", None), ("other", fault)] {
            let fault = fault.and_then(Fault::named);
            let reference = Reference::start(model.clone(), None, fault).expect("ports are free");
            let mut target = Target::new(name, reference.base());
            target.hold(Some(model.clone()));
            references.push(reference);
            targets.push(target);
        }
        (targets, references)
    }

    #[test]
    fn servers_that_are_alike_are_found_to_be() {
        let (targets, _running) = targets(None);
        let between = compare(&targets, 300, 1);
        assert_eq!((between.conflict, between.open), (None, Vec::new()));
    }

    #[test]
    fn a_conflict_is_told_with_every_answer() {
        let (targets, _running) = targets(Some("contract/item-percent"));
        let between = compare(&targets, 1000, 1);
        let conflict = between.conflict.expect("one of them does not decode");
        assert!(conflict.request.contains('%'), "{conflict:?}");
        assert_eq!(conflict.answers.len(), 2);
        assert_ne!(conflict.answers[0].answer, conflict.answers[1].answer);
    }

    #[test]
    fn what_is_left_open_is_no_conflict() {
        let (targets, _running) = targets(Some("semantics/etag"));
        let between = compare(&targets, 300, 1);
        assert_eq!(between.conflict, None);
        assert!(
            between.open.iter().any(|open| open.about == "ETag"),
            "{between:?}"
        );
    }
}
