//! The file of API keys.

use std::time::Duration;

use crate::cases::lifecycle::refusal;
use crate::cases::processes::{scratch_file, start};
use crate::cases::steps::{ask, item};
use crate::http::Request;
use crate::servers::Setting;
use crate::{Case, Context, Deviation, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "security/key-each-of-file",
        "the contract",
        "Each key of the file gives access, at any position. A part of a key, or several keys \
         joined, do not.",
        each_of_file,
    )
    .needing(&[Need::ApiKey, Need::Process])
    .within(Duration::from_secs(30)),
    Case::must(
        "security/key-file-refused",
        "the contract",
        "A key file that is missing, has no key, or has a key that no Authorization field can \
         carry is refused in one line that names it.",
        refused,
    )
    .needing(&[Need::ApiKey, Need::Process])
    .within(Duration::from_secs(30)),
    Case::should(
        "security/key-file-line",
        "the contract",
        "Where a key file is refused for one of its keys, the message has the number of the line, \
         counted from 1.",
        line,
    )
    .needing(&[Need::ApiKey, Need::Process])
    .within(Duration::from_secs(30)),
    Case::must(
        "security/key-listed-twice",
        "the contract",
        "A key that the file has more than once gives access.",
        listed_twice,
    )
    .needing(&[Need::ApiKey, Need::Process])
    .within(Duration::from_secs(30)),
];

/// Keys of different length and alphabet: a part of another, another in another case.
const KEYS: [&str; 8] = [
    "first-key-of-the-file",
    "k",
    "#not-a-comment",
    "Mixed-CASE-key",
    "mixed-case-key",
    "!#$%&'()*+,-./:;<=>?@[]^_`{|}~\"\\",
    "0123456789012345678901234567890123456789012345678901234567890123456789",
    "the-last",
];

fn each_of_file(context: &Context) -> Outcome {
    // Lines may end as on any system, be empty, or have white space around the key.
    let [first, rest @ ..] = KEYS;
    let mut text = format!("\n{first}\r\n\n");
    for key in rest {
        text.push_str(&format!("  {key}\t\n"));
    }
    let text = text.trim_end();
    let file = scratch_file(context, text.as_bytes())?;
    let (_process, view) = start(context, &[Setting::KeyFile(file.path())])?;
    let ask_with = |key: &str, path: &str| {
        let request = Request::get(path).header("Authorization", format!("Key {key}"));
        ask(&view, request).map(|response| response.status)
    };
    for (number, key) in (1..).zip(KEYS) {
        for path in ["/greetings", &item(context)] {
            let status = ask_with(key, path)?;
            ensure!(
                status == 200,
                "GET {path} with key {number} of the {} in the file is {status}, not 200",
                KEYS.len()
            );
        }
    }
    let [one, other] = [KEYS[0], KEYS[1]];
    let mut wrong = vec![
        format!("{one}{other}"),
        format!("{one},{other}"),
        format!("{one} {other}"),
        "MIXED-CASE-KEY".to_owned(),
        "first-key".to_owned(),
        "last".to_owned(),
        "kk".to_owned(),
        "*".to_owned(),
    ];
    wrong.extend(KEYS[6].get(..64).map(str::to_owned));
    for key in wrong {
        let status = ask_with(&key, "/greetings")?;
        ensure!(
            matches!(status, 401 | 403),
            "GET /greetings with a key that is not in the file, {key:?}, is {status}, not 401"
        );
    }
    let status = ask(&view, Request::get("/greetings"))?.status;
    ensure!(
        status == 401,
        "GET /greetings without a key is {status}, not 401"
    );
    Ok(Verdict::Conforms)
}

fn refused(context: &Context) -> Outcome {
    for (with, content) in [
        ("an empty key file", ""),
        ("a key file of empty lines", "\n  \n\t\r\n"),
        ("a key with a space", "right\nhas space\n"),
        ("a key that is not ASCII", "right\nschl\u{fc}ssel\n"),
    ] {
        let file = scratch_file(context, content.as_bytes())?;
        refused_file(context, with, file.path())?;
    }
    let file = scratch_file(context, b"")?;
    let path = file.path().to_owned();
    drop(file);
    refused_file(context, "a missing key file", &path)?;
    Ok(Verdict::Conforms)
}

fn line(context: &Context) -> Outcome {
    for before in [0, 1, 11] {
        let content = format!("{}has space\n", "right\n".repeat(before));
        let file = scratch_file(context, content.as_bytes())?;
        let number = before + 1;
        let with = format!("a key with a space in line {number}");
        let said = refused_file(context, &with, file.path())?;
        // What the file is called has digits, too.
        let rest = said.replace(file.path().to_string_lossy().as_ref(), "");
        let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
        ensure!(
            numbers.any(|it| it == number.to_string()),
            "with {with} standard error does not name the line: {said}"
        );
    }
    Ok(Verdict::Conforms)
}

fn listed_twice(context: &Context) -> Outcome {
    for times in [2, 3] {
        let content = format!("other\n{}", "right\n".repeat(times));
        let file = scratch_file(context, content.as_bytes())?;
        let (_process, view) = start(context, &[Setting::KeyFile(file.path())])?;
        for (key, expected) in [("right", 200), ("other", 200), ("rightright", 401)] {
            let request = Request::get("/greetings").header("Authorization", format!("Key {key}"));
            let status = ask(&view, request)?.status;
            ensure!(
                status == expected || expected == 401 && status == 403,
                "GET /greetings with the key {key:?} is {status}, not {expected}; the file has the \
                 key \"right\" {times} times"
            );
        }
    }
    Ok(Verdict::Conforms)
}

/// Checks that a file is refused in one line that names it, and returns the line.
fn refused_file(
    context: &Context,
    with: &str,
    file: &std::path::Path,
) -> Result<String, Deviation> {
    let options = context.options(&[Setting::KeyFile(file)])?;
    let ended = refusal::run(context, options, with)?;
    ended.ensure_orderly(with)?;
    let said = ended.only_line(with)?;
    ensure!(
        said.contains(file.to_string_lossy().as_ref()),
        "with {with} standard error does not name the file: {said}"
    );
    Ok(said.to_owned())
}
