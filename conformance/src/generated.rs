//! Requests that nobody thought of, and what their answers must be.

use std::fmt;

use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::http::{Request, Response};
use crate::model::Answer;
use crate::url::percent_encode;
use crate::{Deviation, Model};

/// How many requests are generated unless a run says otherwise.
pub const REQUESTS: u32 = 1000;

/// How many more may be sent to find the smallest that fails.
const SHRINKS: u32 = 500;

/// The statuses by which a server may meet preconditions, ranges and preferences that the contract
/// has it ignore (RFC 9110 §13.1.3, §14.2, §12.5.1).
const HEEDED: &[u16] = &[206, 304, 406, 416];

/// A generated request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Generated {
    pub(crate) method: String,
    /// A path and a query, below the target's prefix.
    pub(crate) target: String,
    pub(crate) fields: Vec<(String, String)>,
}

/// What the answer to a generated request must be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expected {
    /// The contract's answer.
    pub(crate) answer: Answer,
    /// The statuses of other answers that are legal.
    pub(crate) alternatives: &'static [u16],
}

/// Draws `requests` requests, the same for the same seed, and finds the smallest that fails.
pub(crate) fn runner(requests: u32, seed: u64) -> TestRunner {
    let config = Config {
        cases: requests,
        max_shrink_iters: SHRINKS,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

impl Generated {
    /// The request, without `Host`.
    pub(crate) fn request(&self) -> Request {
        let request = Request::new(self.method.as_str(), self.target.as_str());
        let request = self.fields.iter().fold(request, |request, (name, value)| {
            request.header(name.as_str(), value.as_str())
        });
        match self.method.as_str() {
            "POST" | "PUT" | "PATCH" => request.content(""),
            _ => request,
        }
    }

    /// What a server that holds the greetings of `model` must answer.
    pub(crate) fn expected(&self, model: &Model) -> Expected {
        let answer = model.answer(&self.method, &self.target);
        let reads = matches!(self.method.as_str(), "GET" | "HEAD");
        let is_there = answer.statuses == [200];
        let alternatives: &[u16] = match self.field("if-none-match") {
            // RFC 9110 §13.1.2, for whatever has a representation.
            Some("*") if reads && is_there => {
                return Expected {
                    answer: Answer::not_modified(),
                    alternatives: &[],
                };
            }
            _ if reads && self.has_preferences() => HEEDED,
            // RFC 9110 §9.1: a method that the server does not know.
            _ if !KNOWN.contains(&self.method.as_str()) => &[501],
            _ => &[],
        };
        Expected {
            answer,
            alternatives,
        }
    }

    fn has_preferences(&self) -> bool {
        ["if-modified-since", "range", "accept"]
            .iter()
            .any(|name| self.field(name).is_some())
    }

    fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Generated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)?;
        for (index, (name, value)) in self.fields.iter().enumerate() {
            let joint = if index == 0 { " with " } else { " and " };
            write!(f, "{joint}{name}: {value}")?;
        }
        Ok(())
    }
}

impl Expected {
    /// Whether `response` is a right answer.
    ///
    /// # Errors
    /// The first difference from the contract's.
    pub(crate) fn check(&self, response: &Response) -> Result<(), Deviation> {
        if self.alternatives.contains(&response.status) {
            return Ok(());
        }
        self.answer.check(response).map(drop)
    }

    /// Whether only one status is right.
    pub(crate) fn fixes_status(&self) -> bool {
        self.alternatives.is_empty() && self.answer.statuses.len() == 1
    }
}

/// The methods that have a meaning to every server.
const KNOWN: &[&str] = &["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/// Requests to a server that holds the greetings of `model`.
pub(crate) fn requests(model: &Model) -> impl Strategy<Value = Generated> + use<> {
    let fields = proptest::collection::vec(field(), 0..3);
    (method(), paths(model), query(), fields).prop_map(|(method, path, query, mut fields)| {
        // A field given twice is a list or a fault, which other cases are about.
        let mut seen: Vec<String> = Vec::new();
        fields.retain(|(name, _)| {
            let name = name.to_ascii_lowercase();
            let is_new = !seen.contains(&name);
            seen.push(name);
            is_new
        });
        Generated {
            method,
            target: path + &query,
            fields,
        }
    })
}

fn method() -> impl Strategy<Value = String> {
    let others = select(&KNOWN[2..]).prop_map(str::to_owned);
    prop_oneof![
        12 => Just("GET".to_owned()),
        4 => Just("HEAD".to_owned()),
        3 => others,
        // None of these is registered.
        1 => "X[A-Z]{2,7}",
    ]
}

fn query() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        1 => "\\?[a-z]{0,5}(=[a-zA-Z0-9.~-]{0,5})?",
        1 => "\\?([a-z]{1,3}=(%[2-7][0-9A-F]|[a-z/?]){0,4}&?){0,3}",
    ]
}

fn field() -> impl Strategy<Value = (String, String)> {
    let tag = "(W/)?\"[a-z0-9]{1,8}\"";
    let tags = proptest::collection::vec(tag, 1..4).prop_map(|tags| tags.join(", "));
    let condition = prop_oneof![1 => Just("*".to_owned()), 2 => tags];
    let date = "(Mon|Tue), 0[1-9] (Jan|Feb) (19|20)[0-9]{2} [01][0-9]:[0-5][0-9]:[0-5][0-9] GMT";
    let range = "bytes=([0-9]{1,3}-[0-9]{0,3}|-[0-9]{1,3})";
    let accept = "(\\*/\\*|application/(json|\\*)|text/html|image/png)(;q=0(\\.[0-9])?)?";
    let named = |name: &'static str, value: &'static str| (spelt(name), value);
    prop_oneof![
        3 => (spelt("If-None-Match"), condition),
        1 => named("If-Modified-Since", date),
        1 => named("Range", range),
        1 => named("Accept", accept),
        1 => named("Cookie", "[a-z]{1,5}=[a-zA-Z0-9]{0,20}"),
        2 => ("X-[A-Z][a-z]{1,9}", "[ -~]{0,20}").prop_map(|(name, value)| {
            (name, value.trim().to_owned())
        }),
    ]
}

/// A field name in one of the ways that clients spell it.
fn spelt(name: &'static str) -> impl Strategy<Value = String> {
    select(vec![
        name.to_owned(),
        name.to_ascii_lowercase(),
        name.to_ascii_uppercase(),
    ])
}

fn paths(model: &Model) -> impl Strategy<Value = String> + use<> {
    let known = [
        "/",
        "/greetings",
        "/docs",
        "/openapi.json",
        "/healthz",
        "/readyz",
    ];
    let known = select(known.map(str::to_owned).to_vec());
    let mut langs: Vec<String> = model.greetings().keys().cloned().collect();
    langs.push(model.absent());
    let segment = prop_oneof![
        4 => encoded(select(langs)),
        2 => "[A-Za-z][A-Za-z0-9-]{0,39}",
        2 => "\\PC{1,12}".prop_map(|text| percent_encode(&text)),
        1 => proptest::collection::vec(any::<u8>(), 1..8)
            .prop_map(|octets| octets.iter().map(|octet| format!("%{octet:02x}")).collect()),
        1 => "%[0-9a-zA-Z]{0,3}",
    ];
    prop_oneof![
        2 => known,
        5 => segment.prop_map(|segment| format!("/greetings/{segment}")),
        1 => "(/[a-z0-9]{1,8}){1,3}",
        1 => "/greetings(/[a-z]{0,3}){2}",
    ]
}

/// The same text with any of its letters percent-encoded.
fn encoded(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (text, any::<u64>()).prop_map(|(text, chosen)| {
        let encode = |(index, octet): (usize, u8)| match chosen >> (index % 64) & 1 {
            0 => char::from(octet).to_string(),
            _ => format!("%{octet:02X}"),
        };
        text.bytes().enumerate().map(encode).collect()
    })
}
