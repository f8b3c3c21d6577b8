//! The same requests to several servers: where their answers part.
//!
//! Where the contract fixes the answer, one of them is wrong; where it leaves it open, the
//! difference is worth knowing to whoever exchanges one for another.

mod aspect;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::test_runner::{TestCaseError, TestError};

use crate::cases::steps::Kept;
use crate::generated::{Generated, requests, runner};
use crate::http::Response;
use crate::model::Route;
use crate::{BaseUrl, Context, Scale, Target, stop};
use aspect::{Parting, partings};

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
        if stop::is_requested() {
            return Err(TestCaseError::reject("the run is to end"));
        }
        let answers = ask_all(&mut kept.borrow_mut(), &request);
        let partings = partings(&request.expected(&first.model), &answers);
        if let Some(about) = conflict(&partings) {
            return Err(TestCaseError::fail(about));
        }
        for parting in partings {
            note(&mut open.borrow_mut(), &request, parting.about(), &answers);
        }
        Ok(())
    });
    if let Err(TestError::Fail(_, request)) = result {
        let answers = ask_all(&mut kept.borrow_mut(), &request);
        let partings = partings(&request.expected(&first.model), &answers);
        // An answer that has changed since then is all the more worth showing.
        let about = conflict(&partings).unwrap_or("answer, at times");
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

/// The first that the contract does not allow.
fn conflict(partings: &[Parting]) -> Option<&'static str> {
    partings.iter().find_map(|parting| match parting {
        Parting::Conflict(about) => Some(*about),
        Parting::Open(_) => None,
    })
}

/// Keeps the shortest request of each kind: what parts, and on which route.
fn note(
    open: &mut BTreeMap<(&'static str, String), (usize, Disagreement)>,
    request: &Generated,
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
        open.insert(kind, (length, disagreement(request, about, answers)));
    }
}

fn disagreement(request: &Generated, about: &'static str, answers: &[Answered]) -> Disagreement {
    let reply = |answered: &Answered| {
        let status = aspect::status(&answered.response);
        let answer = match aspect::read(about, answered) {
            Some(value) => format!("{status}, {about} {}", shorten(&value)),
            None => status,
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
