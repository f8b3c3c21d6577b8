//! Tests of the text about latency.

use quartet_analysis::Analysis;
use quartet_record::Record;
use quartet_record::testing::{record, with_modes};

use crate::text::{Form, render};

fn rendered(record: &Record) -> String {
    render(record, &Analysis::of(record).unwrap(), Form::Text)
}

/// The lines from a title to the next one like it.
fn section<'a>(text: &'a str, title: &str) -> Vec<&'a str> {
    let mut lines = text.lines().skip_while(|line| !line.contains(title));
    let first = lines.next();
    assert!(first.is_some(), "no {title} in {text}");
    let rest = lines.take_while(|line| !line.contains("latency at "));
    first.into_iter().chain(rest).collect()
}

#[test]
fn each_rate_has_a_table_and_what_it_says() {
    let mut record = with_modes(record());
    for restart in &mut record.latency.as_mut().unwrap().restarts {
        for slice in &mut restart.slices {
            if (slice.arm, slice.rate) == (1, 1) {
                slice.p99_ns = slice.p99_ns * 5 / 4;
            }
        }
    }
    let text = rendered(&record);
    let first = section(&text, "latency at 25,000 requests/s, 25 % of the slowest").join("\n");
    assert!(
        first.contains("p50 µs") && first.contains("p99.9 µs"),
        "{first}"
    );
    assert!(first.contains("p99: axum ties with warp (1.000"), "{first}");
    let second = section(&text, "latency at 20,000 requests/s (open loop)").join("\n");
    assert!(
        second.contains("p99: axum is faster than warp (0.800"),
        "{second}"
    );
    assert!(second.contains("p50: axum ties with warp"), "{second}");
    assert!(
        second.contains("A/A, two copies of one server: p50 1.000"),
        "{second}"
    );
    assert!(
        second.contains("differences under 5, 5, 5 % are not called real"),
        "{second}"
    );
    assert!(second.contains("0 of 48 slices are excluded"), "{second}");
    assert!(
        text.contains("p99.9 at given rates is over all requests"),
        "{text}"
    );
}

#[test]
fn what_does_not_keep_up_shows_no_latency() {
    let mut record = with_modes(record());
    let latency = record.latency.as_mut().unwrap();
    for restart in &mut latency.restarts {
        for slice in &mut restart.slices {
            if slice.arm == 1 && slice.rate == 1 {
                slice.achieved = slice.offered / 2;
            }
        }
    }
    let text = rendered(&record);
    let lines = section(&text, "latency at 20,000 requests/s");
    let row = lines.iter().find(|line| line.starts_with("warp")).unwrap();
    assert!(row.contains("excluded") && !row.contains("150"), "{row}");
    assert!(
        text.contains("excluded: warp: it answered only 50.0 %"),
        "{text}"
    );
}

#[test]
fn latency_of_older_records_is_not_shown() {
    let mut record = with_modes(record());
    for restart in &mut record.latency.as_mut().unwrap().restarts {
        for slice in &mut restart.slices {
            slice.generator_stall_ns = None;
        }
    }
    let text = rendered(&record);
    assert!(
        text.contains("measured in a way that did not repeat"),
        "{text}"
    );
    assert!(!text.contains("p50 µs  relative"), "{text}");
}

#[test]
fn what_was_not_measured_has_no_table() {
    let text = rendered(&record());
    assert!(
        !text.contains("open loop") && !text.contains("p99.9"),
        "{text}"
    );
}
