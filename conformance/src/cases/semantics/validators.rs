//! What an entity tag tells apart.

use std::time::Duration;

use crate::cases::processes::{scratch_file, start};
use crate::cases::steps::ask;
use crate::http::Request;
use crate::servers::Setting;
use crate::{Case, Context, Need, Outcome, Verdict, ensure};

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "semantics/etag-of-the-list",
    "RFC 9110 §8.8.1, §8.8.3, §13.1.2",
    "Any change of a greeting's text or lang, any addition and any removal changes the list's \
     entity tag; the old tags give 200.",
    of_the_list,
)
.needing(&[Need::Process, Need::DataFile])
.within(Duration::from_secs(60))];

/// Data of which no two make the same list. Where a text differs it has the same length.
const VARIANTS: [&str; 12] = [
    r#"{"B": "one", "en": "two", "es": "six", "x": "ten"}"#,
    r#"{"B": "ONE", "en": "two", "es": "six", "x": "ten"}"#,
    r#"{"B": "one", "en": "TWO", "es": "six", "x": "ten"}"#,
    r#"{"B": "one", "en": "two", "es": "six", "x": "TEN"}"#,
    r#"{"B": "one", "en": "two", "es": "six", "x": "ten", "y": "ten"}"#,
    r#"{"B": "one", "en": "two", "eo": "two", "es": "six", "x": "ten"}"#,
    r#"{"A": "one", "B": "one", "en": "two", "es": "six", "x": "ten"}"#,
    r#"{"B": "one", "en": "two", "es": "six"}"#,
    r#"{"en": "two", "es": "six", "x": "ten"}"#,
    r#"{"B": "one", "eo": "two", "es": "six", "x": "ten"}"#,
    r#"{"B": "one", "EN": "two", "es": "six", "x": "ten"}"#,
    r#"{"B": "one", "en": "six", "es": "two", "x": "ten"}"#,
];

fn of_the_list(context: &Context) -> Outcome {
    let mut before: Vec<String> = Vec::new();
    for variant in VARIANTS {
        let file = scratch_file(context, variant.as_bytes())?;
        let (_process, view) = start(context, &[Setting::DataFile(file.path())])?;
        let list = || Request::get("/greetings");
        let whole = ask(&view, list())?;
        ensure!(
            whole.status == 200,
            "with {variant}, GET /greetings is {}, not 200",
            whole.status
        );
        let Some(tag) = whole.header("etag") else {
            return Ok(Verdict::NotApplicable(
                "the list has no entity tag".to_owned(),
            ));
        };
        if let Some(at) = before.iter().position(|other| other == tag) {
            let other = VARIANTS[at];
            return Err(crate::Deviation(format!(
                "the list has `ETag` {tag} with {variant} and with {other}"
            )));
        }
        if !before.is_empty() {
            let condition = before.join(", ");
            let again = ask(&view, list().header("If-None-Match", condition))?;
            ensure!(
                again.status == 200 && again.body == whole.body,
                "with {variant}, GET /greetings with the old tag in If-None-Match is {}",
                again.status
            );
        }
        before.push(tag.to_owned());
    }
    Ok(Verdict::Conforms)
}
