//! A calibration in a sentence.

use quartet_record::calibration::Calibration;

/// One line for a report: what a default run on this machine can tell.
pub fn sentence(calibration: &Calibration) -> String {
    let lanes: Vec<String> = calibration
        .lanes
        .iter()
        .filter_map(|lane| {
            let resolves = 100.0 * lane.resolves?;
            Some(format!("{resolves:.1} % ({})", lane.lane.name()))
        })
        .collect();
    let apart = calibration.lanes.iter().map(|lane| lane.told_apart.share);
    if lanes.is_empty() {
        return format!(
            "the smallest detectable difference is unknown: the calibration of {} has no valid result",
            calibration
                .started
                .get(..10)
                .unwrap_or(&calibration.started)
        );
    }
    format!(
        "calibration of {}: a default run detects a server that is slower by {} in 99 of 100 \
         cases; it called two equal servers different in {:.1} %",
        calibration
            .started
            .get(..10)
            .unwrap_or(&calibration.started),
        lanes.join(" and "),
        100.0 * apart.fold(0.0, f64::max)
    )
}
