//! Records of runs that never were, with known truths: for tests of whatever reads records. In no program.

mod database;
mod features;
mod latencies;
mod modes;
mod parts;
mod scaling;
mod slice;

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::machine::{Machine, Source, Toolchain};
use crate::memory::Memory;
use crate::plan::{Arm, ArmRole, Lane, Plan};
use crate::record::{Record, SCHEMA_VERSION, State};
use crate::restart::{ArmRestart, LaneTotals, MachineLoad, RestartRecord};
use crate::server::{Conformance, Program, ServerRecord};

use latencies::latencies;

pub use database::{DATABASE_NS, over_database};
pub use features::{OF_BYTES, features};
pub use modes::with_modes;
pub use parts::{calibration, circumstances, python, with_latency};
pub use scaling::{Scaled, with_scaling};
pub use slice::slice;

/// A run to simulate.
#[derive(Debug)]
pub struct Simulation {
    /// Name, role and true requests per second of each arm.
    pub arms: Vec<(&'static str, ArmRole, f64)>,
    /// Fresh processes of each.
    pub restarts: u32,
    /// How far a process may be off all its life, as a share.
    pub bias: f64,
    /// How far a slice may be off, as a share.
    pub noise: f64,
}

impl Simulation {
    /// Three servers, a second copy of the first, the reference and the floor, on a calm machine.
    pub fn new(restarts: u32) -> Self {
        use ArmRole::{Again, Compared, Floor, Reference};
        Self {
            arms: vec![
                ("axum", Compared, 150_000.0),
                ("warp", Compared, 170_000.0),
                ("salvo", Compared, 120_000.0),
                ("axum (again)", Again, 150_000.0),
                ("hyper", Reference, 180_000.0),
                ("null", Floor, 250_000.0),
            ],
            restarts,
            bias: 0.003,
            noise: 0.03,
        }
    }

    /// The record of that run.
    pub fn run(&self) -> Record {
        let mut random = StdRng::seed_from_u64(11);
        let plan = self.plan();
        let restarts = plan
            .schedule()
            .into_iter()
            .zip(0..)
            .map(|(restart, number)| {
                let rates: Vec<f64> = self
                    .arms
                    .iter()
                    .map(|(_, _, rate)| rate * (1.0 + self.bias * random.random_range(-1.0..1.0)))
                    .collect();
                let mut slices = Vec::new();
                for (turns, block) in restart.blocks.iter().zip(0..) {
                    for (cell, position) in turns.iter().zip(0..) {
                        let off = 1.0 + self.noise * random.random_range(-1.0..1.0);
                        let rate = rates[cell.arm] * off;
                        slices.push(slice(block, position, cell.arm, cell.lane, rate));
                    }
                }
                RestartRecord {
                    restart: number,
                    started: "2026-11-02T10:00:00Z".to_owned(),
                    complete: true,
                    start_order: restart.start_order,
                    spawn_ns: Some(2_000_000),
                    machine: Some(MachineLoad {
                        others_ns: Some(10_000_000),
                        ..idle_machine()
                    }),
                    arms: (0..self.arms.len())
                        .map(|arm| life(arm, &plan.lanes))
                        .collect(),
                    slices,
                }
            })
            .collect();
        Record {
            schema_version: SCHEMA_VERSION,
            started: "2026-11-02T10:00:00Z".to_owned(),
            command: "cargo compare --seed 5".to_owned(),
            resumed: Vec::new(),
            state: State::Complete,
            calibration: None,
            machine: Machine {
                processor: Some("Fast 9000".to_owned()),
                cores: 2,
                memory: Some(8 << 30),
                platform: "linux x86_64".to_owned(),
                kernel: Some("6.18".to_owned()),
                governor: None,
                virtual_machine: Some(true),
            },
            servers_via: None,
            toolchain: Toolchain {
                rustc: Some("rustc 1.95.0".to_owned()),
                cargo: None,
            },
            environment: None,
            source: Source {
                revision: Some("0".repeat(40)),
                modified: Some(false),
                programs: BTreeMap::new(),
            },
            core_clock: false,
            cores: Vec::new(),
            servers: plan
                .arms
                .iter()
                .filter(|arm| arm.role != ArmRole::Again)
                .map(server)
                .collect(),
            plan,
            restarts,
            exclusions: Vec::new(),
            warnings: Vec::new(),
            database: None,
            capacity: Vec::new(),
            latency: None,
            scaling: Vec::new(),
            cost: None,
            estimates: None,
        }
    }

    fn plan(&self) -> Plan {
        let arm = |&(name, role, _): &(&str, ArmRole, f64)| Arm {
            name: name.to_owned(),
            server: name.trim_end_matches(" (again)").to_owned(),
            role,
            variant: None,
            without: Vec::new(),
            slow_slice_ms: None,
            slow_start_ms: None,
        };
        Plan {
            seed: 5,
            restarts: self.restarts,
            blocks: 12,
            slice_ms: 20,
            ramp_ms: 3,
            connections: 64,
            workers: 1,
            server_cores: vec![0],
            generator_cores: vec![1],
            lanes: vec![Lane::Item, Lane::List],
            arms: self.arms.iter().map(arm).collect(),
            lane_loads: BTreeMap::new(),
            custom: None,
            capacity: None,
            latency: None,
            scaling: None,
        }
    }
}

/// The record of a small run.
pub fn record() -> Record {
    Simulation::new(3).run()
}

/// A machine that has nothing else to do.
fn idle_machine() -> MachineLoad {
    MachineLoad {
        available_ns: 10_000_000_000,
        others_ns: Some(0),
        stolen_ns: Some(0),
        throttled_ns: Some(0),
        throttled_periods: Some(0),
        sent_segments: None,
        resent_segments: None,
        agent_ns: None,
    }
}

fn life(arm: usize, lanes: &[Lane]) -> ArmRestart {
    let totals = LaneTotals {
        user_ns: 12 * 5_800_000,
        system_ns: 12 * 17_400_000,
        database_ns: None,
        latencies: latencies(&[(400_000, 98), (800_000, 2)]),
    };
    ArmRestart {
        arm,
        start_up_ns: 3_000_000,
        idle: Some(Memory {
            proportional: 3 << 20,
            peak_resident: 5 << 20,
        }),
        loaded: Some(Memory {
            proportional: 4 << 20,
            peak_resident: 6 << 20,
        }),
        lanes: lanes
            .iter()
            .map(|&lane| (lane, totals.clone()))
            .collect::<BTreeMap<_, _>>(),
    }
}

fn server(arm: &Arm) -> ServerRecord {
    ServerRecord {
        name: arm.server.clone(),
        framework: Some(arm.server.clone()),
        version: Some("0.8.9".to_owned()),
        slowed_by: None,
        build: Vec::new(),
        python: None,
        late_by: None,
        variant: None,
        program: Some(Program {
            sha256: "ab".repeat(32),
            bytes: 1_500_000,
            is_script: false,
            crates: Some(47),
            linker: None,
            allocator: None,
        }),
        conformance: Some(Conformance {
            conforms: 120,
            differs: 2,
            ..Conformance::default()
        }),
        over_database: None,
        exec: None,
        content: None,
    }
}
