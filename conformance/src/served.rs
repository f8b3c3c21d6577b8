//! What a server turns out to serve. Cases presuppose it: where it is not there, one case says so
//! and the others do not apply.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::Value;

use crate::http::Response;
use crate::{Case, Level, Need, Target};

/// The path of the list.
const LIST: &str = "/greetings";

/// A path that no server has.
pub(crate) const NOWHERE: &str = "/no-such-path";

/// What was found on a server.
#[derive(Debug)]
pub(crate) struct Served {
    offers: BTreeSet<Need>,
    resource: String,
    /// Whether it is another API, whose paths were named.
    is_anothers: bool,
    sound: OnceLock<Sound>,
}

/// What messages with content get that there is nothing wrong with, and how answers are told
/// apart. It is learned when a case first sends a message that there is something wrong with.
#[derive(Clone, Debug)]
pub(crate) struct Sound {
    /// The methods whose messages say something: a server may refuse all content of a GET.
    pub(crate) methods: Vec<&'static str>,
    /// The status that each method gets.
    pub(crate) statuses: Vec<(&'static str, u16)>,
    /// The methods whose content is read as the next request.
    pub(crate) unread: Vec<&'static str>,
    /// The path of the requests that follow others, and the status that it gets.
    pub(crate) marker: (String, u16),
}

impl Served {
    /// Whether anything about the case depends on what a server serves: whether it applies, or how
    /// binding it is.
    pub(crate) fn matters_to(case: &Case) -> bool {
        let is_of_the_contract = case.source.contains("the contract") || is_of_this_api(case);
        !presupposed(case.id).is_empty() || case.rfc_level().is_some() || is_of_the_contract
    }

    /// Asks the server for what cases presuppose. Only an answer says that something is not there:
    /// a server that gives none is for the cases to judge.
    pub(crate) fn find(target: &Target) -> Self {
        // Of what gives no answer, nothing is known.
        let answer = |path: &str| target.fetch(path).ok();
        // Who answers every path shows by no answer alone that something is there.
        let everywhere = answer(NOWHERE).filter(|answer| answer.status < 400);
        let is_greetings = |answer: &Response| is_greetings(answer, everywhere.is_some());
        let is_document = |answer: &Response| is_document(answer, everywhere.is_some());
        let is_page = |answer: &Response| {
            let is_another = |other: &Response| other.body != answer.body;
            is_page(answer) && everywhere.as_ref().is_none_or(is_another)
        };
        let list = answer(LIST);
        let item = format!("/greetings/{}", target.model.present());
        let is_list = list
            .as_ref()
            .is_none_or(|list| list.status == 200 && is_greetings(list));
        let has_greetings = is_list
            || list.as_ref().is_some_and(is_greetings)
            || answer(&item).as_ref().is_none_or(is_greetings);
        let named = target
            .resources
            .iter()
            .map(|resource| resource.path.as_str());
        let mut named = named.filter(|_| target.is_another_api);
        let first = named.clone().next();
        let is_there = |path: &&str| answer(path).is_some_and(|a| a.status == 200);
        let chosen = named.find(is_there).or(first);
        let resource = chosen.unwrap_or(if is_list { LIST } else { "/" });
        let mut offers = BTreeSet::new();
        for (need, is_there) in [
            (Need::Greetings, has_greetings && !target.is_another_api),
            (Need::Page, answer("/docs").as_ref().is_none_or(is_page)),
            (
                Need::Document,
                answer("/openapi.json").as_ref().is_none_or(is_document),
            ),
            (
                Need::Resource,
                is_list && chosen.is_none() || answer(resource).is_some_and(|a| a.status == 200),
            ),
        ] {
            if is_there {
                offers.insert(need);
            }
        }
        Self {
            offers,
            resource: resource.to_owned(),
            is_anothers: target.is_another_api,
            sound: OnceLock::new(),
        }
    }

    /// What the case presupposes and the server does not have.
    pub(crate) fn lacks(&self, case: &Case) -> Option<Need> {
        let presupposed = presupposed(case.id);
        if self.is_anothers && is_of_this_api(case) {
            return Some(Need::ThisApi);
        }
        let presupposed = presupposed.iter();
        presupposed
            .copied()
            .find(|need| !self.offers.contains(need))
    }

    /// A path that is 200: the one that was named, the list of greetings, or the root of a server
    /// without.
    pub(crate) fn resource(&self) -> &str {
        &self.resource
    }

    /// Whether that is the list.
    pub(crate) fn has_list(&self) -> bool {
        self.resource == LIST
    }

    /// Whether the server serves this API, so that the contract holds for it.
    pub(crate) fn is_the_api(&self) -> bool {
        self.offers.contains(&Need::Greetings)
    }

    /// How binding a case is for this server: where it does not serve this API, as binding as RFCs
    /// make it.
    pub(crate) fn level(&self, case: &Case) -> Level {
        match case.rfc_level() {
            _ if self.is_the_api() => case.level,
            Some(level) => level.max(case.level),
            // These say what is not there.
            None if matches!(case.area(), "contract" | "docs" | "api") => case.level,
            None => Level::Info,
        }
    }

    /// What sound messages get, learned by `learn` at first.
    pub(crate) fn sound(&self, learn: impl FnOnce() -> Sound) -> &Sound {
        self.sound.get_or_init(learn)
    }
}

/// Whether a case is about this API and no other.
fn is_of_this_api(case: &Case) -> bool {
    let presupposed = presupposed(case.id);
    matches!(case.area(), "contract" | "docs" | "proxy" | "load")
        || presupposed.contains(&Need::Greetings)
        || presupposed.contains(&Need::Page)
        // They send methods that change things: of another API `api` asks that.
        || matches!(case.id, "semantics/allow-present" | "semantics/allow-exact")
}

/// Whether an answer is one of this API: no error, and JSON. Where every path is answered, it has to
/// be of a greeting.
fn is_greetings(answer: &Response, everywhere: bool) -> bool {
    let has_lang = |value: &Value| value.get("lang").is_some();
    let json = answer.json().ok();
    let is_of_them = json.is_some_and(|json| match json {
        Value::Array(items) => items.iter().any(has_lang),
        other => has_lang(&other),
    });
    answer.status < 300 && (is_of_them || is_json(answer) && !everywhere)
}

fn is_page(answer: &Response) -> bool {
    let is_html = |kind: String| matches!(kind.as_str(), "text/html" | "application/xhtml+xml");
    let is_elsewhere = (300..400).contains(&answer.status);
    is_elsewhere || answer.status < 300 && answer.media_type().is_some_and(is_html)
}

fn is_document(answer: &Response, everywhere: bool) -> bool {
    let json = answer.json().ok();
    let says_so = json.is_some_and(|json| json.get("openapi").is_some());
    answer.status < 400 && (says_so || is_json(answer) && !everywhere)
}

fn is_json(answer: &Response) -> bool {
    let kind = answer.media_type().unwrap_or_default();
    kind == "application/json" || kind.ends_with("+json")
}

/// What must be there for a case to say anything.
fn presupposed(id: &str) -> &'static [Need] {
    match id.split_once('/').unwrap_or((id, "")) {
        // These say that it is not there.
        ("contract", "list-status" | "list-type") | ("docs", "page" | "openapi-version") => &[],
        ("contract", "list-schema" | "item-schema") => &[Need::Greetings, Need::Document],
        ("contract" | "load", _) | ("lifecycle", "slowloris") => &[Need::Greetings],
        ("docs", "root-redirects" | "root-relative") => &[Need::Page],
        ("docs", "renders" | "try-it-out") => &[Need::Page, Need::Document],
        ("docs", slug) if slug.starts_with("openapi-") => &[Need::Document],
        ("docs", _) | ("semantics", "head-docs") => &[Need::Page],
        // What holds in every place of this API, and preconditions beyond those that any server has.
        ("semantics", slug)
            if slug.ends_with("-everywhere")
                || slug.starts_with("if-match")
                || slug.starts_with("precondition-") =>
        {
            &[Need::Greetings]
        }
        (
            "semantics",
            "head-list"
            | "head-item"
            | "method-not-allowed"
            | "unknown-path-any-method"
            | "options"
            | "etag"
            | "unknown-path-unusual-method"
            | "if-none-match"
            | "if-none-match-head"
            | "if-none-match-list"
            | "if-none-match-star"
            | "if-none-match-weak"
            | "if-none-match-other"
            | "if-modified-since"
            | "accept-mismatch"
            | "accept-on-error"
            | "range-ignored"
            | "get-with-body"
            | "unknown-header"
            | "expect-unknown"
            | "same-each-time"
            | "field-order"
            | "http10-methods"
            | "query-methods",
        ) => &[Need::Greetings],
        ("wire", "stated-limits") => &[Need::Greetings],
        ("wire", _) => &[Need::Resource],
        (
            "proxy",
            "prefix-docs" | "prefix-assets" | "prefix-redirect" | "prefix-bare" | "root-path-bare",
        ) => &[Need::Greetings, Need::Page],
        ("proxy", "prefix-openapi") => &[Need::Greetings, Need::Document],
        ("proxy", "prefix-try-it-out") => &[Need::Greetings, Need::Page, Need::Document],
        ("proxy", _) => &[Need::Greetings],
        _ => &[],
    }
}
