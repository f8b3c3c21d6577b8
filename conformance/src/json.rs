//! JSON text as a case needs it read: with nothing overlooked.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Checks that `text` is JSON in which no object has a name twice. What a reader makes of such an
/// object is anyone's guess (RFC 8259 §4).
///
/// # Errors
/// The name that comes twice and where, or why the text is not JSON.
pub(crate) fn check_unique_names(text: &[u8]) -> Result<(), serde_json::Error> {
    serde_json::from_slice::<Unique>(text).map(drop)
}

struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Names)
    }
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            members.next_value::<Unique>()?;
            if names.contains(&name) {
                return Err(A::Error::custom(format!(
                    "an object has a duplicate name {name:?}"
                )));
            }
            names.insert(name);
        }
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_at_every_depth() {
        let unique = |text: &str| check_unique_names(text.as_bytes()).is_ok();
        assert!(unique(
            r#"[{"a": 1, "b": [true, null, -1, 1.5, "x"]}, {"a": 2}]"#
        ));
        assert!(!unique(r#"{"a": 1, "a": 1}"#));
        assert!(!unique(r#"[{"x": [{"a": 1, "\u0061": 1}]}]"#));
        assert!(!unique("[1,"));
    }
}
