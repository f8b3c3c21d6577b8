//! A calibration, for people.

use std::fmt::Write as _;

use quartet_record::calibration::{Calibration, LatencyCalibration};
use quartet_record::plan::LatencyPlan;

/// All of it, for people.
pub fn text(calibration: &Calibration) -> String {
    let mut text = format!(
        "What a default run can detect on this machine (95 % intervals), from {} simulated runs \
         drawn from restarts of a control and of slowed copies\n",
        calibration.trials
    );
    if !calibration.lanes.is_empty() {
        // Writing to a string does not fail, here and below.
        let _ = writeln!(
            text,
            "\nrequests per second, in runs of {} restarts and {} comparisons, drawn from {} restarts",
            calibration.run_restarts, calibration.comparisons, calibration.restarts
        );
    }
    for lane in &calibration.lanes {
        let _ = writeln!(
            text,
            "\n{}: GET {}",
            lane.lane.name(),
            lane.lane.path().unwrap_or_default()
        );
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
        let _ = writeln!(
            text,
            "\nlatency at given rates, in runs of {} restarts",
            LatencyPlan::RESTARTS
        );
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
    // Writing to a string does not fail, here and below.
    if let Some(late) = latency.late {
        let _ = write!(
            text,
            "; every hundredth answer late by {} µs, measured as times the control's {}: detected \
             in {}",
            late.microseconds,
            late.measured_times(),
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
    use quartet_record::testing::{calibration, with_latency};

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

    #[test]
    fn latency_has_restarts_of_its_own() {
        let text = text(&with_latency(calibration()));
        for line in [
            "requests per second, in runs of 84 restarts and 12 comparisons, drawn from 28 restarts",
            "latency at given rates, in runs of 28 restarts",
            "· p99 at 25000 requests/s: two equal servers: called different in 0.2 % (0.2 to 0.2) of \
             runs; every hundredth answer late by 100 µs, measured as times the control's 1.50 \
             (1.40 to 1.60): detected in 98.0 % (98.0 to 98.0); 22 % longer: detected in 9 of 10",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
