//! Tests of comparing two records.

use quartet_record::environment::Environment;
use quartet_record::plan::{ArmRole, Lane};
use quartet_record::testing::Simulation;

use super::*;

#[test]
fn two_runs_of_the_same_are_consistent() {
    let first = Simulation::new(14).run();
    let mut other = Simulation::new(20);
    // Everything a third slower: another hour, not other servers.
    for arm in &mut other.arms {
        arm.2 *= 0.67;
    }
    let difference = Difference::between(&first, &other.run()).unwrap();
    assert!(difference.consistent(), "{}", difference.text(["a", "b"]));
    // Four arms in two lanes, two figures each; start-up of each; and memory, but of the first, whose
    // copy ran beside it.
    assert_eq!(difference.figures.len(), 4 * 2 * 2 + 4 + 3);
    assert!(
        difference
            .text(["a", "b"])
            .ends_with("\n\nConclusion: consistent. None of 23 figures differs.\n")
    );
}

#[test]
fn what_changed_is_named() {
    let first = Simulation::new(14).run();
    let mut other = Simulation::new(14);
    other.arms[1].2 *= 0.95;
    let difference = Difference::between(&first, &other.run()).unwrap();
    let text = difference.text(["a", "b"]);
    assert!(!difference.consistent());
    let apart: Vec<&str> = text
        .lines()
        .filter(|line| line.ends_with("SLOWER"))
        .collect();
    assert_eq!(apart.len(), 4, "{text}");
    assert!(
        apart.iter().all(|line| line.starts_with("warp, ")),
        "{text}"
    );
}

#[test]
fn the_table_has_headings_the_words_are_explained_and_the_conclusion_is_last() {
    let first = Simulation::new(14).run();
    let mut other = Simulation::new(14);
    other.arms[1].2 *= 1.05;
    let mut other = other.run();
    for life in other
        .restarts
        .iter_mut()
        .flat_map(|restart| &mut restart.arms)
    {
        let loaded = life.loaded.as_mut().unwrap();
        if life.arm == 1 {
            loaded.proportional *= 2;
        }
    }
    let text = Difference::between(&first, &other)
        .unwrap()
        .text(["records/a", "records/b"]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("A: records/a (2026-11-02T10:00:00Z, cargo compare"),
        "{text}"
    );
    assert!(lines[1].starts_with("B: records/b ("), "{text}");
    let table = lines
        .iter()
        .position(|line| line.starts_with("server and lane"))
        .unwrap();
    assert!(lines[table].ends_with("B is"), "{text}");
    let word = |of: &str, figure: &str| {
        let row = lines
            .iter()
            .find(|line| line.starts_with(of) && line.contains(figure));
        row.unwrap().rsplit("  ").next().unwrap().trim()
    };
    assert_eq!(word("warp, item", "requests/s"), "FASTER", "{text}");
    assert_eq!(word("warp, item", "CPU per request"), "FASTER", "{text}");
    assert_eq!(word("warp ", "memory"), "LARGER", "{text}");
    for explained in ["FASTER, SLOWER", "the same:", "consistent:"] {
        assert!(
            lines.iter().any(|line| line.starts_with(explained)),
            "{text}"
        );
    }
    let conclusions = lines.iter().filter(|line| line.contains("onclusion"));
    assert_eq!(conclusions.count(), 1, "{text}");
    assert_eq!(
        lines.last().unwrap(),
        &"Conclusion: not consistent. 5 of 23 figures differ: 4 FASTER, 1 LARGER in B; \
          no verdicts contradict each other. All are of programs that are the same in both: the machine differed, \
          not the servers."
    );
}

#[test]
fn where_the_same_programs_differ_the_machine_is_said_to_have_differed() {
    let first = Simulation::new(14).run();
    let mut other = Simulation::new(14);
    for arm in &mut other.arms {
        arm.2 *= 0.9;
    }
    other.arms[1].2 *= 0.95;
    let mut other = other.run();
    let text = |other: &Record| {
        let difference = Difference::between(&first, other).unwrap();
        difference.text(["a", "b"])
    };
    let same = text(&other);
    assert!(
        same.ends_with("All are of programs that are the same in both: the machine differed, not the servers.\n"),
        "{same}"
    );
    assert!(
        same.contains("· speed of the machine, item: hyper, the same program, answered "),
        "{same}"
    );
    for server in &mut other.servers {
        if server.name == "warp" {
            server.program.as_mut().unwrap().sha256 = "cd".repeat(32);
        }
    }
    let changed = text(&other);
    assert!(
        changed.ends_with("no verdicts contradict each other.\n"),
        "{changed}"
    );
}

#[test]
fn what_changes_programs_comes_before_the_figures() {
    let mut first = Simulation::new(3).run();
    let mut other = first.clone();
    let environment = Environment {
        cargo: [("profile.release.lto".to_owned(), "thin".to_owned())].into(),
        ..Environment::default()
    };
    first.environment = Some(environment.clone());
    other.environment = Some(Environment {
        variables: [("RUSTFLAGS".to_owned(), "-C target-cpu=native".to_owned())].into(),
        cargo: [("profile.release.lto".to_owned(), "fat".to_owned())].into(),
        ..environment
    });
    let kernel = &mut other.environment.as_mut().unwrap().kernel;
    kernel.boot_parameters.push("mitigations=off".to_owned());
    other.toolchain.rustc = Some("rustc 1.96.0".to_owned());
    let text = Difference::between(&first, &other)
        .unwrap()
        .text(["a", "b"]);
    let place = |words: &str| {
        text.find(words)
            .unwrap_or_else(|| panic!("{words}: {text}"))
    };
    let table = place("server and lane");
    for words in [
        "Differences of machine, build and plan:",
        "· rustc: rustc 1.95.0 in A, rustc 1.96.0 in B",
        "· RUSTFLAGS: not set in A, -C target-cpu=native in B",
        "· profile.release.lto: thin in A, fat in B",
        "· kernel boot parameters: not set in A, mitigations=off in B",
    ] {
        assert!(place(words) < table, "{words}: {text}");
    }
    first.environment = None;
    let text = Difference::between(&first, &other)
        .unwrap()
        .text(["a", "b"]);
    assert!(
        text.contains("· build and kernel settings: not in record A, which is older"),
        "{text}"
    );
}

#[test]
fn another_python_is_named() {
    let mut first = Simulation::new(3).run();
    let python = serde_json::json!({
        "implementation": "CPython", "version": "3.13.1", "compiler": "GCC 12.2.0", "optimisation": "-O3",
        "profile_guided": true, "link_time_optimised": false, "debug": false, "free_threaded": false,
        "configured": ["--enable-optimizations"], "packages": {"uvloop": "0.23.0"},
    });
    first.servers[0].python = Some(serde_json::from_value(python).unwrap());
    let mut other = first.clone();
    let python = other.servers[0].python.as_mut().unwrap();
    python.profile_guided = Some(false);
    python
        .packages
        .insert("uvloop".to_owned(), "0.22.0".to_owned());
    let text = Difference::between(&first, &other)
        .unwrap()
        .text(["a", "b"]);
    for words in [
        "· axum Python profile guided: true in A, false in B",
        "· axum Python uvloop: 0.23.0 in A, 0.22.0 in B",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn opposite_verdicts_contradict_each_other() {
    let first = Simulation::new(14).run();
    let mut other = Simulation::new(14);
    (other.arms[0].2, other.arms[1].2) = (170_000.0, 150_000.0);
    other.arms[3].2 = 170_000.0;
    let text = Difference::between(&first, &other.run())
        .unwrap()
        .text(["a", "b"]);
    assert!(
        text.contains("item: warp is ahead of axum in A, and is behind it in B"),
        "{text}"
    );
}

#[test]
fn what_explains_a_difference_is_noted() {
    let first = Simulation::new(3).run();
    let mut other = first.clone();
    other.servers[0].version = Some("0.9.0".to_owned());
    other.servers[0].program.as_mut().unwrap().sha256 = "cd".repeat(32);
    other.machine.cores = 4;
    let text = Difference::between(&first, &other)
        .unwrap()
        .text(["a", "b"]);
    for note in [
        "axum version: 0.8.9 in A, 0.9.0 in B",
        "axum: different programs",
        "· machine: ",
    ] {
        assert!(text.contains(note), "{text}");
    }
    let mut unnamed = first.clone();
    unnamed.machine.processor = None;
    let text = Difference::between(&unnamed, &unnamed)
        .unwrap()
        .text(["a", "b"]);
    assert!(text.contains("· perhaps another machine: "), "{text}");
}

#[test]
fn what_counts_in_one_alone_is_noted_and_nothing_is_relative_to_a_excluded_reference() {
    let first = Simulation::new(3).run();
    let mut other = first.clone();
    other.plan.connections = 128;
    let arms = other.plan.arms.iter();
    let reference = arms
        .map(|arm| arm.role)
        .position(|role| role == ArmRole::Reference)
        .unwrap();
    other.exclusions.push(quartet_record::Exclusion {
        arm: reference,
        restart: None,
        lane: Some(Lane::List),
        reason: "an answer was wrong".to_owned(),
    });
    let difference = Difference::between(&first, &other).unwrap();
    let text = difference.text(["a", "b"]);
    for note in [
        "connections: 64 in A, 128 in B",
        "hyper, list: valid in A only",
    ] {
        assert!(text.contains(note), "{text}");
    }
    let mut figures = difference.figures.iter();
    assert!(
        !figures.any(|figure| figure.of.ends_with(", list")),
        "{text}"
    );
}

#[test]
fn nothing_in_common_is_an_error() {
    let first = Simulation::new(3).run();
    let mut other = first.clone();
    other.restarts.clear();
    let error = Difference::between(&first, &other).unwrap_err().to_string();
    assert!(error.contains("share no valid figure"), "{error}");
}
