//! Single parts that records have, for tests of whatever reads them alone.

use crate::calibration::{
    Calibration, Frequency, LaneCalibration, Late, LatencyCalibration, SCHEMA_VERSION, Slowed,
};
use crate::environment::Python;
use crate::estimates::Circumstances;
use crate::plan::Lane;
use crate::ratio::Ratio;

use super::record;

/// A calibration of the machine of [`record`], in which everything promised was kept in lane item.
pub fn calibration() -> Calibration {
    Calibration {
        schema_version: SCHEMA_VERSION,
        started: "2026-11-02T10:00:00Z".to_owned(),
        machine: record().machine,
        restarts: 28,
        run_restarts: 84,
        comparisons: 12,
        trials: 4_000,
        lanes: vec![LaneCalibration {
            lane: Lane::Item,
            told_apart: frequency(0.004),
            slowed: vec![Slowed {
                percent: 3.0,
                measured: Ratio {
                    estimate: 1.0 / 1.031,
                    low: 1.0 / 1.04,
                    high: 1.0 / 1.02,
                },
                seen: frequency(0.997),
            }],
            resolves: Some(0.026),
        }],
        latency: Vec::new(),
        missing: Vec::new(),
    }
}

/// A calibration that has one of latency, too.
pub fn with_latency(mut calibration: Calibration) -> Calibration {
    calibration.latency.push(LatencyCalibration {
        per_second: 25_000.0,
        share: Some(0.25),
        quantile: 0.99,
        told_apart: frequency(0.002),
        late: Some(Late {
            microseconds: 100,
            measured: Ratio {
                estimate: 1.5,
                low: 1.4,
                high: 1.6,
            },
            seen: frequency(0.98),
        }),
        resolves: Some(0.22),
    });
    calibration
}

fn frequency(share: f64) -> Frequency {
    Frequency {
        share,
        low: share,
        high: share,
    }
}

/// What criterion's benches were run on: the same as [`record`].
pub fn circumstances() -> Circumstances {
    let record = record();
    Circumstances {
        measured: record.started,
        machine: record.machine,
        toolchain: record.toolchain,
        source: record.source,
    }
}

/// A build of Python with uvicorn's packages, of which it is not yet known what it serves with.
pub fn python() -> Python {
    let packages = [
        ("uvicorn", "0.54.0"),
        ("uvloop", "0.23.0"),
        ("httptools", "0.9.0"),
    ];
    Python {
        implementation: "CPython".to_owned(),
        version: "3.13.1".to_owned(),
        compiler: "GCC 12.2.0".to_owned(),
        optimisation: Some("-O3".to_owned()),
        profile_guided: Some(false),
        link_time_optimised: Some(true),
        debug: false,
        free_threaded: false,
        configured: vec!["--with-lto".to_owned()],
        packages: packages
            .map(|(name, version)| (name.to_owned(), version.to_owned()))
            .into(),
        server: None,
        event_loop: None,
        parser: None,
    }
}
