//! Tests of the verdict.

use quartet_record::plan::{Custom, Lane};
use quartet_record::testing::{Simulation, over_database, record};
use quartet_record::{Exclusion, Exec, State};

use super::*;

fn concluded(record: &Record) -> Conclusion {
    let analysis = Analysis::of(record).unwrap();
    Conclusion::of(record, &analysis, Some("target/compare/x"))
}

#[test]
fn each_of_two_lanes_has_a_sentence_with_intervals() {
    let said = concluded(&Simulation::new(14).run());
    let [item, list] = &said.verdict[..] else {
        panic!("{said:?}");
    };
    assert!(
        item.starts_with("item (GET /greetings/en): warp is first, ahead of axum by 13."),
        "{item}"
    );
    assert!(
        item.contains(" and of salvo by 41.") && item.ends_with(")."),
        "{item}"
    );
    assert!(
        list.starts_with("list (GET /greetings): warp is first"),
        "{list}"
    );
    assert_eq!(said.missing, Vec::<String>::new());
}

#[test]
fn more_lanes_that_agree_share_a_sentence() {
    let record = Simulation::new(14).run();
    let mut analysis = Analysis::of(&record).unwrap();
    let mut third = analysis.lanes[0].clone();
    third.lane = Lane::Large;
    for pair in &mut third.pairs {
        pair.ratio.estimate = 1.5;
    }
    analysis.lanes.push(third);
    let said = Conclusion::of(&record, &analysis, None).verdict;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("item, list and large: warp is first, ahead of axum by 13."),
        "{said:?}"
    );
    assert!(said[0].ends_with(" to 50.0 %."), "{said:?}");
}

#[test]
fn ties_share_a_rank_and_what_is_open_says_how_many_restarts_it_takes() {
    let mut simulation = Simulation::new(14);
    simulation.arms[1].2 = 150_000.0;
    let said = concluded(&simulation.run()).verdict;
    assert!(said[0].contains(" share rank 1. "), "{said:?}");
    assert!(said[0].contains(" is ahead of salvo by "), "{said:?}");

    let mut simulation = Simulation::new(4);
    simulation.arms[1].2 = 153_000.0;
    simulation.bias = 0.02;
    let said = concluded(&simulation.run()).verdict;
    assert!(
        said[0].starts_with("item (GET /greetings/en): undecided who is first, "),
        "{said:?}"
    );
    assert!(said[0].contains("(--restarts "), "{said:?}");
}

#[test]
fn a_server_alone_is_compared_with_the_reference() {
    let mut simulation = Simulation::new(5);
    simulation.arms.drain(1..3);
    let said = concluded(&simulation.run()).verdict;
    assert!(
        said[0].starts_with("item (GET /greetings/en): axum answers 0.83")
            && said[0].ends_with("as bare hyper."),
        "{said:?}"
    );
}

#[test]
fn over_a_database_cpu_time_decides() {
    let said = concluded(&over_database(Simulation::new(14).run(), 2.0)).verdict;
    assert!(
        said.iter()
            .any(|one| one.starts_with("db-item, by CPU time: ")),
        "{said:?}"
    );
}

#[test]
fn what_is_unfinished_says_how_to_go_on() {
    let mut record = record();
    record.state = State::Interrupted;
    record.plan.restarts = 28;
    assert_eq!(
        concluded(&record).missing,
        [
            "This run was interrupted: 3 of 28 restarts are used. To continue: cargo compare --resume target/compare/x"
        ]
    );
    record.state = State::Running;
    record.restarts.truncate(1);
    for command in [
        "cargo compare ab axum --with axum=0.8.4",
        "cargo compare bisect axum --from 0.8.4",
    ] {
        record.command = command.to_owned();
        let missing = concluded(&record).missing;
        assert!(
            missing[0].ends_with(
                "1 of 28 restarts are used. To continue: cargo compare ab --resume target/compare/x"
            ),
            "{missing:?}"
        );
        assert!(
            missing[1].contains("they need two restarts."),
            "{missing:?}"
        );
    }
}

#[test]
fn an_excluded_run_says_why_and_what_to_do() {
    let mut record = record();
    for restart in &mut record.restarts {
        restart.machine.as_mut().unwrap().others_ns = Some(3_000_000_000);
    }
    let said = concluded(&record);
    assert_eq!(
        said.missing,
        [
            "Every row is excluded: other processes took 30 % of the measured cores. End what else runs on this \
             machine, and measure again."
        ]
    );
    assert!(
        said.verdict[0].starts_with("item (GET /greetings/en): no verdict"),
        "{said:?}"
    );
    let text = said.text();
    assert!(
        text.starts_with("Verdict\n  item (GET /greetings/en): no verdict"),
        "{text}"
    );
    assert!(
        text.lines().last().unwrap().starts_with("! Every row"),
        "{text}"
    );
}

#[test]
fn an_excluded_server_is_named_with_where_and_how_to_look() {
    let mut record = record();
    let exclusion = |lane, reason: &str| Exclusion {
        arm: 2,
        restart: None,
        lane,
        reason: reason.to_owned(),
    };
    record.exclusions = vec![exclusion(Some(Lane::List), "it fails must-cases: a/b")];
    assert_eq!(
        concluded(&record).missing,
        [
            "salvo (list) is excluded: it fails must-cases: a/b. `cargo conformance --server salvo` shows what each \
             case expects."
        ]
    );
    record.exclusions = vec![exclusion(None, "it cannot be built: no")];
    let missing = concluded(&record).missing;
    assert!(
        missing[0].starts_with("salvo is excluded: it cannot be built: no. "),
        "{missing:?}"
    );
}

#[test]
fn of_a_variant_it_is_said_where_it_was_built() {
    let mut record = record();
    record.plan.arms[2].variant = Some(quartet_record::variant::Variant {
        of: "salvo@1.0.0".to_owned(),
        differences: vec!["salvo=1.1.0".to_owned()],
        against: Vec::new(),
        directory: Some("salvo@1.1.0-12345678".to_owned()),
    });
    let mut missing = |reason: &str| {
        record.exclusions = vec![Exclusion {
            arm: 2,
            restart: None,
            lane: None,
            reason: reason.to_owned(),
        }];
        concluded(&record).missing.remove(0)
    };
    let fails = missing("it fails must-cases: a/b");
    assert!(
        fails.contains("`cargo conformance --server salvo --program PROGRAM`")
            && fails.ends_with("target/compare/variants/salvo@1.1.0-12345678/target/release."),
        "{fails}"
    );
    let broken = missing("it cannot be built: no");
    assert!(
        broken.ends_with(
            "Run its command in target/compare/variants/salvo@1.1.0-12345678, which shows the whole error."
        ),
        "{broken}"
    );
}

#[test]
fn large_differences_are_multiples() {
    let ratio = |estimate: f64| Ratio {
        estimate,
        low: estimate - 0.01,
        high: estimate + 0.01,
    };
    assert_eq!(by(ratio(1.05)), "by 5.0 % (4.0 to 6.0)");
    assert_eq!(by(ratio(21.0)), "by a factor of 21.00 (20.99 to 21.01)");
    assert_eq!(between(ratio(1.05)), "by 4.0 to 6.0 %");
    assert_eq!(between(ratio(21.0)), "by a factor of 20.99 to 21.01");
}

#[test]
fn servers_of_the_command_line_are_told_from_those_of_the_file() {
    let mut record = record();
    record.plan.custom = Some(Custom {
        path: "/json".to_owned(),
        bytes: 2,
        sha256: "ab".repeat(32),
        warm_up_ms: 500,
    });
    record.servers[0].exec = Some(Exec {
        command: vec!["node".to_owned()],
        files: Vec::new(),
    });
    record.exclusions.push(Exclusion {
        arm: 0,
        restart: Some(1),
        lane: None,
        reason: "GET /json: wrong answer".to_owned(),
    });
    record.state = State::Interrupted;
    let missing = concluded(&record).missing;
    assert!(
        missing[0].ends_with("with the same --exec, --name, --path, --expect and --warm-up"),
        "{missing:?}"
    );
    let excluded = missing.last().unwrap();
    assert!(
        excluded.starts_with("axum is excluded: GET /json: wrong answer"),
        "{missing:?}"
    );
    assert!(
        excluded.ends_with(
            "Start its command by hand, and load it: it answered as expected before the load."
        ),
        "{missing:?}"
    );
}
