//! What is said of made-up machines.

use quartet_analysis::pool::{Contribution, Options, Pool};
use quartet_record::machine::Machine;
use quartet_record::testing::Simulation;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

use super::*;
use crate::html::pool_page;

/// The contribution of a run on a machine on which axum is so much as fast as hyper.
fn contribution(number: usize, processor: &str, axum: f64) -> Contribution {
    let mut simulation = Simulation::new(6);
    simulation.arms[0].2 = 180_000.0 * axum;
    let mut record = simulation.run();
    record.machine = Machine {
        processor: Some(processor.to_owned()),
        ..record.machine
    };
    Contribution::of(format!("records/{number}"), &record).unwrap()
}

fn records(machines: &[(&str, f64)]) -> Vec<Contribution> {
    let machines = machines.iter().enumerate();
    machines
        .map(|(number, &(processor, axum))| contribution(number, processor, axum))
        .collect()
}

fn pooled(contributions: &[Contribution]) -> Pool {
    Pool::of(contributions, Options::default()).unwrap()
}

fn said(contributions: &[Contribution], form: Form) -> String {
    text(&pooled(contributions), contributions, form)
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// A page is well-formed, and no two places have one name.
#[track_caller]
fn is_whole(page: &str) {
    let mut reader = Reader::from_str(page);
    let mut ids = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => break,
            Event::Start(start) | Event::Empty(start) => {
                let id = start.try_get_attribute("id").unwrap();
                ids.extend(id.map(|id| id.value.into_owned()));
            }
            _ => {}
        }
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn three_machines_give_a_prediction() {
    let records = records(&[
        ("AMD EPYC", 0.92),
        ("Intel Xeon", 0.85),
        ("Ampere Altra", 0.89),
    ]);
    let shown = said(&records, Form::Text);
    has(
        &shown,
        &[
            "on a machine that was not measured, expect axum at ",
            "no machine was measured twice",
            "most without ",
            "1. AMD EPYC, 2 cores",
            "◇",
            "fewer than 10 machines",
            "need not be its reason",
        ],
    );
    let page = pool_page(&pooled(&records), &records, "body { margin: 0 }").unwrap();
    is_whole(&page);
    has(
        &page,
        &[
            "<section id=\"item\">",
            "<section id=\"records\">",
            "Another machine",
            "Without each machine",
        ],
    );
    assert!(!page.contains("nothing is predicted"));
}

#[test]
fn two_machines_give_none_and_say_so() {
    let records = records(&[("AMD EPYC", 0.92), ("Intel Xeon", 0.85)]);
    let shown = said(&records, Form::Text);
    has(
        &shown,
        &[
            "needs 3 machines",
            "2 machines: nothing is predicted for another",
            "two machines give no prediction for a third",
        ],
    );
    assert!(!shown.contains("expect axum at"));
    let page = pool_page(&pooled(&records), &records, "").unwrap();
    is_whole(&page);
    has(&page, &["class=\"notice\">Fewer than three machines"]);
}

#[test]
fn one_machine_speaks_for_itself() {
    let records = records(&[("AMD EPYC", 0.92), ("AMD EPYC", 0.90)]);
    let shown = said(&records, Form::Text);
    has(
        &shown,
        &[
            "one machine says nothing of others",
            "2 records of 1 machine",
        ],
    );
    is_whole(&pool_page(&pooled(&records), &records, "").unwrap());
}

#[test]
fn an_order_that_reverses_is_said_in_words() {
    // warp is at 0.94 of hyper everywhere.
    let records = records(&[
        ("AMD EPYC", 1.0),
        ("Intel Xeon", 0.85),
        ("Ampere Altra", 0.89),
    ]);
    let shown = said(&records, Form::Markdown);
    has(
        &shown,
        &[
            "### item: GET /greetings/en",
            "- the order of axum and warp is not the same everywhere: axum is ahead on AMD EPYC, 2 \
             cores, warp on Intel Xeon, 2 cores and Ampere Altra, 2 cores",
        ],
    );
    assert!(!shown.contains('◆'), "a plot in letters is for a terminal");
}

#[test]
fn a_hundred_machines_are_not_all_listed() {
    let names: Vec<String> = (0..60).map(|number| format!("AMD {number}")).collect();
    let machines: Vec<(&str, f64)> = names
        .iter()
        .enumerate()
        .map(|(number, name)| (name.as_str(), 0.8 + 0.002 * number as f64))
        .collect();
    let records = records(&machines);
    let shown = said(&records, Form::Text);
    has(
        &shown,
        &[
            "(20 machines between)",
            "no connection with the kernel's share is shown",
        ],
    );
    let page = pool_page(&pooled(&records), &records, "").unwrap();
    is_whole(&page);
    has(
        &page,
        &[
            "20 machines between the lowest and the highest are not drawn",
            "All 60 records",
        ],
    );
}

#[test]
fn what_cannot_be_pooled_is_one_line() {
    let mut records = records(&[("AMD EPYC", 0.92), ("Intel Xeon", 0.85)]);
    let mut other = Simulation::new(6).run();
    other.servers[0].version = Some("0.8.4".to_owned());
    for _ in 0..5 {
        records.push(Contribution::of("other".to_owned(), &other).unwrap());
    }
    let differences = Pool::of(&records, Options::default()).unwrap_err();
    assert_eq!(
        refusal(&differences),
        "the records cannot be pooled (--across-versions pools them nevertheless): version of axum \
         is 0.8.4 in other, other, other and 2 more, 0.8.9 in records/0 and records/1"
    );
    let across = Options {
        across_versions: true,
        ..Options::default()
    };
    let pool = Pool::of(&records, across).unwrap();
    has(
        &text(&pool, &records, Form::Text),
        &["pooled although version of axum is 0.8.4 in other"],
    );
    has(
        &pool_page(&pool, &records, "").unwrap(),
        &["Pooled although the records differ: version of axum."],
    );
    other.plan.connections = 256;
    records.push(Contribution::of("load".to_owned(), &other).unwrap());
    let differences = Pool::of(&records, across).unwrap_err();
    let never = "the records cannot be pooled (records of different loads never are): ";
    assert!(refusal(&differences).starts_with(never));
}

#[test]
fn rows_that_were_left_out_are_counted() {
    let mut records = records(&[("AMD EPYC", 0.92), ("Intel Xeon", 0.85)]);
    for record in &mut records {
        let lane = &mut record.lanes[0];
        lane.left_out.push(quartet_analysis::pool::LeftOut {
            server: "salvo".to_owned(),
            reason: "its ratio to hyper rose by 4.0 % during the run".to_owned(),
        });
    }
    has(
        &said(&records, Form::Text),
        &["left out: salvo of records/0 and records/1: its ratio to hyper rose"],
    );
}
