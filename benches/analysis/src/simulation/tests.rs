//! The analysis against known answers: whole simulated runs, from slices to intervals and verdicts.

use quartet_record::Record;
use quartet_record::plan::{ArmRole, Effort, Lane};
use quartet_record::testing::Simulation;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::statistics::{CONFIDENCE, Ratio, Verdict, ratio_over_restarts};
use crate::{Analysis, LaneAnalysis};

/// A run of one lane: two compared servers, the second copy of the first, and the reference.
fn template(restarts: u32, blocks: u32) -> Record {
    let mut simulation = Simulation::new(1);
    simulation
        .arms
        .retain(|arm| arm.1 != ArmRole::Floor && arm.0 != "salvo");
    let mut record = simulation.run();
    record.plan.lanes = vec![Lane::Item];
    record.plan.restarts = restarts;
    record.plan.blocks = blocks;
    record
}

/// What is said of a run in which the second server is so much as fast as the first.
fn analysed(record: &mut Record, seed: u64, second: f64, noise: &Noise) -> LaneAnalysis {
    let mut random = StdRng::seed_from_u64(seed);
    record.plan.seed = seed;
    let rates = [1.0, second, 1.0, 1.25].map(|rate| 100_000.0 * rate);
    record.restarts = restarts(&record.plan, &rates, noise, &mut random);
    Analysis::of(record).unwrap().lanes.remove(0)
}

fn holds(ratio: Ratio, truth: f64) -> bool {
    ratio.low <= truth && truth <= ratio.high
}

/// Of so many runs, how often the interval of either server relative to the reference holds the truth. A few runs
/// happen to look as if something drifted, and are excluded.
fn coverage(runs: u32, restarts: u32, noise: &Noise) -> f64 {
    let mut record = template(restarts, 8);
    let (mut held, mut all) = (0_u32, 0_u32);
    for seed in 0..u64::from(runs) {
        let found = analysed(&mut record, seed, 0.97, noise);
        for (arm, truth) in [(0, 1.0 / 1.25), (1, 0.97 / 1.25)] {
            let row = found.rows.iter().find(|row| row.arm == arm);
            if let Some(ratio) = row.and_then(|row| row.relative) {
                held += u32::from(holds(ratio, truth));
                all += 1;
            }
        }
    }
    assert!(
        all >= 2 * runs * 98 / 100,
        "of {runs} runs only {all} intervals"
    );
    f64::from(held) / f64::from(all)
}

/// Of 400 runs with two intervals each the standard error is 0.8 to 1.1 %.
#[track_caller]
fn covers(share: f64) {
    println!("{share}");
    assert!(
        (0.93..=0.97).contains(&share),
        "{share} of intervals hold the truth, {CONFIDENCE} is claimed"
    );
}

/// Servers of which a slice takes tenths of a second, as Python's do, leave time for the machine to change its speed
/// between two that are compared, and room for few blocks.
#[test]
fn so_they_do_beside_slow_servers_with_few_blocks() {
    let mut simulation = Simulation::new(1);
    let slow = [("fastapi", 7_000.0, 44), ("quart", 2_000.0, 150)];
    for (name, rate, _) in slow {
        simulation.arms.push((name, ArmRole::Compared, rate));
    }
    let mut record = simulation.run();
    let arms = record.plan.arms.len();
    for (arm, (_, _, slice)) in record.plan.arms[arms - slow.len()..].iter_mut().zip(slow) {
        arm.slow_slice_ms = Some(slice);
    }
    record.plan.restarts = Effort::QUICK.restarts;
    record.plan.blocks = record.plan.blocks_near(Effort::QUICK.blocks);
    let rates: Vec<f64> = simulation.arms.iter().map(|arm| arm.2).collect();
    let runs = 400;
    let held = (0..runs)
        .filter(|&seed| {
            let mut random = StdRng::seed_from_u64(seed);
            record.plan.seed = seed;
            record.restarts = restarts(&record.plan, &rates, &Noise::MEASURED, &mut random);
            let analysis = Analysis::of(&record).unwrap();
            holds(analysis.lanes[0].again.unwrap(), 1.0)
        })
        .count();
    covers(held as f64 / runs as f64);
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    covers(coverage(400, 10, &Noise::MEASURED));
}

#[test]
fn so_they_do_where_processes_and_slices_differ_more() {
    let noise = Noise {
        regimes: 0.15,
        processes: 0.01,
        slices: 0.1,
        ..Noise::MEASURED
    };
    covers(coverage(300, 10, &noise));
}

#[test]
fn so_they_do_on_a_quiet_machine_with_few_restarts() {
    let noise = Noise {
        regimes: 0.03,
        processes: 0.004,
        ..Noise::MEASURED
    };
    covers(coverage(300, 6, &noise));
}

/// How often a server so much as fast as another is found behind it, ahead of it, and neither.
fn verdicts(runs: u64, second: f64) -> [usize; 3] {
    let mut record = template(28, 12);
    let mut counts = [0; 3];
    for seed in 0..runs {
        let found = analysed(&mut record, seed, second, &Noise::MEASURED);
        let pair = &found.pairs[0];
        let verdict = if pair.arm == 1 {
            pair.verdict
        } else {
            pair.verdict.inverse()
        };
        counts[match verdict {
            Verdict::Behind => 0,
            Verdict::Ahead => 1,
            Verdict::Tie | Verdict::Undecided => 2,
        }] += 1;
    }
    counts
}

#[test]
fn of_two_equals_none_is_found_ahead() {
    assert_eq!(verdicts(50, 1.0), [0, 0, 50]);
}

#[test]
fn three_percent_are_found() {
    assert_eq!(verdicts(50, 0.97), [50, 0, 0]);
}

/// The mistake the restarts are there to avoid: blocks of few processes taken for independent.
#[test]
fn intervals_over_blocks_would_hold_it_too_seldom() {
    let mut random = StdRng::seed_from_u64(2);
    let runs = 200;
    let held = (0..runs)
        .filter(|_| {
            let blocks: Vec<f64> = (0..3)
                .flat_map(|_| {
                    let bias = 0.007 * normal(&mut random);
                    (0..400)
                        .map(|_| bias + 0.03 * normal(&mut random))
                        .collect::<Vec<_>>()
                })
                .collect();
            holds(ratio_over_restarts(&blocks, CONFIDENCE).unwrap(), 1.0)
        })
        .count();
    assert!(
        (held as f64) < 0.8 * f64::from(runs),
        "{held} of {runs} held"
    );
}
