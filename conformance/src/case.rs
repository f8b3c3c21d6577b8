//! What a case is. How a server is asked is not known here.

use std::time::Duration;

use crate::{Context, Need, Outcome};

/// How binding a requirement is (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A server that deviates fails.
    Must,
    /// A server that deviates is warned about.
    Should,
    /// Nothing is required: the case records which of several legal answers a server gives.
    Info,
}

impl Level {
    /// The level in one lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Info => "info",
        }
    }
}

/// One requirement and the experiment that decides whether a server meets it.
///
/// The experiment talks to the server only through its [`Context`], which keeps the evidence.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Stable name, `area/slug`. It never changes meaning once published.
    pub id: &'static str,
    /// How binding the requirement is.
    pub level: Level,
    /// How binding RFCs alone make it, where that is said; see [`Case::rfc_level`].
    rfc: Option<Level>,
    /// Where the requirement comes from: an RFC section, the original example, the contract.
    pub source: &'static str,
    /// The requirement, in one sentence.
    pub requirement: &'static str,
    /// What the target must offer for the case to apply.
    pub needs: &'static [Need],
    /// Whether the case disturbs others, so that it has to run alone.
    pub exclusive: bool,
    /// How long the case may take.
    pub limit: Duration,
    /// The experiment.
    pub run: fn(&Context) -> Outcome,
}

impl Case {
    /// A case that every server must meet.
    pub const fn must(
        id: &'static str,
        source: &'static str,
        requirement: &'static str,
        run: fn(&Context) -> Outcome,
    ) -> Self {
        Self {
            id,
            level: Level::Must,
            rfc: None,
            source,
            requirement,
            needs: &[],
            exclusive: false,
            limit: Duration::from_secs(20),
            run,
        }
    }

    /// A case that a server should meet.
    pub const fn should(
        id: &'static str,
        source: &'static str,
        requirement: &'static str,
        run: fn(&Context) -> Outcome,
    ) -> Self {
        let mut case = Self::must(id, source, requirement, run);
        case.level = Level::Should;
        case
    }

    /// A case that only records which legal answer a server gives.
    pub const fn info(
        id: &'static str,
        source: &'static str,
        requirement: &'static str,
        run: fn(&Context) -> Outcome,
    ) -> Self {
        let mut case = Self::must(id, source, requirement, run);
        case.level = Level::Info;
        case
    }

    /// The same case, applying only where the target offers `needs`.
    pub const fn needing(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    /// The same case, run while no other case runs against the same server.
    pub const fn alone(mut self) -> Self {
        self.exclusive = true;
        self
    }

    /// The same case with another time limit.
    pub const fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The same case, of which RFCs alone ask no more than this. Its source names what asks the rest,
    /// such as the contract.
    pub const fn of_rfcs_alone(mut self, level: Level) -> Self {
        self.rfc = Some(level);
        self
    }

    /// Whether an RFC alone demands it. What else its source names, such as the contract, demands
    /// more than the RFC does.
    pub fn is_demanded_by_an_rfc(&self) -> bool {
        self.rfc_level() == Some(Level::Must)
    }

    /// How binding the requirement is by RFCs alone; none where its source names no RFC.
    ///
    /// It is the level, unless the source names something else too, such as the contract: then it is
    /// what [`of_rfcs_alone`](Self::of_rfcs_alone) says, and otherwise nothing is required.
    pub fn rfc_level(&self) -> Option<Level> {
        let mut sources = self.source.split([',', ';']).map(str::trim);
        let is_rfc = |source: &str| source.starts_with("RFC ") || source.starts_with('§');
        match self.rfc {
            Some(level) => Some(level),
            None if sources.clone().all(is_rfc) => Some(self.level),
            None if sources.any(is_rfc) => Some(Level::Info),
            None => None,
        }
    }

    /// The part of the id before the slash.
    pub fn area(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(area, _)| area)
    }
}
