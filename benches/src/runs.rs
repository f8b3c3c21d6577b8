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

    #[test]
    fn another_machines_calibration_says_nothing() {
        let place = tempfile::tempdir().unwrap();
        let found = quartet_record::testing::calibration();
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
