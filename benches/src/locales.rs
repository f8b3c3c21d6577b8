//! The data file of the lane `large`: 10,000 locales, the same each time.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use quartet_conformance::Model;
use tempfile::NamedTempFile;

/// A file with the greetings of 10,000 locales, gone when this is, and the answers that are right
/// for it.
#[derive(Debug)]
pub(crate) struct Locales {
    file: NamedTempFile,
    pub(crate) model: Model,
}

impl Locales {
    /// Writes the file.
    ///
    /// # Errors
    /// Where there is no room for it.
    pub(crate) fn write() -> Result<Self> {
        let greetings = greetings(&Model::embedded());
        let write = || -> Result<NamedTempFile> {
            let mut file = tempfile::Builder::new()
                .prefix("quartet-locales-")
                .suffix(".json")
                .tempfile()?;
            serde_json::to_writer(&mut file, &greetings)?;
            file.flush()?;
            Ok(file)
        };
        Ok(Self {
            file: write().context("cannot write the data file of the lane `large`")?,
            model: Model::new(greetings),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }
}

/// A hundred languages, `aa` to `dv`, in a hundred regions each, `AA` to `DV`. Texts are those of
/// the repository's greetings, in turn, so that their letters are as many bytes as in real ones.
fn greetings(embedded: &Model) -> BTreeMap<String, String> {
    let texts = embedded.greetings().values().cycle();
    let tags = (0..100).flat_map(|language| {
        (0..100).map(move |region| format!("{}-{}", pair(language, b'a'), pair(region, b'A')))
    });
    tags.zip(texts.cloned()).collect()
}

/// The `number`th pair of letters from `first` on.
fn pair(number: u8, first: u8) -> String {
    [number / 26, number % 26]
        .map(|letter| char::from(first + letter))
        .iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_gives_ten_thousand_locales_and_always_the_same() {
        let locales = Locales::write().unwrap();
        let text = std::fs::read_to_string(locales.path()).unwrap();
        let read = Model::from_json(&text).unwrap();
        assert_eq!(read.greetings().len(), 10_000);
        assert_eq!(read.greetings(), locales.model.greetings());
        assert_eq!(
            Locales::write().unwrap().model.greetings(),
            read.greetings()
        );
        let names: Vec<&str> = read.greetings().keys().map(String::as_str).collect();
        assert_eq!((names[0], names[9_999]), ("aa-AA", "dv-DV"));
        // What servers answer with; a change of it makes runs before and after no longer comparable.
        assert_eq!(read.list().to_string().len(), 354_288);
    }
}
