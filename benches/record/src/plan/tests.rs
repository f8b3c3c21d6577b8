//! Tests of plans.

use std::collections::HashMap;
use std::time::Duration;

use super::length::{FEWEST_BLOCKS, OPENING, SLICE_OVERHEAD};
use super::*;

fn plan(arms: usize, effort: Effort) -> Plan {
    let lanes = vec![Lane::Item, Lane::List];
    let arm = |index| Arm {
        name: format!("arm {index}"),
        server: format!("server {index}"),
        role: ArmRole::Compared,
        variant: None,
        without: Vec::new(),
        slow_slice_ms: None,
        slow_start_ms: None,
    };
    let mut plan = Plan {
        seed: 3,
        restarts: effort.restarts,
        blocks: 1,
        slice_ms: 20,
        ramp_ms: 3,
        connections: 64,
        workers: 1,
        server_cores: vec![0],
        generator_cores: vec![1],
        lanes,
        arms: (0..arms).map(arm).collect(),
        lane_loads: BTreeMap::new(),
        custom: None,
        capacity: None,
        latency: None,
        scaling: None,
    };
    plan.blocks = plan.blocks_near(effort.blocks);
    plan
}

#[test]
fn every_block_holds_every_cell_once() {
    let plan = plan(5, Effort::QUICK);
    let schedule = plan.schedule();
    assert_eq!(schedule.len(), plan.restarts as usize);
    for restart in &schedule {
        assert_eq!(restart.blocks.len(), plan.blocks as usize);
        for block in &restart.blocks {
            for cell in plan.cells() {
                assert_eq!(block.iter().filter(|&&found| found == cell).count(), 1);
            }
        }
    }
}

#[test]
fn seven_arms_are_balanced_exactly_in_a_normal_run() {
    let plan = plan(7, Effort::NORMAL);
    assert!(plan.positions_balanced() && plan.starts_balanced());
    let mut positions = HashMap::new();
    let mut starts = HashMap::new();
    for restart in plan.schedule() {
        for (place, arm) in restart.start_order.into_iter().enumerate() {
            *starts.entry((place, arm)).or_insert(0_u32) += 1;
        }
        for block in restart.blocks {
            for (position, cell) in block.into_iter().enumerate() {
                *positions.entry((position, cell)).or_insert(0_u32) += 1;
            }
        }
    }
    assert!(starts.values().all(|&times| times == plan.restarts / 7));
    let blocks = plan.restarts * plan.blocks;
    assert!(positions.values().all(|&times| times == blocks / 14));
}

#[test]
fn effort_decides_the_length() {
    // Four servers, the second copy and both floors.
    for (effort, seconds) in [
        (Effort::QUICK, 20..40),
        (Effort::NORMAL, 220..280),
        (Effort::THOROUGH, 420..520),
    ] {
        let length = plan(7, effort).expected_length().as_secs();
        assert!(seconds.contains(&length), "{effort:?} takes {length} s");
    }
}

#[test]
fn what_is_added_takes_longer_and_takes_nothing_from_the_rest() {
    for arms in 4..20 {
        let blocks = plan(arms, Effort::NORMAL).blocks;
        assert!(
            (Effort::NORMAL.blocks..=13).contains(&blocks),
            "{arms}: {blocks}"
        );
    }
    let mut every_lane = plan(7, Effort::THOROUGH);
    every_lane.lanes = Lane::IN_MEMORY.to_vec();
    // The floor does not answer the last.
    every_lane.arms[6].without = vec![Lane::Large];
    every_lane.blocks = every_lane.blocks_near(Effort::THOROUGH.blocks);
    assert!(every_lane.blocks >= Effort::THOROUGH.blocks);
    assert!(every_lane.positions_balanced());
}

#[test]
fn an_arm_has_no_turn_in_a_lane_it_does_not_answer() {
    let mut plan = plan(3, Effort::QUICK);
    plan.arms[1].without = vec![Lane::List];
    assert_eq!(plan.cells().len(), 5);
    assert!(!plan.takes_part(1, Lane::List) && plan.takes_part(1, Lane::Item));
    assert!(!plan.takes_part(0, Lane::Miss) && !plan.takes_part(3, Lane::Item));
}

#[test]
fn time_grows_with_what_is_measured_and_with_nothing_else() {
    let mut plan = plan(7, Effort::NORMAL);
    plan.blocks = 10;
    let length = |plan: &Plan| (plan.restart_length() - START_OVERHEAD * 7).as_secs_f64();
    let two = length(&plan);
    plan.blocks = 20;
    assert!((length(&plan) / two - 2.0).abs() < 1e-6);
    plan.lanes = vec![Lane::Item, Lane::List, Lane::Miss, Lane::Connect];
    assert!((length(&plan) / two - 4.0).abs() < 1e-6);
    let without = plan.expected_length();
    let capacity = CapacityPlan::new(Lane::Item, vec![1, 64], 4);
    plan.capacity = Some(capacity.clone());
    assert_eq!(
        plan.expected_length(),
        without + capacity.restart_length(&plan) * 4
    );
}

#[test]
fn what_is_held_takes_no_more_time() {
    let mut plan = plan(7, Effort::NORMAL);
    plan.capacity = Some(CapacityPlan::new(Lane::Item, vec![1, 64], 4));
    plan.latency = Some(LatencyPlan::new(Lane::Item, vec![], 64, 4));
    let mut held = Held::default();
    let mut rest = plan.expected_length();
    for (mode, count) in [(0, Effort::NORMAL.restarts), (1, 4), (2, 4)] {
        match mode {
            0 => held.comparison = count,
            1 => held.capacity = count,
            _ => held.latency = count,
        }
        let less = plan.expected_rest(held);
        assert!(less < rest, "{held:?}");
        rest = less;
    }
    assert_eq!(rest, Duration::ZERO);
}

#[test]
fn cores_are_shared_where_both_lists_name_them() {
    let mut plan = plan(2, Effort::QUICK);
    (plan.server_cores, plan.generator_cores) = (vec![0, 1, 2], vec![5, 4]);
    assert!(!plan.shares_a_core());
    assert_eq!(plan.measured_cores(), [0, 1, 2, 4, 5]);
    plan.generator_cores.push(2);
    assert_eq!(plan.shared_cores(), [2]);
    assert_eq!(plan.measured_cores(), [0, 1, 2, 4, 5]);
    plan.generator_cores.clear();
    assert!(!plan.shares_a_core());
}

#[test]
fn a_slow_arm_leaves_room_for_fewer_blocks() {
    let effort = Effort {
        blocks: 60,
        ..Effort::QUICK
    };
    let mut plan = plan(3, effort);
    let (blocks, length) = (plan.blocks, plan.restart_length());
    plan.arms[2].slow_slice_ms = Some(400);
    plan.blocks = plan.blocks_near(effort.blocks);
    assert!(plan.blocks < blocks / 3, "{} of {blocks}", plan.blocks);
    assert!(plan.restart_length() < length + Duration::from_secs(1));
}

#[test]
fn a_slow_start_takes_its_time_in_every_restart() {
    let mut plan = plan(3, Effort::QUICK);
    plan.capacity = Some(CapacityPlan::new(Lane::Item, vec![1, 64], 4));
    plan.latency = Some(LatencyPlan::new(Lane::Item, vec![], 64, 4));
    let (blocks, length) = (plan.blocks, plan.expected_length());
    plan.arms[2].slow_start_ms = Some(1040);
    assert_eq!(plan.blocks_near(Effort::QUICK.blocks), blocks);
    let starts = plan.restarts + 4 + 4;
    assert_eq!(
        plan.expected_length(),
        length + Duration::from_secs(1) * starts
    );
}

#[test]
fn there_are_always_a_few_blocks() {
    let mut plan = plan(50, Effort::QUICK);
    plan.arms[1].slow_slice_ms = Some(60_000);
    assert_eq!(plan.blocks_near(Effort::QUICK.blocks), FEWEST_BLOCKS);
    assert_eq!(plan.blocks_near(1), 1);
}

#[test]
fn every_block_of_capacity_holds_every_arm_and_levels_rise_and_fall() {
    let plan = CapacityPlan::new(Lane::Item, vec![1, 16, 64], 4);
    let schedule = plan.schedule(5, 1);
    assert_eq!(schedule.len(), 4);
    for (restart, number) in schedule.iter().zip(0..) {
        let levels: Vec<usize> = restart.levels.iter().map(|(level, _)| *level).collect();
        let expected = if number % 2 == 0 {
            [1, 16, 64]
        } else {
            [64, 16, 1]
        };
        assert_eq!(levels, expected);
        for (_, blocks) in &restart.levels {
            assert_eq!(blocks.len(), 4);
            for block in blocks {
                let mut arms = block.clone();
                arms.sort_unstable();
                assert_eq!(arms, [0, 1, 2, 3, 4]);
            }
        }
    }
    assert_eq!(schedule, plan.schedule(5, 1));
    assert_ne!(schedule, plan.schedule(5, 2));
}

#[test]
fn every_block_of_latency_holds_every_arm_at_one_rate_and_rates_take_turns() {
    let plan = LatencyPlan::new(Lane::Item, vec![1000.0], 64, 14);
    let schedule = plan.schedule(3, 1);
    assert_eq!(schedule.len(), 14);
    let mut first = HashMap::new();
    for restart in &schedule {
        assert_eq!(restart.blocks.len(), 3 * plan.blocks as usize);
        for (block, number) in restart.blocks.iter().zip(0..) {
            let rate = number % 3;
            let mut sorted = block.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [(0, rate), (1, rate), (2, rate)]);
            *first.entry(block[0]).or_insert(0) += 1;
        }
    }
    // Every arm is first at every rate equally often.
    let wanted = 14 * plan.blocks / 3;
    assert!(first.values().all(|&times| times == wanted), "{first:?}");
    assert_eq!(schedule, plan.schedule(3, 1));
}

#[test]
fn a_slice_is_long_enough_for_its_percentiles() {
    let plan = LatencyPlan::new(Lane::Item, Vec::new(), 64, 2);
    assert_eq!(plan.window(50_000.0).as_millis(), 20);
    assert_eq!(plan.window(4_000.0).as_millis(), 100);
}

#[test]
fn a_mode_takes_as_long_as_its_slices() {
    let plan = crate::testing::record().plan;
    let arms = plan.arms.len() as u32;
    let capacity = CapacityPlan::new(Lane::Item, vec![1, 64], 2);
    let slices = arms * 2 * 4;
    assert!(capacity.restart_length(&plan) > Duration::from_millis(23) * slices);
    assert!(capacity.restart_length(&plan) < Duration::from_millis(35) * slices);
    let latency = LatencyPlan::new(Lane::Item, vec![], 64, 2);
    let slices = arms * 2 * latency.blocks;
    assert!(latency.restart_length(&plan) > Duration::from_millis(23) * slices);
    assert!(latency.restart_length(&plan) < Duration::from_millis(35) * slices);
}

#[test]
fn a_slow_arm_takes_longer_the_more_it_is_asked() {
    let mut plan = crate::testing::record().plan;
    plan.arms[0].slow_slice_ms = Some(640);
    let capacity = CapacityPlan::new(Lane::Item, vec![1, 64, 1024], 2);
    let at = |arm, connections| {
        let length = capacity.slice_length(&plan, arm, connections) - SLICE_OVERHEAD;
        length.as_millis()
    };
    assert_eq!((at(0, 1), at(0, 64), at(0, 1024)), (23, 640, 10_240));
    assert_eq!(at(1, 1024), 23);

    // It gives 500 answers a second: at half of that a slice of 400 takes 1.6 s, of every arm.
    let latency = LatencyPlan::new(Lane::Item, vec![10_000.0], 64, 2);
    let at = |arm, rate| latency.slice_length(&plan, arm, rate).as_millis() as u64;
    let opening = (OPENING * 64 + SLICE_OVERHEAD).as_millis() as u64;
    assert_eq!(at(0, 1), 1_603 + opening);
    assert_eq!(at(1, 1), at(0, 1));
    // Of 430 requests in 43 ms the last is answered after 860.
    assert_eq!(at(1, 2), 43 + opening);
    assert_eq!(at(0, 2), 860 + opening);
}

#[test]
fn an_arm_that_takes_no_part_takes_no_time() {
    let mut plan = crate::testing::record().plan;
    let capacity = CapacityPlan::new(Lane::Item, vec![1, 64], 2);
    let latency = LatencyPlan::new(Lane::Item, vec![], 64, 2);
    let lengths = |plan: &Plan| (capacity.restart_length(plan), latency.restart_length(plan));
    let all = lengths(&plan);
    let arms = plan.arms.len() as u32;
    plan.arms[0].without.push(Lane::Item);
    let fewer = lengths(&plan);
    assert_eq!(fewer.0 * arms, all.0 * (arms - 1));
    assert_eq!(fewer.1 * arms, all.1 * (arms - 1));
}

#[test]
fn the_lane_item_is_read_by_its_former_name_too() {
    let read = |name: &str| serde_json::from_str::<Lane>(name).unwrap();
    assert_eq!(read("\"one\""), Lane::Item);
    assert_eq!(read("\"item\""), Lane::Item);
    assert_eq!(serde_json::to_string(&Lane::Item).unwrap(), "\"item\"");
}

#[test]
fn a_lane_over_a_database_has_its_name_everywhere() {
    for lane in Lane::ALL {
        let written = serde_json::to_value(lane).unwrap();
        assert_eq!(written, lane.name());
        let memory = lane.in_memory();
        assert_eq!(memory.is_some(), Lane::OVER_DATABASE.contains(&lane));
        let is_posted = Lane::POSTED.contains(&lane);
        let is_greeting = lane != Lane::Custom && !is_posted;
        assert_eq!(
            memory.is_none() && is_greeting,
            Lane::IN_MEMORY.contains(&lane)
        );
        assert_eq!(lane.path().is_some(), lane != Lane::Custom);
        assert_eq!(lane.posted().is_some(), is_posted);
        assert_eq!(memory.map_or(lane.path(), Lane::path), lane.path());
    }
}

#[test]
fn what_is_taken_in_as_json_is_taken_in_as_bytes_too() {
    let json: Vec<Lane> = Lane::ALL
        .into_iter()
        .filter(|lane| lane.as_bytes().is_some())
        .collect();
    assert_eq!(json, [Lane::Json1k, Lane::Json100k]);
    for lane in json {
        let bytes = lane.as_bytes().unwrap();
        assert_eq!(bytes.posted(), lane.posted());
        assert_eq!((bytes.path(), lane.path()), (Some("/bytes"), Some("/json")));
    }
}

#[test]
fn each_lane_has_its_own_copy_and_its_own_comparisons() {
    let mut plan = plan(1, Effort::QUICK);
    plan.lanes = vec![Lane::Item, Lane::Custom];
    let arm = |name: &str, server: &str, role, without| Arm {
        name: name.to_owned(),
        server: server.to_owned(),
        role,
        variant: None,
        without: vec![without],
        slow_slice_ms: None,
        slow_start_ms: None,
    };
    plan.arms = vec![
        arm("a", "a", ArmRole::Compared, Lane::Custom),
        arm("b", "b", ArmRole::Compared, Lane::Custom),
        arm("mine", "mine", ArmRole::Compared, Lane::Item),
        arm("a (again)", "a", ArmRole::Again, Lane::Custom),
        arm("mine (again)", "mine", ArmRole::Again, Lane::Item),
    ];
    assert_eq!(plan.copied(), Some((3, 0)));
    assert_eq!(plan.copied_in(Lane::Item), Some((3, 0)));
    assert_eq!(plan.copied_in(Lane::Custom), Some((4, 2)));
    assert_eq!(plan.compared_in(Lane::Item), 2);
    assert_eq!(plan.compared_in(Lane::Custom), 1);
    assert_eq!(plan.compared_in(Lane::List), 0);
}

#[test]
fn a_run_has_the_path_of_its_own_lane() {
    let mut plan = plan(1, Effort::QUICK);
    assert_eq!(plan.path(Lane::List), "/greetings");
    plan.custom = Some(Custom {
        path: "/json".to_owned(),
        bytes: 2,
        sha256: "ab".repeat(32),
        warm_up_ms: 500,
    });
    assert_eq!(plan.path(Lane::Custom), "/json");
    assert_eq!(plan.request(Lane::Custom), "GET /json");
    assert_eq!(plan.request(Lane::Item), Lane::Item.request());
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
}

#[test]
fn every_block_of_scaling_holds_every_number_of_workers_in_balanced_places() {
    let mut plan = plan(3, Effort::QUICK);
    plan.arms[2].without = vec![Lane::Item, Lane::Connect];
    plan.arms[1].without = vec![Lane::Connect];
    let level = |workers| ScalingLevel {
        workers,
        server_cores: (0..workers).collect(),
        generator_cores: vec![2],
    };
    let lanes = vec![Lane::Item, Lane::Connect];
    let scaling = ScalingPlan::new(lanes, vec![level(1), level(2), level(4)], 64, 3);
    let cells = scaling.cells(&plan);
    assert_eq!(cells.len(), 3 * 2 + 3);
    assert_eq!(scaling.processes(&plan).len(), 3 * 2);
    let schedule = scaling.schedule(&plan);
    assert_eq!(schedule, scaling.schedule(&plan), "the seed decides");
    for restart in &schedule {
        let mut starts = restart.start_order.clone();
        starts.sort_unstable();
        assert_eq!(starts, scaling.processes(&plan));
        for block in &restart.blocks {
            let mut turns = block.clone();
            turns.sort_unstable();
            assert_eq!(turns, cells);
        }
    }
    let pairs: Vec<&Vec<ScalingCell>> = schedule.iter().flat_map(|it| &it.blocks).collect();
    for pair in pairs.chunks_exact(2) {
        assert!(pair[0].iter().eq(pair[1].iter().rev()));
    }
    assert_eq!(scaling.load(4).connections, 256);
    assert_eq!(scaling.levels[2].shared_cores(), [2]);
    assert!(scaling.levels[1].shared_cores().is_empty());
}

#[test]
fn scaling_takes_as_long_as_its_slices_and_starts() {
    let mut plan = plan(2, Effort::QUICK);
    let without = plan.expected_length();
    let level = |workers| ScalingLevel {
        workers,
        server_cores: Vec::new(),
        generator_cores: Vec::new(),
    };
    let scaling = ScalingPlan::new(vec![Lane::Item], vec![level(1), level(2)], 10, 5);
    let slices = (Duration::from_millis(23) + SLICE_OVERHEAD) * 4 * scaling.blocks;
    let starts = START_OVERHEAD * 4 + OPENING * (2 * 10 + 2 * 20);
    assert_eq!(scaling.restart_length(&plan), slices + starts);
    plan.scaling = Some(scaling.clone());
    let whole = plan.expected_length();
    assert_eq!(whole, without + (slices + starts) * 5);
    let held = Held {
        scaling: 5,
        ..Held::default()
    };
    assert_eq!(plan.expected_rest(held), without);
}
