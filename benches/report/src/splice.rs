//! Putting a table into a document that people also write.

use anyhow::{Context as _, Result, ensure};

/// What the table comes after.
pub const BEGIN: &str = "<!-- table:begin -->";

/// What the table comes before.
pub const END: &str = "<!-- table:end -->";

/// `document` with everything between the markers replaced by `table`; the rest as it was.
///
/// # Errors
/// Where there is not exactly one of each marker, in this order.
pub fn splice(document: &str, table: &str) -> Result<String> {
    let (before, rest) = document
        .split_once(BEGIN)
        .with_context(|| format!("there is no {BEGIN}"))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("there is no {END} after {BEGIN}"))?;
    for marker in [BEGIN, END] {
        ensure!(
            document.matches(marker).count() == 1,
            "there is more than one {marker}"
        );
    }
    Ok(format!(
        "{before}{BEGIN}\n{}\n{END}{after}",
        table.trim_end()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let document = format!("# Title\n\n{BEGIN}\nold\n{END}\n\nmore\n");
        let expected = format!("# Title\n\n{BEGIN}\n| new |\n{END}\n\nmore\n");
        let once = splice(&document, "| new |\n").unwrap();
        assert_eq!(once, expected);
        assert_eq!(splice(&once, "| new |\n").unwrap(), expected);
    }

    #[test]
    fn missing_swapped_and_repeated_markers_are_refused() {
        for document in [
            "nothing".to_owned(),
            BEGIN.to_owned(),
            format!("{END} {BEGIN}"),
            format!("{BEGIN} {END} {BEGIN} {END}"),
        ] {
            assert!(splice(&document, "x").is_err(), "{document}");
        }
    }
}
