//! The command as scripts see it.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use quartet_conformance::Model;
use quartet_reference::{Fault, Reference, faults};
use serde_json::Value;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the command can be run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn fault(case: &str) -> &'static Fault {
    let found = faults().find(|fault| fault.breaks == case);
    found.expect("another test makes sure that every case has a fault")
}

fn reference(fault: Option<&'static Fault>) -> (Reference, String) {
    let reference = Reference::start(Model::embedded(), None, fault).expect("ports are free");
    let url = reference.base().to_string();
    (reference, url)
}

#[test]
fn a_server_without_fault_is_as_expected() {
    let (_reference, url) = reference(None);
    let output = run(&["--url", &url, "--only", "contract", "--only", "docs/page"]);
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("docs/page "), "{report}");
    assert!(!report.contains("docs/assets"), "{report}");
    assert!(
        !report.contains('\x1b'),
        "coloured, and no terminal: {report}"
    );
}

#[test]
fn what_is_not_there_is_told_once() {
    let (_reference, url) = reference(None);
    // The API is not below this prefix, nor is anything else.
    let url = format!("{url}elsewhere");
    let areas = ["contract", "docs", "wire"].map(|area| ["--only", area]);
    let output = run(&[&["--url", &url, "--json"][..], areas.as_flattened()].concat());
    let report: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(output.status.code(), Some(1), "{report}");
    let findings = report["targets"][0]["findings"].as_array().expect("a list");
    let deviates = |finding: &&Value| finding["verdict"] == "deviates";
    let deviating: Vec<&Value> = findings.iter().filter(deviates).collect();
    let cases: Vec<&Value> = deviating.iter().map(|finding| &finding["case"]).collect();
    let expected = ["contract/list-status", "docs/page", "docs/openapi-version"];
    assert_eq!(cases, expected, "{deviating:?}");
    let applies = |finding: &&Value| finding["verdict"] != "not-applicable";
    assert_eq!(findings.iter().filter(applies).count(), expected.len());
}

#[test]
fn a_deviation_is_told_in_full() {
    let (_reference, url) = reference(Some(fault("contract/list-sorted")));
    let output = run(&["--url", &url, "--only", "contract/list-sorted"]);
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{report}");
    for part in [
        "failure (must): contract/list-sorted: ",
        "expected:",
        "found:",
        "source:",
        "group:       interoperability",
        "sent:",
        "received:",
        "replay:",
    ] {
        assert!(report.contains(part), "no {part} in {report}");
    }
}

#[cfg(unix)]
#[test]
fn a_replay_command_does_it_again() {
    let (_reference, url) = reference(Some(fault("contract/list-status")));
    let output = run(&["--url", &url, "--only", "contract/list-status", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let exchange = &report["targets"][0]["findings"][0]["exchanges"][0];
    let replay = exchange["replay"].as_str().unwrap();
    let again = Command::new("bash").args(["-c", replay]).output().unwrap();
    let head = |text: &str| text.lines().next().map(str::to_owned);
    let received = exchange["received"]["data"].as_str().unwrap();
    assert_eq!(head(&text(&again.stdout)), head(received), "{replay}");
}

#[test]
fn a_listed_deviation_is_expected_and_must_occur() {
    let (_broken, broken) = reference(Some(fault("contract/list-sorted")));
    let (_sound, sound) = reference(None);
    let only = ["--only", "contract/list-sorted"];
    for (url, code) in [(&broken, 0), (&sound, 1)] {
        let name = url.trim_start_matches("http://").trim_end_matches('/');
        let file = scratch(&format!("deviations-{code}.toml"));
        let listed = format!(
            "[[deviation]]\nserver = '{name}'\ncase = 'contract/list-sorted'\n\
             reason = 'a test'\nversion = '1'\n"
        );
        std::fs::write(&file, listed).unwrap();
        let file = file.to_str().unwrap();
        let output = run(&[&["--url", url, "--deviations", file], &only[..]].concat());
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stdout));
    }
}

#[test]
fn other_data_can_be_expected() {
    let file = scratch("other.json");
    std::fs::write(&file, r#"{"tlh": "nuqneH"}"#).unwrap();
    let file = file.to_str().unwrap();
    let (_reference, url) = reference(None);
    let exact = ["--url", &url, "--only", "contract/list-exact"];
    let code = |more: &[&str]| run(&[&exact[..], more].concat()).status.code();
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--greetings", file]), Some(1));
    // The only case asked for does not apply.
    assert_eq!(code(&["--any-data"]), Some(4));

    let model = Model::from_json(r#"{"tlh": "nuqneH"}"#).unwrap();
    let other = Reference::start(model, None, None).unwrap();
    let url = other.base().to_string();
    for data in [&["--greetings", file][..], &["--any-data"]] {
        let output = run(&[&["--url", &url, "--only", "contract"], data].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    }
}

#[test]
fn wrong_options_are_two() {
    for arguments in [
        &["--only", "no-such-case"][..],
        &["--url", "https://localhost/"],
        &["--server", "no-such-server"],
        &["--skip", "no-such-case"],
        &["--program", "/no/such/program"],
        &["--server", "all", "--program", "/no/such/program"],
        &["--exec", "server --without-port"],
        &[
            "--url",
            "http://127.0.0.1:9/",
            "--html",
            "/no/such/directory/x",
        ],
        &[
            "--url",
            "http://127.0.0.1:9/",
            "--greetings",
            "/no/such/file",
        ],
        &["--no-such-option"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            !output.stderr.is_empty() && output.stdout.is_empty(),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_server_that_is_not_there_is_three() {
    let output = run(&["--url", "http://127.0.0.1:1/"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("no connection"));
}

#[test]
fn a_report_stays_until_there_is_another() {
    let (page, xml) = (scratch("kept.html"), scratch("never.xml"));
    std::fs::write(&page, "the last").unwrap();
    let mut arguments = vec!["--url", "http://127.0.0.1:1/"];
    arguments.extend(["--html", page.to_str().unwrap()]);
    arguments.extend(["--junit", xml.to_str().unwrap()]);
    assert_eq!(run(&arguments).status.code(), Some(3));
    assert_eq!(std::fs::read_to_string(page).unwrap(), "the last");
    assert!(!xml.exists());
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = command(&["--list"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut complaint = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut complaint)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{complaint}");
    assert_eq!(complaint, "");
}

#[test]
fn what_is_skipped_is_not_run() {
    let (_reference, url) = reference(None);
    let output = run(&[
        "--url",
        &url,
        "--only",
        "docs/page",
        "--only",
        "docs/csp",
        "--skip",
        "docs/csp",
    ]);
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(
        report.contains("docs/page") && !report.contains("docs/csp"),
        "{report}"
    );
}

#[test]
fn a_case_can_be_told_in_full() {
    let (_reference, url) = reference(None);
    let output = run(&["--url", &url, "--only", "contract/list-status", "--verbose"]);
    let report = text(&output.stdout);
    for part in [
        "expected:",
        "sent:        GET /greetings",
        "received:",
        "replay:",
    ] {
        assert!(report.contains(part), "no {part} in {report}");
    }
}

#[test]
fn servers_are_compared() {
    let (_sound, sound) = reference(None);
    let (_broken, broken) = reference(Some(fault("contract/item-percent")));
    let only = ["--only", "contract/property"];
    let output = run(&[&["--url", &sound, "--url", &sound], &only[..]].concat());
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("they agree"), "{report}");
    let output = run(&[&["--url", &sound, "--url", &broken], &only[..]].concat());
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(report.contains("contradict"), "{report}");
}

/// A command that has this program serve the reference, with a fault if one is named.
fn served(fault: &str) -> String {
    let program = std::env::current_exe().expect("this program has a path");
    let program = program.display();
    format!(
        "env {LISTEN}=127.0.0.1:{{port}} {FAULT}={fault} '{program}' --exact reference_of_others --nocapture"
    )
}

const LISTEN: &str = "TEST_REFERENCE_LISTEN";
const FAULT: &str = "TEST_REFERENCE_FAULT";

/// What [`served`] runs. Nothing is tested here.
#[test]
fn reference_of_others() {
    let Ok(listen) = std::env::var(LISTEN) else {
        return;
    };
    let mut arguments = vec!["reference".to_owned(), "--listen".to_owned(), listen];
    let fault = std::env::var(FAULT).unwrap_or_default();
    if !fault.is_empty() {
        arguments.extend(["--fault".to_owned(), fault]);
    }
    quartet_reference::command::serve(arguments.into_iter().map(Into::into).collect());
}

#[test]
fn a_command_is_started_and_ended() {
    let output = run(&[
        "--exec",
        &served(""),
        "--only",
        "contract/list-exact",
        "--json",
    ]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{report}");
    let finding = &report["targets"][0]["findings"][0];
    assert_eq!(finding["verdict"], "conforms");
    let port = finding["exchanges"][0]["port"].as_u64().unwrap();
    let port = u16::try_from(port).unwrap();
    assert!(
        std::net::TcpStream::connect(("127.0.0.1", port)).is_err(),
        "it still runs"
    );
}

#[test]
fn servers_side_by_side_are_told_in_their_order() {
    let commands = [served(""), served("contract/list-sorted:1"), served("")];
    let mut arguments = vec![
        "--only",
        "contract/list-sorted",
        "--only",
        "lifecycle",
        "--json",
    ];
    arguments.extend(commands.iter().flat_map(|command| ["--exec", command]));
    let output = run(&arguments);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{report}");
    let targets = report["targets"].as_array().unwrap();
    let names: Vec<_> = targets.iter().map(|target| &target["name"]).collect();
    assert_eq!(names, ["env", "env-2", "env-3"]);
    let verdicts = targets.iter().map(|target| {
        let findings = target["findings"].as_array().unwrap();
        assert_eq!(findings[0]["case"], "contract/list-sorted");
        findings[0]["verdict"].as_str().unwrap()
    });
    assert_eq!(
        verdicts.collect::<Vec<_>>(),
        ["conforms", "deviates", "conforms"]
    );
}

#[test]
fn the_first_failure_may_be_the_end() {
    let (_broken, broken) = reference(Some(fault("contract/list-sorted")));
    let (_sound, sound) = reference(None);
    let both = ["--url", &broken, "--url", &sound];
    let only = ["--only", "contract/list-sorted", "--json"];
    for (more, tested) in [(&[][..], 2), (&["--fail-fast"], 1)] {
        let output = run(&[&both[..], &only, more].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{report}");
        assert_eq!(report["targets"].as_array().unwrap().len(), tested);
        assert_eq!(report["absent"].as_array().unwrap().len(), 2 - tested);
    }
    let output = run(&[&["--url", &sound, "--fail-fast"][..], &only].concat());
    assert_eq!(output.status.code(), Some(0), "what is sound ends as ever");
}

#[test]
fn a_command_that_fails_is_three() {
    let exec = format!(
        "'{}' --no-such-option {{port}}",
        env!("CARGO_BIN_EXE_conformance")
    );
    let output = run(&["--exec", &exec]);
    let complaint = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{complaint}");
    assert!(complaint.contains("no-such-option"), "{complaint}");
}

#[test]
fn the_reference_is_elsewhere() {
    for arguments in [["reference", "--help"], ["--self-check", "--list"]] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            text(&output.stderr).contains("cargo reference"),
            "{arguments:?}"
        );
    }
}

#[test]
fn reports_are_written_for_ci_and_for_people() {
    let (_reference, url) = reference(Some(fault("contract/item-hostile")));
    let (xml, page) = (scratch("report.xml"), scratch("report.html"));
    let output = run(&[
        "--url",
        &url,
        "--only",
        "contract",
        "--junit",
        xml.to_str().unwrap(),
        "--html",
        page.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    let xml = std::fs::read_to_string(xml).unwrap();
    let junit = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!(junit.failures, xml.matches("<failure").count());
    assert!(junit.failures > 0 && junit.tests > junit.failures, "{xml}");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("contract/item-hostile"));
    for foreign in ["src=", "href=\"http", "url("] {
        assert!(!page.contains(foreign), "the page needs {foreign}");
    }
}

#[test]
fn json_has_the_documented_members() {
    let (_reference, url) = reference(Some(fault("contract/item-hostile")));
    let file = scratch("report.json");
    let output = run(&[
        "--url",
        &url,
        "--only",
        "contract",
        "--json",
        file.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("contract/item-hostile"));
    let report: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["as_expected"], false);
    let findings = report["targets"][0]["findings"].as_array().unwrap();
    let find = |id: &str| {
        findings
            .iter()
            .find(|finding| finding["case"] == id)
            .unwrap()
    };
    assert_eq!(find("contract/list-exact")["verdict"], "conforms");
    let hostile = find("contract/item-hostile");
    assert_eq!(hostile["verdict"], "deviates");
    assert_eq!(hostile["standing"], "failure");
    let sent = hostile["exchanges"][0]["sent"]["data"].as_str().unwrap();
    assert!(
        sent.starts_with("GET /greetings/%FF HTTP/1.1\r\n"),
        "{sent}"
    );
}

/// A file of this test program's own.
fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}
