//! As much of Content-Security-Policy (CSP Level 3) as it takes to see whether a page works under
//! it and is protected by it.

/// A policy: its directives with their source lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy(Vec<(String, Vec<String>)>);

impl Policy {
    /// Reads a `Content-Security-Policy` value. Of a directive given twice the first counts (§2.2.1).
    pub(super) fn parse(value: &str) -> Self {
        let directives = value.split(';').filter_map(|directive| {
            let mut words = directive.split_ascii_whitespace();
            let name = words.next()?.to_ascii_lowercase();
            Some((name, words.map(str::to_owned).collect()))
        });
        Self(directives.collect())
    }

    /// The sources that a fetch directive allows, `default-src` standing in for one that is not
    /// there (§6.8.3), or nothing where anything is allowed.
    pub(super) fn sources(&self, directive: &str) -> Option<&[String]> {
        [directive, "default-src"].iter().find_map(|wanted| {
            let found = self.0.iter().find(|(name, _)| name == wanted);
            found.map(|(_, sources)| sources.as_slice())
        })
    }

    /// Whether a directive lets the page load from where it comes from itself.
    pub(super) fn allows_self(&self, directive: &str) -> bool {
        self.sources(directive).is_none_or(|sources| {
            sources
                .iter()
                .any(|source| source == "*" || source.eq_ignore_ascii_case("'self'"))
        })
    }

    /// Whether a directive lets the page hold something inline: at all, or by a nonce or a hash,
    /// which are taken to match.
    pub(super) fn allows_inline(&self, directive: &str) -> bool {
        self.sources(directive).is_none_or(|sources| {
            sources.iter().any(|source| {
                source.eq_ignore_ascii_case("'unsafe-inline'") || is_nonce_or_hash(source)
            })
        })
    }

    /// The source by which scripts may come from anywhere or be injected, if there is one.
    pub(super) fn script_hole(&self) -> Option<&str> {
        let Some(sources) = self.sources("script-src") else {
            return Some("no script-src and no default-src");
        };
        // A nonce or a hash turns 'unsafe-inline' off (§6.7.3.2).
        let is_strict = sources.iter().any(|source| is_nonce_or_hash(source));
        sources.iter().map(String::as_str).find(|source| {
            let source = source.to_ascii_lowercase();
            match source.as_str() {
                "'unsafe-inline'" => !is_strict,
                "*" | "http:" | "https:" | "data:" | "blob:" | "'unsafe-eval'" => true,
                _ => false,
            }
        })
    }
}

fn is_nonce_or_hash(source: &str) -> bool {
    ["'nonce-", "'sha256-", "'sha384-", "'sha512-"]
        .iter()
        .any(|prefix| source.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_src_stands_in() {
        let policy = Policy::parse("default-src 'none'; script-src 'self'; script-src *");
        assert!(policy.allows_self("script-src"));
        assert!(!policy.allows_self("style-src"));
        assert!(!policy.allows_inline("script-src"));
        assert_eq!(policy.script_hole(), None);
        assert!(Policy::parse("img-src *").allows_self("style-src"));
    }

    #[test]
    fn holes_are_found() {
        for (value, hole) in [
            ("img-src 'self'", Some("no script-src and no default-src")),
            ("default-src *", Some("*")),
            ("script-src 'self' 'unsafe-inline'", Some("'unsafe-inline'")),
            ("script-src 'unsafe-inline' 'nonce-x'", None),
            ("SCRIPT-SRC 'self' https:", Some("https:")),
        ] {
            assert_eq!(Policy::parse(value).script_hole(), hole, "{value}");
        }
    }
}
