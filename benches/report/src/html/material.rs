//! What the sections are made from. It knows nothing of sections.

use anyhow::Result;
use quartet_analysis::{Analysis, Detail, LaneAnalysis, details};
use quartet_record::Record;
use quartet_record::plan::{ArmRole, Lane};

use super::background::Background;
use crate::text::{Form, Page as Tables};

/// What the sections are made from.
pub(crate) struct Material<'a> {
    pub(crate) record: &'a Record,
    pub(crate) analysis: &'a Analysis,
    pub(crate) background: &'a Background<'a>,
    /// The tables that the report on a terminal has too.
    pub(crate) tables: Tables<'a>,
    /// One entry a lane of the analysis.
    pub(crate) details: Vec<Vec<Detail>>,
}

impl<'a> Material<'a> {
    pub(crate) fn new(
        record: &'a Record,
        analysis: &'a Analysis,
        background: &'a Background<'a>,
    ) -> Result<Self> {
        let details = analysis
            .lanes
            .iter()
            .map(|lane| details(record, lane.lane))
            .collect::<Result<_>>()?;
        Ok(Self {
            record,
            analysis,
            background,
            tables: Tables {
                record,
                form: Form::Text,
            },
            details,
        })
    }

    pub(crate) fn lanes(&self) -> impl Iterator<Item = (&LaneAnalysis, &[Detail])> {
        let details = self.details.iter().map(Vec::as_slice);
        self.analysis.lanes.iter().zip(details)
    }

    /// A lane's name, and what is asked in it.
    pub(crate) fn heading(&self, lane: Lane) -> String {
        format!("{}: {}", lane.name(), self.record.plan.request(lane))
    }

    pub(crate) fn name(&self, arm: usize) -> &str {
        &self.record.plan.arms[arm].name
    }

    pub(crate) fn role(&self, arm: usize) -> ArmRole {
        self.record.plan.arms[arm].role
    }

    pub(crate) fn reference(&self) -> Option<&str> {
        self.tables.reference()
    }

    pub(crate) fn provenance(&self) -> String {
        let record = self.record;
        format!(
            "Measured {} by {} on {}.",
            record.started.get(..10).unwrap_or(&record.started),
            record.command,
            record.machine.sentence()
        )
    }
}
