//! The command line.

use std::time::Duration;

use super::CONTRACT;
use super::refusal;
use crate::servers::StartOptions;
use crate::{Case, Context, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[
    Case::must(
        "lifecycle/unknown-flag",
        CONTRACT,
        "An unknown option is named on standard error; the exit status is 2.",
        unknown_flag,
    )
    .needing(&[Need::Process])
    .within(Duration::from_secs(30)),
    Case::must(
        "lifecycle/help",
        CONTRACT,
        "`--help` names every option on standard output; the exit status is 0.",
        help,
    )
    .needing(&[Need::Process])
    .within(Duration::from_secs(30)),
];

fn with_argument(argument: &str) -> StartOptions {
    StartOptions {
        extra_args: vec![argument.into()],
        ..StartOptions::default()
    }
}

fn unknown_flag(context: &Context) -> Outcome {
    const UNKNOWN: &str = "--no-such-option";
    let ended = refusal::run(context, with_argument(UNKNOWN), UNKNOWN)?;
    ended.ensure_orderly(UNKNOWN)?;
    ensure!(
        ended.stderr.contains(UNKNOWN),
        "standard error does not name {UNKNOWN}: {}",
        ended.stderr.trim()
    );
    match ended.status.code() {
        Some(2) => Ok(Verdict::Conforms),
        _ => Ok(Verdict::Differs(format!("ends with {}", ended.status))),
    }
}

fn help(context: &Context) -> Outcome {
    let ended = refusal::run(context, with_argument("--help"), "--help")?;
    ensure!(
        ended.status.code() == Some(0),
        "--help ends with {}",
        ended.status
    );
    let (text, where_to) = match ended.stdout.trim().is_empty() {
        false => (&ended.stdout, "standard output"),
        true => (&ended.stderr, "standard error"),
    };
    for option in context.launch()?.server.long_options() {
        ensure!(
            names(text, option),
            "--help does not mention {option} on {where_to}"
        );
    }
    ensure!(!text.trim().is_empty(), "--help prints nothing");
    match where_to {
        "standard output" => Ok(Verdict::Conforms),
        _ => Ok(Verdict::Differs("prints it on standard error".to_owned())),
    }
}

/// Whether a text has this option, and not only a longer one that starts like it.
fn names(text: &str, option: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.split(|c| !is_part(c)).any(|word| word == option)
}
