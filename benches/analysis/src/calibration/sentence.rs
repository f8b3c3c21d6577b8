//! A calibration in a sentence.

use quartet_record::calibration::Calibration;

/// One line for a report: which difference in rates a default run on this machine can tell.
pub fn sentence(calibration: &Calibration) -> String {
    let day = calibration
        .started
        .get(..10)
        .unwrap_or(&calibration.started);
    let lanes: Vec<String> = calibration
        .lanes
        .iter()
        .filter_map(|lane| {
            let resolves = 100.0 * lane.resolves?;
            Some(format!("{resolves:.1} % ({})", lane.lane.name()))
        })
        .collect();
    if lanes.is_empty() {
        return format!(
            "the smallest detectable difference in requests per second is unknown: the \
             calibration of {day} has no valid result for rates"
        );
    }
    let apart = calibration.lanes.iter().map(|lane| lane.told_apart.share);
    format!(
        "calibration of {day}: a default run detects a server that is slower by {} in 99 of 100 \
         runs, and calls two equal servers different in at most {:.1} % of runs",
        lanes.join(" and "),
        100.0 * apart.fold(0.0, f64::max)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::calibration;

    #[test]
    fn a_calibration_is_told_in_a_sentence() {
        assert_eq!(
            sentence(&calibration()),
            "calibration of 2026-11-02: a default run detects a server that is slower by 2.6 % \
             (item) in 99 of 100 runs, and calls two equal servers different in at most 0.4 % of \
             runs"
        );
        let without = Calibration {
            lanes: Vec::new(),
            ..calibration()
        };
        assert!(
            sentence(&without).ends_with("of 2026-11-02 has no valid result for rates"),
            "{}",
            sentence(&without)
        );
    }
}
