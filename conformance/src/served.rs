//! What a server turns out to serve. Cases presuppose it: where it is not there, one case says so
//! and the others do not apply.

use std::collections::BTreeSet;

use crate::{Case, Need, Target};

/// What was found on a server.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    offers: BTreeSet<Need>,
    resource: &'static str,
}

impl Served {
    /// Whether the case presupposes anything.
    pub(crate) fn is_presupposed_by(case: &Case) -> bool {
        !presupposed(case.id).is_empty()
    }

    /// Asks the server for what cases presuppose. Only an answer says that something is not there:
    /// a server that gives none is for the cases to judge.
    pub(crate) fn find(target: &Target) -> Self {
        // No status stands for no answer.
        let status = |path: &str| target.fetch(path).ok().map(|answer| answer.status);
        let is_found = |path: &str| status(path).is_none_or(|status| status < 400);
        let list = status("/greetings");
        let item = format!("/greetings/{}", target.model.present());
        let is_list = list.is_none_or(|status| status == 200);
        let mut offers = BTreeSet::new();
        for (need, is_there) in [
            (
                Need::Greetings,
                list.is_none_or(|status| status < 400) || is_found(&item),
            ),
            (Need::Page, is_found("/docs")),
            (Need::Document, is_found("/openapi.json")),
            (Need::Resource, is_list || status("/") == Some(200)),
        ] {
            if is_there {
                offers.insert(need);
            }
        }
        Self {
            offers,
            resource: if is_list { "/greetings" } else { "/" },
        }
    }

    /// What the case presupposes and the server does not have.
    pub(crate) fn lacks(&self, case: &Case) -> Option<Need> {
        let presupposed = presupposed(case.id).iter();
        presupposed
            .copied()
            .find(|need| !self.offers.contains(need))
    }

    /// A path that is 200: the list of greetings, or the root of a server without.
    pub(crate) fn resource(&self) -> &'static str {
        self.resource
    }
}

/// What must be there for a case to say anything.
fn presupposed(id: &str) -> &'static [Need] {
    match id.split_once('/').unwrap_or((id, "")) {
        // These say that it is not there.
        ("contract", "list-status") | ("docs", "page" | "openapi-version") => &[],
        ("contract", "list-schema" | "item-schema") => &[Need::Greetings, Need::Document],
        ("contract" | "load", _) | ("lifecycle", "slowloris") => &[Need::Greetings],
        ("docs", "root-redirects" | "root-relative") => &[Need::Page],
        ("docs", "renders" | "try-it-out") => &[Need::Page, Need::Document],
        ("docs", slug) if slug.starts_with("openapi-") => &[Need::Document],
        ("docs", _) | ("semantics", "head-docs") => &[Need::Page],
        (
            "semantics",
            "head-list"
            | "head-item"
            | "method-not-allowed"
            | "unknown-path-any-method"
            | "options"
            | "etag"
            | "etag-everywhere"
            | "if-none-match-everywhere"
            | "methods-everywhere"
            | "options-everywhere"
            | "unknown-path-unusual-method"
            | "query-everywhere"
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
            | "expect-unknown",
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
