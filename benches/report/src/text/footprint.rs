//! What is said of a server besides how fast it answers.

use quartet_analysis::{Analysis, Footprint};
use quartet_record::cost::{FunctionGroup, GroupCost, IDLE_CONNECTIONS, TOOL};
use quartet_record::plan::ArmRole;

use super::page::Page;
use crate::numbers::{megabytes, megabytes_of, milliseconds, seconds, tenths, thousands};
use crate::table::{Align, Table};

impl Page<'_> {
    /// The tables that do not depend on the kind of request, each under its title, and what is
    /// missing from them.
    pub(crate) fn footprints(&self, analysis: &Analysis) -> Vec<String> {
        let prints = &analysis.footprints;
        let mut blocks = vec![
            self.title("Independent of the request".to_owned()),
            self.table(&self.running(prints)),
            self.list(&running_remarks(analysis)),
            self.title("Footprint".to_owned()),
            self.table(&self.made_of(prints)),
        ];
        if prints.iter().any(|print| !print.requests.is_empty()) {
            blocks.push(self.title(format!(
                "Counted by {TOOL}: for comparing versions of one server, not for ranking servers"
            )));
            blocks.push(self.table(&self.counted(prints)));
        }
        if has_groups(prints) {
            blocks.push(self.title(BY_GROUP.to_owned()));
            blocks.push(self.table(&self.counted_by_group(prints)));
        }
        blocks.push(self.list(&self.missing(prints)));
        blocks
    }

    fn running(&self, prints: &[Footprint]) -> Table {
        let mut table = Table::new([
            ("server", Align::Left),
            ("start-up ms", Align::Right),
            ("idle memory MB", Align::Right),
            ("loaded memory MB", Align::Right),
            ("peak resident MB", Align::Right),
            ("MB per 1,000 idle connections", Align::Right),
            ("conformance", Align::Right),
        ]);
        for print in prints {
            let conformance = print
                .conformance
                .as_ref()
                .filter(|found| found.decided() > 0 && !self.is_again(print))
                .map(|found| format!("{} of {}", found.passed(), found.decided()));
            table.push(vec![
                self.name(print.arm).to_owned(),
                print.start_up_ns.map(milliseconds).unwrap_or_default(),
                print.idle.map(megabytes_of).unwrap_or_default(),
                print.loaded.map(megabytes_of).unwrap_or_default(),
                print.peak.map(megabytes_of).unwrap_or_default(),
                print.connections.map(megabytes_of).unwrap_or_default(),
                conformance.unwrap_or_default(),
            ]);
        }
        table
    }

    fn is_again(&self, print: &Footprint) -> bool {
        self.record.plan.arms[print.arm].role == ArmRole::Again
    }

    pub(crate) fn made_of(&self, prints: &[Footprint]) -> Table {
        let mut columns = vec![
            ("server", Align::Left),
            ("binary MB", Align::Right),
            ("stripped MB", Align::Right),
            ("crates", Align::Right),
            ("lines", Align::Right),
            ("workaround lines", Align::Right),
            ("shared helpers", Align::Right),
        ];
        let over_database = prints
            .iter()
            .any(|print| print.database_program_bytes.is_some());
        if over_database {
            columns.extend([
                ("binary MB with PostgreSQL and TLS", Align::Right),
                ("crates with PostgreSQL and TLS", Align::Right),
            ]);
        }
        let built = prints.iter().any(|print| print.build.is_some());
        if built {
            columns.extend([("clean build s", Align::Right), ("again s", Align::Right)]);
        }
        let mut builds = prints.iter().filter_map(|print| print.build);
        let checked = builds.any(|build| build.check_ns.is_some());
        if checked {
            columns.extend([
                ("check s", Align::Right),
                ("clean build GB", Align::Right),
                ("again GB", Align::Right),
                ("check GB", Align::Right),
            ]);
        }
        let mut table = Table::new(columns);
        // A second copy is the same program.
        for print in prints.iter().filter(|print| !self.is_again(print)) {
            let size = |bytes: Option<u64>| bytes.map(|bytes| megabytes(bytes as f64));
            let number = |number: Option<usize>| number.map(|number| number.to_string());
            let lines = print.lines;
            let mut row = vec![
                Some(self.name(print.arm).to_owned()),
                size(print.program_bytes),
                size(print.stripped_bytes),
                number(print.crates),
                number(lines.map(|lines| lines.own)),
                number(lines.map(|lines| lines.workarounds)),
                number(lines.map(|lines| lines.helpers)),
            ];
            if over_database {
                row.extend([
                    size(print.database_program_bytes),
                    number(print.database_crates),
                ]);
            }
            row.extend([
                print.build.map(|build| seconds(build.clean_ns)),
                print.build.map(|build| seconds(build.incremental_ns)),
            ]);
            let built = print.build;
            let giga = |bytes: Option<u64>| bytes.map(|bytes| format!("{:.2}", bytes as f64 / 1e9));
            row.extend([
                built.and_then(|build| build.check_ns).map(seconds),
                giga(built.and_then(|build| build.clean_peak)),
                giga(built.and_then(|build| build.incremental_peak)),
                giga(built.and_then(|build| build.check_peak)),
            ]);
            table.push(row.into_iter().map(Option::unwrap_or_default).collect());
        }
        table
    }

    pub(crate) fn counted(&self, prints: &[Footprint]) -> Table {
        let known = |figure: Option<String>| figure.unwrap_or_else(|| "not known".to_owned());
        let mut table = Table::new([
            ("server", Align::Left),
            ("lane", Align::Left),
            ("instructions/request", Align::Right),
            ("allocations/request", Align::Right),
            ("bytes allocated/request", Align::Right),
        ]);
        for print in prints {
            for (lane, counted) in &print.requests {
                table.push(vec![
                    self.name(print.arm).to_owned(),
                    lane.name().to_owned(),
                    thousands(counted.instructions),
                    known(counted.allocations.map(|count| format!("{count:.1}"))),
                    known(counted.allocated_bytes.map(thousands)),
                ]);
            }
        }
        table
    }

    /// Instructions and allocations of a request by group of functions.
    pub(crate) fn counted_by_group(&self, prints: &[Footprint]) -> Table {
        let is_there = |group: &FunctionGroup| {
            let mut costs = prints.iter().flat_map(|print| print.requests.values());
            costs.any(|cost| cost.groups.contains_key(group))
        };
        let groups: Vec<FunctionGroup> = FunctionGroup::ALL.into_iter().filter(is_there).collect();
        let names = groups.iter().map(|group| (group.name(), Align::Right));
        let first = [
            ("server", Align::Left),
            ("lane", Align::Left),
            ("count", Align::Left),
        ];
        let mut table = Table::new(first.into_iter().chain(names));
        for print in prints {
            let counted = print.requests.iter();
            for (lane, cost) in counted.filter(|(_, cost)| !cost.groups.is_empty()) {
                let mut row = |count: &str, shown: &dyn Fn(&GroupCost) -> String| {
                    let figures = groups
                        .iter()
                        .map(|group| cost.groups.get(group).map(shown).unwrap_or_default());
                    let first = [self.name(print.arm), lane.name(), count].map(str::to_owned);
                    table.push(first.into_iter().chain(figures).collect());
                };
                row("instructions", &|cost| thousands(cost.instructions));
                row("allocations", &|cost| tenths(cost.allocations));
            }
        }
        table
    }

    /// What could not be measured: once where it is so of every server.
    pub(crate) fn missing(&self, prints: &[Footprint]) -> Vec<String> {
        let mut sentences: Vec<String> = Vec::new();
        for print in prints {
            for what in &print.missing {
                let everywhere = prints.iter().all(|other| other.missing.contains(what));
                let sentence = if everywhere {
                    format!("not measured: {what}")
                } else {
                    format!("not measured for {}: {what}", self.name(print.arm))
                };
                if !sentences.contains(&sentence) {
                    sentences.push(sentence);
                }
            }
        }
        sentences
    }

    /// What the tables' figures are.
    pub(crate) fn footprint_caption(analysis: &Analysis) -> Vec<String> {
        let mut sentences = memory_caption(analysis);
        sentences.push(
            "Lines are neither blank nor comments. Workaround lines are below a comment that \
             cites an upstream issue. Conformance: must-level cases passed / applicable."
                .to_owned(),
        );
        sentences.extend(analysis.spawn_ns.map(|spawn| {
            format!(
                "Every start-up includes {} ms for starting a process that does nothing.",
                milliseconds(spawn)
            )
        }));
        let spreads = || {
            let prints = analysis.footprints.iter();
            prints.filter_map(|print| print.start_up)
        };
        let fewest = spreads().map(|spread| spread.samples).min();
        let most = spreads().map(|spread| spread.samples).max();
        let widest = spreads().max_by(|a, b| {
            (a.upper_quartile - a.lower_quartile).total_cmp(&(b.upper_quartile - b.lower_quartile))
        });
        if let (Some(spread), Some(fewest), Some(most)) = (widest, fewest, most) {
            let starts = if fewest == most {
                most.to_string()
            } else {
                format!("{fewest} to {most}")
            };
            sentences.push(format!(
                "Start-up is the median of {starts} starts; the middle half lies within {} ms for \
                 every server.",
                milliseconds(spread.upper_quartile - spread.lower_quartile)
            ));
        }
        sentences
    }
}

/// What the table by group of functions is of.
pub(crate) const BY_GROUP: &str = "Per request, by group of functions (instructions of the standard library count for \
     the crate that called them)";

/// Whether any server's were counted by group of functions.
pub(crate) fn has_groups(prints: &[Footprint]) -> bool {
    let mut costs = prints.iter().flat_map(|print| print.requests.values());
    costs.any(|cost| !cost.groups.is_empty())
}

/// How far equals are apart, and what to know of memory.
pub(crate) fn running_remarks(analysis: &Analysis) -> Vec<String> {
    let again = analysis.footprints_again.iter();
    again.chain(&analysis.memory_notes).cloned().collect()
}

/// What memory is. Nothing where none was measured.
pub(crate) fn memory_caption(analysis: &Analysis) -> Vec<String> {
    let starts = analysis.footprints.iter();
    let starts = starts
        .filter_map(|print| print.loaded)
        .map(|range| range.starts);
    let Some(starts) = starts.max() else {
        return Vec::new();
    };
    let what = if analysis.memory_notes.is_empty() {
        format!(
            "Memory is private memory (heap, stacks, changed data: Pss_Anon) of a process that \
             runs alone, after the first answers (idle) and after load: the median of {starts} \
             starts, with the lowest and the highest in brackets if they differ. Peak resident \
             also includes pages of the program's file and of libraries; their number differs \
             between copies of one file. The next column is the increase caused by \
             {IDLE_CONNECTIONS} idle connections."
        )
    } else {
        format!(
            "Memory is the proportional set size (PSS): the median of {starts} restarts, with the \
             lowest and the highest in brackets. The column after peak resident is the increase \
             caused by {IDLE_CONNECTIONS} idle connections, measured once."
        )
    };
    vec![what]
}
