//! The analysis of made-up runs.

mod database;
mod gates;
mod verdicts;

use quartet_record::plan::{ArmRole, Lane};
use quartet_record::testing::{Simulation, record};
use quartet_record::{Exclusion, Record, ServersVia, Slice, State};

use crate::samples::Samples;
use crate::statistics::{LEAST_MARGIN, Rank, Verdict, ratio_over_restarts};
use crate::{Analysis, LaneAnalysis, Row};

fn analysed(record: &Record) -> Analysis {
    Analysis::of(record).unwrap()
}

fn lane(analysis: &Analysis, lane: Lane) -> &LaneAnalysis {
    analysis
        .lanes
        .iter()
        .find(|found| found.lane == lane)
        .unwrap()
}

fn row<'a>(record: &Record, lane: &'a LaneAnalysis, name: &str) -> &'a Row {
    lane.rows
        .iter()
        .find(|row| record.plan.arms[row.arm].name == name)
        .unwrap()
}

fn names<'a>(record: &'a Record, lane: &LaneAnalysis) -> Vec<&'a str> {
    lane.rows
        .iter()
        .map(|row| record.plan.arms[row.arm].name.as_str())
        .collect()
}

fn each_slice(record: &mut Record, name: &str, change: impl Fn(&mut Slice)) {
    let arm = record
        .plan
        .arms
        .iter()
        .position(|arm| arm.name == name)
        .unwrap();
    let slices = record
        .restarts
        .iter_mut()
        .flat_map(|restart| &mut restart.slices);
    slices.filter(|slice| slice.arm == arm).for_each(change);
}

#[test]
fn half_a_restart_counts_and_less_does_not() {
    let mut record = Simulation::new(4).run();
    record.state = State::Interrupted;
    let rank = |slice: &Slice| (slice.block, slice.position);
    for (restart, last) in [(2, (6, 0)), (3, (5, 1))] {
        let restart = &mut record.restarts[restart];
        restart.complete = false;
        restart.slices.retain(|slice| rank(slice) <= last);
    }
    let analysis = analysed(&record);
    assert_eq!(analysis.restarts, 3);
    assert!(
        analysis
            .warnings
            .iter()
            .any(|warning| warning.contains("3 of 4 restarts are used"))
    );
}

#[test]
fn a_restart_without_an_arms_end_leaves_its_cpu_to_the_others() {
    let cpu = |record: &Record| {
        let analysis = analysed(record);
        let figures = row(record, &analysis.lanes[0], "axum").figures.unwrap();
        figures.cpu.map(|cpu| cpu.total)
    };
    let mut record = record();
    assert!(cpu(&record).is_some());
    record.restarts[1].arms.retain(|entry| entry.arm != 0);
    assert!(cpu(&record).is_some());
}

#[test]
fn nothing_measured_is_no_error() {
    let mut record = record();
    record.restarts.clear();
    let analysis = analysed(&record);
    assert_eq!(analysis.restarts, 0);
    assert!(
        analysis.lanes[0]
            .rows
            .iter()
            .all(|row| row.figures.is_none() && row.rank.is_none())
    );
}

#[test]
fn without_the_kernels_books_the_rest_is_still_said() {
    let mut record = record();
    for slice in record
        .restarts
        .iter_mut()
        .flat_map(|restart| &mut restart.slices)
    {
        slice.cpu_ns = None;
    }
    let analysis = analysed(&record);
    let axum = row(&record, &analysis.lanes[0], "axum");
    assert!(axum.excluded.is_empty() && axum.relative.is_some());
    assert_eq!(axum.figures.unwrap().cpu, None);
    assert!(
        analysis
            .warnings
            .iter()
            .any(|warning| warning.contains("CPU time is unknown"))
    );
}

#[test]
fn footprints_are_one_an_arm() {
    let record = record();
    let analysis = analysed(&record);
    let axum = &analysis.footprints[0];
    assert_eq!(analysis.footprints.len(), 6);
    assert_eq!(axum.start_up_ns, Some(3e6));
    assert_eq!(axum.idle.unwrap().median, f64::from(3 << 20));
    assert_eq!(axum.peak.unwrap().median, f64::from(6 << 20));
    assert_eq!(
        (axum.program_bytes, axum.crates),
        (Some(1_500_000), Some(47))
    );
    assert_eq!(analysis.spawn_ns, Some(2e6));
}

#[test]
fn requests_per_second_are_what_the_ratio_makes_of_the_references() {
    // So noisy that medians of slices are another ratio.
    let mut simulation = Simulation::new(5);
    simulation.noise = 0.2;
    let record = simulation.run();
    for lane in analysed(&record).lanes {
        let rate = |row: &Row| row.figures.unwrap().requests_per_second;
        let is_reference = |row: &&Row| record.plan.arms[row.arm].role == ArmRole::Reference;
        let reference = rate(lane.rows.iter().find(is_reference).unwrap());
        let relative = |row: &Row| Some((rate(row), row.relative?.estimate));
        let found: Vec<(f64, f64)> = lane.rows.iter().filter_map(relative).collect();
        assert_eq!(found.len(), 5);
        for (rate, ratio) in found {
            assert!((rate / reference / ratio - 1.0).abs() < 1e-12);
        }
    }
}
