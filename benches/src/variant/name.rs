//! Names of variants as lists of servers have them: `axum@0.8.4`, `salvo+mimalloc`, `warp+serde_json=1.0.145`.

use std::path::Path;

use super::difference::{Difference, of_word};

/// A name in its parts: that of a server, and what differs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Name<'a> {
    /// The server.
    pub(crate) server: &'a str,
    /// What stands behind `@`: another release of its framework, or a checkout of it.
    pub(crate) framework: Option<&'a str>,
    /// What stands behind each `+`.
    words: Vec<&'a str>,
}

impl<'a> Name<'a> {
    /// Takes a name apart. None where it is a server's alone.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        let end = text.find(['@', '+'])?;
        let (server, rest) = text.split_at(end);
        let mut words = split(rest);
        let first = words.first().copied().unwrap_or_default();
        let framework = first.strip_prefix('@');
        if framework.is_some() {
            words.remove(0);
        }
        Some(Self {
            server,
            framework,
            words: words
                .into_iter()
                .map(|word| word.trim_start_matches('+'))
                .collect(),
        })
    }

    /// What differs, of a server on this framework.
    ///
    /// # Errors
    /// A sentence for the one who wrote it.
    pub(crate) fn differences(
        &self,
        framework: Option<&str>,
        here: &Path,
    ) -> Result<Vec<Difference>, String> {
        let mut found = Vec::new();
        if let Some(version) = self.framework {
            let name = framework.ok_or_else(|| {
                format!(
                    "`{}` has no framework of which to take @{version}",
                    self.server
                )
            })?;
            found.push(Difference::parse(&format!("{name}={version}"), here)?);
        }
        for word in &self.words {
            found.push(match of_word(word) {
                Some(difference) => difference,
                None => Difference::parse(word, here)?,
            });
        }
        Ok(found)
    }
}

/// At each `+` that begins a difference: one in a value, such as `+avx2` or a version's `+1`, does not.
fn split(text: &str) -> Vec<&str> {
    let begins = |rest: &str| {
        let word = rest.split('+').next().unwrap_or_default();
        let key = word.split_once('=').map(|(key, _)| key);
        let is_key = |key: &str| {
            let in_key =
                |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
            key.starts_with(|first: char| first.is_ascii_alphabetic()) && key.chars().all(in_key)
        };
        of_word(word).is_some() || key.is_some_and(is_key)
    };
    let mut starts: Vec<usize> = text
        .match_indices('+')
        .filter(|&(index, _)| index == 0 || begins(&text[index + 1..]))
        .map(|(index, _)| index)
        .collect();
    if starts.first() != Some(&0) {
        starts.insert(0, 0);
    }
    starts
        .iter()
        .zip(starts.iter().skip(1).chain([&text.len()]))
        .map(|(&start, &end)| &text[start..end])
        .filter(|part| !part.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(name: &str) -> Result<Vec<String>, String> {
        let name = Name::of(name).unwrap();
        let found = name.differences(Some("salvo"), Path::new("."))?;
        Ok(found.iter().map(Difference::text).collect())
    }

    #[test]
    fn a_name_is_taken_apart_at_each_difference() {
        assert_eq!(Name::of("actix-web"), None);
        assert_eq!(Name::of("salvo@1.0.0+mimalloc").unwrap().server, "salvo");
        for (name, differences) in [
            ("salvo@1.0.0", vec!["salvo=1.0.0"]),
            ("salvo+mimalloc", vec!["allocator=mimalloc"]),
            (
                "salvo@1.0.0+current-thread+hyper=1.11.0",
                vec!["salvo=1.0.0", "runtime=current-thread", "hyper=1.11.0"],
            ),
            (
                "salvo+rustflags=-C target-feature=+avx2+lto=1.0.0",
                vec!["rustflags=-C target-feature=+avx2", "lto=1.0.0"],
            ),
            ("salvo@1.0.0+build.7", vec!["salvo=1.0.0+build.7"]),
            (
                "salvo+profile.release.lto=fat+jemalloc",
                vec!["profile.release.lto=\"fat\"", "allocator=jemalloc"],
            ),
        ] {
            assert_eq!(texts(name).unwrap(), differences, "{name}");
        }
    }

    #[test]
    fn what_is_no_difference_is_refused() {
        assert!(
            texts("salvo+fast")
                .unwrap_err()
                .contains("`fast` is no difference")
        );
        assert!(texts("salvo@").unwrap_err().contains("salvo="));
        let name = Name::of("null@1.0.0").unwrap();
        let error = name.differences(None, Path::new(".")).unwrap_err();
        assert!(error.contains("has no framework"), "{error}");
    }
}
