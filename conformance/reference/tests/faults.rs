//! A case must find its faults, and nothing in a server that has none: each as a test of its own.
//! What needs a program that is not installed is listed as ignored, with the reason.

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use quartet_conformance::{TEST_SEED, Workbench, cases, test_threads};
use quartet_reference::self_check::{Check, Proof, checks};
use quartet_reference::{Fault, faults};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert_with(test_threads);
    // What one test starts serves the others, until all are done.
    let _workbench = Workbench::get();
    let mut trials: Vec<Trial> = checks().map(trial).collect();
    trials.push(Trial::test("ids are unique and well-formed", ids));
    trials.push(Trial::test("faults have names of their own", names));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(check: Check) -> Trial {
    let command = Path::new(env!("CARGO_BIN_EXE_reference"));
    Trial::ignorable_test(check.to_string(), move || {
        match check.prove(command, TEST_SEED) {
            Proof::Holds => Ok(Completion::Completed),
            Proof::Skipped(why) => Ok(Completion::ignored_with(why)),
            Proof::Fails(why) => Err(Failed::from(why)),
        }
    })
}

fn names() -> Result<(), Failed> {
    for fault in faults() {
        let named = Fault::named(&fault.name());
        if named.is_none_or(|named| (named.breaks, named.what) != (fault.breaks, fault.what)) {
            return Err(Failed::from(format!(
                "{} is another fault's name",
                fault.name()
            )));
        }
    }
    let unknown = [
        "contract/list-sorted:0",
        "contract/list-sorted:99",
        "contract",
    ];
    match unknown.iter().find(|name| Fault::named(name).is_some()) {
        Some(name) => Err(Failed::from(format!("{name} names a fault"))),
        None => Ok(()),
    }
}

fn ids() -> Result<(), Failed> {
    let mut ids: Vec<&str> = cases::all().map(|case| case.id).collect();
    for id in &ids {
        let is_word = |text: &str| {
            let is_right = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            !text.is_empty() && text.bytes().all(is_right)
        };
        let parts = id.split_once('/');
        if !parts.is_some_and(|(area, slug)| is_word(area) && is_word(slug)) {
            return Err(Failed::from(format!("{id} is not area/slug")));
        }
    }
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Failed::from(format!("{} is used twice", pair[0]))),
        None => Ok(()),
    }
}
