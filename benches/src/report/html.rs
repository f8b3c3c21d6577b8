//! The report as one page that needs no other file, no script and no network.

mod block;
mod chart;
mod circumstances;
mod conformance;
mod cost;
mod cpu;
mod division;
mod latency;
mod modes;
mod open_loop;
mod rates;
mod raw;
mod verdict;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use askama::Template;
use quartet_conformance::report::html::BASE_STYLE;

use super::{Form, Page as Tables};
use crate::analysis::{Analysis, Detail, Division, LaneAnalysis, details};
use crate::plan::{ArmRole, Lane};
use crate::record::{Record, State};
use block::Section;

/// The page's name beside the record it is of.
pub const FILE_NAME: &str = "report.html";

/// Everything a run says, as a page: verdicts in sentences, charts with the tables behind them,
/// how it was measured, and what to beware of. `division` is criterion's word on where a request's
/// time goes; `run` is where the page finds the record, as a relative link.
///
/// # Errors
/// Where the record is damaged.
pub fn page(
    record: &Record,
    analysis: &Analysis,
    division: &Division,
    run: Option<&str>,
) -> Result<String> {
    let material = Material::new(record, analysis)?;
    let document = Document {
        title: "Quartet: a comparison",
        base_style: BASE_STYLE,
        provenance: material.provenance(),
        notices: material.notices(),
        sections: [
            Some(verdict::section(&material)),
            Some(rates::section(&material)),
            Some(cpu::section(&material)),
            Some(latency::section(&material)),
            modes::throughput(&material),
            Some(cost::memory(&material)),
            Some(cost::footprint(&material)),
            Some(cost::start_up(&material)),
            Some(conformance::section(&material)),
            Some(division::section(&material, division)),
            Some(circumstances::resolution(&material)),
            Some(circumstances::method(&material)),
            Some(circumstances::gates(&material)),
            Some(raw::section(&material, run)),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    document.render().context("the page cannot be put together")
}

/// Writes the page into the directory of its record, and says where.
///
/// # Errors
/// Where the record is damaged, or the page cannot be written.
pub fn write(
    record: &Record,
    analysis: &Analysis,
    division: &Division,
    directory: &Path,
) -> Result<PathBuf> {
    let file = directory.join(FILE_NAME);
    let run = Record::file(directory);
    let run = run.file_name().and_then(|name| name.to_str());
    let page = page(record, analysis, division, run)?;
    fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

#[derive(Template)]
#[template(path = "report.html")]
struct Document {
    title: &'static str,
    base_style: &'static str,
    /// When, by which command and where it was measured.
    provenance: String,
    /// What must not be missed.
    notices: Vec<String>,
    sections: Vec<Section>,
}

/// What the sections are made from.
struct Material<'a> {
    record: &'a Record,
    analysis: &'a Analysis,
    /// The tables that the report on a terminal has too.
    tables: Tables<'a>,
    /// One entry a lane of the analysis.
    details: Vec<Vec<Detail>>,
}

impl<'a> Material<'a> {
    fn new(record: &'a Record, analysis: &'a Analysis) -> Result<Self> {
        let details = analysis
            .lanes
            .iter()
            .map(|lane| details(record, lane.lane))
            .collect::<Result<_>>()?;
        Ok(Self {
            record,
            analysis,
            tables: Tables {
                record,
                form: Form::Text,
            },
            details,
        })
    }

    fn lanes(&self) -> impl Iterator<Item = (&LaneAnalysis, &[Detail])> {
        let details = self.details.iter().map(Vec::as_slice);
        self.analysis.lanes.iter().zip(details)
    }

    fn name(&self, arm: usize) -> &str {
        &self.record.plan.arms[arm].name
    }

    fn role(&self, arm: usize) -> ArmRole {
        self.record.plan.arms[arm].role
    }

    fn reference(&self) -> Option<&str> {
        self.tables.reference()
    }

    fn provenance(&self) -> String {
        let record = self.record;
        format!(
            "Measured {} by {} on {}.",
            record.started.get(..10).unwrap_or(&record.started),
            record.command,
            record.machine.sentence()
        )
    }

    fn notices(&self) -> Vec<String> {
        let (counted, planned) = (self.analysis.restarts, self.record.plan.restarts);
        let mut notices = Vec::new();
        match self.record.state {
            State::Complete => {}
            State::Interrupted => notices.push(format!(
                "This run was interrupted: {counted} of {planned} restarts count."
            )),
            State::Running => notices.push(format!(
                "This run has not ended, or was killed: {counted} of {planned} restarts count."
            )),
        }
        if counted < 2 {
            notices.push(
                "An interval needs two restarts, so there is none, and no verdict.".to_owned(),
            );
        } else if !self.analysis.anything_counts(self.record) {
            notices.push("No row counts: see Gates for why.".to_owned());
        }
        notices
    }
}

/// A lane's name, and what is asked in it.
fn heading(lane: Lane) -> String {
    format!("{}: {}", lane.name(), lane.request())
}

#[cfg(test)]
mod tests;
