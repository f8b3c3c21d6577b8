//! Holds the five applications to one table of answers, and the pages to the code.

use std::path::Path;

use libtest_mimic::{Arguments, Trial};
use quartet_guide::{COLUMNS, Column, answers, pages, server};

fn main() -> ! {
    let arguments = Arguments::from_args();
    // Below the target folder is one for tests.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let python = target.and_then(server::python);
    if python.is_none() {
        eprintln!("the original is not checked: baselines/venv.py has not made its environment");
    }
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
    let trials = answers.into_iter().chain([pages]).collect();
    libtest_mimic::run(&arguments, trials).exit()
}
