//! A data file: one JSON object from locale name to text.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};

use crate::{Greeting, Lang};

/// The most octets that a data file may have.
pub(crate) const MAX_FILE_SIZE: u64 = 16 * 1024 * 1024;

const EMBEDDED: &str = include_str!("../../greetings.json");

/// The seven greetings that are compiled in, sorted by lang.
pub(crate) fn embedded() -> Vec<Greeting> {
    parse(EMBEDDED.as_bytes(), Path::new("greetings.json"))
        .expect("a test parses the embedded greetings")
}

/// The greetings in a file, sorted by lang.
pub(crate) fn load(file: &Path) -> Result<Vec<Greeting>, DataError> {
    let read_error = |source| DataError::Read {
        file: file.to_owned(),
        source,
    };
    let mut json = Vec::new();
    File::open(file)
        .and_then(|opened| opened.take(MAX_FILE_SIZE + 1).read_to_end(&mut json))
        .map_err(read_error)?;
    if json.len() as u64 > MAX_FILE_SIZE {
        return Err(DataError::TooLarge {
            file: file.to_owned(),
        });
    }
    parse(&json, file)
}

fn parse(json: &[u8], file: &Path) -> Result<Vec<Greeting>, DataError> {
    let Entries(mut greetings) =
        serde_json::from_slice(json).map_err(|error| DataError::invalid(file, &error))?;
    greetings.sort_by(|a, b| a.lang.cmp(&b.lang));
    Ok(greetings)
}

/// The file's entries, in its order.
struct Entries(Vec<Greeting>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object from locale name to greeting text")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut seen = std::collections::HashSet::new();
                let mut greetings = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    let Ok(lang) = name.parse::<Lang>() else {
                        return Err(A::Error::custom(format_args!(
                            "the locale name {name:?} is not shaped like a language tag ({})",
                            Lang::PATTERN
                        )));
                    };
                    if !seen.insert(name) {
                        return Err(A::Error::custom(format_args!(
                            "the locale name \"{lang}\" is a duplicate"
                        )));
                    }
                    let Text(text) = map.next_value()?;
                    greetings.push(Greeting { lang, text });
                }
                Ok(Entries(greetings))
            }
        }

        deserializer.deserialize_map(EntriesVisitor)
    }
}

/// A text that is not empty, checked where it stands so that the error names its line.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl Visitor<'_> for TextVisitor {
            type Value = Text;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the greeting text, a string")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text, E> {
                if text.is_empty() {
                    return Err(E::custom("the greeting text is empty"));
                }
                Ok(Text(text.to_owned()))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// Why a data file cannot be used. One line each, naming the file.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// It cannot be read.
    #[error("{}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It has more than `MAX_FILE_SIZE` octets.
    #[error("{}: larger than {} MiB", file.display(), MAX_FILE_SIZE >> 20)]
    TooLarge {
        /// The file.
        file: PathBuf,
    },
    /// It is not JSON, or not the JSON that was expected.
    #[error("{}:{line}:{column}: {reason}", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// In octets.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
}

impl DataError {
    fn invalid(file: &Path, error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let said = error.to_string();
        let reason = said
            .strip_suffix(&format!(" at line {line} column {column}"))
            .unwrap_or(&said)
            .to_owned();
        Self::Invalid {
            file: file.to_owned(),
            line,
            column,
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &[u8]) -> String {
        parse(json, Path::new("data.json"))
            .expect_err("this data must be refused")
            .to_string()
    }

    fn langs(greetings: &[Greeting]) -> Vec<&str> {
        greetings.iter().map(|g| g.lang.as_str()).collect()
    }

    #[test]
    fn embeds_the_seven_greetings() {
        let greetings = embedded();
        let expected = ["ar", "bn", "chr", "en", "es", "sw", "zh"];
        assert_eq!(langs(&greetings), expected);
        let swahili = "\u{647}\u{64e}\u{628}\u{64e}\u{627}\u{631}\u{650}";
        assert_eq!(greetings[5].text, swahili);
    }

    #[test]
    fn sorts_by_code_point() {
        let greetings = parse(br#"{"b":"1","a":"2","B":"3"}"#, Path::new("f")).unwrap();
        assert_eq!(langs(&greetings), ["B", "a", "b"]);
    }

    #[test]
    fn every_fault_says_what_and_where() {
        let pattern = Lang::PATTERN;
        for (json, expected) in [
            (&b""[..], "data.json:1:0: EOF while parsing a value".to_owned()),
            (b"{\"en\": \"Hello\"", "data.json:1:14: EOF while parsing an object".to_owned()),
            (b"{\n\"en\" \"Hello\"}", "data.json:2:6: expected `:`".to_owned()),
            (b"[]", "data.json:1:0: invalid type: sequence, expected an object from locale name to greeting text".to_owned()),
            (b"{\n\"en\": 5\n}", "data.json:2:7: invalid type: integer `5`, expected the greeting text, a string".to_owned()),
            (b"{\n\"en\": \"a\",\n\"en\": \"b\"\n}", "data.json:3:4: the locale name \"en\" is a duplicate".to_owned()),
            (b"{\n\"e n\": \"a\"\n}", format!("data.json:2:5: the locale name \"e n\" is not shaped like a language tag ({pattern})")),
            (b"{\n\"en\": \"\"\n}", "data.json:2:8: the greeting text is empty".to_owned()),
            (b"{\n\"en\": \"\xff\"\n}", "data.json:2:8: invalid unicode code point".to_owned()),
            (b"{} x", "data.json:1:4: trailing characters".to_owned()),
        ] {
            assert_eq!(refusal(json), expected, "{}", String::from_utf8_lossy(json));
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load(Path::new("/nonexistent/data.json")).unwrap_err();
        assert!(
            error.to_string().starts_with("/nonexistent/data.json: "),
            "{error}"
        );
    }
}
