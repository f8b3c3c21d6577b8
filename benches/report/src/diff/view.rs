//! A record with what was worked out of it. It knows nothing of the other one.

use anyhow::Result;
use quartet_analysis::{Analysis, DatabaseLane, LaneAnalysis, Samples};
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

    pub(super) fn database_lane(&self, lane: Lane) -> Option<&DatabaseLane> {
        let mut lanes = self.analysis.database.iter();
        lanes.find(|found| found.lane == lane)
    }

    /// Why an arm is excluded in a lane; nothing where it counts, and none where it has no row there.
    pub(super) fn excluded(&self, arm: usize, lane: Lane) -> Option<&[String]> {
        let in_memory = self.lane(lane).into_iter().flat_map(|lane| &lane.rows);
        let in_memory = in_memory.map(|row| (row.arm, &row.excluded));
        let database = self.database_lane(lane).into_iter();
        let over_database = database.flat_map(|lane| &lane.rows);
        let over_database = over_database.map(|row| (row.arm, &row.excluded));
        let mut rows = in_memory.chain(over_database);
        let (_, excluded) = rows.find(|(row, _)| *row == arm)?;
        Some(excluded)
    }

    pub(super) fn arm(&self, name: &str) -> Option<usize> {
        let mut arms = self.record.plan.arms.iter();
        arms.position(|arm| arm.name == name)
    }

    /// What the program of an arm and that of the reference are, byte for byte, with the files that a command
    /// names. None where one is not known.
    pub(super) fn programs(&self, arm: usize) -> Option<[Vec<&str>; 2]> {
        let hashes = |arm| {
            let server = self.record.server_of(arm)?;
            let files = server.exec.iter().flat_map(|exec| &exec.files);
            let files = files.map(|file| file.sha256.as_str());
            let program = server.program.as_ref()?.sha256.as_str();
            Some([program].into_iter().chain(files).collect())
        };
        Some([hashes(arm)?, hashes(self.reference?)?])
    }

    pub(super) fn counts(&self, arm: usize, lane: Lane) -> bool {
        self.excluded(arm, lane).is_some_and(<[String]>::is_empty)
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
