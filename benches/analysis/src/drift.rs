//! What moved in the course of a run: restarts are a sample only of something that stays.

use quartet_record::Record;
use quartet_record::plan::{ArmRole, Lane};

use crate::samples::Samples;
use crate::statistics::{LEAST_MARGIN, Trend, trend};

/// The chance of a trend by accident that is accepted in a whole run, all its rows together.
const CHANCE: f64 = 0.01;

/// How much faster or slower the reference may become, as a share, before a reader is told. Ratios rest on
/// differences between slices that follow each other, so that this alone takes nothing from them.
const SPEED: f64 = 0.10;

/// Why a row is excluded whose ratio to the reference rises or falls with the restarts by more than what is of account:
/// its mean is then the mean of two different things. A variant's reference is its base. The floor is not asked: it is compared with no one, and as next
/// to all of its time is the kernel's, its ratio moves with the machine's state.
pub(super) fn of_ratio(
    record: &Record,
    samples: &Samples<'_>,
    arm: usize,
    lane: Lane,
) -> Option<String> {
    let is_floor = record.plan.arms[arm].role == ArmRole::Floor;
    let mut variants = record.plan.variants().into_iter();
    let base = variants.find(|&(variant, _)| variant == arm);
    let reference = base
        .map(|(_, base)| base)
        .or_else(|| record.plan.first(ArmRole::Reference))
        .filter(|&reference| reference != arm && !is_floor)?;
    let change = certain(record, trend(&samples.log_ratios(arm, reference, lane)))?;
    (change.abs() > LEAST_MARGIN.ln_1p()).then(|| {
        format!(
            "its ratio to {} {} by {:.1} % during the run",
            record.plan.arms[reference].name,
            direction(change),
            100.0 * change.exp_m1().abs()
        )
    })
}

/// A word on a machine that became slower or faster.
pub(super) fn of_reference(record: &Record, samples: &Samples<'_>, lane: Lane) -> Option<String> {
    let reference = record.plan.first(ArmRole::Reference)?;
    let logarithms: Vec<f64> = samples
        .rates(reference, lane)
        .into_iter()
        .map(f64::ln)
        .collect();
    let change = certain(record, trend(&logarithms))?;
    (change.abs() > SPEED.ln_1p()).then(|| {
        format!(
            "{}: the machine drifted: {}'s own rate {} by {:.0} % during the run; this affects \
             rates, but not ratios",
            lane.name(),
            record.plan.arms[reference].name,
            direction(change),
            100.0 * change.exp_m1().abs()
        )
    })
}

/// The change, if it is hardly an accident among all the rows of a run.
fn certain(record: &Record, trend: Option<Trend>) -> Option<f64> {
    let rows = record.plan.cells().len() as f64;
    trend
        .filter(|trend| trend.chance < CHANCE / rows)
        .map(|trend| trend.change)
}

fn direction(change: f64) -> &'static str {
    if change > 0.0 { "rose" } else { "fell" }
}

#[cfg(test)]
mod tests {
    use crate::{Analysis, Row};
    use quartet_record::Record;
    use quartet_record::testing::Simulation;

    /// A run in which every rate of these arms changes evenly, by such a share in the course of the run.
    fn drifting(arms: &[usize], change: f64) -> Record {
        let mut record = Simulation::new(28).run();
        let last = record.restarts.len() as f64 - 1.0;
        for (restart, number) in record.restarts.iter_mut().zip(0_u32..) {
            let factor = 1.0 + change * f64::from(number) / last;
            for slice in &mut restart.slices {
                if arms.contains(&slice.arm) {
                    slice.requests = (slice.requests as f64 * factor) as u64;
                    slice.total_requests = (slice.total_requests as f64 * factor) as u64;
                    slice.mean_ns = (slice.mean_ns as f64 / factor) as u64;
                }
            }
        }
        record
    }

    fn excluded_rows(record: &Record) -> Vec<(String, String)> {
        let lanes = Analysis::of(record).unwrap().lanes;
        let rows = lanes.into_iter().flat_map(|lane| lane.rows);
        rows.filter(|row: &Row| !row.excluded.is_empty())
            .map(|row| {
                (
                    record.plan.arms[row.arm].name.clone(),
                    row.excluded.join("; "),
                )
            })
            .collect()
    }

    #[test]
    fn the_floor_may_drift() {
        let record = drifting(&[5], 0.2);
        assert_eq!(record.plan.arms[5].name, "null");
        assert_eq!(excluded_rows(&record), []);
    }

    #[test]
    fn a_server_that_drifts_from_the_reference_is_excluded_alone() {
        let exclusions = excluded_rows(&drifting(&[1], -0.05));
        assert_eq!(exclusions.len(), 2, "{exclusions:?}");
        for (name, reason) in exclusions {
            assert_eq!(name, "warp");
            assert!(
                reason.starts_with("its ratio to hyper fell by ")
                    && reason.contains("during the run"),
                "{reason}"
            );
        }
    }

    #[test]
    fn a_machine_that_drifts_takes_all_along_and_is_only_told_of() {
        let record = drifting(&[0, 1, 2, 3, 4, 5], 0.3);
        assert_eq!(excluded_rows(&record), []);
        let warnings = Analysis::of(&record).unwrap().warnings;
        let told = warnings
            .iter()
            .filter(|warning| warning.contains("the machine drifted"));
        assert_eq!(told.count(), 2, "{warnings:?}");
    }

    #[test]
    fn what_stays_is_not_said_to_drift() {
        let record = Simulation::new(28).run();
        assert_eq!(excluded_rows(&record), []);
        let warnings = Analysis::of(&record).unwrap().warnings;
        assert!(!warnings.iter().any(|warning| warning.contains("drift")));
    }
}
