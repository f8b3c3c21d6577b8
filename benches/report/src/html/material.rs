//! What the sections are made from. It knows nothing of sections.

use anyhow::Result;
use quartet_analysis::{Analysis, Detail, LaneAnalysis, details};
use quartet_record::Record;
use quartet_record::plan::{ArmRole, Lane};

use super::suite::Suite;
use crate::text::{Form, Page as Tables};

/// What the sections are made from.
pub(super) struct Material<'a> {
    pub(super) record: &'a Record,
    pub(super) analysis: &'a Analysis,
    pub(super) suite: &'a Suite<'a>,
    /// The tables that the report on a terminal has too.
    pub(super) tables: Tables<'a>,
    /// One entry a lane of the analysis.
    pub(super) details: Vec<Vec<Detail>>,
}

impl<'a> Material<'a> {
    pub(super) fn new(
        record: &'a Record,
        analysis: &'a Analysis,
        suite: &'a Suite<'a>,
    ) -> Result<Self> {
        let details = analysis
            .lanes
            .iter()
            .map(|lane| details(record, lane.lane))
            .collect::<Result<_>>()?;
        Ok(Self {
            record,
            analysis,
            suite,
            tables: Tables {
                record,
                form: Form::Text,
            },
            details,
        })
    }

    pub(super) fn lanes(&self) -> impl Iterator<Item = (&LaneAnalysis, &[Detail])> {
        let details = self.details.iter().map(Vec::as_slice);
        self.analysis.lanes.iter().zip(details)
    }

    /// A lane's name, and what is asked in it.
    pub(super) fn heading(&self, lane: Lane) -> String {
        format!("{}: {}", lane.name(), self.record.plan.request(lane))
    }

    pub(super) fn name(&self, arm: usize) -> &str {
        &self.record.plan.arms[arm].name
    }

    pub(super) fn role(&self, arm: usize) -> ArmRole {
        self.record.plan.arms[arm].role
    }

    pub(super) fn reference(&self) -> Option<&str> {
        self.tables.reference()
    }

    pub(super) fn provenance(&self) -> String {
        let record = self.record;
        format!(
            "Measured {} by {} on {}.",
            record.started.get(..10).unwrap_or(&record.started),
            record.command,
            record.machine.sentence()
        )
    }
}
