//! Tests of scaling, on servers whose efficiency is known.

use quartet_record::Exclusion;
use quartet_record::plan::ArmRole;
use quartet_record::testing::{Scaled, Simulation, record, with_scaling};

use super::*;
use crate::Analysis;

/// Four numbers of workers on a machine with so many cores.
fn scaled(cores: usize, efficiency: &dyn Fn(usize, usize, Lane) -> f64) -> Record {
    let scaled = Scaled {
        workers: &[1, 2, 4, 8],
        cores,
        efficiency,
        noise: 0.03,
    };
    with_scaling(record(), &scaled)
}

/// Warp loses a quarter from four workers on with clients that reconnect; all others lose two in a hundred with each
/// doubling.
fn bends(arm: usize, workers: usize, lane: Lane) -> f64 {
    let gently = 0.98_f64.powi(workers.ilog2() as i32);
    match (arm, lane, workers) {
        (1, Lane::Connect, 4..) => 0.75 * gently,
        _ => gently,
    }
}

fn found(record: &Record) -> Scaling {
    Analysis::of(record).unwrap().scaling.unwrap()
}

fn row(scaling: &Scaling, arm: usize, lane: Lane) -> &ScalingRow {
    let lane = scaling.lanes.iter().find(|one| one.lane == lane).unwrap();
    lane.rows.iter().find(|row| row.arm == arm).unwrap()
}

#[test]
fn it_bends_where_it_is_known_to() {
    let scaling = found(&scaled(16, &bends));
    assert_eq!(scaling.workers, [1, 2, 4, 8]);
    let at_four = Bend::At {
        workers: 4,
        open: Vec::new(),
    };
    for lane in &scaling.lanes {
        for row in &lane.rows {
            match (row.arm, lane.lane) {
                (1, Lane::Connect) => assert_eq!(row.bend, at_four),
                _ => assert_eq!(row.bend, Bend::NotUpTo(8), "{row:?}"),
            }
            for figure in row.figures.iter().skip(1) {
                let truth = bends(row.arm, figure.workers, lane.lane);
                let estimate = figure.efficiency.unwrap();
                assert!(
                    (estimate.estimate / truth - 1.0).abs() < 0.02,
                    "{estimate:?}, {truth}"
                );
                assert!(estimate.high / estimate.low < 1.04, "{estimate:?}");
            }
        }
    }
}

/// Of many intervals about as many hold the truth as are meant to.
#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let scaling = found(&scaled(16, &bends));
    let (mut held, mut all) = (0, 0);
    for lane in &scaling.lanes {
        for row in &lane.rows {
            for figure in &row.figures[1..] {
                let truth = bends(row.arm, figure.workers, lane.lane);
                let ratio = figure.efficiency.unwrap();
                held += u32::from(ratio.low <= truth && truth <= ratio.high);
                all += 1;
            }
        }
    }
    assert!(all == 36 && held >= 31, "{held} of {all}");
}

#[test]
fn two_copies_are_told_to_be_equal_within_the_noise() {
    let scaling = found(&scaled(16, &bends));
    let again = &scaling.lanes[0].again;
    let workers: Vec<usize> = again.iter().map(|(workers, _)| *workers).collect();
    assert_eq!(workers, [2, 4, 8]);
    assert!(
        again.iter().all(|(_, ratio)| ratio.reach() < 0.03),
        "{again:?}"
    );
}

#[test]
fn on_shared_cores_there_is_cpu_time_and_no_rate() {
    let scaling = found(&scaled(4, &bends));
    let row = row(&scaling, 1, Lane::Connect);
    let [one, two, four, _] = &row.figures[..] else {
        panic!("{row:?}");
    };
    assert!(one.rate_excluded.is_empty() && two.rate_excluded.is_empty());
    assert!(two.efficiency.is_some());
    assert_eq!(four.efficiency, None);
    assert!(
        four.rate_excluded[0].starts_with("servers and generator shared core 3"),
        "{:?}",
        four.rate_excluded
    );
    let cost = four.cpu_efficiency.unwrap();
    assert!(
        (cost.estimate / (0.75 * 0.98 * 0.98) - 1.0).abs() < 0.02,
        "{cost:?}"
    );
    assert_eq!(row.bend, Bend::Open(vec![4, 8]));
    let two_cores = found(&scaled(2, &bends));
    for row in two_cores.lanes.iter().flat_map(|lane| &lane.rows) {
        assert_eq!(row.bend, Bend::Unknown);
    }
}

#[test]
fn with_the_least_number_the_cores_are_busy_and_with_more_they_need_not_be() {
    let idle = |workers: usize| {
        let mut record = scaled(16, &|_, _, _| 1.0);
        let slices = record
            .scaling
            .iter_mut()
            .flat_map(|restart| &mut restart.slices);
        for one in slices.filter(|one| one.slice.arm == 1 && one.workers == workers) {
            // Half of the time, in which it answers half as much.
            one.slice.cpu_ns = one.slice.cpu_ns.map(|cpu| cpu / 2);
            one.slice.requests /= 2;
            one.slice.total_requests /= 2;
            one.slice.mean_ns *= 2;
        }
        found(&record)
    };
    let least = idle(1);
    let row_of = row(&least, 1, Lane::Item);
    assert!(row_of.figures[0].rate_excluded[0].contains("busy"));
    assert_eq!(row_of.bend, Bend::Unknown);
    let more = idle(4);
    let row_of = row(&more, 1, Lane::Item);
    let figure = &row_of.figures[2];
    assert!((figure.efficiency.unwrap().estimate - 0.5).abs() < 0.02);
    assert!((figure.utilisation.unwrap() - 0.5).abs() < 0.02);
    // A request costs as much as ever.
    assert!((figure.cpu_efficiency.unwrap().estimate - 1.0).abs() < 0.02);
    let bend = Bend::At {
        workers: 4,
        open: Vec::new(),
    };
    assert_eq!(row_of.bend, bend);
}

#[test]
fn a_generator_that_falls_behind_shows_at_the_floor() {
    let floor = record().plan.first(ArmRole::Floor).unwrap();
    // The floor falls to the rate of the others with eight workers.
    let behind = move |arm, workers, _| match (arm == floor, workers) {
        (true, 8) => 0.5,
        _ => 1.0,
    };
    let scaling = found(&scaled(16, &behind));
    let figures = &row(&scaling, 1, Lane::Item).figures;
    assert!(figures[2].rate_excluded.is_empty());
    assert!(figures[3].rate_excluded[0].starts_with("the floor is only"));
    assert_eq!(row(&scaling, 1, Lane::Item).bend, Bend::Open(vec![8]));
}

#[test]
fn what_is_excluded_has_no_efficiency_and_what_was_cut_short_does_not_count() {
    let mut record = scaled(16, &bends);
    record.exclusions.push(Exclusion {
        arm: 2,
        restart: None,
        lane: None,
        reason: "it ended".to_owned(),
    });
    record.scaling[3].complete = false;
    let scaling = found(&record);
    assert_eq!(scaling.restarts, record.scaling.len() - 1);
    let excluded = row(&scaling, 2, Lane::Item);
    assert_eq!(excluded.bend, Bend::Unknown);
    assert!(
        excluded
            .figures
            .iter()
            .all(|it| it.cpu_efficiency.is_none())
    );
    assert_eq!(row(&scaling, 0, Lane::Item).bend, Bend::NotUpTo(8));
}

#[test]
fn an_interval_that_holds_the_threshold_decides_nothing() {
    let figure = |workers, interval: Option<(f64, f64)>| ScalingFigure {
        workers,
        requests_per_second: None,
        utilisation: None,
        efficiency: interval.map(|(low, high)| Ratio {
            estimate: f64::midpoint(low, high),
            low,
            high,
        }),
        rate_excluded: Vec::new(),
        cpu_ns: None,
        cpu_efficiency: None,
        cpu_excluded: Vec::new(),
    };
    let bend = |intervals: [Option<(f64, f64)>; 3]| {
        let mut figures = vec![figure(1, None)];
        figures.extend(
            [2, 4, 8]
                .into_iter()
                .zip(intervals)
                .map(|(n, it)| figure(n, it)),
        );
        Bend::of(&figures)
    };
    let (above, holds, below) = (Some((0.95, 0.97)), Some((0.88, 0.92)), Some((0.7, 0.8)));
    assert_eq!(bend([above, above, above]), Bend::NotUpTo(8));
    assert_eq!(bend([above, holds, above]), Bend::Open(vec![4]));
    assert_eq!(bend([above, above, None]), Bend::Open(vec![8]));
    assert_eq!(bend([None, None, None]), Bend::Unknown);
    let at = |workers, open: &[usize]| Bend::At {
        workers,
        open: open.to_vec(),
    };
    assert_eq!(bend([above, below, below]), at(4, &[]));
    assert_eq!(bend([holds, None, below]), at(8, &[2, 4]));
    assert_eq!(bend([below, above, None]), at(2, &[]));
}

#[test]
fn what_was_not_measured_is_not_there() {
    assert_eq!(
        Analysis::of(&Simulation::new(2).run()).unwrap().scaling,
        None
    );
}
