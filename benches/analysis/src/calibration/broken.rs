//! What a run promises, held against what a machine can resolve.

use quartet_record::calibration::{Calibration, LatencyCalibration};

/// In what share of runs two equals may be told apart.
const TOLD_APART: f64 = 0.01;

/// What must be seen, percent, and in what share of runs.
const SEEN: (f64, f64) = (3.0, 0.99);

/// How much longer a 99th percentile at half load must be to be seen, and in what share of runs.
const LONGER: (f64, f64) = (0.25, 0.9);

/// What a run promises and this machine does not keep.
pub fn broken(calibration: &Calibration) -> Vec<String> {
    let mut broken = Vec::new();
    for lane in &calibration.lanes {
        let name = lane.lane.name();
        if lane.told_apart.share > TOLD_APART {
            broken.push(format!(
                "{name}: two equal servers were called different in {} of runs",
                lane.told_apart.percent()
            ));
        }
        for slowed in &lane.slowed {
            if slowed.percent >= SEEN.0 && slowed.seen.share < SEEN.1 {
                broken.push(format!(
                    "{name}: a server that is {} % slower was detected in only {} of runs",
                    slowed.percent,
                    slowed.seen.percent()
                ));
            }
        }
    }
    broken.extend(calibration.latency.iter().flat_map(of_latency));
    broken
}

/// What is promised and not kept.
fn of_latency(latency: &LatencyCalibration) -> impl Iterator<Item = String> + use<> {
    let apart = (latency.told_apart.share > TOLD_APART).then(|| {
        format!(
            "{}: two equal servers were called different in {} of runs",
            latency.name(),
            latency.told_apart.percent()
        )
    });
    let promised = latency.quantile == 0.99 && latency.share == Some(0.5);
    let missed = (promised && latency.resolves.is_none_or(|longer| longer > LONGER.0)).then(|| {
        format!(
            "{}: an increase of {:.0} % is detected in fewer than {:.0} of 100 runs",
            latency.name(),
            100.0 * LONGER.0,
            100.0 * LONGER.1
        )
    });
    apart.into_iter().chain(missed)
}
