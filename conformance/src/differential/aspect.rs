//! What is compared of answers, and what the contract says about each.

use super::Answered;
use crate::generated::Expected;
use crate::http::Response;
use crate::model::Content;

/// Something in which answers part.
pub(super) enum Parting {
    /// Something that the contract fixes.
    Conflict(&'static str),
    /// Something that it leaves open.
    Open(&'static str),
}

impl Parting {
    /// What it is about.
    pub(super) fn about(self) -> &'static str {
        match self {
            Self::Conflict(about) | Self::Open(about) => about,
        }
    }
}

const STATUS: &str = "status";
const CONTENT: &str = "content";

/// What is compared, with how it is read from an answer.
type Aspect = (&'static str, fn(&Answered, &Response) -> String);

/// The aspects, beside the status.
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

/// What an answer has of an aspect, if it is an answer and the aspect is not the status.
pub(super) fn read(about: &str, answered: &Answered) -> Option<String> {
    let (_, read) = ASPECTS.iter().find(|(name, _)| *name == about)?;
    let response = answered.response.as_ref().ok()?;
    Some(read(answered, response))
}

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

/// Everything in which answers part; of answers with different statuses that alone.
pub(super) fn partings(expected: &Expected, answers: &[Answered]) -> Vec<Parting> {
    if differ(answers.iter().map(|answered| status(&answered.response))) {
        return vec![match expected.fixes_status() {
            true => Parting::Conflict(STATUS),
            false => Parting::Open(STATUS),
        }];
    }
    let parts = |(_, read): &&Aspect| {
        differ(answers.iter().filter_map(|answered| {
            let response = answered.response.as_ref().ok()?;
            Some(read(answered, response))
        }))
    };
    let judge = |(about, _): &Aspect| match is_fixed(expected, about) {
        true => Parting::Conflict(about),
        false => Parting::Open(about),
    };
    ASPECTS.iter().filter(parts).map(judge).collect()
}

fn differ(mut values: impl Iterator<Item = String>) -> bool {
    let first = values.next();
    values.any(|value| Some(value) != first)
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

pub(super) fn status(response: &Result<Response, String>) -> String {
    match response {
        Ok(response) => response.status.to_string(),
        Err(why) => why.clone(),
    }
}
