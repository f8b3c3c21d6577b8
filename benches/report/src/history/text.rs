//! A history as tables, for a terminal or as Markdown.

use super::change::{beside, of_run};
use super::{Cell, History, LANES, Run, Section};
use crate::numbers::{interval, thousands};
use crate::table::{Align, Table};
use crate::text::Form;

/// Everything, a section a machine, in it a table a server.
pub fn text(history: &History, form: Form) -> String {
    let mut blocks = Vec::new();
    for section in history.sections() {
        blocks.push(match form {
            Form::Text => format!("{}\n", section.title),
            Form::Markdown => format!("## {}\n", section.title),
        });
        for (heading, table) in section.tables() {
            blocks.push(match form {
                Form::Text => format!("{heading}\n{}", table.text()),
                Form::Markdown => format!("### {heading}\n\n{}", table.markdown()),
            });
        }
        blocks.push(list(&section.exclusions(), form));
    }
    blocks.push(list(&history.notes(), form));
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n")
}

fn list(items: &[String], form: Form) -> String {
    let mark = match form {
        Form::Text => "·",
        Form::Markdown => "-",
    };
    items
        .iter()
        .map(|item| format!("{mark} {item}\n"))
        .collect()
}

impl Section<'_> {
    /// The tables, each under its heading: the reference's requests per second, then one a server.
    pub(crate) fn tables(&self) -> Vec<(String, Table)> {
        let reference = self.runs.first().map(|run| &run.setup.reference.name);
        let mut tables = Vec::new();
        if let Some(name) = reference {
            tables.push((format!("{name}, the reference: requests/s"), self.rates()));
        }
        let servers = self.servers().into_iter();
        tables.extend(servers.map(|name| (name.to_owned(), self.table(name))));
        tables
    }

    fn rates(&self) -> Table {
        let mut table = columns("requests/s");
        let mut before: Option<&Run> = None;
        for run in &self.runs {
            let mut said: Vec<String> = run.incomplete.iter().cloned().collect();
            said.extend(before.map_or_else(Vec::new, |before| of_run(&before.setup, &run.setup)));
            let version = run.setup.reference.version.as_ref();
            table.push(line(run, version, &run.reference_rates, &said));
            before = Some(run);
        }
        table
    }

    fn table(&self, server: &str) -> Table {
        let mut table = columns("ratio (95 %)");
        let mut before: Option<&Run> = None;
        for run in &self.runs {
            let Some(found) = run.server(server) else {
                continue;
            };
            let said = beside(before, run, server);
            let version = found.program.version.as_ref();
            table.push(line(run, version, &found.lanes, &said));
            before = Some(run);
        }
        table
    }

    /// Why rows are excluded, as sentences without their full stop: once where several are for one reason.
    pub(crate) fn exclusions(&self) -> Vec<String> {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        let mut add = |run: &Run, name: &str, cells: &[Cell; 2]| {
            for (lane, cell) in LANES.iter().zip(cells) {
                let Cell::Excluded(why) = cell else { continue };
                let reason = format!("{}: {why}", run.name);
                let place = format!("{name} ({})", lane.name());
                match found.iter_mut().find(|(known, _)| *known == reason) {
                    Some((_, places)) => places.push(place),
                    None => found.push((reason, vec![place])),
                }
            }
        };
        for run in &self.runs {
            add(run, &run.setup.reference.name, &run.reference_rates);
            for server in &run.servers {
                add(run, &server.program.name, &server.lanes);
            }
        }
        let sentences = found.into_iter();
        sentences
            .map(|(reason, places)| format!("excluded: {} in {reason}", places.join(", ")))
            .collect()
    }
}

fn columns(figure: &str) -> Table {
    let lanes = LANES.map(|lane| format!("{}: {figure}", lane.name()));
    Table::new([
        ("date", Align::Left),
        ("version", Align::Left),
        (lanes[0].as_str(), Align::Left),
        (lanes[1].as_str(), Align::Left),
        ("since the run before", Align::Left),
        ("record", Align::Left),
    ])
}

fn line(run: &Run, version: Option<&String>, cells: &[Cell; 2], said: &[String]) -> Vec<String> {
    let mut line = vec![
        run.date().to_owned(),
        version.cloned().unwrap_or_else(|| "unknown".to_owned()),
    ];
    line.extend(cells.iter().map(shown));
    line.push(said.join("; "));
    line.push(run.name.clone());
    line
}

/// A figure as tables show it.
pub(crate) fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Ratio(ratio) => interval(*ratio),
        Cell::Rate(rate) => thousands(*rate),
        Cell::Excluded(_) => "excluded".to_owned(),
        Cell::Nothing(why) => (*why).to_owned(),
    }
}
