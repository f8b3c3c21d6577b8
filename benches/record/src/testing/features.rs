//! A run of what features cost.

use super::{Simulation, slice};
use crate::cost::{Cost, ServerCost, WAIT_MS, WaitingStart};
use crate::plan::{ArmRole, Feature, Lane};
use crate::record::Record;
use crate::variant::Variant;

/// How many times the CPU time of bytes JSON takes in [`features`].
pub const OF_BYTES: f64 = 2.0;

/// A run of a program without features, which answers 100,000 requests per second, with 10 middleware, with which it
/// answers 80,000, and with 1,000 routes more, with which it answers 25,000. It takes 1 kB in as bytes and, at
/// [`OF_BYTES`] times the CPU time, as JSON. Each of 1,000 connections takes 10 kB, a request in flight on it 2 kB more,
/// and 5 µs of CPU time.
pub fn features(restarts: u32) -> Record {
    use ArmRole::{Again, Aside, Floor, Reference};
    let simulation = Simulation {
        arms: vec![
            ("axum-features", Aside, 100_000.0),
            ("axum-features+env.MIDDLEWARE=10", Aside, 80_000.0),
            ("axum-features+env.ROUTES=1000", Aside, 25_000.0),
            ("axum-features (again)", Again, 100_000.0),
            ("hyper", Reference, 120_000.0),
            ("null", Floor, 250_000.0),
        ],
        ..Simulation::new(restarts)
    };
    let mut record = simulation.run();
    record.plan.lanes = vec![Lane::Item, Lane::Bytes1k, Lane::Json1k];
    let more = [(1, Feature::Middleware(10)), (2, Feature::Routes(1000))];
    for (arm, feature) in more {
        record.plan.arms[arm].variant = Some(Variant {
            of: "axum-features".to_owned(),
            differences: vec![feature.difference()],
            against: Vec::new(),
            directory: None,
        });
    }
    for arm in [1, 2, 4, 5] {
        record.plan.arms[arm].without.extend(Lane::POSTED);
    }
    for server in &mut record.servers {
        let framework = server.name.split('-').next();
        server.framework = framework.map(str::to_owned);
    }
    for restart in &mut record.restarts {
        restart.slices.retain(|slice| slice.lane == Lane::Item);
        let items: Vec<_> = restart
            .slices
            .iter()
            .filter(|slice| [0, 3].contains(&slice.arm))
            .copied()
            .collect();
        for of in items {
            for (lane, times) in [(Lane::Bytes1k, 1.5), (Lane::Json1k, 1.5 * OF_BYTES)] {
                let rate = of.rate() / times;
                let taken = slice(of.block, of.position + 100, of.arm, lane, rate);
                restart.slices.push(taken);
            }
        }
        for life in &mut restart.arms {
            let totals = life.lanes.remove(&Lane::List);
            if let Some(totals) = totals.filter(|_| [0, 3].contains(&life.arm)) {
                life.lanes.insert(Lane::Bytes1k, totals.clone());
                life.lanes.insert(Lane::Json1k, totals);
            }
        }
    }
    let waiting = WaitingStart {
        connections: 1_000,
        wait_ms: WAIT_MS,
        without: 1_000_000,
        connected: 11_000_000,
        waiting: 13_000_000,
        looks: 20,
        requests: 7_000,
        total_ns: 700_000_000,
        cpu_ns: Some(35_000_000),
    };
    record.cost = Some(Cost {
        servers: vec![ServerCost {
            name: "axum-features".to_owned(),
            waiting: vec![waiting; 3],
            ..ServerCost::default()
        }],
        ..Cost::default()
    });
    record
}
