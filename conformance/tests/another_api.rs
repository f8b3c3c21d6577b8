//! The command on servers that are not this API.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;

use quartet_conformance::Model;
use quartet_reference::{Fault, Reference};
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

fn reference(fault: Option<&str>) -> (Reference, String) {
    let fault = fault.map(|name| Fault::named(name).expect("there is such a fault"));
    let reference = Reference::start(Model::embedded(), None, fault).expect("ports are free");
    let url = reference.base().to_string();
    (reference, url)
}

/// Answers each connection's first request by its method and target, with 200 and this text, or not
/// at all. It tells of those that it does not answer.
fn server(answer: fn(&str, &str) -> Option<&'static str>) -> (String, mpsc::Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("ports are free");
    let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let (unanswered, silent) = mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let unanswered = unanswered.clone();
            std::thread::spawn(move || {
                let mut head = Vec::new();
                let mut octet = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut octet).unwrap_or(0) > 0 {
                    head.push(octet[0]);
                }
                let head = text(&head);
                let mut words = head.split(' ');
                let (method, target) = (
                    words.next().unwrap_or_default(),
                    words.next().unwrap_or_default(),
                );
                let Some(text) = answer(method, target) else {
                    // The test may have ended.
                    let _ = unanswered.send(stream);
                    return;
                };
                let content = if method == "HEAD" { "" } else { text };
                // A client may be gone.
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\n\
                     Content-Length: {}\r\n\r\n{content}",
                    text.len()
                );
            });
        }
    });
    (url, silent)
}

/// What was found in each case of the one target of a report in JSON, by id.
fn verdicts(output: &Output) -> BTreeMap<String, String> {
    let report: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let findings = report["targets"][0]["findings"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .iter()
        .map(|finding| (text(&finding["case"]), text(&finding["verdict"])))
        .collect()
}

#[test]
fn who_answers_every_path_alike_has_nothing_of_this_api() {
    let (url, _) = server(|_, _| Some("Hello"));
    let areas = ["contract", "docs", "semantics"].map(|area| ["--only", area]);
    let output = run(&[&["--url", &url, "--json"][..], areas.as_flattened()].concat());
    let verdicts = verdicts(&output);
    let deviates = verdicts
        .iter()
        .filter(|(_, verdict)| *verdict == "deviates");
    let deviating: Vec<&str> = deviates.map(|(case, _)| case.as_str()).collect();
    // One case says that there are no greetings, one that there is no document, and one that there
    // is no page. That the server takes BREW for GET and states no Date is its own.
    let expected = [
        "contract/list-type",
        "docs/openapi-version",
        "docs/page",
        "semantics/connect",
        "semantics/date",
        "semantics/unknown-method",
    ];
    assert_eq!(deviating, expected);
}

#[test]
fn what_a_sound_post_gets_is_what_others_are_held_to() {
    let (_reference, url) = reference(Some("semantics/method-not-allowed:2"));
    let mut arguments = vec!["--url", &url];
    for case in [
        "semantics/method-not-allowed",
        "wire/te-case",
        "wire/chunk-extension",
        "wire/chunk-trailer-forbidden",
        "wire/chunk-missing-final",
        "wire/expect-100",
        "wire/no-1xx-to-http10",
    ] {
        arguments.extend(["--only", case]);
    }
    let output = run(&arguments);
    let report = text(&output.stdout);
    assert!(
        report.contains(", 1 failed (1 interoperability)"),
        "{report}"
    );
}

#[test]
fn another_api_is_asked_what_is_named() {
    let (_reference, url) = reference(None);
    for named in [
        &["--path", "/greetings/en", "--path", "/healthz"][..],
        &["--openapi", "/openapi.json"],
        &["--openapi", &format!("{url}openapi.json")],
    ] {
        let areas = ["--json", "--only", "api", "--only", "contract/list-status"];
        let output = run(&[&["--url", &url], named, &areas[..]].concat());
        let verdicts = verdicts(&output);
        assert_eq!(verdicts["contract/list-status"], "not-applicable");
        assert_eq!(verdicts["api/head"], "conforms");
        assert_eq!(verdicts["api/if-none-match"], "conforms");
        let of_document = match named[0] {
            "--openapi" => "conforms",
            _ => "not-applicable",
        };
        assert_eq!(verdicts["api/schema"], of_document, "{named:?}");
    }
}

#[test]
fn where_nothing_applies_it_is_four() {
    let (_reference, url) = reference(None);
    let output = run(&["--url", &url, "--only", "api"]);
    assert_eq!(output.status.code(), Some(4));
    let complaint = text(&output.stderr);
    assert!(
        complaint.contains("no case applies: needs --path"),
        "{complaint}"
    );
    let output = run(&["--url", &url, "--path", "/no-such-path"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_is_no_document_is_refused() {
    let (_reference, url) = reference(None);
    for (named, why) in [
        ("/no-such-path", "the status is 404, not 200"),
        ("/greetings", "not an OpenAPI document"),
        ("openapi.json", "must be a path such as /openapi.json"),
    ] {
        let output = run(&["--url", &url, "--openapi", named]);
        assert_eq!(output.status.code(), Some(2), "{named}");
        let complaint = text(&output.stderr);
        assert!(complaint.contains(why), "{named}: {complaint}");
    }
}

#[test]
fn what_is_no_list_of_deviations_is_not_overwritten() {
    let (_reference, url) = reference(None);
    let file = scratch("notes");
    let named = file.to_str().unwrap();
    let only = ["--url", &url, "--only", "contract/list-status"];
    for holds in [&b"# Notes\n"[..], b"\xff\xfe"] {
        std::fs::write(&file, holds).unwrap();
        let output = run(&[&only[..], &["--write-deviations", named]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("is not overwritten"));
        assert_eq!(std::fs::read(&file).unwrap(), holds);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_written_takes_nothing_else_away() {
    let (_reference, url) = reference(None);
    let file = scratch("after-the-full-one.xml");
    // Each write to it says that there is no room left.
    let only = [
        "--url",
        &url,
        "--only",
        "contract/list-status",
        "--html",
        "/dev/full",
    ];
    let output = run(&[
        &only[..],
        &["--json", "/dev/full", "--junit", file.to_str().unwrap()],
    ]
    .concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stdout).contains("contract/list-status"));
    let complaint = text(&output.stderr);
    assert_eq!(
        complaint.matches("cannot write /dev/full").count(),
        2,
        "{complaint}"
    );
    assert!(
        std::fs::read_to_string(file)
            .unwrap()
            .contains("contract/list-status")
    );
}

#[test]
fn todays_deviations_can_be_tomorrows_known_ones() {
    let (_reference, url) = reference(Some("contract/list-sorted"));
    let file = scratch("written.toml");
    let file = file.to_str().unwrap();
    let only = ["--url", &url, "--only", "contract/list-sorted"];
    let code = |more: &[&str]| run(&[&only[..], more].concat()).status.code();
    assert_eq!(code(&["--write-deviations", file]), Some(1));
    assert_eq!(code(&["--deviations", file]), Some(0));
    // What a run does not decide stays listed.
    let listed = std::fs::read_to_string(file).unwrap();
    let another = ["--url", &url, "--only", "contract/list-status"];
    let output = run(&[
        &another[..],
        &["--deviations", file, "--write-deviations", file],
    ]
    .concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(file).unwrap(), listed);
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_what_was_decided() {
    let (url, unanswered) = server(|method, _| (method != "POST").then_some("Hello"));
    let file = scratch("interrupted.json");
    let mut arguments = vec!["--url", &url, "--json", file.to_str().unwrap()];
    // The second waits for an answer to POST.
    arguments.extend(["--only", "wire/host-missing", "--only", "wire/close-said"]);
    let mut child = command(&arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _held = unanswered.recv().expect("it sends POST");
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let report: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let target = &report["targets"][0];
    let decided = target["findings"].as_array().unwrap().len() as u64;
    let undecided = target["undecided"].as_u64().unwrap();
    assert!(undecided >= 1 && decided + undecided == 2, "{target}");
}

/// A file of this test program's own.
fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}
