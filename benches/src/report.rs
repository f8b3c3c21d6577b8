//! What a run says, for people: on a terminal, or as Markdown for a README.

mod division;
mod footprint;
pub mod html;
mod latency;
mod link;
mod modes;
mod numbers;
mod splice;

use std::fmt::Write as _;

use crate::analysis::{Analysis, Figures, LaneAnalysis, Pair, Row};
use crate::cores::Core;
use crate::plan::ArmRole;
use crate::record::Record;
use crate::statistics::{Place, Verdict};
use crate::table::{Align, Table};
use numbers::{interval, microseconds, thousands};

pub use division::render_division;
pub use link::link;
pub use splice::{BEGIN, END, splice};

/// How tables are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Columns of equal width.
    Text,
    /// GitHub's Markdown.
    Markdown,
}

/// Everything a run says: a table for each lane, one of what does not depend on the lane, what is
/// void and why, what else to know, and how it was measured.
pub fn render(record: &Record, analysis: &Analysis, form: Form) -> String {
    let page = Page { record, form };
    let mut blocks = Vec::new();
    for lane in &analysis.lanes {
        blocks.push(page.heading(lane));
        blocks.push(page.table(&page.rates(lane)));
        blocks.push(page.list(&page.remarks(lane)));
    }
    blocks.extend(page.capacity(analysis));
    blocks.extend(page.latency(analysis));
    blocks.extend(page.footprints(analysis));
    blocks.push(page.list(&page.voids(analysis)));
    if !analysis.warnings.is_empty() {
        blocks.push(page.title("Before you believe it".to_owned()));
        blocks.push(page.list(&analysis.warnings));
    }
    blocks.push(page.caption(analysis));
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n")
}

/// What [`render`] gives as Markdown, with a link to the page that has more, where there is one.
pub fn markdown(record: &Record, analysis: &Analysis, page: Option<&str>) -> String {
    let mut text = render(record, analysis, Form::Markdown);
    if let Some(page) = page {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "\nWith charts, verdicts in sentences and all the rest: [the report of this run]({page})."
        );
    }
    text
}

struct Page<'a> {
    record: &'a Record,
    form: Form,
}

impl Page<'_> {
    fn title(&self, text: String) -> String {
        match self.form {
            Form::Text => format!("{text}\n"),
            Form::Markdown => format!("### {text}\n"),
        }
    }

    fn table(&self, table: &Table) -> String {
        match self.form {
            Form::Text => table.text(),
            Form::Markdown => table.markdown(),
        }
    }

    fn list(&self, items: &[String]) -> String {
        let mark = match self.form {
            Form::Text => "·",
            Form::Markdown => "-",
        };
        items.iter().fold(String::new(), |mut list, item| {
            // Writing to a string does not fail.
            let _ = writeln!(list, "{mark} {item}");
            list
        })
    }

    fn name(&self, arm: usize) -> &str {
        &self.record.plan.arms[arm].name
    }

    fn heading(&self, lane: &LaneAnalysis) -> String {
        self.title(format!("{}: {}", lane.lane.name(), lane.lane.request()))
    }

    fn rates(&self, lane: &LaneAnalysis) -> Table {
        let reference = self.reference().unwrap_or("the reference");
        let relative = format!("relative to {reference} (95 %)");
        let mut table = Table::new([
            ("place", Align::Left),
            ("server", Align::Left),
            ("version", Align::Left),
            ("requests/s", Align::Right),
            (relative.as_str(), Align::Left),
            ("CPU µs/request", Align::Right),
            ("user + system", Align::Right),
            ("p50 µs", Align::Right),
            ("p99 µs", Align::Right),
        ]);
        for row in &lane.rows {
            table.push(self.rate(row));
        }
        table
    }

    fn rate(&self, row: &Row) -> Vec<String> {
        let role = self.record.plan.arms[row.arm].role;
        let place = match (row.void.is_empty(), role) {
            (false, _) => "void".to_owned(),
            (true, ArmRole::Compared) => row.place.map(place).unwrap_or_default(),
            (true, ArmRole::Aside) => "aside".to_owned(),
            (true, ArmRole::Again) => "A/A".to_owned(),
            (true, ArmRole::Reference) => "reference".to_owned(),
            (true, ArmRole::Floor) => "floor".to_owned(),
        };
        let version = self
            .record
            .server_of(row.arm)
            .and_then(|server| server.version.clone());
        let mut cells = vec![
            place,
            self.name(row.arm).to_owned(),
            version.unwrap_or_default(),
        ];
        if let Some(figures) = row.figures.filter(|_| row.void.is_empty()) {
            let relative = match row.relative {
                Some(ratio) => interval(ratio),
                None if role == ArmRole::Reference => "1".to_owned(),
                None => String::new(),
            };
            cells.extend(rate_cells(&figures, relative));
        }
        cells
    }

    fn reference(&self) -> Option<&str> {
        let arms = &self.record.plan.arms;
        arms.iter()
            .find(|arm| arm.role == ArmRole::Reference)
            .map(|arm| arm.name.as_str())
    }

    /// What the table's places leave unsaid: ties, and what this run cannot tell.
    fn remarks(&self, lane: &LaneAnalysis) -> Vec<String> {
        let mut remarks: Vec<String> = lane
            .pairs
            .iter()
            .filter_map(|pair| self.remark(pair))
            .collect();
        remarks.extend(lane.asides.iter().map(|pair| {
            format!(
                "{} answers {} times as many requests as {}",
                self.name(pair.arm),
                interval(pair.ratio),
                self.name(pair.against)
            )
        }));
        if let Some(again) = lane.again {
            remarks.push(format!(
                "A/A, two copies of one server: {}; verdicts ask for more than {:.1} %",
                interval(again),
                100.0 * lane.margin
            ));
        }
        remarks
    }

    fn remark(&self, pair: &Pair) -> Option<String> {
        let (arm, against) = (self.name(pair.arm), self.name(pair.against));
        let ratio = interval(pair.ratio);
        match pair.verdict {
            Verdict::Ahead | Verdict::Behind => None,
            Verdict::Tie => Some(format!("{arm} and {against} tie: {ratio}")),
            Verdict::Unresolved => {
                let advice = match pair.restarts_needed {
                    Some(needed) => format!("about {needed} restarts would tell"),
                    None => "no feasible number of restarts would tell".to_owned(),
                };
                Some(format!(
                    "{arm} against {against} is not resolved: {ratio}; {advice}"
                ))
            }
        }
    }

    fn voids(&self, analysis: &Analysis) -> Vec<String> {
        /// The arms that a reason holds for, each with the lanes.
        type Arms<'a> = Vec<(usize, Vec<&'a str>)>;
        let mut reasons: Vec<(&str, Arms<'_>)> = Vec::new();
        let rows = analysis
            .lanes
            .iter()
            .flat_map(|lane| lane.rows.iter().map(move |row| (lane, row)));
        for (lane, row, reason) in
            rows.flat_map(|(lane, row)| row.void.iter().map(move |reason| (lane.lane, row, reason)))
        {
            let arms = entry(&mut reasons, reason.as_str());
            entry(arms, row.arm).push(lane.name());
        }
        let lanes = analysis.lanes.len();
        let everything = |arms: &[(usize, Vec<&str>)]| {
            arms.len() == self.record.plan.arms.len()
                && arms.iter().all(|(_, found)| found.len() == lanes)
        };
        let mut voids = Vec::new();
        for (reason, arms) in &reasons {
            if everything(arms) {
                voids.push(format!("void, all of it: {reason}"));
                continue;
            }
            for (arm, found) in arms {
                let name = self.name(*arm);
                voids.push(format!("void: {name}, {}: {reason}", found.join(" and ")));
            }
        }
        if !voids.is_empty() {
            voids.push(
                "A void row failed a check without which its figures say nothing of the server; \
                 what was measured of it is in the record."
                    .to_owned(),
            );
        }
        voids
    }

    fn caption(&self, analysis: &Analysis) -> String {
        let record = self.record;
        let plan = &record.plan;
        let mut sentences = vec![
            format!(
                "Requests per second with the server's core{} saturated, on {} connections.",
                if plan.busy_cores() == 1 { "" } else { "s" },
                plan.connections
            ),
            format!(
                "The ratio rests on the differences between slices of {} ms that follow each other, \
                 without the time in which something else had the core; its interval is over {}.",
                plan.slice_ms,
                restarts(analysis.restarts)
            ),
            "Latency at saturation follows from the rate.".to_owned(),
        ];
        sentences.extend(rate_caption(record));
        sentences.push(format!("Cores: {}.", cores(record)));
        sentences.extend(Page::footprint_caption(analysis));
        let revision = match &record.source.revision {
            Some(revision) => format!(", revision {}", revision.get(..12).unwrap_or(revision)),
            None => String::new(),
        };
        let rustc = record
            .toolchain
            .rustc
            .as_deref()
            .unwrap_or("an unknown compiler");
        let variables = record.environment.iter().flat_map(|found| &found.variables);
        let variables: String = variables
            .map(|(name, value)| format!(", {name}={value}"))
            .collect();
        let machine = record.machine.sentence();
        let date = record.started.get(..10).unwrap_or(&record.started);
        let command = match self.form {
            Form::Text => record.command.clone(),
            Form::Markdown => format!("`{}`", record.command),
        };
        sentences.push(format!(
            "Measured {date} by {command} on {machine}; {rustc}{variables}{revision}."
        ));
        match self.form {
            Form::Text => sentences.join("\n") + "\n",
            Form::Markdown => sentences.join(" ") + "\n",
        }
    }
}

/// How columns of a lane's table agree. Nothing where nothing is relative to anything.
fn rate_caption(record: &Record) -> Option<String> {
    let mut arms = record.plan.arms.iter();
    let reference = arms.find(|arm| arm.role == ArmRole::Reference)?;
    let name = &reference.name;
    Some(format!(
        "Requests per second are the median of {name}'s slices, and of every other server as many as \
         its ratio makes of them: each is compared with {name} at the same moments."
    ))
}

/// The value that belongs to a key, in order of first mention.
fn entry<K: PartialEq, V: Default>(entries: &mut Vec<(K, V)>, key: K) -> &mut V {
    let index = entries
        .iter()
        .position(|(known, _)| *known == key)
        .unwrap_or_else(|| {
            entries.push((key, V::default()));
            entries.len() - 1
        });
    &mut entries[index].1
}

fn rate_cells(figures: &Figures, relative: String) -> [String; 6] {
    let (total, split) = match figures.cpu {
        Some(cpu) => (
            microseconds(cpu.total),
            format!("{} + {}", microseconds(cpu.user), microseconds(cpu.system)),
        ),
        None => (String::new(), String::new()),
    };
    [
        thousands(figures.requests_per_second),
        relative,
        total,
        split,
        thousands(figures.p50_ns as f64 / 1e3),
        thousands(figures.p99_ns as f64 / 1e3),
    ]
}

/// Which cores servers and generator were confined to, and of which kind they are where the machine may
/// have several.
fn cores(record: &Record) -> String {
    let plan = &record.plan;
    // Where nothing but a capacity of 1024 is known, there is but one kind.
    let tells = |core: &Core| core.pmu.is_some() || core.max_khz.is_some();
    let slower = |core: &Core| core.capacity.is_some_and(|capacity| capacity < 1024);
    let mut kinds: Vec<String> = Vec::new();
    if record.cores.iter().any(|core| tells(core) || slower(core)) {
        kinds.extend(record.cores.iter().filter_map(Core::kind));
        kinds.dedup();
    }
    let kinds = match kinds.as_slice() {
        [] => String::new(),
        kinds => format!(" ({})", kinds.join("; ")),
    };
    let list = |cores: &[usize]| {
        let cores: Vec<String> = cores.iter().map(usize::to_string).collect();
        if cores.is_empty() {
            "any".to_owned()
        } else {
            cores.join(", ")
        }
    };
    format!(
        "servers on {} with {} worker{} each, generator on {}{kinds}",
        list(&plan.server_cores),
        plan.workers,
        if plan.workers == 1 { "" } else { "s" },
        list(&plan.generator_cores)
    )
}

fn restarts(count: usize) -> String {
    format!("{count} restart{}", if count == 1 { "" } else { "s" })
}

fn place(place: Place) -> String {
    if place.best == place.worst {
        place.best.to_string()
    } else {
        format!("{} to {}", place.best, place.worst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Simulation, record};

    fn rendered(record: &Record, form: Form) -> String {
        render(record, &Analysis::of(record).unwrap(), form)
    }

    #[track_caller]
    fn line<'a>(text: &'a str, start: &str) -> &'a str {
        text.lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("{start}\n{text}"))
    }

    #[test]
    fn terminal_shows_places_figures_and_footprints() {
        let text = rendered(&Simulation::new(14).run(), Form::Text);
        assert!(line(&text, "1  ").contains("warp"));
        assert!(line(&text, "3  ").contains("0.66"));
        assert!(line(&text, "reference").contains("hyper"));
        assert!(line(&text, "A/A").contains("axum (again)"));
        let axum: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("axum "))
            .collect();
        assert!(
            axum[0].contains("3.0") && axum[0].contains("122 of 122"),
            "{axum:?}"
        );
        assert!(
            axum[1].starts_with("axum (again)") && axum[1].contains("4.19"),
            "{axum:?}"
        );
        assert!(
            axum[2].contains("1.5") && axum[2].contains("47"),
            "{axum:?}"
        );
        assert!(
            text.contains("Measured 2026-11-02 by cargo compare --seed 5 on Fast 9000, 2 cores")
        );
    }

    #[test]
    fn every_core_is_named() {
        let mut record = record();
        assert!(
            rendered(&record, Form::Text)
                .contains("Cores: servers on 0 with 1 worker each, generator on 1.")
        );
        let plan = &mut record.plan;
        (plan.server_cores, plan.workers) = (vec![0, 1], 2);
        plan.generator_cores = vec![2, 3];
        assert!(
            rendered(&record, Form::Markdown)
                .contains("Cores: servers on 0, 1 with 2 workers each, generator on 2, 3.")
        );
        record.plan.generator_cores.clear();
        assert!(rendered(&record, Form::Text).contains("generator on any."));
    }

    #[test]
    fn the_kind_of_the_cores_is_told_where_there_may_be_several() {
        let mut record = record();
        let core = |number, capacity| Core {
            number,
            capacity: Some(capacity),
            ..Core::default()
        };
        record.cores = vec![core(0, 1024), core(1, 1024)];
        assert!(cores(&record).ends_with("generator on 1"));
        record.cores = vec![core(0, 446), core(1, 446)];
        assert!(cores(&record).ends_with("generator on 1 (capacity 446)"));
        record.cores[1].pmu = Some("cpu_core".to_owned());
        assert!(cores(&record).ends_with("(capacity 446; cpu_core, capacity 446)"));
    }

    #[test]
    fn markdown_has_a_table_a_lane_and_two_more() {
        let text = rendered(&record(), Form::Markdown);
        assert_eq!(
            text.lines()
                .filter(|line| line.starts_with("| ---"))
                .count(),
            4
        );
        assert!(text.contains("### one: GET /greetings/en"));
        assert!(text.contains("by `cargo compare --seed 5` on"));
    }

    #[test]
    fn void_rows_show_no_figures_and_say_why() {
        let mut record = record();
        record.voids.push(crate::record::Void {
            arm: 0,
            restart: None,
            lane: None,
            reason: "fails wire/cl-te".to_owned(),
        });
        let text = rendered(&record, Form::Text);
        assert_eq!(
            line(&text, "void ").split_whitespace().collect::<Vec<_>>(),
            ["void", "axum", "0.8.9"]
        );
        assert!(
            text.contains("void: axum, one and list: fails wire/cl-te"),
            "{text}"
        );
    }

    #[test]
    fn what_voids_everything_is_said_once() {
        let mut record = record();
        for restart in &mut record.restarts {
            restart.machine.as_mut().unwrap().others_ns = Some(5_000_000_000);
        }
        let text = rendered(&record, Form::Text);
        assert_eq!(
            text.matches("other processes took 50 %").count(),
            1,
            "{text}"
        );
        assert!(text.contains("· void, all of it: "));
    }

    #[test]
    fn what_is_open_is_said_with_the_restarts_it_would_take() {
        let mut simulation = Simulation::new(4);
        simulation.arms[1].2 = 153_000.0;
        simulation.bias = 0.02;
        let text = rendered(&simulation.run(), Form::Text);
        assert!(line(&text, "· warp against axum is not resolved").contains("restarts would tell"));
        assert!(line(&text, "1 to 2").contains("warp"));
    }

    #[test]
    fn an_empty_record_is_still_shown() {
        let mut empty = record();
        empty.restarts.clear();
        let text = rendered(&empty, Form::Text);
        assert!(text.contains("none is given") && text.contains("axum"));
    }
}
