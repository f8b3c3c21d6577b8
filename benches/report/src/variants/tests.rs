//! Tests of what is said of variants.

use quartet_record::Exclusion;
use quartet_record::plan::ArmRole;
use quartet_record::testing::Simulation;
use quartet_record::variant::{PackageChange, Variant, VariantSource};

use super::*;

/// A run with a variant of axum that answers so many requests, beside axum as the reference.
fn run(restarts: u32, rate: f64) -> Record {
    let mut simulation = Simulation::new(restarts);
    simulation.arms[1] = ("axum@0.8.4", ArmRole::Aside, rate);
    let mut record = simulation.run();
    record.plan.arms[1].variant = Some(Variant {
        of: "axum".to_owned(),
        differences: vec!["axum=0.8.4".to_owned()],
        against: Vec::new(),
        directory: None,
    });
    record.servers[0].version = Some("0.8.9".to_owned());
    record.servers[1].version = Some("0.8.4".to_owned());
    record.servers[1].variant = Some(VariantSource {
        packages: vec![PackageChange {
            name: "axum".to_owned(),
            from: vec!["0.8.9".to_owned()],
            to: vec!["0.8.4".to_owned()],
        }],
        ..VariantSource::default()
    });
    record
}

fn said(record: &Record) -> Vec<String> {
    let analysis = Analysis::of(record).unwrap();
    sentences(record, &analysis).remove(0)
}

#[test]
fn the_first_sentence_is_the_answer() {
    let slower = said(&run(28, 142_500.0));
    assert!(slower[0].starts_with("axum 0.8.4 answers 5."), "{slower:?}");
    assert!(slower[0].contains(" % fewer ("), "{slower:?}");
    assert!(slower[0].contains(" than 0.8.9 in item and "), "{slower:?}");
    assert!(slower[0].ends_with(" in list"), "{slower:?}");
    let faster = said(&run(28, 157_500.0));
    assert!(faster[0].contains(" % more ("), "{faster:?}");
    let same = said(&run(28, 150_000.0));
    assert_eq!(
        same[0],
        "axum 0.8.4 answers as many requests as 0.8.9 in item and list (within 1 %)"
    );
    assert_eq!(
        same.last().unwrap(),
        "Crates that differ: axum 0.8.9 to 0.8.4"
    );
    let open = said(&run(3, 151_500.0));
    assert!(
        open[0].starts_with("axum 0.8.4 against 0.8.9: undecided in item ("),
        "{open:?}"
    );
    assert!(open[0].contains("restarts would decide it"), "{open:?}");
}

#[test]
fn a_variant_is_called_by_its_name_where_its_version_does_not_tell() {
    let mut record = run(28, 150_000.0);
    record.plan.arms[1].name = "axum+mimalloc".to_owned();
    record.servers[1].version = Some("0.8.9".to_owned());
    assert!(
        said(&record)[0].starts_with("axum+mimalloc answers as many requests as axum 0.8.9 in")
    );
}

#[test]
fn what_differs_is_said_in_words_where_the_name_does_not() {
    let mut record = run(28, 142_500.0);
    record.plan.arms[1].name = "axum-other".to_owned();
    record.plan.arms[1].variant.as_mut().unwrap().differences = vec!["another one".to_owned()];
    assert!(said(&record).contains(&"What differs: another one".to_owned()));
    record.plan.arms[1].name = "axum+other".to_owned();
    assert!(!said(&record).contains(&"What differs: another one".to_owned()));
    // The versions may be those of two frameworks.
    let found = said(&record);
    assert!(found[0].starts_with("axum+other answers 5."), "{found:?}");
    assert!(found[0].contains(" than axum 0.8.9 in item"), "{found:?}");
}

#[test]
fn a_variant_is_told_against_each_server_that_its_ratios_are_to() {
    let mut record = run(28, 142_500.0);
    let other = record.plan.arms[2].server.clone();
    record.plan.arms[1].variant.as_mut().unwrap().against = vec![other.clone()];
    let analysis = Analysis::of(&record).unwrap();
    let bases = analysis
        .variants
        .iter()
        .map(|found| (found.arm, found.base));
    assert_eq!(bases.collect::<Vec<_>>(), [(1, 0), (1, 2)]);
    let found = sentences(&record, &analysis);
    assert!(found[1][0].contains(&other), "{found:?}");
}

#[test]
fn two_variants_of_a_server_are_called_by_what_differs_between_them() {
    let mut record = run(28, 142_500.0);
    let base = &mut record.plan.arms[0];
    base.variant = Some(Variant {
        of: "axum".to_owned(),
        differences: vec!["axum=0.8.5".to_owned()],
        against: Vec::new(),
        directory: None,
    });
    let old = base.server.clone();
    for arm in &mut record.plan.arms {
        if arm.server == old {
            arm.server = "axum@0.8.5".to_owned();
            arm.name = arm.name.replace(&old, "axum@0.8.5");
        }
    }
    record.plan.arms[1].variant.as_mut().unwrap().of = "axum@0.8.5".to_owned();
    let change = |name: &str, from: &str, to: &str| PackageChange {
        name: name.to_owned(),
        from: vec![from.to_owned()],
        to: vec![to.to_owned()],
    };
    let server = &mut record.servers[0];
    server.name = "axum@0.8.5".to_owned();
    server.version = Some("0.8.5".to_owned());
    server.variant = Some(VariantSource {
        packages: vec![
            change("axum", "0.8.9", "0.8.5"),
            change("http", "1.5.0", "1.4.0"),
        ],
        ..VariantSource::default()
    });
    let sentences = said(&record);
    assert!(
        sentences[0].starts_with("axum 0.8.4 answers 5.")
            && sentences[0].contains(" than 0.8.5 in"),
        "{sentences:?}"
    );
    assert_eq!(
        sentences.last().unwrap(),
        "Crates that differ: axum 0.8.5 to 0.8.4, http 1.4.0 to 1.5.0"
    );
    // Where a version does not tell, both have names.
    record.servers[1].version = Some("0.8.5".to_owned());
    let sentences = said(&record);
    assert!(
        sentences[0].starts_with("axum@0.8.4 answers")
            && sentences[0].contains(" than axum@0.8.5 in"),
        "{sentences:?}"
    );
}

#[test]
fn rates_end_a_sentence_about_the_variant() {
    let of = |record: &Record| rates(record, &Analysis::of(record).unwrap());
    let slower = of(&run(28, 142_500.0)).unwrap();
    assert!(slower.is_slower);
    let lanes: Vec<&str> = slower.sentence.split("; ").collect();
    assert!(
        lanes.len() == 2 && lanes[0].starts_with("5.") && lanes[0].contains(" % fewer requests ("),
        "{slower:?}"
    );
    assert!(lanes[1].ends_with(") in list"), "{slower:?}");
    let same = of(&run(28, 150_000.0)).unwrap();
    assert!(!same.is_slower);
    assert_eq!(
        same.sentence,
        "no difference in item (within 1 %); no difference in list (within 1 %)"
    );
    assert!(!of(&run(28, 157_500.0)).unwrap().is_slower);
    let mut broken = run(28, 142_500.0);
    broken.exclusions.push(Exclusion {
        arm: 1,
        restart: None,
        lane: None,
        reason: "it fails must-cases".to_owned(),
    });
    let broken = of(&broken).unwrap();
    assert!(!broken.is_slower);
    assert_eq!(broken.sentence, "not measured: it fails must-cases");
    let mut alone = run(28, 150_000.0);
    alone.plan.arms[1].variant = None;
    assert_eq!(of(&alone), None);
}

#[test]
fn of_small_differences_the_layout_is_mentioned() {
    let mentions = |rate| {
        let said = said(&run(84, rate));
        said.iter().any(|sentence| sentence.contains("the linker"))
    };
    assert!(mentions(147_500.0));
    assert!(!mentions(150_000.0));
    assert!(!mentions(140_000.0));
}

#[test]
fn what_was_not_measured_says_why_and_no_more() {
    let mut record = run(28, 150_000.0);
    record.exclusions.push(Exclusion {
        arm: 1,
        restart: None,
        lane: None,
        reason: "it cannot be built: error[E0432]: unresolved import".to_owned(),
    });
    assert_eq!(
        said(&record),
        ["axum 0.8.4 was not measured: it cannot be built: error[E0432]: unresolved import"]
    );
    let analysis = Analysis::of(&record).unwrap();
    let outcome = slowdown(&record, &analysis, 0.03);
    assert_eq!(
        outcome,
        Slowdown::Unknown(
            "no valid result of axum 0.8.4 in item and axum 0.8.4 in list".to_owned()
        )
    );
}

#[test]
fn a_slowdown_is_proven_open_or_none() {
    let outcome = |restarts, rate| {
        let record = run(restarts, rate);
        slowdown(&record, &Analysis::of(&record).unwrap(), 0.03)
    };
    let Slowdown::Proven(sentence) = outcome(28, 140_000.0) else {
        panic!("6 % are not seen");
    };
    assert_eq!(
        sentence,
        "slower by more than 3 %: axum 0.8.4 in item and axum 0.8.4 in list"
    );
    assert_eq!(outcome(28, 150_000.0), Slowdown::Refuted);
    let Slowdown::Open(sentence) = outcome(28, 145_500.0) else {
        panic!("it is at the bound");
    };
    assert!(sentence.starts_with("undecided whether slower by more than 3 %: "));
}

#[test]
fn sizes_are_told_with_what_they_were() {
    let change = |size, from, to, differs| SizeChange {
        size,
        from,
        to,
        differs,
    };
    let sizes = [
        change(Size::Idle, 1e6, 1.001e6, false),
        change(Size::Loaded, 1.4e6, 1.75e6, true),
        change(Size::Program, 4_000_000.0, 4_100_000.0, true),
    ];
    let said = memory(&sizes).unwrap();
    assert!(said.starts_with("Memory: loaded "), "{said}");
    assert!(said.ends_with("(+25.0 %); no difference in idle"), "{said}");
    assert_eq!(
        program(&sizes).unwrap(),
        "Size: 4,100 kB instead of 4,000 kB (+2.5 %)"
    );
    assert_eq!(memory(&[]), None);
}

#[test]
fn a_change_that_its_figures_do_not_show_is_told_by_its_percentage() {
    let megabytes = |from, to| instead(from, to, megabytes, " MB");
    assert_eq!(megabytes(800e3, 816e3), "0.8 MB (+2.0 %)");
    assert_eq!(
        megabytes(800e3, 900e3),
        "0.9 MB instead of 0.8 MB (+12.5 %)"
    );
    let counted = instead(37_286.0, 37_288.0, thousands, "");
    assert_eq!(counted, "37,288 instead of 37,286 (less than 0.1 %)");
    let counted = instead(37_288.0, 37_286.0, thousands, "");
    assert_eq!(counted, "37,286 instead of 37,288 (less than 0.1 %)");
    assert_eq!(
        [-0.04, 0.04, -0.3, 1.2].map(signed),
        ["0.0", "0.0", "-0.3", "+1.2"]
    );
}

#[test]
fn counts_and_cases_are_told_by_name() {
    let change = |count, from, to| CountChange {
        lane: quartet_record::plan::Lane::Item,
        count,
        from,
        to,
    };
    let said = counts(&[
        change(Count::Instructions, 20_000.0, 20_200.0),
        change(Count::Allocations, 31.0, 31.02),
    ]);
    assert_eq!(
        said,
        [
            "Instructions per request: 20,200 instead of 20,000 (+1.0 %) in item",
            "Allocations per request: 31.0 in item, as before"
        ]
    );
    let said = suite(&SuiteChange {
        asked: 190,
        conforming: Vec::new(),
        deviating: vec!["semantics/head-item".to_owned()],
    });
    assert_eq!(
        said.unwrap(),
        "Conformance: newly deviating: semantics/head-item"
    );
    assert_eq!(suite(&SuiteChange::default()), None);
}

#[test]
fn a_comment_has_the_answer_the_figures_and_the_outcome() {
    let record = run(28, 140_000.0);
    let text = comment(
        &record,
        &Analysis::of(&record).unwrap(),
        Some(0.03),
        Some(0.02),
    );
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("**axum 0.8.4 answers ") && lines[0].ends_with(".**"),
        "{text}"
    );
    assert!(
        lines[2].starts_with("| lane | axum | axum@0.8.4 |"),
        "{text}"
    );
    assert!(text.contains("\n| item | "), "{text}");
    assert!(text.contains("Failed: slower by more than 3 %: "), "{text}");
    assert!(
        text.contains("\nFailed: instructions could not be counted.\n"),
        "{text}"
    );
    assert!(
        text.contains("28 restarts, 2026-11-02, Fast 9000"),
        "{text}"
    );
}

#[test]
fn a_share_is_shown_as_it_was_typed() {
    for (share, shown) in [
        (0.03, "3 %"),
        (0.07, "7 %"),
        (0.29, "29 %"),
        (0.005, "0.5 %"),
    ] {
        assert_eq!(percentage(share), shown);
    }
}
