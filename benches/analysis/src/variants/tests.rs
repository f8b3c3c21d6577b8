//! Tests of variants' figures.

use quartet_record::CaseFinding;
use quartet_record::Conformance;
use quartet_record::plan::ArmRole;
use quartet_record::testing::Simulation;
use quartet_record::variant::Variant;

use super::*;
use crate::Analysis;

/// A run in which the second arm is a variant of the first that answers so many requests.
fn run(restarts: u32, rate: f64) -> Record {
    let mut simulation = Simulation::new(restarts);
    simulation.arms[1] = ("axum@0.8.4", ArmRole::Aside, rate);
    let mut record = simulation.run();
    record.plan.arms[1].variant = Some(Variant {
        of: "axum".to_owned(),
        differences: vec!["axum=0.8.4".to_owned()],
        against: Vec::new(),
        directory: None,
    });
    record
}

fn found(record: &Record) -> VariantComparison {
    let mut variants = Analysis::of(record).unwrap().variants;
    assert_eq!(variants.len(), 1);
    variants.remove(0)
}

fn item(record: &Record) -> Change {
    found(record).lanes[0].requests.clone().unwrap()
}

#[test]
fn a_variant_is_compared_with_its_base_alone_and_has_no_rank() {
    let record = run(28, 145_500.0);
    let change = item(&record);
    assert!((change.ratio.estimate - 0.97).abs() < 0.005, "{change:?}");
    assert_eq!(change.verdict, Verdict::Behind);
    let lane = &Analysis::of(&record).unwrap().lanes[0];
    assert!(
        lane.rows
            .iter()
            .all(|row| row.arm != 1 || row.rank.is_none())
    );
    assert!(
        lane.pairs
            .iter()
            .all(|pair| pair.arm != 1 && pair.against != 1)
    );
    assert_eq!(lane.asides, []);
    assert_eq!((found(&record).arm, found(&record).base), (1, 0));
}

#[test]
fn intervals_hold_for_all_variants_and_no_other_pairs() {
    let one = item(&run(28, 150_000.0));
    let mut more = run(28, 150_000.0);
    more.plan.arms[2].variant = more.plan.arms[1].variant.clone();
    more.plan.arms[2].role = ArmRole::Aside;
    let several = Analysis::of(&more).unwrap().variants;
    assert_eq!(several.len(), 2);
    let wider = several[0].lanes[0].requests.clone().unwrap();
    assert_eq!(one.ratio.estimate, wider.ratio.estimate);
    assert!(one.ratio.low > wider.ratio.low);
    assert_eq!(one.verdict, Verdict::Tie);
}

#[test]
fn only_a_loss_that_is_proven_counts_as_one() {
    let loss = |restarts, rate, share| item(&run(restarts, rate)).is_lower_by(share);
    assert_eq!(loss(28, 140_000.0, 0.03), Loss::Proven);
    assert_eq!(loss(28, 150_000.0, 0.03), Loss::Refuted);
    assert_eq!(loss(28, 160_000.0, 0.03), Loss::Refuted);
    assert!(matches!(loss(28, 145_500.0, 0.03), Loss::Open(_)));
    // Of a bound within what equals differ by, less is proven than what the interval says alone.
    assert_ne!(loss(28, 149_500.0, 0.0), Loss::Proven);
    let Loss::Open(Some(needed)) = loss(3, 150_000.0, 0.012) else {
        panic!("three restarts tell");
    };
    assert!(needed > 3, "{needed}");
}

/// Makes arms faster evenly, by such a share in the course of the run.
fn drift(record: &mut Record, arms: &[usize]) {
    let last = record.restarts.len() as f64 - 1.0;
    for (restart, number) in record.restarts.iter_mut().zip(0_u32..) {
        let factor = 1.0 + 0.05 * f64::from(number) / last;
        for slice in &mut restart.slices {
            if arms.contains(&slice.arm) {
                slice.requests = (slice.requests as f64 * factor) as u64;
                slice.total_requests = (slice.total_requests as f64 * factor) as u64;
                slice.mean_ns = (slice.mean_ns as f64 / factor) as u64;
            }
        }
    }
}

#[test]
fn what_drifts_together_stays_comparable() {
    let mut record = run(28, 145_500.0);
    drift(&mut record, &[0, 1, 3]);
    let analysis = Analysis::of(&record).unwrap();
    let row = |arm| {
        let rows = &analysis.lanes[0].rows;
        rows.iter().find(move |row| row.arm == arm).unwrap()
    };
    assert!(row(0).excluded[0].starts_with("its ratio to hyper rose"));
    assert_eq!(row(1).excluded, [] as [String; 0]);
    assert_eq!(found(&record).lanes[0].excluded, [] as [String; 0]);
    assert_eq!(item(&record).verdict, Verdict::Behind);

    let mut record = run(28, 145_500.0);
    drift(&mut record, &[1]);
    let lane = found(&record).lanes.remove(0);
    assert!(
        lane.excluded[0].starts_with("its ratio to axum rose"),
        "{lane:?}"
    );
    assert_eq!((lane.requests, lane.cpu), (None, None));
}

#[test]
fn a_base_whose_answers_are_wrong_is_no_base() {
    let mut record = run(28, 145_500.0);
    record.exclusions.push(quartet_record::Exclusion {
        arm: 0,
        restart: Some(2),
        lane: Some(Lane::Item),
        reason: "an answer was wrong".to_owned(),
    });
    let lane = found(&record).lanes.remove(0);
    assert_eq!(lane.excluded, ["axum: an answer was wrong (restart 3)"]);
}

#[test]
fn what_changed_of_the_suite_is_told_by_cases_that_both_were_held_to() {
    use CaseVerdict::{Conforms, Differs, Fails, KnownDeviation, NotApplicable};
    let conformance = |cases: [CaseVerdict; 4]| {
        let names = ["a/1", "a/2", "a/3", "a/4"];
        let cases = names.iter().zip(cases).map(|(&id, verdict)| CaseFinding {
            id: id.to_owned(),
            verdict,
            note: None,
            reason: None,
            upstream: None,
        });
        Some(Conformance {
            cases: cases.collect(),
            ..Conformance::default()
        })
    };
    let mut record = run(2, 150_000.0);
    record.servers[0].conformance = conformance([Conforms, KnownDeviation, Conforms, Fails]);
    record.servers[1].conformance = conformance([Fails, Differs, NotApplicable, Fails]);
    let change = found(&record).suite;
    assert_eq!((change.asked, &*change.deviating[0]), (3, "a/1"));
    assert_eq!(change.conforming, ["a/2"]);
    assert_eq!(change.deviating.len(), 1);
}
