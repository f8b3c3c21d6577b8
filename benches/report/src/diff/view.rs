//! A record with what was worked out of it. It knows nothing of the other one.

use anyhow::Result;
use quartet_analysis::{Analysis, LaneAnalysis, Samples};
use quartet_record::plan::{ArmRole, Lane};
use quartet_record::{ArmRestart, Record};

/// A record with what was worked out of it.
pub(super) struct View<'a> {
    pub(super) record: &'a Record,
    pub(super) analysis: &'a Analysis,
    pub(super) samples: Samples<'a>,
    pub(super) reference: Option<usize>,
}

impl<'a> View<'a> {
    pub(super) fn of(record: &'a Record, analysis: &'a Analysis) -> Result<Self> {
        Ok(Self {
            record,
            analysis,
            samples: Samples::of(record)?,
            reference: record.plan.first(ArmRole::Reference),
        })
    }

    pub(super) fn lane(&self, lane: Lane) -> Option<&LaneAnalysis> {
        self.analysis.lanes.iter().find(|found| found.lane == lane)
    }

    pub(super) fn arm(&self, name: &str) -> Option<usize> {
        let mut arms = self.record.plan.arms.iter();
        arms.position(|arm| arm.name == name)
    }

    /// What the program of an arm and that of the reference are, byte for byte. None where one is not known.
    pub(super) fn programs(&self, arm: usize) -> Option<[&str; 2]> {
        let hash = |arm| {
            Some(
                self.record
                    .server_of(arm)?
                    .program
                    .as_ref()?
                    .sha256
                    .as_str(),
            )
        };
        Some([hash(arm)?, hash(self.reference?)?])
    }

    pub(super) fn counts(&self, arm: usize, lane: Lane) -> bool {
        self.lane(lane).is_some_and(|found| {
            found
                .rows
                .iter()
                .any(|row| row.arm == arm && row.excluded.is_empty())
        })
    }

    /// Of each restart the logarithm of something of one process relative to the same of the reference's.
    pub(super) fn relative(
        &self,
        arm: usize,
        figure: impl Fn(&ArmRestart) -> Option<u64>,
    ) -> Vec<f64> {
        let logarithm = |life: &ArmRestart| Some((figure(life)? as f64).ln());
        let find = |lives: &[ArmRestart], arm| {
            logarithm(lives.iter().find(|life| life.arm == arm)?)
                .filter(|logarithm| logarithm.is_finite())
        };
        let restarts = self.record.restarts.iter();
        restarts
            .filter_map(|restart| {
                let reference = find(&restart.arms, self.reference?)?;
                Some(find(&restart.arms, arm)? - reference)
            })
            .collect()
    }
}
