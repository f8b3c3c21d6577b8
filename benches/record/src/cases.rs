//! What the conformance gate found, case by case.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was found of a server in one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseFinding {
    /// The case's id in the conformance suite.
    pub id: String,
    /// What was found.
    pub verdict: CaseVerdict,
    /// What the suite says of it: what differs, deviates, or does not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why the server deviates, where the deviation is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where the framework's own project has that deviation, as a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
}

/// How a case came out.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CaseVerdict {
    /// The server answers as it must.
    Conforms,
    /// It answers legally, but not as the others do.
    Differs,
    /// The case does not apply to it.
    NotApplicable,
    /// It deviates in a way that is listed as known.
    KnownDeviation,
    /// It deviates, and that is not listed.
    Fails,
    /// The suite could not decide.
    Undecided,
}

impl CaseVerdict {
    /// The verdict in a word, as the conformance suite's own reports have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conforms => "ok",
            Self::Differs => "differs",
            Self::NotApplicable => "n/a",
            Self::KnownDeviation => "known",
            Self::Fails => "fails",
            Self::Undecided => "error",
        }
    }
}
