//! `cargo compare history` and the limits of `cargo compare diff`, from outside.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![cfg(target_os = "linux")]

mod outside;

use std::ffi::OsStr;
use std::fs;
use std::process::Output;

use quartet_record::testing::Simulation;
use quartet_record::{PLAIN_NAME, Record};

use outside::{Place, compare, refused, text};

fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    compare().args(arguments).output().unwrap()
}

/// A run of so many restarts, in which warp is so many times as fast as usual.
fn record(restarts: u32, warp: f64) -> Record {
    let mut simulation = Simulation::new(restarts);
    simulation.arms[1].2 *= warp;
    simulation.run()
}

#[test]
fn all_records_of_a_directory_are_shown_and_what_cannot_be_read_is_named() {
    let place = Place::new("history");
    let records = place.join("records");
    for name in ["first", "second"] {
        record(3, 1.0).write(&records.join(name)).unwrap();
    }
    let shown = run(["history".as_ref(), records.as_os_str()]);
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    let shown = text(&shown.stdout);
    assert!(
        shown.contains("relative to hyper") && shown.contains("\naxum\n"),
        "{shown}"
    );

    let broken = records.join("broken");
    fs::create_dir_all(&broken).unwrap();
    fs::write(broken.join(PLAIN_NAME), "{}").unwrap();
    let output = run([
        "history".as_ref(),
        records.as_os_str(),
        "--markdown".as_ref(),
    ]);
    let (said, shown) = (text(&output.stderr), text(&output.stdout));
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("compare: not read: ") && said.contains("/broken/"),
        "{said}"
    );
    assert!(said.contains("1 of 3 records could not be read"), "{said}");
    assert!(
        shown.contains("### axum") && shown.contains("| second |"),
        "{shown}"
    );

    let output = run(["list".as_ref(), records.as_os_str()]);
    let (said, shown) = (text(&output.stderr), text(&output.stdout));
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("compare: not read: ") && said.contains("1 of 3 records could not be read"),
        "{said}"
    );
    assert_eq!(shown.lines().count(), 4, "{shown}");

    let page = place.join("history.html");
    let output = run([
        "history".as_ref(),
        records.as_os_str(),
        "--html".as_ref(),
        page.as_os_str(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.starts_with("<!DOCTYPE html>") && page.contains("not read: "),
        "{page}"
    );

    fs::create_dir_all(place.join("empty")).unwrap();
    let output = run(["history".as_ref(), place.join("empty").as_os_str()]);
    refused(&output, 2, "empty has no record");
    let output = run(["history".as_ref(), place.join("nowhere").as_os_str()]);
    refused(&output, 2, "nowhere does not exist");
}

#[test]
fn only_a_proven_slowdown_is_exit_code_4_where_there_is_a_limit() {
    let place = Place::new("diff-limit");
    for (name, warp) in [("usual", 1.0), ("slow", 0.9), ("fast", 1.2)] {
        record(14, warp).write(&place.join(name)).unwrap();
    }
    let code = |first: &str, second: &str, limit: &[&str]| {
        let paths = [place.join(first), place.join(second)];
        let output = compare()
            .arg("diff")
            .args(&paths)
            .args(limit)
            .output()
            .unwrap();
        assert!(
            text(&output.stdout).contains("Conclusion: "),
            "{}",
            text(&output.stderr)
        );
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(code("usual", "slow", &[]).0, Some(4));
    assert_eq!(code("usual", "fast", &[]).0, Some(4));
    let (proven, said) = code("usual", "slow", &["--fail-slower=3%"]);
    assert_eq!(proven, Some(4), "{said}");
    assert!(
        said.contains("slower by more than 3 %: warp in item"),
        "{said}"
    );
    assert_eq!(code("usual", "slow", &["--fail-slower=20%"]).0, Some(0));
    assert_eq!(code("usual", "fast", &["--fail-slower=3%"]).0, Some(0));
    let (unknown, said) = code("usual", "slow", &["--fail-instructions=2%"]);
    assert_eq!(unknown, Some(3), "{said}");
    assert!(said.contains("instructions were counted in both"), "{said}");
}
