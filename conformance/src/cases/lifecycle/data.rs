//! Data files that cannot be used.

use std::path::Path;
use std::time::Duration;

use super::CONTRACT;
use super::refusal;
use crate::cases::processes::scratch_file;
use crate::servers::Setting;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    case(
        "lifecycle/data-missing",
        "A missing data file is refused in one line that names it and the reason.",
        data_missing,
    ),
    case(
        "lifecycle/data-not-json",
        "A data file that is not JSON is refused in one line that names it, the line and the \
         reason.",
        |context| {
            refused(
                context,
                "a data file without a colon",
                "{\n\"en\": \"a\",\n\"es\" \"b\"\n}",
                Some(3),
            )?;
            refused(
                context,
                "a data file with an extra comma",
                "{\n\"en\": \"a\",\n}\n",
                Some(3),
            )?;
            refused(
                context,
                "a data file with two values",
                "{\"en\": \"a\"}\n{}",
                Some(2),
            )?;
            refused(
                context,
                "a data file that is cut off",
                "{\n\"en\": \"a\",\n\"es\": \"b",
                Some(3),
            )?;
            refused(context, "an empty data file", "", None)?;
            refused(
                context,
                "a data file that is not UTF-8",
                b"{\n\"en\": \"\xff\"\n}",
                Some(2),
            )
        },
    ),
    case(
        "lifecycle/data-not-object",
        "A data file without an object is refused in one line that names it and \
         the reason.",
        |context| {
            for json in [
                "[]",
                "null",
                "7",
                "\"en\"",
                "[{\"lang\": \"en\", \"text\": \"a\"}]",
            ] {
                refused(context, &format!("a data file of {json}"), json, None)?;
            }
            Ok(Verdict::Conforms)
        },
    ),
    case(
        "lifecycle/data-not-text",
        "A greeting that is not a string is refused in one line that names the file, the line and \
         the reason.",
        |context| {
            for value in ["5", "null", "[]", "{}", "true"] {
                let json = format!("{{\n\"en\": \"a\",\n\"es\": {value}\n}}");
                refused(context, &format!("a greeting {value}"), &json, Some(3))?;
            }
            Ok(Verdict::Conforms)
        },
    ),
    case(
        "lifecycle/data-duplicate",
        "A duplicate lang is refused in one line that names the file, the line and the \
         reason.",
        |context| {
            let with = "a duplicate lang";
            refused(
                context,
                with,
                "{\n\"en\": \"a\",\n\"es\": \"b\",\n\"en\": \"a\"\n}",
                Some(4),
            )?;
            refused(
                context,
                with,
                "{\n\"en\": \"a\",\n\"\\u0065n\": \"b\"\n}",
                Some(3),
            )
        },
    ),
    case(
        "lifecycle/data-bad-lang",
        "A lang that is not shaped like a language tag is refused in one line that names the file, \
         the line and the reason.",
        |context| {
            let long = "x".repeat(36);
            for lang in ["e n", "", "1en", "_", "en/x", "\u{e9}n", &long] {
                let json = format!("{{\n\"es\": \"a\",\n\"{lang}\": \"b\"\n}}");
                refused(context, &format!("the lang {lang:?}"), &json, Some(3))?;
            }
            Ok(Verdict::Conforms)
        },
    ),
    case(
        "lifecycle/data-empty-text",
        "A greeting without text is refused in one line that names the file, the line and the \
         reason.",
        |context| {
            let json = "{\n\"en\": \"a\",\n\"es\": \"\"\n}";
            refused(context, "an empty greeting", json, Some(3))
        },
    ),
    case(
        "lifecycle/data-huge",
        "A data file of more than 16 MiB is refused in one line that names it and the reason.",
        data_huge,
    ),
];

const fn case(id: &'static str, requirement: &'static str, run: fn(&Context) -> Outcome) -> Case {
    Case::must(id, CONTRACT, requirement, run)
        .needing(&[Need::Process, Need::DataFile])
        .within(Duration::from_secs(60))
}

/// The shortest reason worth the name, in letters.
const SHORTEST_REASON: usize = 8;

fn data_missing(context: &Context) -> Outcome {
    let file = scratch_file(context, b"")?;
    let path = file.path().to_owned();
    drop(file);
    refused_file(context, "a missing data file", &path, None)
}

fn data_huge(context: &Context) -> Outcome {
    let text = "x".repeat(17 * 1024 * 1024);
    let json = format!("{{\"en\": \"{text}\"}}");
    refused(context, "a data file of 17 MiB", json, None)
}

/// Starts a process with a data file that it must refuse; `line` is where the fault is, if it is
/// at a place.
fn refused(
    context: &Context,
    with: &str,
    content: impl AsRef<[u8]>,
    line: Option<usize>,
) -> Outcome {
    let file = scratch_file(context, content.as_ref())?;
    refused_file(context, with, file.path(), line)
}

fn refused_file(context: &Context, with: &str, file: &Path, line: Option<usize>) -> Outcome {
    let options = context.options(&[Setting::DataFile(file)])?;
    let ended = refusal::run(context, options, with)?;
    ended.ensure_orderly(with)?;
    let said = ended.only_line(with)?;
    let name = file.to_string_lossy();
    let Some((before, after)) = said.split_once(name.as_ref()) else {
        return Err(Deviation(format!(
            "with {with} standard error does not name the file: {said}"
        )));
    };
    if let Some(line) = line {
        ensure!(
            names_line(after, line) || names_line(before, line),
            "with {with} on line {line} standard error does not name the line: {said}"
        );
    }
    let letters = after
        .chars()
        .chain(before.chars())
        .filter(|c| c.is_alphabetic());
    ensure!(
        letters.count() >= SHORTEST_REASON,
        "with {with} standard error gives no reason: {said}"
    );
    Ok(Verdict::Conforms)
}

/// Whether a message has the line's number, by itself (`:3:7`) or in words (`line 3`).
fn names_line(message: &str, line: usize) -> bool {
    let number = line.to_string();
    let mut before = "";
    for word in message.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_introduced = before.ends_with([':', '(', ','])
            || before.trim_end().to_ascii_lowercase().ends_with("line");
        if bare == number && is_introduced {
            return true;
        }
        before = word;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_named_in_several_ways() {
        for message in [
            ":3:7: x",
            ": x at line 3 column 7",
            "(3, 7): x",
            ", Line 3: x",
        ] {
            assert!(names_line(message, 3), "{message}");
        }
        for message in [":13:7: x", ": 3 things are wrong", ": expected a3"] {
            assert!(!names_line(message, 3), "{message}");
        }
    }
}
