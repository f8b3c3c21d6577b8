//! Where runs leave their records, and what is known of a machine from them.

use std::path::{Path, PathBuf};

use quartet_record::calibration::Calibration;
use quartet_record::machine::Machine;

/// Where runs leave their records, unless told otherwise.
pub(crate) fn runs(root: &Path) -> PathBuf {
    root.join("target/compare")
}

/// What is known of this machine, from its last calibration. One of another machine, or that cannot be read, says
/// nothing.
pub(crate) fn calibration(root: &Path, machine: &Machine) -> Option<Calibration> {
    let known = Calibration::read(&runs(root)).ok()?;
    known.machine.is_known_as(machine).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::calibration::SCHEMA_VERSION;
    use quartet_record::testing::record;

    #[test]
    fn another_machines_calibration_says_nothing() {
        let place = tempfile::tempdir().unwrap();
        let found = Calibration {
            schema_version: SCHEMA_VERSION,
            started: "2026-11-02T10:00:00Z".to_owned(),
            machine: record().machine,
            restarts: 28,
            run_restarts: 84,
            comparisons: 12,
            trials: 4_000,
            lanes: Vec::new(),
            latency: Vec::new(),
            missing: Vec::new(),
        };
        found.write(&runs(place.path())).unwrap();
        let known = |machine: &Machine| calibration(place.path(), machine);
        assert_eq!(known(&found.machine), Some(found.clone()));
        let other = Machine {
            cores: 64,
            ..found.machine.clone()
        };
        assert_eq!(known(&other), None);
    }
}
