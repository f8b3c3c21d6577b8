//! Tests of measuring costs.

use std::collections::BTreeMap;

use quartet_record::cost::{BuildCost, RequestCost};
use quartet_record::testing::record;

use super::*;
use crate::testing::stand_in::{HELLO, StandIn, anywhere, response};

const COUNTED: RequestCost = RequestCost {
    instructions: 20_000.0,
    allocations: Some(10.0),
    allocated_bytes: Some(1_000.0),
    groups: BTreeMap::new(),
};

const BUILT: BuildCost = BuildCost {
    cores: 2,
    clean_ns: 60_000_000_000,
    incremental_ns: 9_000_000_000,
    check_ns: None,
    clean_peak: None,
    incremental_peak: None,
    check_peak: None,
};

/// All there is to know of the stand-in, but for lines of source, which it has not.
fn known() -> ServerCost {
    let start = MemoryStart {
        idle: 1 << 20,
        loaded: 2 << 20,
        peak: 2 << 20,
        requests: 20_000,
        connections: 64,
        without_connections: 1 << 20,
        with_connections: 3 << 20,
        idle_connections: 1000,
    };
    ServerCost {
        name: "a".to_owned(),
        start_up_ns: vec![3_000_000; 30],
        memory: vec![start; memory::STARTS],
        idle_connections: None,
        stripped_bytes: Some(1_000),
        lines: None,
        build: Some(BUILT),
        requests: BTreeMap::from([(Lane::Item, COUNTED)]),
        waiting: Vec::new(),
        missing: Vec::new(),
    }
}

/// Measures what is missing besides, nothing further being asked for.
fn measured(entry: ServerCost) -> ServerCost {
    measured_with(Options::default(), entry)
}

/// Measures what is missing.
fn measured_with(options: Options, entry: ServerCost) -> ServerCost {
    // It does not start unless it is told to use as many workers as in the comparison.
    let script = "test {workers} = 3 || exit 1";
    let server = StandIn::running(script, |_| response(200, "application/json", HELLO));
    let mut record = record();
    record.plan.workers = 3;
    record.cost = Some(Cost {
        spawn_ns: Vec::new(),
        servers: vec![entry],
        again: None,
    });
    let costing = Costing {
        options,
        root: Path::new("/nowhere"),
        subjects: &[Some(server.subject())],
        placement: &anywhere(),
        host: &crate::host::LocalHost::new(&anywhere()),
        workers: 3,
        usable: &Usable::now().unwrap(),
        expected: None,
        model: &Model::embedded(),
        interrupt: &Interrupt::default(),
    };
    costing.measure(&mut record, |_| Ok(())).unwrap();
    let mut servers = record.cost.unwrap().servers;
    assert_eq!(servers.len(), 1);
    servers.remove(0)
}

#[test]
fn what_is_known_is_not_measured_again() {
    assert_eq!(measured(known()), known());
}

#[test]
fn memory_is_measured_as_often_as_is_missing() {
    let mut entry = known();
    entry.memory.truncate(memory::STARTS - 1);
    let found = measured(entry);
    assert_eq!(found.missing, Vec::<String>::new());
    assert_eq!(found.memory.len(), memory::STARTS);
    let last = found.memory[memory::STARTS - 1];
    // The stand-in's process only waits, while the test answers for it.
    assert!(
        last.idle > 0 && last.peak >= last.loaded.min(last.idle),
        "{last:?}"
    );
    assert!(last.requests > 0, "{last:?}");
    assert_eq!((last.connections, last.idle_connections), (64, 1000));
}

#[test]
fn what_is_missing_is_measured_beside_what_is_known() {
    let mut entry = known();
    entry.start_up_ns.truncate(28);
    entry.missing = ["start-up", "build time"]
        .map(|what| format!("{what}: it was not to be had"))
        .to_vec();
    let found = measured(entry);
    assert_eq!(found.start_up_ns.len(), 30);
    assert_eq!(found.start_up_ns[..28], known().start_up_ns[..28]);
    assert_eq!(found.missing, ["build time: it was not to be had"]);
    assert_eq!(
        (found.build, &found.requests),
        (Some(BUILT), &known().requests)
    );
}

#[test]
fn functions_have_no_names_where_cargo_does_not_build_the_server() {
    let options = Options {
        cost_by_group: true,
        ..Options::default()
    };
    let found = measured_with(options, known());
    let why = "instructions by group of functions: cargo does not build it";
    assert!(
        found.missing.iter().any(|said| said == why),
        "{:?}",
        found.missing
    );
    assert_eq!(found.requests, known().requests);
}
