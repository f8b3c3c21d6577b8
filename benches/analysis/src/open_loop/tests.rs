//! Tests of latency at given rates.

use quartet_record::testing::{record, with_modes};

use super::*;

/// What arms of the record made for tests are there for: axum, warp, salvo, then axum again, hyper
/// and the floor.
const AXUM: usize = 0;
const WARP: usize = 1;

fn found(record: &Record) -> LatencyComparison {
    latency_comparison(record).unwrap().unwrap()
}

fn slices(record: &mut Record) -> impl Iterator<Item = &mut OpenSlice> {
    let restarts = record.latency.as_mut().unwrap().restarts.iter_mut();
    restarts.flat_map(|restart| &mut restart.slices)
}

fn cell(found: &LatencyComparison, arm: usize, rate: usize) -> &OpenLoop {
    let mut cells = found.cells.iter();
    cells
        .find(|cell| (cell.arm, cell.rate) == (arm, rate))
        .unwrap()
}

fn pair(found: &LatencyComparison, rate: usize, quantile: f64) -> LatencyPair {
    let mut pairs = found.pairs.iter();
    let wanted = |pair: &&LatencyPair| {
        (pair.arm, pair.against, pair.rate, pair.quantile) == (AXUM, WARP, rate, quantile)
    };
    *pairs.find(wanted).unwrap()
}

#[test]
fn every_arm_has_its_percentiles_at_every_rate() {
    let record = with_modes(record());
    let found = found(&record);
    assert_eq!(found.cells.len(), 2 * record.plan.arms.len());
    for cell in &found.cells {
        assert!(cell.excluded.is_empty(), "{:?}", cell.excluded);
        let typical: Vec<f64> = cell.levels.iter().map(|level| level.typical_ns).collect();
        assert_eq!(typical, [50_000.0, 100_000.0, 150_000.0]);
        assert_eq!((cell.slices, cell.disturbed), (8, 0));
    }
    let half = cell(&found, AXUM, 0).latencies.at(0.5).unwrap();
    assert!(half.abs_diff(50_000) < 100, "{half}");
}

#[test]
fn equals_tie_and_the_slower_is_behind() {
    let mut record = with_modes(record());
    for slice in slices(&mut record) {
        if (slice.arm, slice.rate) == (WARP, 1) {
            slice.p99_ns = slice.p99_ns * 5 / 4;
        }
    }
    let found = found(&record);
    assert_eq!(pair(&found, 0, 0.99).verdict, Verdict::Tie);
    assert_eq!(pair(&found, 1, 0.50).verdict, Verdict::Tie);
    let slower = pair(&found, 1, 0.99);
    assert_eq!(slower.verdict, Verdict::Ahead);
    assert!((slower.ratio.estimate - 0.8).abs() < 1e-6, "{slower:?}");
    let relative = cell(&found, WARP, 1).levels[2].relative.unwrap();
    assert!((relative.estimate - 1.25).abs() < 1e-6, "{relative:?}");
}

#[test]
fn a_slice_in_which_the_machine_made_requests_wait_is_left_out() {
    let stalls: [fn(&mut OpenSlice); 3] = [
        |slice| slice.generator_stall_ns = Some(300_000),
        |slice| slice.server_kept_waiting_ns = Some(300_000),
        |slice| slice.stolen_ns = Some(10_000_000),
    ];
    for stall in stalls {
        let mut record = with_modes(record());
        for slice in slices(&mut record).filter(|slice| slice.block < 2) {
            if slice.arm == WARP {
                stall(slice);
                slice.p99_ns *= 100;
                slice.achieved /= 2;
            }
        }
        let found = found(&record);
        assert_eq!(pair(&found, 0, 0.99).verdict, Verdict::Tie);
        let cell = cell(&found, WARP, 0);
        assert_eq!((cell.slices, cell.disturbed), (8, 4));
        assert!(cell.excluded.is_empty(), "{:?}", cell.excluded);
    }
}

#[test]
fn a_server_of_which_most_slices_were_disturbed_is_excluded() {
    let mut record = with_modes(record());
    for slice in slices(&mut record).filter(|slice| slice.arm == WARP && slice.rate == 0) {
        slice.generator_stall_ns = Some(300_000);
    }
    let found = found(&record);
    let excluded = &cell(&found, WARP, 0).excluded;
    assert!(
        excluded[0].ends_with("requests wait in 8 of 8 slices"),
        "{excluded:?}"
    );
    assert!(cell(&found, WARP, 1).excluded.is_empty());
    assert!(cell(&found, AXUM, 0).excluded.is_empty());
}

#[test]
fn a_rate_that_is_not_kept_up_with_is_excluded_and_the_others_stand() {
    let mut record = with_modes(record());
    for slice in slices(&mut record).filter(|slice| slice.arm == WARP && slice.rate == 1) {
        slice.achieved = slice.offered * 98 / 100;
    }
    let found = found(&record);
    let excluded = &cell(&found, WARP, 1).excluded;
    assert!(excluded[0].contains("98.0 %"), "{excluded:?}");
    assert!(
        found
            .pairs
            .iter()
            .all(|pair| pair.rate == 0 || ![pair.arm, pair.against].contains(&WARP))
    );
    assert!(cell(&found, WARP, 0).excluded.is_empty());
}

#[test]
fn verdicts_ask_for_more_than_equals_differ_by() {
    let mut record = with_modes(record());
    let again = record.plan.copied().unwrap().0;
    for slice in slices(&mut record) {
        let factor = if slice.arm == again {
            130
        } else if slice.arm == WARP {
            125
        } else {
            100
        };
        slice.p99_ns = slice.p99_ns * factor / 100;
    }
    let found = found(&record);
    let equals = found
        .again
        .iter()
        .find(|one| (one.rate, one.quantile) == (0, 0.99))
        .unwrap();
    assert!((equals.margin - 0.3).abs() < 1e-6, "{equals:?}");
    assert_eq!(pair(&found, 0, 0.99).verdict, Verdict::Undecided);
}

#[test]
fn what_was_measured_in_long_slices_is_not_compared() {
    let mut record = with_modes(record());
    for slice in slices(&mut record) {
        slice.generator_stall_ns = None;
    }
    assert_eq!(latency_comparison(&record).unwrap(), None);
}

#[test]
fn failures_are_told_once() {
    let mut record = with_modes(record());
    let restarts = &mut record.latency.as_mut().unwrap().restarts;
    for restart in restarts {
        restart
            .slices
            .retain(|slice| (slice.arm, slice.rate) != (WARP, 1));
        restart
            .totals
            .retain(|one| (one.arm, one.rate) != (WARP, 1));
        restart.failures.push(quartet_record::LatencyFailure {
            arm: WARP,
            rate: Some(1),
            reason: "no answer".to_owned(),
        });
    }
    let found = found(&record);
    assert_eq!(cell(&found, WARP, 1).excluded, ["no answer"]);
    assert!(cell(&found, WARP, 0).excluded.is_empty());
}

#[test]
fn a_restart_that_was_not_measured_to_its_end_tells_nothing() {
    let mut record = with_modes(record());
    for restart in &mut record.latency.as_mut().unwrap().restarts {
        restart.complete = false;
    }
    assert_eq!(found(&record).cells, []);
    record.latency.as_mut().unwrap().restarts[0].complete = true;
    let found = found(&record);
    let cell = cell(&found, AXUM, 0);
    assert_eq!((cell.slices, cell.levels.len()), (2, 3));
    assert!(cell.levels.iter().all(|level| level.typical_ns > 0.0));
}

#[test]
fn ratios_together_are_of_the_restarts_that_have_all_pairs() {
    let mut record = with_modes(record());
    let again = record.plan.copied().unwrap().0;
    // In the first restart warp is missing, in the second the copy is half as slow again.
    let restarts = &mut record.latency.as_mut().unwrap().restarts;
    restarts[0].slices.retain(|slice| slice.arm != WARP);
    for slice in &mut restarts[1].slices {
        if slice.arm == again {
            slice.p99_ns = slice.p99_ns * 3 / 2;
        }
    }
    let samples = LatencySamples::of(&record, record.latency.as_ref().unwrap());
    assert_eq!(samples.log_ratios(again, AXUM, 0, 0.99).len(), 4);
    let together = samples.log_ratios_together(&[(WARP, AXUM), (again, AXUM)], 0, 0.99);
    assert_eq!(together.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
    assert!((together[1][0] - 1.5_f64.ln()).abs() < 1e-3, "{together:?}");
    assert!(together[1][1].abs() < 1e-3, "{together:?}");
}
