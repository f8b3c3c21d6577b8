//! The table to choose by: what people ask of a framework, answered for each server of a run, each answer with a link to
//! its evidence.

use quartet_analysis::{Analysis, Footprint, LaneAnalysis, Range};
use quartet_record::Record;
use quartet_record::plan::ArmRole;

use crate::defaults::Defaults;
use crate::features::{self, Answers};
use crate::grid::{Column, Grid, GridCell, GridRow};
use crate::numbers::{megabytes, microseconds, milliseconds, thousands};
use crate::text::rank;
use crate::upkeep::{Upkeep, grid::rows_to_choose_by};

/// What the table is, in sentences.
pub(crate) const LEGEND: &str = "Each answer leads to its evidence. Bold: first by this run's intervals, or the best of \
     the row where the figures are counts. Of the other figures nothing is said to be best.";

/// Where the evidence is, as links.
pub(crate) struct Places<'a> {
    /// The page of the run; empty on that page itself.
    pub(crate) report: &'a str,
    /// The table of what each framework does by default.
    pub(crate) defaults: &'a str,
    /// The table of how each is kept up.
    pub(crate) upkeep: &'a str,
    /// The page of a framework, by its name; none on a run's page.
    pub(crate) framework: &'a dyn Fn(&str) -> Option<String>,
}

/// What the answers are taken from.
pub(crate) struct Choice<'a> {
    pub(crate) record: &'a Record,
    pub(crate) analysis: &'a Analysis,
    pub(crate) defaults: Option<&'a Defaults>,
    pub(crate) upkeep: Option<&'a Upkeep>,
    /// What features cost, of a record of its own, and the page that has it.
    pub(crate) features: Option<(&'a [Answers], String)>,
    pub(crate) places: Places<'a>,
}

/// Which figures are the best of their row, where they are counts and therefore exact.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Best {
    Lowest,
    Highest,
    /// They are measured, and nothing says which differences are real.
    Unknown,
}

impl Choice<'_> {
    /// The arms that are columns: the compared ones, in the order of the first lane's table.
    fn arms(&self) -> Vec<usize> {
        let arms = &self.record.plan.arms;
        let compared = (0..arms.len()).filter(|&arm| arms[arm].role == ArmRole::Compared);
        compared.collect()
    }

    /// The table. None where a run compares nothing.
    pub(crate) fn grid(&self) -> Option<Grid> {
        let arms = self.arms();
        if arms.is_empty() {
            return None;
        }
        let columns = arms.iter().map(|&arm| {
            let version = self.record.server_of(arm);
            let version = version.and_then(|server| server.version.clone());
            let name = self.record.plan.arms[arm].name.clone();
            Column {
                target: (self.places.framework)(&name),
                name,
                more: version.unwrap_or_default(),
            }
        });
        Some(Grid {
            caption: "What people ask, and the answer of each server".to_owned(),
            corner: "question",
            columns: columns.collect(),
            rows: self.rows(&arms),
        })
    }

    fn rows(&self, arms: &[usize]) -> Vec<GridRow> {
        let mut rows: Vec<GridRow> = Vec::new();
        rows.extend(
            self.analysis
                .lanes
                .iter()
                .map(|lane| self.rates(lane, arms)),
        );
        rows.extend(self.latency(arms));
        rows.extend(self.database(arms));
        rows.extend(self.features(arms));
        rows.extend(self.running(arms));
        rows.extend(self.made_of(arms));
        rows.extend(self.by_default(arms));
        rows.extend(self.conformance(arms));
        rows.extend(self.upkeep(arms));
        rows.retain(|row| row.cells.iter().any(|cell| cell.target.is_some()));
        rows
    }

    fn report(&self, id: &str) -> Option<String> {
        Some(format!("{}#{id}", self.places.report))
    }

    fn rates(&self, lane: &LaneAnalysis, arms: &[usize]) -> GridRow {
        let reference = self.record.plan.first(ArmRole::Reference);
        let reference = reference.map(|arm| self.record.plan.arms[arm].name.as_str());
        let cell = |&arm: &usize| {
            let row = lane.rows.iter().find(|row| row.arm == arm);
            let Some(row) = row else {
                return GridCell::nothing();
            };
            let Some(figures) = row.figures.filter(|_| row.excluded.is_empty()) else {
                return GridCell {
                    text: "excluded".to_owned(),
                    target: self.report("gates"),
                    ..GridCell::default()
                };
            };
            let rate = thousands(figures.requests_per_second);
            let ranked = row.rank.map(|found| format!("rank {}", rank(found)));
            GridCell {
                text: match row.relative {
                    Some(ratio) => format!("{:.3}", ratio.estimate),
                    None => rate.clone(),
                },
                target: self.report("rates"),
                strong: row.rank.is_some_and(|found| found.best == 1),
                more: [ranked, row.relative.map(|_| format!("{rate}/s"))]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(", "),
                links: Vec::new(),
            }
        };
        GridRow {
            name: format!("Speed: {}", self.record.plan.request(lane.lane)),
            target: None,
            more: match reference {
                Some(reference) => {
                    format!("requests per second on one core, bare {reference} = 1")
                }
                None => "requests per second on one core".to_owned(),
            },
            cells: arms.iter().map(cell).collect(),
        }
    }

    /// At the lowest rate.
    fn latency(&self, arms: &[usize]) -> Option<GridRow> {
        let found = self.analysis.latency.as_ref()?;
        let offered = self.record.latency.as_ref()?.rates.first()?;
        let cell = |&arm: &usize| {
            let mut cells = found.cells.iter();
            let cell = cells.find(|cell| cell.rate == 0 && cell.arm == arm);
            let at = |quantile: f64| {
                let cell = cell.filter(|cell| cell.excluded.is_empty())?;
                let mut levels = cell.levels.iter();
                let level = levels.find(|level| level.quantile == quantile)?;
                Some(thousands(level.typical_ns / 1e3))
            };
            match (at(0.5), at(0.99)) {
                (Some(median), Some(p99)) => GridCell {
                    text: format!("{median} and {p99}"),
                    target: self.report("latency"),
                    ..GridCell::default()
                },
                _ => GridCell::nothing(),
            }
        };
        Some(GridRow {
            name: "Latency, µs: median and 99th percentile".to_owned(),
            target: None,
            more: format!(
                "at {} requests/s, the same for all",
                thousands(offered.per_second)
            ),
            cells: arms.iter().map(cell).collect(),
        })
    }

    fn database(&self, arms: &[usize]) -> Vec<GridRow> {
        let lanes = self.analysis.database.iter().map(|lane| {
            let cell = |&arm: &usize| {
                let row = lane.rows.iter().find(|row| row.arm == arm);
                let Some(row) = row.filter(|row| row.excluded.is_empty()) else {
                    return GridCell::nothing();
                };
                let Some(cpu) = row.cpu else {
                    return GridCell::nothing();
                };
                GridCell {
                    text: microseconds(cpu.total),
                    target: self.report("database"),
                    strong: row.rank.is_some_and(|found| found.best == 1),
                    more: row
                        .rank
                        .map_or_else(String::new, |found| format!("rank {}", rank(found))),
                    links: Vec::new(),
                }
            };
            GridRow {
                name: format!("Over PostgreSQL: {}", self.record.plan.request(lane.lane)),
                target: None,
                more: "CPU time of the server per request, µs".to_owned(),
                cells: arms.iter().map(cell).collect(),
            }
        });
        lanes.collect()
    }

    fn features(&self, arms: &[usize]) -> Vec<GridRow> {
        let Some((answers, page)) = &self.features else {
            return Vec::new();
        };
        let rows = answers.iter().map(|answers| {
            let cell = |&arm: &usize| {
                let server = self.record.server_of(arm);
                let framework = server.and_then(|server| server.framework.as_ref());
                let mut known = answers.by_framework.iter();
                let answer = known.find(|(name, _)| Some(name) == framework);
                answer.map_or_else(GridCell::nothing, |(_, text)| GridCell {
                    text: text.clone(),
                    target: Some(format!("{page}#{}", features::ID)),
                    ..GridCell::default()
                })
            };
            GridRow {
                name: answers.question.to_owned(),
                target: None,
                more: answers.figure.to_owned(),
                cells: arms.iter().map(cell).collect(),
            }
        });
        rows.collect()
    }

    fn prints(&self, arms: &[usize]) -> Vec<Option<&Footprint>> {
        let prints = &self.analysis.footprints;
        let of = |&arm: &usize| prints.iter().find(|print| print.arm == arm);
        arms.iter().map(of).collect()
    }

    /// What is measured of a process that runs.
    fn running(&self, arms: &[usize]) -> Vec<GridRow> {
        let prints = self.prints(arms);
        let row =
            |name: &str, more: &str, id: &str, shown: &dyn Fn(&Footprint) -> Option<String>| {
                let cells = prints.iter().map(|print| match print.and_then(shown) {
                    Some(text) => GridCell {
                        text,
                        target: self.report(id),
                        ..GridCell::default()
                    },
                    None => GridCell::nothing(),
                });
                GridRow {
                    name: name.to_owned(),
                    target: None,
                    more: more.to_owned(),
                    cells: cells.collect(),
                }
            };
        let mega = |range: Range| format!("{:.2}", range.median / 1e6);
        vec![
            row("Memory, MB", "idle and after load", "memory", &|print| {
                Some(format!("{} and {}", mega(print.idle?), mega(print.loaded?)))
            }),
            row(
                "Memory of 1,000 idle connections, MB",
                "in addition",
                "memory",
                &|print| print.connections.map(mega),
            ),
            row(
                "Start-up, ms",
                "from the start of the process to its first answer",
                "start-up",
                &|print| print.start_up_ns.map(milliseconds),
            ),
        ]
    }

    /// What is counted of its program and source.
    fn made_of(&self, arms: &[usize]) -> Vec<GridRow> {
        let prints = self.prints(arms);
        let row = |name: &str,
                   more: &str,
                   best,
                   value: &dyn Fn(&Footprint) -> Option<u64>,
                   shown: &dyn Fn(u64) -> String| {
            let values: Vec<Option<u64>> =
                prints.iter().map(|print| print.and_then(value)).collect();
            let cells = counted(&values, best, |value| {
                (shown(value), self.report("footprint"))
            });
            GridRow {
                name: name.to_owned(),
                target: None,
                more: more.to_owned(),
                cells,
            }
        };
        let plain = |value: u64| value.to_string();
        let count = |value: Option<usize>| value.and_then(|value| u64::try_from(value).ok());
        vec![
            row(
                "Size of the program, MB",
                "stripped",
                Best::Lowest,
                &|print| print.stripped_bytes.or(print.program_bytes),
                &|bytes| megabytes(bytes as f64),
            ),
            row(
                "Crates",
                "distinct, in the dependency tree",
                Best::Lowest,
                &|print| count(print.crates),
                &plain,
            ),
            row(
                "Lines of the finished server",
                "its own, without what servers share",
                Best::Unknown,
                &|print| count(print.lines.map(|lines| lines.own)),
                &plain,
            ),
            row(
                "Workaround lines",
                "below a comment that cites an upstream issue",
                Best::Lowest,
                &|print| count(print.lines.map(|lines| lines.workarounds)),
                &plain,
            ),
        ]
    }

    fn by_default(&self, arms: &[usize]) -> Vec<GridRow> {
        let Some(defaults) = self.defaults else {
            return Vec::new();
        };
        let known: Vec<_> = arms
            .iter()
            .map(|&arm| defaults.of(self.record.server_of(arm)?.framework.as_deref()?))
            .collect();
        let of = defaults.capabilities.len();
        let row = |name: &str,
                   more: &str,
                   best,
                   value: &dyn Fn(&crate::defaults::Framework) -> usize,
                   shown: &dyn Fn(u64) -> String| {
            let values: Vec<Option<u64>> = known
                .iter()
                .map(|one| u64::try_from(value((*one)?)).ok())
                .collect();
            let target = || Some(self.places.defaults.to_owned());
            let mut cells = counted(&values, best, |value| (shown(value), target()));
            for ((cell, one), &arm) in cells.iter_mut().zip(&known).zip(arms) {
                let version = self.record.server_of(arm);
                let version = version.and_then(|server| server.version.as_deref());
                if let Some(one) = one.filter(|one| Some(one.version.as_str()) != version) {
                    cell.more = format!("of {}", one.version);
                }
            }
            GridRow {
                name: name.to_owned(),
                target: None,
                more: more.to_owned(),
                cells,
            }
        };
        vec![
            row(
                "Built in by default",
                "of the capabilities that were looked at",
                Best::Highest,
                &|one| one.built_in(),
                &|value| format!("{value} of {of}"),
            ),
            row(
                "Lines that add the others",
                "in the finished server and its shared parts",
                Best::Lowest,
                &|one| one.added_lines(),
                &|value| value.to_string(),
            ),
        ]
    }

    fn upkeep(&self, arms: &[usize]) -> Vec<GridRow> {
        let Some(upkeep) = self.upkeep else {
            return Vec::new();
        };
        let crates = arms.iter().map(|&arm| {
            let server = self.record.server_of(arm)?;
            upkeep.of(server.framework.as_deref()?)
        });
        let mut rows = rows_to_choose_by(upkeep, &crates.collect::<Vec<_>>());
        let cells = rows.iter_mut().flat_map(|row| &mut row.cells);
        for cell in cells.filter(|cell| cell.text != GridCell::NOTHING) {
            cell.target = Some(self.places.upkeep.to_owned());
            // They are on the page that the answer leads to.
            cell.links.clear();
        }
        rows
    }

    fn conformance(&self, arms: &[usize]) -> Option<GridRow> {
        let prints = self.prints(arms);
        let cells = prints.iter().map(|print| {
            let found = print.and_then(|print| print.conformance.as_ref());
            match found.filter(|found| found.decided() > 0) {
                Some(found) => GridCell {
                    text: format!("{} of {}", found.passed(), found.decided()),
                    target: self.report("conformance"),
                    strong: found.passed() == found.decided(),
                    ..GridCell::default()
                },
                None => GridCell::nothing(),
            }
        });
        Some(GridRow {
            name: "Conformance of the finished server".to_owned(),
            target: None,
            more: "must-level cases that pass".to_owned(),
            cells: cells.collect(),
        })
    }
}

/// The cells of counts, the best of which stand out unless all are equal.
fn counted(
    values: &[Option<u64>],
    best: Best,
    shown: impl Fn(u64) -> (String, Option<String>),
) -> Vec<GridCell> {
    let known = || values.iter().flatten().copied();
    let stands_out = match best {
        Best::Lowest => known().min(),
        Best::Highest => known().max(),
        Best::Unknown => None,
    };
    let differ = known().min() != known().max();
    let cells = values.iter().map(|value| match value {
        Some(value) => {
            let (text, target) = shown(*value);
            GridCell {
                text,
                target,
                strong: differ && stands_out == Some(*value),
                ..GridCell::default()
            }
        }
        None => GridCell::nothing(),
    });
    cells.collect()
}
