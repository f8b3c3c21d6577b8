//! What a request target names.

use crate::url::percent_decode;

/// The resource a request target names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/greetings`
    List,
    /// `/greetings/{lang}`
    Item(Lang),
    /// `/`
    Root,
    /// `/docs`
    Docs,
    /// `/docs/{file}`; whether there is such a file is the server's affair.
    Asset,
    /// `/openapi.json`
    Document,
    /// `/healthz` and `/readyz`
    Health,
    /// Anything else.
    Unknown,
}

/// The path parameter of `/greetings/{lang}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Matches the documented pattern; percent-decoded.
    Valid(String),
    /// Plain text that does not match the pattern.
    Malformed,
    /// Text that a server may refuse before it looks at the pattern: not percent-encoding, not
    /// UTF-8, an encoded slash, a control character, a dot segment, or very long.
    Hostile,
}

impl Route {
    /// The resource that `target`, a path and an optional query, names.
    pub fn of(target: &str) -> Self {
        let path = target.split('?').next().unwrap_or_default();
        match path {
            "/" => Self::Root,
            "/greetings" => Self::List,
            "/docs" => Self::Docs,
            "/openapi.json" => Self::Document,
            "/healthz" | "/readyz" => Self::Health,
            _ => Self::with_parameter(path),
        }
    }

    fn with_parameter(path: &str) -> Self {
        let below = |prefix| {
            path.strip_prefix(prefix)
                .filter(|rest: &&str| !rest.is_empty() && !rest.contains('/'))
        };
        if let Some(segment) = below("/greetings/") {
            Self::Item(Lang::of(segment))
        } else if below("/docs/").is_some() {
            Self::Asset
        } else {
            Self::Unknown
        }
    }
}

impl Lang {
    /// Reads a path segment, still percent-encoded.
    pub fn of(segment: &str) -> Self {
        let Some(text) = percent_decode(segment).and_then(|octets| String::from_utf8(octets).ok())
        else {
            return Self::Hostile;
        };
        if Self::matches(&text) {
            return Self::Valid(text);
        }
        let dots = matches!(text.as_str(), "." | "..");
        if dots || segment.len() > 1024 || text.contains(|c: char| c == '/' || c.is_control()) {
            return Self::Hostile;
        }
        Self::Malformed
    }

    /// Whether `text` matches `^[A-Za-z][A-Za-z0-9-]{0,34}$`.
    fn matches(text: &str) -> bool {
        text.len() <= 35
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_name_resources() {
        let valid = |lang: &str| Route::Item(Lang::Valid(lang.to_owned()));
        for (target, route) in [
            ("/", Route::Root),
            ("/?x=/greetings", Route::Root),
            ("/greetings?a=b", Route::List),
            ("/greetings/", Route::Unknown),
            ("/greetings//en", Route::Unknown),
            ("//greetings", Route::Unknown),
            ("/greetings/en/x", Route::Unknown),
            ("/greetings/en", valid("en")),
            ("/greetings/%65n?q", valid("en")),
            ("/greetings/e%20n", Route::Item(Lang::Malformed)),
            ("/greetings/-en", Route::Item(Lang::Malformed)),
            ("/greetings/%F0%9F%98%80", Route::Item(Lang::Malformed)),
            ("/greetings/e%2Fn", Route::Item(Lang::Hostile)),
            ("/greetings/%FF", Route::Item(Lang::Hostile)),
            ("/greetings/%", Route::Item(Lang::Hostile)),
            ("/greetings/%00", Route::Item(Lang::Hostile)),
            ("/greetings/%2e%2e", Route::Item(Lang::Hostile)),
            ("/docs/x.css", Route::Asset),
            ("/docs/", Route::Unknown),
            ("/nope", Route::Unknown),
        ] {
            assert_eq!(Route::of(target), route, "{target}");
        }
    }

    #[test]
    fn langs_are_35_octets_at_most() {
        assert!(matches!(Lang::of(&"a".repeat(35)), Lang::Valid(_)));
        assert_eq!(Lang::of(&"a".repeat(36)), Lang::Malformed);
    }
}
