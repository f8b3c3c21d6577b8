//! Memory of two records side by side.

use super::super::Difference;
use quartet_record::Record;
use quartet_record::cost::{Cost, MemoryStart, ServerCost};
use quartet_record::testing::Simulation;

/// A record with memory of starts: so much of warp's after load, and of every other's as much as
/// the reference's.
fn record(warp: u64) -> Record {
    let mut record = Simulation::new(14).run();
    for life in record
        .restarts
        .iter_mut()
        .flat_map(|restart| &mut restart.arms)
    {
        (life.idle, life.loaded) = (None, None);
    }
    let start = |loaded: u64| MemoryStart {
        idle: loaded,
        loaded,
        peak: loaded,
        requests: 20_000,
        connections: 64,
        without_connections: loaded,
        with_connections: loaded,
        idle_connections: 1_000,
    };
    let cost = |name: &str, loaded: u64| ServerCost {
        name: name.to_owned(),
        memory: (0..5).map(|more| start(loaded + 1_000 * more)).collect(),
        ..ServerCost::default()
    };
    record.cost = Some(Cost {
        spawn_ns: Vec::new(),
        servers: [
            ("axum", 4_000_000),
            ("warp", warp),
            ("salvo", 4_000_000),
            ("hyper", 4_000_000),
        ]
        .map(|(name, loaded)| cost(name, loaded))
        .to_vec(),
        again: Some(cost("axum (again)", 4_000_000)),
    });
    record
}

#[test]
fn memory_of_one_kind_is_compared() {
    let same = Difference::between(&record(5_000_000), &record(5_000_000)).unwrap();
    assert!(same.consistent(), "{}", same.text(["a", "b"]));
    let other = Difference::between(&record(5_000_000), &record(6_000_000)).unwrap();
    let text = other.text(["a", "b"]);
    let apart: Vec<&str> = text
        .lines()
        .filter(|line| line.ends_with("LARGER"))
        .collect();
    assert_eq!(apart.len(), 1, "{text}");
    assert!(
        apart[0].starts_with("warp") && apart[0].contains("memory"),
        "{text}"
    );
}

#[test]
fn memory_of_two_kinds_is_not_compared() {
    let old = Simulation::new(14).run();
    let text = Difference::between(&old, &record(5_000_000))
        .unwrap()
        .text(["a", "b"]);
    assert!(!text.contains("memory, loaded"), "{text}");
    assert!(
        text.contains("A has the proportional set size of processes beside others, B the"),
        "{text}"
    );
    let text = Difference::between(&record(5_000_000), &old)
        .unwrap()
        .text(["a", "b"]);
    assert!(
        text.contains("not compared: B has the proportional"),
        "{text}"
    );
}

#[test]
fn of_old_records_what_was_too_low_is_not_compared() {
    let old = Simulation::new(14).run();
    let text = Difference::between(&old, &old).unwrap().text(["a", "b"]);
    let compared: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("memory, loaded"))
        .collect();
    let names = ["warp ", "salvo ", "axum (again) "];
    assert_eq!(compared.len(), names.len(), "{text}");
    for name in names {
        assert!(compared.iter().any(|line| line.starts_with(name)), "{text}");
    }
    assert!(
        text.contains("beside its own copy is too low in both"),
        "{text}"
    );
}
