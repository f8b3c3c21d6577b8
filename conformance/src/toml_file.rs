//! Reading TOML, with mistakes told in one line.

use serde::de::DeserializeOwned;

/// Reads TOML strictly into its form.
///
/// # Errors
/// One line that says where the mistake is, and which.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let what = error.message().replace('\n', ", ");
        match error.span() {
            None => what,
            Some(span) => {
                let before = text.get(..span.start).unwrap_or(text);
                let line = before.matches('\n').count() + 1;
                let start = before.rfind('\n').map_or(0, |end| end + 1);
                let column = before[start..].chars().count() + 1;
                format!("line {line}, column {column}: {what}")
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    #[test]
    fn a_mistake_is_told_in_one_line_with_its_place() {
        for (text, place) in [
            ("a = 1\nb = = 2\n", "line 2, column 5: "),
            ("a = 'x'", "line 1, column 5: "),
            ("[", "line 1, column "),
        ] {
            let error = super::parse::<BTreeMap<String, u8>>(text).unwrap_err();
            assert!(error.starts_with(place), "{error:?}");
            assert!(!error.contains('\n'), "{error:?}");
        }
    }
}
