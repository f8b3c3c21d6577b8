//! What a deviation harms.

use crate::Case;

/// What a deviation from a case harms, most of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Somebody can use it: requests are read in two ways, secrets or files are given away, or the
    /// server can be kept busy.
    Security,
    /// A client or cache that keeps to the rules gets something else than it must.
    Interoperability,
    /// What only a client meets that breaks the rules itself, or that none relies on.
    Pedantry,
}

impl Group {
    /// Every group, in the order reports have them.
    pub const ALL: [Self; 3] = [Self::Security, Self::Interoperability, Self::Pedantry];

    /// The group in one lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Interoperability => "interoperability",
            Self::Pedantry => "pedantry",
        }
    }

    /// The group that a case belongs to.
    pub fn of(case: &Case) -> Self {
        let (area, slug) = case.id.split_once('/').unwrap_or((case.id, ""));
        match (area, slug) {
            ("security", _) | ("proxy", "forwarded-ignored" | "host-never-reflected") => {
                Self::Security
            }
            ("contract", "item-hostile") | ("docs", "csp") => Self::Security,
            ("semantics", "trace" | "connect" | "dot-segments" | "get-with-body") => Self::Security,
            (
                "lifecycle",
                "slowloris" | "slow-headers" | "slow-later-head" | "slow-body"
                | "silent-connection" | "idle-connection",
            ) => Self::Security,
            ("wire", slug) => Self::of_wire(slug),
            (
                "semantics",
                "options-star" | "unknown-method" | "method-case" | "expect-unknown"
                | "server-header" | "trailing-slash" | "double-slash",
            ) => Self::Pedantry,
            _ => Self::Interoperability,
        }
    }

    fn of_wire(slug: &str) -> Self {
        let is_framing = |slug: &str| {
            let starts = ["cl-", "te-", "chunk-", "host-duplicate", "nul-", "uri-500k"];
            starts.iter().any(|start| slug.starts_with(start))
        };
        match slug {
            // A sound message, which must be read.
            "te-case" | "te-unknown" | "chunk-extension" | "host-missing-http10" => {
                Self::Interoperability
            }
            slug if is_framing(slug) => Self::Security,
            "smuggled-get"
            | "connection-close"
            | "http10-close"
            | "space-before-colon"
            | "space-before-fields"
            | "obs-fold"
            | "bare-cr"
            | "crlf-injection"
            | "headers-10k"
            | "control-in-value"
            | "garbage"
            | "mutations"
            | "raw-space-in-target"
            | "invalid-utf8-target"
            | "request-line-tab" => Self::Security,
            "version-major"
            | "version-case"
            | "version-unknown-minor"
            | "http09"
            | "h2-preface"
            | "no-target"
            | "long-method"
            | "request-line-spaces"
            | "leading-crlf"
            | "bare-lf"
            | "fragment-in-target"
            | "empty-name"
            | "no-colon"
            | "name-not-token"
            | "host-empty"
            | "host-missing"
            | "host-invalid"
            | "absolute-form-mismatch"
            | "raw-utf8-target"
            | "headers-101"
            | "uri-70k"
            | "close-said" => Self::Pedantry,
            _ => Self::Interoperability,
        }
    }
}
