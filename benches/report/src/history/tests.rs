//! Tests of the history of records.

use quartet_record::Exclusion;
use quartet_record::plan::{ArmRole, Lane};
use quartet_record::testing::Simulation;

use super::*;
use crate::text::Form;

fn record(day: u32) -> Record {
    let mut record = Simulation::new(4).run();
    record.started = format!("2026-11-{day:02}T10:00:00Z");
    record
}

fn said(records: &[(&str, &Record)], form: Form) -> String {
    let mut history = History::default();
    for (name, record) in records {
        history.add(name, record).unwrap();
    }
    text(&history, form)
}

/// The rows below a server's heading.
fn rows<'a>(text: &'a str, server: &str) -> Vec<&'a str> {
    let lines = text.lines().skip_while(|line| *line != server);
    lines.skip(3).take_while(|line| !line.is_empty()).collect()
}

#[test]
fn runs_of_a_machine_are_in_the_order_of_their_dates_and_changes_are_beside() {
    let first = record(3);
    let mut second = record(5);
    second.machine.kernel = Some("7.0".to_owned());
    second.servers[0].version = Some("0.9.0".to_owned());
    second.servers[1].program.as_mut().unwrap().sha256 = "cd".repeat(32);
    let text = said(&[("late", &second), ("early", &first)], Form::Text);
    assert_eq!(text.matches("relative to hyper").count(), 1, "{text}");
    let axum = rows(&text, "axum");
    assert_eq!(axum.len(), 2, "{text}");
    assert!(
        axum[0].starts_with("2026-11-03  0.8.9") && axum[0].ends_with("early"),
        "{text}"
    );
    assert!(axum[1].starts_with("2026-11-05  0.9.0"), "{text}");
    assert!(axum[1].contains("kernel 7.0 (was "), "{text}");
    assert!(axum[1].contains("axum 0.9.0 (was 0.8.9)"), "{text}");
    assert!(
        rows(&text, "warp")[1].contains("warp: another program"),
        "{text}"
    );
    assert!(!rows(&text, "salvo")[1].contains("program"), "{text}");
    // Not the ratios of the floor, the copy and the reference.
    for heading in ["axum (again)", "null", "hyper"] {
        assert!(rows(&text, heading).is_empty(), "{heading}: {text}");
    }
    assert_eq!(
        rows(&text, "hyper, the reference: requests/s").len(),
        2,
        "{text}"
    );
}

#[test]
fn another_processor_is_another_section() {
    let mut other = record(4);
    other.machine.processor = Some("Slow 8000".to_owned());
    let text = said(
        &[("a", &record(3)), ("b", &other), ("c", &record(5))],
        Form::Markdown,
    );
    let sections: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("## "))
        .collect();
    assert_eq!(sections.len(), 2, "{text}");
    assert!(sections[1].starts_with("## Slow 8000, "), "{text}");
    assert!(
        text.contains("### axum\n\n| date | version | item: ratio (95 %) |"),
        "{text}"
    );
    let mut cores = record(6);
    cores.machine.cores += 1;
    let text = said(&[("a", &record(3)), ("b", &cores)], Form::Markdown);
    assert_eq!(
        text.matches("## ").count() - text.matches("### ").count(),
        2,
        "{text}"
    );
}

#[test]
fn what_is_excluded_or_missing_is_shown_as_such() {
    let mut broken = record(4);
    broken.exclusions.push(Exclusion {
        arm: 0,
        restart: None,
        lane: Some(Lane::Item),
        reason: "an answer was wrong".to_owned(),
    });
    broken.state = State::Interrupted;
    let text = said(&[("a", &record(3)), ("b", &broken)], Form::Text);
    let axum = rows(&text, "axum");
    assert!(
        axum[1].contains("  excluded  ") && axum[1].contains("4 of 4 restarts"),
        "{text}"
    );
    assert!(
        text.contains("· excluded: axum (item) in b: an answer was wrong"),
        "{text}"
    );

    let reference = broken.plan.first(ArmRole::Reference).unwrap();
    broken.exclusions[0].arm = reference;
    let text = said(&[("b", &broken)], Form::Text);
    assert!(
        rows(&text, "axum")[0].contains("no valid reference"),
        "{text}"
    );

    let mut once = Simulation::new(1).run();
    once.plan.lanes.retain(|lane| *lane == Lane::Item);
    let text = said(&[("once", &once)], Form::Text);
    let axum = rows(&text, "axum");
    assert!(
        axum[0].contains("too few restarts") && axum[0].contains("not measured"),
        "{text}"
    );
}

#[test]
fn what_older_records_do_not_tell_and_what_is_left_out_is_said() {
    let mut old = record(3);
    old.environment = None;
    old.servers[0].version = None;
    let mut calibration = record(4);
    calibration.servers[0].slowed_by = Some(3.0);
    let mut without = record(5);
    without
        .plan
        .arms
        .retain(|arm| arm.role != ArmRole::Reference);
    let text = said(
        &[("old", &old), ("cal", &calibration), ("none", &without)],
        Form::Text,
    );
    assert!(rows(&text, "axum")[0].contains("unknown"), "{text}");
    assert!(text.contains("unknown of older records: old\n"), "{text}");
    assert!(
        text.contains("· cal is left out: it is a calibration"),
        "{text}"
    );
    assert!(
        text.contains("· none is left out: it has no reference"),
        "{text}"
    );
}
