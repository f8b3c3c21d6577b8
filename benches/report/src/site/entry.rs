//! What a site says of one record, in its list and in the history of each framework.

use quartet_analysis::{Analysis, Division};
use quartet_record::plan::{ArmRole, Lane};
use quartet_record::{Record, State};

use crate::features::{Answers, answers};
use crate::html::Background;
use crate::html::block::Block;
use crate::html::chart::IntervalRow;
use crate::html::division;
use crate::html::material::Material;
use crate::numbers::interval;
use crate::text::rank;
use crate::verdict::Conclusion;

/// One record.
pub struct Entry {
    /// Its folder, in `records`.
    pub(super) name: String,
    /// When it was begun, RFC 3339.
    pub started: String,
    pub(super) machine: String,
    pub(super) command: String,
    pub(super) conclusion: Conclusion,
    pub(super) servers: Vec<String>,
    pub(super) lanes: Vec<Standing>,
    /// Where the time of a request goes, where the record has that.
    pub(super) division: Option<Vec<Block>>,
    /// Which servers that is known of.
    pub(super) divided: Vec<String>,
    /// What features cost, where it tells.
    pub(super) features: Vec<Answers>,
    /// Whether it can stand for all: it is complete, and something counts.
    pub(super) counts: bool,
    /// The names of the servers that it compares.
    pub compared: Vec<String>,
}

/// One kind of request in one record.
pub(super) struct Standing {
    pub(super) lane: Lane,
    pub(super) rows: Vec<Row>,
}

/// One server in it.
pub(super) struct Row {
    pub(super) server: String,
    pub(super) version: String,
    pub(super) rank: String,
    pub(super) relative: Option<quartet_analysis::statistics::Ratio>,
}

impl Entry {
    /// What is said of a record.
    ///
    /// # Errors
    /// Where it is damaged.
    pub fn of(
        name: &str,
        record: &Record,
        analysis: &Analysis,
        parts: &Division,
        background: &Background<'_>,
    ) -> anyhow::Result<Self> {
        let arms = &record.plan.arms;
        let shown = |role| matches!(role, ArmRole::Compared | ArmRole::Aside);
        let servers = arms.iter().filter(|arm| shown(arm.role));
        let compared = arms.iter().filter(|arm| arm.role == ArmRole::Compared);
        let lanes = analysis.lanes.iter().map(|lane| Standing {
            lane: lane.lane,
            rows: lane
                .rows
                .iter()
                .filter(|row| arms[row.arm].role == ArmRole::Compared)
                .map(|row| Row {
                    server: arms[row.arm].name.clone(),
                    version: record
                        .server_of(row.arm)
                        .and_then(|server| server.version.clone())
                        .unwrap_or_default(),
                    rank: match row.rank {
                        Some(found) => rank(found),
                        None if row.excluded.is_empty() => String::new(),
                        None => "excluded".to_owned(),
                    },
                    relative: row.relative,
                })
                .collect(),
        });
        let material = Material::new(record, analysis, background)?;
        let divided = parts.lanes.iter().flat_map(|lane| &lane.rows);
        let divided = divided.map(|row| arms[row.arm].name.clone());
        Ok(Self {
            name: name.to_owned(),
            started: record.started.clone(),
            machine: record.machine.sentence(),
            command: record.command.clone(),
            conclusion: Conclusion::of(record, analysis, None),
            servers: servers.map(|arm| arm.name.clone()).collect(),
            compared: compared.map(|arm| arm.name.clone()).collect(),
            lanes: lanes.collect(),
            divided: divided.collect(),
            division: (!parts.lanes.is_empty()).then(|| division::section(&material, parts).blocks),
            features: answers(record, analysis),
            counts: record.state == State::Complete && analysis.anything_counts(record),
        })
    }

    /// Whether it can stand for all of these servers: it has their ratios in both kinds of request that every record of
    /// them has.
    pub fn compares(&self, servers: &[String]) -> bool {
        let has_ratio = |lane: Lane, name: &str| {
            self.row(lane, name)
                .is_some_and(|row| row.relative.is_some())
        };
        let is_compared = |name: &String| {
            self.compared.contains(name)
                && has_ratio(Lane::Item, name)
                && has_ratio(Lane::List, name)
        };
        self.counts && servers.iter().all(is_compared)
    }

    /// The day, as a date.
    pub(super) fn date(&self) -> &str {
        self.started.get(..10).unwrap_or(&self.started)
    }

    /// A server in a kind of request.
    pub(super) fn row(&self, lane: Lane, server: &str) -> Option<&Row> {
        let mut lanes = self.lanes.iter();
        let found = lanes.find(|found| found.lane == lane)?;
        found.rows.iter().find(|row| row.server == server)
    }

    /// The same for a chart of several records.
    pub(super) fn point(&self, lane: Lane, server: &str) -> Option<IntervalRow> {
        let ratio = self.row(lane, server)?.relative?;
        // A record's folder begins with its date, and a letter where it is not the first of the day.
        let name = self.name.split('-').take(3).collect::<Vec<_>>().join("-");
        Some(IntervalRow {
            name,
            ratio: Some(ratio),
            shown: interval(ratio),
            compared: true,
            cut: false,
        })
    }
}
