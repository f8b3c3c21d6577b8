use super::*;
use crate::accounting::Memory;
use crate::testing::record;
use crate::testing::stand_in::{HELLO, StandIn, anywhere, response};

const COUNTED: RequestCost = RequestCost {
    instructions: 20_000.0,
    allocations: Some(10.0),
    allocated_bytes: Some(1_000.0),
};

const BUILT: BuildCost = BuildCost {
    cores: 2,
    clean_ns: 60_000_000_000,
    incremental_ns: 9_000_000_000,
};

/// All there is to know of the stand-in, but for lines of source, which it has not.
fn known() -> ServerCost {
    let memory = Memory {
        proportional: 1 << 20,
        peak_resident: 2 << 20,
    };
    ServerCost {
        name: "a".to_owned(),
        start_up_ns: vec![3_000_000; 30],
        idle_connections: Some(IdleConnections {
            count: 1000,
            before: memory,
            after: memory,
        }),
        stripped_bytes: Some(1_000),
        lines: None,
        build: Some(BUILT),
        requests: BTreeMap::from([(Lane::One, COUNTED)]),
        missing: Vec::new(),
    }
}

/// Measures what is missing besides, nothing further being asked for.
fn measured(entry: ServerCost) -> ServerCost {
    // It does not start unless it is told to use as many workers as in the comparison.
    let script = "test {workers} = 3 || exit 1";
    let server = StandIn::running(script, |_| response(200, "application/json", HELLO));
    let mut record = record();
    record.cost = Some(Cost {
        spawn_ns: Vec::new(),
        servers: vec![entry],
    });
    let costing = Costing {
        options: Options::default(),
        root: Path::new("/nowhere"),
        subjects: &[Some(server.subject())],
        placement: &anywhere(),
        workers: 3,
        usable: &Usable::now().unwrap(),
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
