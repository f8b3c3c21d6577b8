//! What a reader should know before believing the tables. It takes no row out of the comparison.

use quartet_record::plan::{ArmRole, Lane};
use quartet_record::{Record, State};

use crate::calibration::sentence;
use crate::gates::{SATURATION, not_saturated};
use crate::lane::{LaneAnalysis, Row};
use crate::samples::Samples;
use crate::statistics::LEAST_MARGIN;
use crate::{busy, drift};

/// A share of the cores' time taken by the host that is worth a word.
const STOLEN: f64 = 0.01;

/// A share of disturbed slices that is worth a word.
const DISTURBED: f64 = 0.05;

/// With fewer restarts than this an interval depends much on the few there are.
const FEW_RESTARTS: usize = 10;

/// All of it.
pub(crate) fn all(record: &Record, samples: &Samples<'_>, lanes: &[LaneAnalysis]) -> Vec<String> {
    let plan = &record.plan;
    let mut warnings = record.warnings.clone();
    match record.state {
        State::Complete => {}
        State::Interrupted => warnings.push(format!(
            "interrupted: {} of {} restarts are used",
            samples.restarts(),
            plan.restarts
        )),
        State::Running => warnings.push(format!(
            "the run has not ended: {} of {} restarts so far",
            samples.restarts(),
            plan.restarts
        )),
    }
    match samples.restarts() {
        0 | 1 => warnings.push("no intervals: they need at least two restarts".to_owned()),
        few if few < FEW_RESTARTS => warnings.push(format!(
            "only {few} restarts: intervals are unreliable; do not publish results of fewer than \
             {FEW_RESTARTS}"
        )),
        _ => {}
    }
    warnings.push(match &record.calibration {
        Some(calibration) => sentence(calibration),
        None => "the smallest detectable difference is unknown on this machine; run \
             `cargo compare calibrate`"
            .to_owned(),
    });
    if let Some(last) = record.resumed.last() {
        warnings.push(format!(
            "the run was started {} and resumed {last}",
            record.started
        ));
    }
    if record.source.modified == Some(true) {
        warnings.push("the sources differ from the recorded revision".to_owned());
    }
    let stolen = busy::share(busy::loads(record), |load| load.stolen_ns);
    if let Some(stolen) = stolen.filter(|&share| share > STOLEN) {
        warnings.push(format!(
            "the host took {:.1} % of the cores' time",
            100.0 * stolen
        ));
    }
    warnings.extend(busy::throttled(busy::loads(record)));
    warnings.extend(busy::quota_unknown(record));
    match unmeasured(record, samples) {
        Some(all) => warnings.push(all),
        None => warnings.extend(busy::unknown(record)),
    }
    for lane in lanes {
        warnings.extend(disturbed(record, samples, lane.lane));
        warnings.extend(idle_floor(record, samples, lane));
        warnings.extend(floor_missing(record, samples, lane.lane));
        warnings.extend(drift::of_reference(record, samples, lane.lane));
        let name = lane.lane.name();
        match lane.again {
            None => warnings.push(format!(
                "{name}: there is no valid second copy, so the measurement error is unknown"
            )),
            Some(again) if again.low > 1.0 || again.high < 1.0 => warnings.push(format!(
                "{name}: two copies of one server differ by {:.2} %, so differences up to {:.2} % \
                 are not called real, and there are no ties",
                100.0 * (again.estimate - 1.0).abs(),
                100.0 * lane.margin
            )),
            Some(_) if lane.margin > LEAST_MARGIN => warnings.push(format!(
                "{name}: two copies of one server may differ by up to {:.2} % in this run, so \
                 smaller differences are not called real, and there are no ties",
                100.0 * lane.margin
            )),
            Some(_) => {}
        }
    }
    warnings
}

fn unmeasured(record: &Record, samples: &Samples<'_>) -> Option<String> {
    let known = |arm, lane| {
        samples
            .slices(arm, lane)
            .any(|slice| slice.cost_ns().is_some())
    };
    let cells = record.plan.cells();
    let any = cells
        .iter()
        .any(|cell| samples.slices(cell.arm, cell.lane).next().is_some());
    (any && !cells.iter().any(|cell| known(cell.arm, cell.lane))).then(|| {
        "CPU time is unknown on this system, so it was not checked that the servers' cores were \
         busy"
            .to_owned()
    })
}

fn disturbed(record: &Record, samples: &Samples<'_>, lane: Lane) -> Option<String> {
    let busy: Vec<f64> = (0..record.plan.arms.len())
        .filter(|&arm| record.plan.arms[arm].role != ArmRole::Floor)
        .filter(|&arm| not_saturated(record, samples, arm, lane).is_none())
        .flat_map(|arm| samples.slices(arm, lane))
        .filter_map(|slice| samples.utilisation(slice))
        .collect();
    let idle = busy.iter().filter(|&&busy| busy < SATURATION).count();
    let share = idle as f64 / busy.len().max(1) as f64;
    (share > DISTURBED).then(|| {
        format!(
            "{}: in {:.0} % of slices something else ran on the server's core (less than {:.0} % \
             busy); ratios are corrected for this",
            lane.name(),
            100.0 * share,
            100.0 * SATURATION
        )
    })
}

/// Without the floor the gate that rests on it cannot close.
fn floor_missing(record: &Record, samples: &Samples<'_>, lane: Lane) -> Option<String> {
    let floor = record.plan.first(ArmRole::Floor)?;
    let measured = |arm| samples.slices(arm, lane).next().is_some();
    let anything = (0..record.plan.arms.len()).any(measured);
    (anything && record.plan.takes_part(floor, lane) && !measured(floor)).then(|| {
        format!(
            "{}: the floor was not measured, so it is unknown whether the generator is fast enough",
            lane.name()
        )
    })
}

fn idle_floor(record: &Record, samples: &Samples<'_>, analysed: &LaneAnalysis) -> Option<String> {
    let lane = analysed.lane;
    let counts = |row: &&Row| row.excluded.is_empty();
    let floor = analysed.rows.iter().filter(counts).map(|row| row.arm);
    let floor = floor
        .into_iter()
        .find(|&arm| record.plan.arms[arm].role == ArmRole::Floor)?;
    let busy = samples.median_of(floor, lane, |slice| samples.utilisation(slice))?;
    (busy < SATURATION).then(|| {
        format!(
            "{}: the floor's core was only {:.0} % busy because the generator was the limit; the \
             floor's rate is a lower bound",
            lane.name(),
            100.0 * busy
        )
    })
}
