//! Holds the five applications to one table of answers, and the pages to the code.

use std::{path::Path, process::Command};

use libtest_mimic::{Arguments, Trial};
use quartet_guide::{COLUMNS, Column, answers, document::Document, folder, pages, server};

fn main() -> ! {
    let arguments = Arguments::from_args();
    // Below the target folder is one for tests.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let python = target.and_then(server::python);
    if python.is_none() {
        eprintln!("the original is not checked: baselines/venv.py has not made its environment");
    }
    let is_without = python.is_none();
    let original = python.clone().unwrap_or_default();
    let document = move || {
        let server = server::start(Column::FastApi, &original)?;
        let said = Document::of(server.address)?.text();
        match said == Document::original()?.text() {
            true => Ok(()),
            false => Err("`cargo run -p quartet-guide -- write` keeps FastAPI's document".into()),
        }
    };
    let original = python.clone().unwrap_or_default();
    let handler = move || {
        let pytest = ["-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"];
        let tests = folder().join("python");
        let done = Command::new(original).args(pytest).arg(tests).output()?;
        match done.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&done.stdout).into()),
        }
    };
    let originals = [
        Trial::test("document/fastapi", document).with_ignored_flag(is_without),
        Trial::test("handler/fastapi", handler).with_ignored_flag(is_without),
    ];
    let pages = Trial::test("pages", || Ok(pages::bring(false)?));
    let answers = COLUMNS.map(|column| {
        let python = python.clone();
        let is_missing = column == Column::FastApi && python.is_none();
        let hold = move || {
            let server = server::start(column, &python.unwrap_or_default())?;
            Ok(answers::hold(column, server.address)?)
        };
        Trial::test(format!("answers/{}", column.id()), hold).with_ignored_flag(is_missing)
    });
    let trials = answers
        .into_iter()
        .chain(originals)
        .chain([pages])
        .collect();
    libtest_mimic::run(&arguments, trials).exit()
}
