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
            "what this machine can resolve is not known: its calibration of {} did not count",
            calibration
                .started
                .get(..10)
                .unwrap_or(&calibration.started)
        );
    }
    format!(
        "what this machine can resolve, by its calibration of {}: in 99 of 100 default runs a server slower by {}; \
         two equals were told apart in {:.1} % of them",
        calibration
            .started
            .get(..10)
            .unwrap_or(&calibration.started),
        lanes.join(" and "),
        100.0 * apart.fold(0.0, f64::max)
    )
}
