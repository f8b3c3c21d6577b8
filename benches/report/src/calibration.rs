//! A calibration, for people.

use std::fmt::Write as _;

use quartet_record::calibration::{Calibration, LatencyCalibration};

/// All of it, for people.
pub fn text(calibration: &Calibration) -> String {
    let mut text = format!(
        "What a default run can detect on this machine (95 % intervals), from {} simulated runs \
         of {} restarts and {} comparisons, drawn from {} restarts of a control and of slowed \
         copies\n",
        calibration.trials, calibration.run_restarts, calibration.comparisons, calibration.restarts
    );
    for lane in &calibration.lanes {
        // Writing to a string does not fail.
        let _ = writeln!(text, "\n{}: GET {}", lane.lane.name(), lane.lane.path());
        let _ = writeln!(
            text,
            "· two equal servers: called different in {} of runs",
            lane.told_apart.percent()
        );
        for slowed in &lane.slowed {
            let _ = writeln!(
                text,
                "· slower by {} %, measured as {}: detected in {}",
                slowed.percent,
                slowed.measured_percent(),
                slowed.seen.percent()
            );
        }
        if let Some(resolves) = lane.resolves {
            let _ = writeln!(
                text,
                "· slower by {:.2} %: detected in 99 of 100",
                100.0 * resolves
            );
        }
    }
    if !calibration.latency.is_empty() {
        text.push_str("\nlatency at given rates\n");
    }
    for latency in &calibration.latency {
        let _ = writeln!(text, "{}", line(latency));
    }
    if !calibration.missing.is_empty() {
        text.push_str("\nnot calibrated\n");
    }
    for reason in &calibration.missing {
        let _ = writeln!(text, "· {reason}");
    }
    text
}

fn line(latency: &LatencyCalibration) -> String {
    let mut text = format!(
        "· {}: two equal servers: called different in {} of runs",
        latency.name(),
        latency.told_apart.percent()
    );
    // Writing to a string does not fail.
    if let Some(late) = latency.late {
        let _ = write!(
            text,
            "; every hundredth answer late by {} µs, measured as {:.2} times the control's ({:.2} \
             to {:.2}): detected in {}",
            late.microseconds,
            late.measured.estimate,
            late.measured.low,
            late.measured.high,
            late.seen.percent()
        );
    }
    if let Some(longer) = latency.resolves {
        let _ = write!(
            text,
            "; {:.0} % longer: detected in 9 of 10",
            100.0 * longer
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::calibration;

    #[test]
    fn what_was_found_of_each_lane_is_said() {
        let calibration = Calibration {
            missing: vec!["slowed-3, list: an answer was wrong".to_owned()],
            ..calibration()
        };
        let text = text(&calibration);
        for line in [
            "item: GET /greetings/en",
            "· two equal servers: called different in 0.4 % (0.4 to 0.4) of runs",
            "· slower by 3 %, measured as 3.10 (2.00 to 4.00): detected in 99.7 % (99.7 to 99.7)",
            "· slower by 2.60 %: detected in 99 of 100",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("latency"));
        assert!(
            text.ends_with("\nnot calibrated\n· slowed-3, list: an answer was wrong\n"),
            "{text}"
        );
    }
}
