//! Whether results that a record holds follow from what else it holds. Most results are in no record.

use quartet_record::plan::ArmRole;
use quartet_record::{CaseVerdict, Conformance, Record, Slice};

use super::Misfits;
use crate::statistics::{Ratio, median};

/// How far an offered rate may be from what follows from the slices, as a share: a run that was continued may have
/// measured a little more since.
const RATE: f64 = 0.01;

pub(super) fn check(record: &Record, misfits: &mut Misfits) {
    misfits.next();
    for server in &record.servers {
        let name = &server.name;
        if let Some(found) = &server.conformance {
            cases(name, found, misfits);
            let is_excluded = (0..record.plan.arms.len())
                .filter(|&arm| &record.plan.arms[arm].server == name)
                .all(|arm| record.exclusions.iter().any(|one| one.arm == arm));
            if !found.failed.is_empty() && !is_excluded {
                misfits.add("gate", || {
                    format!(
                        "{name} fails {}, and is not excluded",
                        found.failed.join(", ")
                    )
                });
            }
        }
        let hashes = server.program.iter().map(|program| &program.sha256);
        for hash in hashes {
            if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                misfits.add("hash", || format!("{name}: {hash:?} is no SHA-256"));
            }
        }
    }
    rates(record, misfits);
    estimates(record, misfits);
    calibration(record, misfits);
}

/// Whether the counts are those of the cases.
fn cases(name: &str, found: &Conformance, misfits: &mut Misfits) {
    if found.cases.is_empty() {
        return;
    }
    let count = |wanted: &[CaseVerdict]| {
        let cases = found.cases.iter();
        cases.filter(|case| wanted.contains(&case.verdict)).count()
    };
    for (what, stored, counted) in [
        ("conform", found.conforms, count(&[CaseVerdict::Conforms])),
        ("differ", found.differs, count(&[CaseVerdict::Differs])),
        (
            "do not apply",
            found.not_applicable,
            count(&[CaseVerdict::NotApplicable]),
        ),
        (
            "deviate as known",
            found.known_deviations,
            count(&[CaseVerdict::KnownDeviation]),
        ),
        (
            "fail",
            found.failed.len(),
            count(&[CaseVerdict::Fails, CaseVerdict::Undecided]),
        ),
    ] {
        if stored != counted {
            misfits.add(format!("cases {name} {what}"), || {
                format!("{name}: {stored} cases are said to {what}, {counted} do")
            });
        }
    }
}

/// Whether offered rates are the shares that they are called of what the slowest server answered.
fn rates(record: &Record, misfits: &mut Misfits) {
    let (Some(latency), Some(plan)) = (&record.latency, &record.plan.latency) else {
        return;
    };
    let capacity = |wanted: &dyn Fn(ArmRole) -> bool| {
        let arms = record.plan.arms.iter().enumerate();
        arms.filter(|(_, arm)| wanted(arm.role))
            .filter_map(|(arm, _)| {
                let slices = record.restarts.iter().flat_map(|restart| &restart.slices);
                let rates: Vec<f64> = slices
                    .filter(|slice| slice.arm == arm && slice.lane == plan.lane)
                    .map(Slice::rate)
                    .collect();
                median(&rates)
            })
            .min_by(f64::total_cmp)
    };
    let least = capacity(&|role| role == ArmRole::Compared)
        .or_else(|| capacity(&|role| role != ArmRole::Floor));
    let Some(least) = least else {
        return;
    };
    for rate in &latency.rates {
        let Some(share) = rate.share else { continue };
        let expected = share * least;
        if (rate.per_second - expected).abs() > RATE * expected + 1.0 {
            misfits.add("offered rate", || {
                format!(
                    "{:.0} requests/s are called {:.0} % of the slowest server's capacity, which \
                     is {least:.0}",
                    rate.per_second,
                    100.0 * share
                )
            });
        }
    }
}

/// Whether each of criterion's estimates is a time within its interval.
fn estimates(record: &Record, misfits: &mut Misfits) {
    let groups = record.estimates.iter().flat_map(|found| &found.medians);
    for (group, functions) in groups {
        for (function, estimate) in functions {
            let values = [0.0, estimate.low, estimate.value, estimate.high];
            if !ascends(&values) {
                misfits.add("estimates", || {
                    format!("the estimate of {group}/{function} is not within its interval")
                });
            }
        }
    }
}

/// Whether what the machine was found to resolve is within its intervals.
fn calibration(record: &Record, misfits: &mut Misfits) {
    let Some(found) = &record.calibration else {
        return;
    };
    let within = |ratio: Ratio| ascends(&[0.0, ratio.low, ratio.estimate, ratio.high]);
    let lanes = found.lanes.iter();
    let slowed = lanes.clone().flat_map(|lane| &lane.slowed);
    let late = found.latency.iter().filter_map(|one| one.late);
    let ratios = slowed
        .clone()
        .map(|slowed| slowed.measured)
        .chain(late.clone().map(|late| late.measured));
    let frequencies = lanes
        .map(|lane| lane.told_apart)
        .chain(slowed.map(|slowed| slowed.seen))
        .chain(found.latency.iter().map(|one| one.told_apart))
        .chain(late.map(|late| late.seen));
    let shares = |one: quartet_record::calibration::Frequency| {
        ascends(&[0.0, one.low, one.share, one.high, 1.0])
    };
    let mut ratios = ratios;
    let mut frequencies = frequencies;
    if !ratios.all(within) || !frequencies.all(shares) {
        misfits.add("calibration", || {
            "a figure of the calibration is not within its interval".to_owned()
        });
    }
}

/// Whether values rise, or stay.
fn ascends(values: &[f64]) -> bool {
    // Where an interval comes from a bootstrap, rounding may leave its end a hair beyond the estimate.
    values.is_sorted_by(|one, other| one <= &(other + 1e-9 * other.abs()))
}
