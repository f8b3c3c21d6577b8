//! What several records say of the same servers, one after the other: the ratio to the reference by date and by
//! version.
//!
//! Ratios belong to a machine, so that the runs of one processor with as many cores make a section. What else
//! changed between two runs of a section is said beside the second.

mod change;
mod text;

use quartet_analysis::statistics::Ratio;
use quartet_analysis::{Analysis, Row};
use quartet_record::plan::{ArmRole, Lane};
use quartet_record::{Record, State};

pub(crate) use text::shown;
pub use text::text;

/// The lanes that are shown.
pub const LANES: [Lane; 2] = [Lane::Item, Lane::List];

/// What several records say.
#[derive(Debug, Default)]
pub struct History {
    /// In the order in which they were begun.
    runs: Vec<Run>,
    /// Records that say nothing here, and why.
    left_out: Vec<(String, String)>,
}

/// What is shown of one record.
#[derive(Debug)]
struct Run {
    /// What the record is called.
    name: String,
    /// When it was begun, RFC 3339 in UTC.
    started: String,
    setup: Setup,
    /// Whether it has the settings of build and kernel.
    has_environment: bool,
    /// That it did not come to its end, and how far it came.
    incomplete: Option<String>,
    /// Requests per second of the reference, by lane.
    reference_rates: [Cell; 2],
    servers: Vec<Server>,
}

/// What every server of a run had.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setup {
    /// Processor, cores and platform: what sections are made by.
    machine: String,
    kernel: Option<String>,
    rustc: Option<String>,
    connections: usize,
    workers: usize,
    /// What ratios are to: its name, version and program.
    reference: Program,
}

/// A program of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Program {
    name: String,
    version: Option<String>,
    sha256: Option<String>,
}

/// One server of a run.
#[derive(Debug)]
struct Server {
    program: Program,
    lanes: [Cell; 2],
}

/// One figure, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// The ratio to the reference with its 95 % interval.
    Ratio(Ratio),
    /// A rate, requests per second.
    Rate(f64),
    /// It was measured, and does not count.
    Excluded(String),
    /// There is nothing, for this reason.
    Nothing(&'static str),
}

/// The runs of one machine.
pub(crate) struct Section<'a> {
    /// The machine, and what ratios are to.
    pub(crate) title: String,
    runs: Vec<&'a Run>,
}

impl History {
    /// Takes a record in, whatever version it was written by.
    ///
    /// # Errors
    /// Where it is damaged.
    pub fn add(&mut self, name: &str, record: &Record) -> anyhow::Result<()> {
        let leave_out = |why: &str| (name.to_owned(), why.to_owned());
        if record.servers.iter().any(|it| it.slowed_by.is_some()) {
            self.left_out.push(leave_out("it is a calibration"));
            return Ok(());
        }
        let Some(reference) = record.plan.first(ArmRole::Reference) else {
            self.left_out.push(leave_out("it has no reference"));
            return Ok(());
        };
        let analysis = Analysis::of(record)?;
        let run = Run::of(name, record, &analysis, reference);
        if run.servers.is_empty() {
            let why = "it has neither of the lanes item and list";
            self.left_out.push(leave_out(why));
            return Ok(());
        }
        let place = self
            .runs
            .partition_point(|other| other.started <= run.started);
        self.runs.insert(place, run);
        Ok(())
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The machines, in the order of their first run.
    pub(crate) fn sections(&self) -> Vec<Section<'_>> {
        let mut sections: Vec<Section<'_>> = Vec::new();
        for run in &self.runs {
            let title = run.setup.title();
            match sections.iter_mut().find(|section| section.title == title) {
                Some(section) => section.runs.push(run),
                None => sections.push(Section {
                    title,
                    runs: vec![run],
                }),
            }
        }
        sections
    }

    /// Over which time, as a sentence.
    pub(crate) fn period(&self) -> String {
        let count = self.runs.len();
        let plural = if count == 1 { "" } else { "s" };
        match (self.runs.first(), self.runs.last()) {
            (Some(first), Some(last)) => format!(
                "From {} to {}: {count} run{plural}.",
                first.date(),
                last.date()
            ),
            _ => "There is no run.".to_owned(),
        }
    }

    /// What the records do not tell, and which are left out, as sentences without their full stop.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let older = self.runs.iter().filter(|run| !run.has_environment);
        let older: Vec<&str> = older.map(|run| run.name.as_str()).collect();
        if !older.is_empty() {
            notes.push(format!(
                "whether settings of build and kernel changed is unknown of older records: {}",
                older.join(", ")
            ));
        }
        let left_out = self.left_out.iter();
        notes.extend(left_out.map(|(name, why)| format!("{name} is left out: {why}")));
        notes
    }
}

impl Setup {
    fn title(&self) -> String {
        format!("{}; relative to {}", self.machine, self.reference.name)
    }
}

impl Run {
    fn of(name: &str, record: &Record, analysis: &Analysis, reference: usize) -> Self {
        let plan = &record.plan;
        let machine = &record.machine;
        let program = |arm: usize| {
            let server = record.server_of(arm);
            let program = server.and_then(|server| server.program.as_ref());
            Program {
                name: plan.arms[arm].name.clone(),
                version: server.and_then(|server| server.version.clone()),
                sha256: program.map(|program| program.sha256.clone()),
            }
        };
        let shown = |arm: &usize| {
            matches!(plan.arms[*arm].role, ArmRole::Compared | ArmRole::Aside)
                && LANES.iter().any(|&lane| plan.takes_part(*arm, lane))
        };
        let servers = (0..plan.arms.len()).filter(shown).map(|arm| Server {
            program: program(arm),
            lanes: LANES.map(|lane| ratio(analysis, arm, reference, lane)),
        });
        let (counted, planned) = (analysis.restarts, plan.restarts);
        Self {
            name: name.to_owned(),
            started: record.started.clone(),
            setup: Setup {
                machine: {
                    let processor = machine.processor.as_deref();
                    let processor = processor.unwrap_or("an unnamed processor");
                    let plural = if machine.cores == 1 { "" } else { "s" };
                    format!(
                        "{processor}, {} core{plural}, {}",
                        machine.cores, machine.platform
                    )
                },
                kernel: machine.kernel.clone(),
                rustc: record.toolchain.rustc.clone(),
                connections: plan.connections,
                workers: plan.workers,
                reference: program(reference),
            },
            has_environment: record.environment.is_some(),
            incomplete: (record.state != State::Complete)
                .then(|| format!("{counted} of {planned} restarts")),
            reference_rates: LANES.map(|lane| rate(analysis, reference, lane)),
            servers: servers.collect(),
        }
    }

    /// The date alone.
    fn date(&self) -> &str {
        self.started.get(..10).unwrap_or(&self.started)
    }
}

/// The row of an arm in a lane, or what is to be shown in its place.
fn row(analysis: &Analysis, arm: usize, lane: Lane) -> Result<&Row, Cell> {
    let mut lanes = analysis.lanes.iter();
    let found = lanes.find(|found| found.lane == lane);
    let found = found.and_then(|found| found.rows.iter().find(|row| row.arm == arm));
    match found {
        None => Err(Cell::Nothing("not measured")),
        Some(row) if row.excluded.is_empty() => Ok(row),
        Some(row) => Err(Cell::Excluded(row.excluded.join("; "))),
    }
}

/// An arm's requests per second.
fn rate(analysis: &Analysis, arm: usize, lane: Lane) -> Cell {
    match row(analysis, arm, lane) {
        Ok(row) => row
            .figures
            .map_or(Cell::Nothing("not measured"), |figures| {
                Cell::Rate(figures.requests_per_second)
            }),
        Err(instead) => instead,
    }
}

/// An arm's ratio to the reference.
fn ratio(analysis: &Analysis, arm: usize, reference: usize, lane: Lane) -> Cell {
    match (row(analysis, arm, lane), row(analysis, reference, lane)) {
        (Err(instead), _) => instead,
        (Ok(_), Err(_)) => Cell::Nothing("no valid reference"),
        (Ok(row), Ok(_)) => row
            .relative
            .map_or(Cell::Nothing("too few restarts"), Cell::Ratio),
    }
}

impl<'a> Section<'a> {
    /// The servers of its runs, in the order of their first appearance.
    pub(crate) fn servers(&self) -> Vec<&'a str> {
        let mut names = Vec::new();
        for server in self.runs.iter().flat_map(|run| &run.servers) {
            let name = server.program.name.as_str();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

impl Run {
    fn server(&self, name: &str) -> Option<&Server> {
        let mut servers = self.servers.iter();
        servers.find(|server| server.program.name == name)
    }
}

/// A run of one server in a chart.
pub(crate) struct Point<'a> {
    /// When it was begun: the date alone.
    pub(crate) date: &'a str,
    pub(crate) version: Option<&'a str>,
    /// The machine: an index into the sections.
    pub(crate) section: usize,
    pub(crate) cells: &'a [Cell; 2],
}

impl History {
    /// The servers of all runs, in the order of their first appearance.
    pub(crate) fn servers(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for name in self.sections().iter().flat_map(Section::servers) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The runs of a server, machine by machine.
    pub(crate) fn points(&self, server: &str) -> Vec<Point<'_>> {
        let sections = self.sections().into_iter().enumerate();
        let runs = sections.flat_map(|(index, section)| {
            let runs = section.runs.into_iter();
            runs.map(move |run| (index, run))
        });
        runs.filter_map(|(section, run)| {
            let found = run.server(server)?;
            Some(Point {
                date: run.date(),
                version: found.program.version.as_deref(),
                section,
                cells: &found.lanes,
            })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests;
