//! Tests of the text.

use quartet_record::cores::Core;
use quartet_record::testing::{Simulation, over_database, record};
use quartet_record::{OverDatabase, Program};

use super::caption::cores;
use super::*;

fn rendered(record: &Record, form: Form) -> String {
    render(record, &Analysis::of(record).unwrap(), form)
}

#[track_caller]
fn line<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines()
        .find(|line| line.starts_with(start))
        .unwrap_or_else(|| panic!("{start}\n{text}"))
}

#[test]
fn terminal_shows_ranks_figures_and_footprints() {
    let text = rendered(&Simulation::new(14).run(), Form::Text);
    assert!(line(&text, "1  ").contains("warp"));
    assert!(line(&text, "3  ").contains("0.66"));
    assert!(line(&text, "reference").contains("hyper"));
    assert!(line(&text, "A/A").contains("axum (again)"));
    let axum: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("axum "))
        .collect();
    assert!(
        axum[0].contains("3.0") && axum[0].contains("122 of 122"),
        "{axum:?}"
    );
    assert!(
        axum[1].starts_with("axum (again)") && axum[1].contains("4.19"),
        "{axum:?}"
    );
    assert!(
        axum[2].contains("1.5") && axum[2].contains("47"),
        "{axum:?}"
    );
    assert!(text.contains("Measured 2026-11-02 by cargo compare --seed 5 on Fast 9000, 2 cores"));
}

#[test]
fn every_core_is_named() {
    let mut record = record();
    assert!(
        rendered(&record, Form::Text)
            .contains("Cores: servers on 0 with 1 worker each, generator on 1.")
    );
    let plan = &mut record.plan;
    (plan.server_cores, plan.workers) = (vec![0, 1], 2);
    plan.generator_cores = vec![2, 3];
    assert!(
        rendered(&record, Form::Markdown)
            .contains("Cores: servers on 0, 1 with 2 workers each, generator on 2, 3.")
    );
    record.plan.generator_cores.clear();
    assert!(rendered(&record, Form::Text).contains("generator on any."));
}

#[test]
fn the_kind_of_the_cores_is_told_where_there_may_be_several() {
    let mut record = record();
    let core = |number, capacity| Core {
        number,
        capacity: Some(capacity),
        ..Core::default()
    };
    record.cores = vec![core(0, 1024), core(1, 1024)];
    assert!(cores(&record).ends_with("generator on 1"));
    record.cores = vec![core(0, 446), core(1, 446)];
    assert!(cores(&record).ends_with("generator on 1 (capacity 446)"));
    record.cores[1].pmu = Some("cpu_core".to_owned());
    assert!(cores(&record).ends_with("(capacity 446; cpu_core, capacity 446)"));
}

#[test]
fn markdown_has_a_table_a_lane_and_two_more() {
    let text = rendered(&record(), Form::Markdown);
    assert_eq!(
        text.lines()
            .filter(|line| line.starts_with("| ---"))
            .count(),
        4
    );
    assert!(text.contains("### item: GET /greetings/en"));
    assert!(text.contains("by `cargo compare --seed 5` on"));
}

#[test]
fn excluded_rows_show_no_figures_and_say_why() {
    let mut record = record();
    record.exclusions.push(quartet_record::Exclusion {
        arm: 0,
        restart: None,
        lane: None,
        reason: "fails wire/cl-te".to_owned(),
    });
    let text = rendered(&record, Form::Text);
    assert_eq!(
        line(&text, "excluded ")
            .split_whitespace()
            .collect::<Vec<_>>(),
        ["excluded", "axum", "0.8.9"]
    );
    assert!(
        text.contains("excluded: axum, item and list: fails wire/cl-te"),
        "{text}"
    );
}

#[test]
fn what_excludes_everything_is_said_once() {
    let mut record = record();
    for restart in &mut record.restarts {
        restart.machine.as_mut().unwrap().others_ns = Some(5_000_000_000);
    }
    let text = rendered(&record, Form::Text);
    assert_eq!(
        text.matches("other processes took 50 %").count(),
        1,
        "{text}"
    );
    assert!(text.contains("· all rows excluded: "));
}

#[test]
fn what_is_open_is_said_with_the_restarts_it_would_take() {
    let mut simulation = Simulation::new(4);
    simulation.arms[1].2 = 153_000.0;
    simulation.bias = 0.02;
    let text = rendered(&simulation.run(), Form::Text);
    assert!(
        line(&text, "· warp and axum: undecided").contains("restarts would be needed to decide")
    );
    assert!(line(&text, "1–2").contains("warp"));
}

#[test]
fn a_program_over_a_database_has_its_own_size_and_crates() {
    let mut record = record();
    let program = record.servers[0].program.clone().unwrap();
    let with = |crates| {
        Some(OverDatabase {
            build: Vec::new(),
            program: Some(Program {
                bytes: 7_150_000,
                crates,
                ..program.clone()
            }),
            python: None,
            conformance: None,
        })
    };
    let heading = "binary MB with PostgreSQL and TLS";
    assert!(!rendered(&record, Form::Markdown).contains(heading));
    record.servers[0].over_database = with(Some(977));
    let text = rendered(&record, Form::Markdown);
    assert!(
        text.contains(heading) && text.contains("| 7.2 | 977 |"),
        "{text}"
    );
    // As records had it before 2026-11-30: the count without a database.
    record.servers[0].over_database = with(program.crates);
    assert!(rendered(&record, Form::Markdown).contains("| 7.2 |  |"));
}

#[test]
fn an_empty_record_is_still_shown() {
    let mut empty = record();
    empty.restarts.clear();
    let text = rendered(&empty, Form::Text);
    assert!(text.contains("no intervals") && text.contains("axum"));
}

#[test]
fn a_lane_over_a_database_has_a_table_and_a_caption_of_its_own() {
    let mut record = over_database(Simulation::new(14).run(), 2.0);
    let text = rendered(&record, Form::Text);
    let table = text
        .split("db-item: GET /greetings/en, from PostgreSQL")
        .nth(1)
        .unwrap();
    let warp = line(table, "1  ");
    assert!(warp.contains("warp") && warp.contains("2.00"), "{warp}");
    assert!(warp.contains("10.00") && warp.contains("85,"), "{warp}");
    assert!(table.contains("warp uses 0.88") && table.contains("A/A, CPU time of two copies"));
    assert!(
        table.contains("PostgreSQL 15.18, 7 rows, files in memory, on core 2, with fsync=off.")
    );

    record.database.as_mut().unwrap().cores = vec![1];
    let shared = rendered(&record, Form::Markdown);
    assert!(
        shared.contains("- no rate counts: PostgreSQL had no core of its own"),
        "{shared}"
    );
    assert!(!rendered(&Simulation::new(3).run(), Form::Text).contains("PostgreSQL"));
}
