//! Servers of the command line, from outside.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![cfg(target_os = "linux")]

mod outside;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use quartet_analysis::Analysis;
use quartet_record::plan::{ArmRole, Lane};
use quartet_record::{Record, State};

use outside::{Place, catalogue, compare, refused, text};

const CONTENT: &str = "{\"own\":true}";

/// A quick run of `--exec`, with these options besides.
fn run(place: &Place, options: &[&str]) -> Output {
    let mut command: Command = compare();
    command.args([
        "--quick",
        "--restarts=1",
        "--shared-core",
        "--connections=4",
    ]);
    if options.contains(&"--exec") {
        command.arg("--warm-up=1ms");
    }
    command.arg("--catalogue").arg(place.join("servers.toml"));
    command.arg("--output").arg(place.join("out"));
    command.args(options).output().unwrap()
}

/// The command of a server that answers with the content of a file.
fn serving(place: &Place, file: &Path) -> String {
    let program = place.join("server");
    format!(
        "{} --listen {{address}} --workers {{workers}} --content '{}'",
        program.display(),
        file.display()
    )
}

#[test]
fn servers_of_the_command_line_have_a_lane_with_a_copy_the_reference_and_the_floor() {
    let place = Place::new("exec");
    catalogue(&place);
    let file = place.join("expected.json");
    fs::write(&file, CONTENT).unwrap();
    let (command, expect) = (serving(&place, &file), file.display().to_string());
    let given = [
        "--lanes=custom",
        "--exec",
        &command,
        "--exec",
        &command,
        "--name=mine",
        "--path=/own?a=b",
        "--expect",
        &expect,
    ];
    let output = run(&place, &given);
    let (said, shown) = (text(&output.stderr), text(&output.stdout));
    // On a shared core no row counts.
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("testing mine: GET /own?a=b"), "{said}");
    assert!(shown.contains("custom: GET /own?a=b"), "{shown}");
    assert!(shown.contains("12 bytes of content"), "{shown}");

    let record = Record::read(&place.join("out")).unwrap();
    assert_eq!(
        (record.state, &record.exclusions),
        (State::Complete, &Vec::new())
    );
    let plan = &record.plan;
    let arms: Vec<(&str, ArmRole)> = plan
        .arms
        .iter()
        .map(|arm| (arm.name.as_str(), arm.role))
        .collect();
    assert_eq!(
        arms,
        [
            ("mine", ArmRole::Compared),
            ("server expected.json", ArmRole::Compared),
            ("mine (again)", ArmRole::Again),
            ("hyper", ArmRole::Reference),
            ("null", ArmRole::Floor),
        ]
    );
    assert_eq!(
        (plan.lanes.as_slice(), plan.custom.as_ref().unwrap().bytes),
        (&[Lane::Custom][..], 12)
    );
    let restart = &record.restarts[0];
    assert_eq!(restart.slices.len() as u64, plan.slices_per_restart());
    for arm in 0..plan.arms.len() {
        let mut slices = restart.slices.iter();
        assert!(
            slices.any(|slice| slice.arm == arm && slice.requests > 0),
            "{arm}"
        );
    }
    let server = |name: &str| {
        record
            .servers
            .iter()
            .find(|server| server.name == name)
            .unwrap()
    };
    let exec = server("mine").exec.as_ref().unwrap();
    assert_eq!(exec.files[0].name, "expected.json");
    assert!(server("mine").conformance.is_none() && server("mine").content.is_none());
    for name in ["hyper", "null"] {
        assert!(
            server(name).content.is_some(),
            "{name} serves the content in a process of its own"
        );
    }
    let cost = record.cost.as_ref().unwrap();
    let mine = cost
        .servers
        .iter()
        .find(|server| server.name == "mine")
        .unwrap();
    assert!(
        mine.missing.is_empty() && mine.start_up_ns.len() >= 5 && mine.memory.len() == 5,
        "{mine:?}"
    );
    let page = fs::read_to_string(place.join("out").join("report.html")).unwrap();
    assert!(
        page.contains("custom: GET /own?a=b") && page.contains("--content"),
        "{page}"
    );
}

#[test]
fn who_answers_the_same_by_itself_takes_part_as_it_is() {
    let place = Place::new("exec-same");
    catalogue(&place);
    let file = place.join("expected.json");
    fs::write(&file, r#"{"lang":"en","text":"Hello"}"#).unwrap();
    let (command, expect) = (serving(&place, &file), file.display().to_string());
    let given = [
        "--lanes=item",
        "--exec",
        &command,
        "--path=/greetings/en",
        "--expect",
        &expect,
    ];
    let output = run(&place, &given);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let record = Record::read(&place.join("out")).unwrap();
    assert_eq!(record.plan.lanes, [Lane::Item, Lane::Custom]);
    let part = |lane| {
        let arms = (0..record.plan.arms.len()).filter(|&arm| record.plan.takes_part(arm, lane));
        let names = arms.map(|arm| record.plan.arms[arm].name.as_str());
        names.collect::<Vec<_>>()
    };
    assert_eq!(part(Lane::Item), ["a", "a (again)", "hyper", "null"]);
    assert_eq!(
        part(Lane::Custom),
        [
            "a",
            "server expected.json",
            "server expected.json (again)",
            "hyper",
            "null"
        ]
    );
    assert!(record.servers.iter().all(|server| server.content.is_none()));
    assert_eq!(record.exclusions, []);
    // Start-up and memory are measured once more of one copy alone, that of the first server.
    let analysis = Analysis::of(&record).unwrap();
    let again = |name: &str| {
        let arm = record.plan.arms.iter().position(|arm| arm.name == name);
        let mut prints = analysis.footprints.iter();
        prints.find(|print| Some(print.arm) == arm).unwrap().idle
    };
    assert!(again("a (again)").is_some());
    assert!(again("server expected.json (again)").is_none());
}

#[test]
fn what_is_given_wrongly_is_one_line_before_anything_is_measured() {
    let place = Place::new("exec-wrong");
    catalogue(&place);
    let file = place.join("expected.json");
    fs::write(&file, CONTENT).unwrap();
    let other = place.join("other.json");
    fs::write(&other, "{\"own\":false}").unwrap();
    let (expect, other) = (file.display().to_string(), other.display().to_string());
    let right = serving(&place, &file);
    let missing = place.join("missing").display().to_string();
    let refuses = |code: i32, command: &str, path: &str, expect: &str, more: &str, why: &str| {
        let mut given = vec!["--exec", command, "--path", path, "--expect", expect];
        given.extend(more.split_whitespace());
        let output = run(&place, &given);
        refused(&output, code, why);
        let lines = text(&output.stderr);
        let lines = lines.lines().filter(|line| line.starts_with("compare: "));
        // What the command line itself is wrong in, its parser says.
        assert!(lines.count() <= 1);
        assert!(!place.join("out").exists(), "{why}");
    };
    refuses(2, "server", "/", &expect, "", "must contain {port}");
    refuses(
        2,
        "no-such-program {port}",
        "/",
        &expect,
        "",
        "no program `no-such-program` on the search path",
    );
    refuses(
        2,
        "./no-such-program {port}",
        "/",
        &expect,
        "",
        "there is no program ./no-such-program",
    );
    refuses(2, &right, "/", &missing, "", "--expect: cannot read ");
    refuses(2, &right, "own", &expect, "", "must start with /");
    refuses(
        2,
        &right,
        "/",
        &expect,
        "--name a",
        "servers.toml has a server `a`",
    );
    refuses(
        2,
        &right,
        "/",
        &expect,
        "--name b --name c",
        "more --name than --exec",
    );
    refuses(
        3,
        "false {port}",
        "/",
        &expect,
        "",
        "ended before it accepted connections",
    );
    refuses(
        3,
        &right,
        "/",
        &other,
        "",
        "at byte 8 it has \"true}\" where \"false}\" is expected",
    );

    for (given, why) in [
        (&["--exec", "server {port}"][..], "--path"),
        (&["--path", "/"][..], "--exec"),
        (
            &["--lanes=custom"][..],
            "the lane custom needs --exec, --path and --expect",
        ),
        (
            &[
                "ab",
                "a",
                "--with=env.A=b",
                "--exec",
                &right,
                "--path=/",
                "--expect",
                &expect,
            ][..],
            "ab compares",
        ),
    ] {
        let output = match given.first() {
            Some(&"ab") => compare()
                .args(given)
                .arg("--catalogue")
                .arg(place.join("servers.toml"))
                .output()
                .unwrap(),
            _ => run(&place, given),
        };
        refused(&output, 2, why);
    }
}
