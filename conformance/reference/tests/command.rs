//! The program's options.

use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reference"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program can be run")
}

#[test]
fn the_suite_can_be_tested() {
    let output = run(&["self-check", "--only", "docs/page"]);
    let report = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("1 cases find nothing"), "{report}");
    assert!(
        report.contains("2 faults found; 0 steps failed"),
        "{report}"
    );
}

#[test]
fn faults_are_listed_by_case() {
    let output = run(&["self-check", "--list", "--only", "docs/page"]);
    let list = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{list}");
    assert_eq!(list.lines().count(), 2, "{list}");
    assert!(
        list.lines().all(|line| line.starts_with("docs/page")),
        "{list}"
    );
}

#[test]
fn wrong_options_are_refused() {
    for arguments in [
        &["--fault", "contract"][..],
        &["self-check", "--only", "no-such"],
        &["self-check", "--fault", "contract"],
        &["no-such"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}
