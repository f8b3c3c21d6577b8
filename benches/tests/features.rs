//! `cargo compare features` from outside: what it refuses, and a small run of a server that has no features.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![cfg(target_os = "linux")]

mod outside;

use std::fs;
use std::process::Command;

use quartet_record::Record;
use quartet_record::cost::WAITING;
use quartet_record::plan::{Feature, Lane};

use outside::{Place, catalogue, compare, refused, text};

#[test]
fn wrong_usage_is_one_line_and_exit_code_2() {
    let place = Place::new("features-usage");
    let file = place.join("servers.toml");
    let stanza = |name: &str, role: &str| {
        format!("[[server]]\nname = '{name}'\nrole = '{role}'\nprogram = 'x'\nready = 'line'\n")
    };
    fs::write(&file, stanza("a", "framework")).unwrap();
    let with = |arguments: &[&str]| {
        let catalogue = ["--catalogue".as_ref(), file.as_os_str()];
        let output = compare()
            .arg("features")
            .args(arguments)
            .args(catalogue)
            .output();
        output.unwrap()
    };
    refused(&with(&[]), 2, "no server with the role `features`");
    fs::write(&file, stanza("a", "framework") + &stanza("b", "features")).unwrap();
    refused(
        &with(&["--servers", "a"]),
        2,
        "no program with features on `a`; there are b",
    );
    for option in [["--lanes", "item"], ["--rate", "100"]] {
        let why = format!("cannot be used with {}", option[0]);
        refused(&with(&option), 2, &why);
    }
    let named = compare()
        .args(["--servers", "b", "--catalogue"])
        .arg(&file)
        .output();
    refused(
        &named.unwrap(),
        2,
        "`b` is only for `cargo compare features`",
    );
    let other = quartet_record::testing::record();
    let run = place.join("run");
    other.write(&run).unwrap();
    let resumed = with(&["--resume", &run.display().to_string()]);
    refused(&resumed, 2, "is no run of features");
}

#[test]
fn every_number_is_measured_and_what_a_server_does_not_answer_is_excluded() {
    let place = Place::new("features");
    let file = catalogue(&place);
    let servers = fs::read_to_string(&file).unwrap();
    let program = servers.replace("role = 'framework'", "role = 'features'");
    fs::write(&file, program).unwrap();
    let run = place.join("run");
    // 1,000 connections fit into these descriptors, and 10,000 do not.
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 4096 && exec \"$@\"", "sh"])
        .arg(compare().get_program())
        .args([
            "features",
            "--restarts",
            "1",
            "--shared-core",
            "--connections",
            "4",
            "--catalogue",
        ])
        .arg(&file)
        .arg("--output")
        .arg(&run)
        .output()
        .unwrap();
    let said = text(&output.stderr);
    let record = Record::read(&run).unwrap_or_else(|error| panic!("{error:#}: {said}"));
    let features: Vec<Feature> = record.plan.arms.iter().filter_map(Feature::of).collect();
    assert_eq!(features, Feature::ALL, "{said}");
    assert_eq!(record.plan.lanes[0], Lane::Item);
    assert_eq!(record.plan.lanes[1..], Lane::POSTED);
    // It gives constant bytes to whoever posts.
    for lane in Lane::POSTED {
        let is = |arm: usize| {
            let mut exclusions = record.exclusions.iter();
            exclusions.any(|one| one.arm == arm && one.lane == Some(lane))
        };
        assert!(is(0) && !is(1), "{said}");
    }
    let slices = &record.restarts[0].slices;
    for (arm, _) in record.plan.arms.iter().enumerate() {
        assert!(slices.iter().any(|slice| slice.arm == arm), "{arm}: {said}");
    }
    let [cost] = record.cost.as_ref().unwrap().servers.as_slice() else {
        panic!("{said}");
    };
    let starts = |level: usize| {
        let starts = cost.waiting.iter();
        starts.filter(|start| start.connections == level).count()
    };
    assert_eq!(WAITING.map(starts), [5, 0], "{said}");
    let [missing] = cost.missing.as_slice() else {
        panic!("{:?}", cost.missing);
    };
    assert!(missing.contains("descriptors"), "{missing}");
    let shown = compare().arg("report").arg(&run).output().unwrap();
    assert!(shown.status.success(), "{}", text(&shown.stderr));
}
