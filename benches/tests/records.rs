//! What reads records, from outside: lists, reports, exports, checks and pools.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![cfg(target_os = "linux")]

mod outside;

use std::fs;
use std::path::{Path, PathBuf};

use quartet_record::Record;

use outside::{Place, compare, refused, text};

#[test]
fn records_are_checked_and_pooled() {
    let records = Path::new(env!("CARGO_MANIFEST_DIR")).join("../records");
    let run = |arguments: &[&Path]| compare().args(arguments).output().unwrap();
    // Small ones of either machine.
    let [one, other, another] = [
        "2026-11-23-amd-epyc-2-cores-originals",
        "2026-11-24-amd-epyc-2-cores-originals",
        "2026-11-23c-xeon-2.5ghz-2-cores-originals",
    ]
    .map(|name| records.join(name));
    let checked = run(&["check".as_ref(), &one, &other, &another]);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    assert_eq!(text(&checked.stdout).matches(": fits\n").count(), 3);

    let refusal = run(&["pool".as_ref(), &one, &other, &another]);
    refused(&refusal, 2, "source is 3c0cd3a1617f in ");
    assert_eq!(text(&refusal.stderr).lines().count(), 1);
    let across = "--across-versions".as_ref();
    let pooled = run(&["pool".as_ref(), across, &one, &other, &another]);
    assert!(pooled.status.success(), "{}", text(&pooled.stderr));
    let shown = text(&pooled.stdout);
    for part in [
        "3 records of 2 machines",
        "axum is at ",
        "two machines give no prediction for a third",
        "pooled although source is",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let place = Place::new("pool");
    let page = place.join("page.html");
    let html = "--html".as_ref();
    let written = run(&["pool".as_ref(), across, &one, &other, &another, html, &page]);
    assert!(written.status.success(), "{}", text(&written.stderr));
    assert!(
        fs::read_to_string(page)
            .unwrap()
            .contains("<section id=\"list\">")
    );

    // A tenth more requests of one server.
    let mut changed = Record::read(&one).unwrap();
    let falcon = changed
        .plan
        .arms
        .iter()
        .position(|arm| arm.name == "falcon")
        .unwrap();
    for slice in changed
        .restarts
        .iter_mut()
        .flat_map(|restart| &mut restart.slices)
    {
        if slice.arm == falcon {
            slice.requests += slice.requests / 10;
            slice.total_requests += slice.total_requests / 10;
        }
    }
    let faster = place.join("faster");
    changed.write(&faster).unwrap();
    let checked = run(&["check".as_ref(), &faster, &other]);
    let (found, said) = (text(&checked.stdout), text(&checked.stderr));
    assert_eq!(checked.status.code(), Some(4), "{said}");
    assert!(
        found.contains("falcon, item: its slices have") && !found.contains("axum"),
        "{found}"
    );
    assert_eq!(said, "compare: 1 of 2 records does not fit together\n");
    let refusal = run(&["pool".as_ref(), &faster, &other]);
    refused(&refusal, 4, "falcon, item: its slices have");
    let rest = run(&[
        "pool".as_ref(),
        "--without-misfits".as_ref(),
        &faster,
        &other,
    ]);
    assert!(rest.status.success());
    assert!(text(&rest.stdout).contains("1 record of 1 machine"));

    // A copy is no further run.
    let copy = place.join("copy");
    Record::read(&other).unwrap().write(&copy).unwrap();
    refused(&run(&["pool".as_ref(), &other, &copy]), 2, "are of one run");
}

#[test]
fn every_command_reads_the_records_in_the_repository() {
    let records = Path::new(env!("CARGO_MANIFEST_DIR")).join("../records");
    let run = |arguments: &[&Path]| compare().args(arguments).output().unwrap();
    let listed = run(&[Path::new("list"), &records]);
    let listed = text(&listed.stdout);
    let entries = fs::read_dir(&records)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let places: Vec<PathBuf> = entries.filter(|place| place.is_dir()).collect();
    // A heading and a line beneath it come first.
    assert_eq!(listed.lines().count(), 2 + places.len(), "{listed}");
    assert!(!listed.contains("not read"), "{listed}");

    // Small ones of either machine, for the rest.
    let mut small = places
        .iter()
        .filter(|place| place.to_string_lossy().ends_with("-originals"));
    let (first, second) = (small.next().unwrap(), small.next().unwrap());
    let place = Place::new("records");
    for record in [first, second] {
        let page = place.join("page.html");
        for command in [
            &["report".as_ref(), record.as_path()][..],
            &["report".as_ref(), record, "--html".as_ref(), &page],
            &["export".as_ref(), record, "--table=slices".as_ref()],
            &["export".as_ref(), record, "--json".as_ref()],
        ] {
            let output = run(command);
            assert!(
                output.status.success(),
                "{command:?}: {}",
                text(&output.stderr)
            );
        }
        assert!(
            fs::read_to_string(page)
                .unwrap()
                .contains("<section id=\"method\">")
        );
    }
    let output = run(&["diff".as_ref(), first, first]);
    assert!(output.status.success());
    let said = text(&output.stdout);
    assert!(
        said.lines()
            .last()
            .unwrap()
            .starts_with("Conclusion: consistent"),
        "{said}"
    );
    let output = run(&["diff".as_ref(), first, second]);
    assert!(
        matches!(output.status.code(), Some(0 | 4)),
        "{}",
        text(&output.stderr)
    );
    assert!(
        output.stderr.is_empty(),
        "the conclusion is on standard output"
    );
    let again = run(&["pack".as_ref(), first]);
    assert!(text(&again.stderr).contains("is not a plain record"));
}
