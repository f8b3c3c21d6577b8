//! The tables of the lanes over a database, and what they leave unsaid.

use quartet_analysis::{Analysis, DatabaseLane, DatabaseRow, Pair};
use quartet_record::plan::ArmRole;

use super::page::Page;
use super::rates::rank;
use crate::numbers::{interval, microseconds, thousands};
use crate::table::{Align, Table};

impl Page<'_> {
    /// Heading, table and remarks of every such lane, and how they were measured.
    pub(crate) fn over_database(&self, analysis: &Analysis) -> Vec<String> {
        let mut blocks = Vec::new();
        for lane in &analysis.database {
            let (name, request) = (lane.lane.name(), lane.lane.request());
            blocks.push(self.title(format!("{name}: {request}")));
            blocks.push(self.table(&self.database_costs(lane)));
            blocks.push(self.list(&self.database_remarks(lane)));
        }
        if !blocks.is_empty() {
            blocks.push(self.list(&self.database_caption()));
        }
        blocks
    }

    /// What a request costs each server and PostgreSQL.
    pub(crate) fn database_costs(&self, lane: &DatabaseLane) -> Table {
        let memory = lane.lane.in_memory();
        let memory = memory.map_or("memory", |memory| memory.name());
        let of_memory = format!("÷ its own lane {memory} (95 %)");
        let mut table = Table::new([
            ("rank", Align::Left),
            ("server", Align::Left),
            ("version", Align::Left),
            ("CPU µs/request", Align::Right),
            ("user + system", Align::Right),
            (of_memory.as_str(), Align::Left),
            ("PostgreSQL CPU µs/request", Align::Right),
            ("core busy", Align::Right),
            ("requests/s", Align::Right),
        ]);
        for row in &lane.rows {
            table.push(self.database_cost(row));
        }
        table
    }

    fn database_cost(&self, row: &DatabaseRow) -> Vec<String> {
        let place = match (row.excluded.is_empty(), self.record.plan.arms[row.arm].role) {
            (false, _) => "excluded".to_owned(),
            (true, ArmRole::Compared) => row.rank.map(rank).unwrap_or_default(),
            (true, ArmRole::Again) => "A/A".to_owned(),
            (true, _) => "aside".to_owned(),
        };
        let server = self.record.server_of(row.arm);
        let version = server.and_then(|server| server.version.clone());
        let mut cells = vec![
            place,
            self.name(row.arm).to_owned(),
            version.unwrap_or_default(),
        ];
        if !row.excluded.is_empty() {
            return cells;
        }
        let (total, split) = match row.cpu {
            Some(cpu) => (
                microseconds(cpu.total),
                format!("{} + {}", microseconds(cpu.user), microseconds(cpu.system)),
            ),
            None => (String::new(), String::new()),
        };
        let rate = row
            .requests_per_second
            .filter(|_| row.rate_excluded.is_empty());
        let rate = match (rate, row.requests_per_second) {
            (Some(rate), _) => thousands(rate),
            (None, Some(_)) => "excluded".to_owned(),
            (None, None) => String::new(),
        };
        let busy = row.utilisation.map(|busy| format!("{:.0} %", 100.0 * busy));
        cells.extend([
            total,
            split,
            row.of_memory.map(interval).unwrap_or_default(),
            row.database_ns.map(microseconds).unwrap_or_default(),
            busy.unwrap_or_default(),
            rate,
        ]);
        cells
    }

    /// What the table leaves unsaid: ties, what this run cannot tell, and what is excluded.
    pub(crate) fn database_remarks(&self, lane: &DatabaseLane) -> Vec<String> {
        let mut remarks: Vec<String> = lane
            .pairs
            .iter()
            .map(|pair| self.database_pair(pair))
            .collect();
        remarks.extend(lane.asides.iter().map(|pair| {
            format!(
                "{} uses {} times the CPU time of {}",
                self.name(pair.arm),
                interval(pair.ratio.inverse()),
                self.name(pair.against)
            )
        }));
        if let Some(again) = lane.again {
            remarks.push(format!(
                "A/A, CPU time of two copies of one server: {}; differences under {:.1} % are not \
                 called real",
                interval(again),
                100.0 * lane.margin
            ));
        }
        remarks.extend(
            by_reason(lane, |row| row.excluded.clone())
                .map(|(reason, arms)| format!("excluded: {}: {reason}", self.names(&arms))),
        );
        let rates = |row: &DatabaseRow| match row.excluded.is_empty() {
            true => row.rate_excluded.clone(),
            false => Vec::new(),
        };
        remarks.extend(by_reason(lane, rates).map(|(reason, arms)| {
            match arms.len() == lane.rows.len() {
                true => format!("no rate counts: {reason}"),
                false => format!("rate excluded: {}: {reason}", self.names(&arms)),
            }
        }));
        remarks
    }

    fn database_pair(&self, pair: &Pair) -> String {
        let of_cpu = Pair {
            ratio: pair.ratio.inverse(),
            ..*pair
        };
        self.remark(&of_cpu).unwrap_or_else(|| {
            let (arm, against) = (self.name(pair.arm), self.name(pair.against));
            let cpu = interval(of_cpu.ratio);
            format!("{arm} uses {cpu} times the CPU time of {against}")
        })
    }

    pub(super) fn names(&self, arms: &[usize]) -> String {
        let names: Vec<&str> = arms.iter().map(|&arm| self.name(arm)).collect();
        names.join(", ")
    }

    /// How these lanes were measured. Nothing where there were none.
    pub(crate) fn database_caption(&self) -> Vec<String> {
        let Some(database) = &self.record.database else {
            return Vec::new();
        };
        let cores: Vec<String> = database.cores.iter().map(usize::to_string).collect();
        let settings = database.settings.iter();
        let settings: Vec<String> = settings
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        vec![
            "Over a database, servers are compared by their CPU time per request. It is relative to \
             that of the same request in the same server's own lane in memory, in the same restart. \
             Interrupts on the server's core are in it; PostgreSQL's time is not."
                .to_owned(),
            "A server's core that is not busy all the time is woken for fewer requests at once, so a \
             request costs it more than it would at saturation."
                .to_owned(),
            format!(
                "PostgreSQL {}, {} rows, files {}, on {} {}, with {}.",
                database.version,
                database.rows,
                if database.in_memory { "in memory" } else { "on disk" },
                if cores.len() == 1 { "core" } else { "cores" },
                if cores.is_empty() { "any".to_owned() } else { cores.join(", ") },
                settings.join(", ")
            ),
        ]
    }
}

/// Every reason, with the arms that have it.
fn by_reason(
    lane: &DatabaseLane,
    reasons: impl Fn(&DatabaseRow) -> Vec<String>,
) -> impl Iterator<Item = (String, Vec<usize>)> {
    let mut found: Vec<(String, Vec<usize>)> = Vec::new();
    for row in &lane.rows {
        for reason in reasons(row) {
            match found.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, arms)) => arms.push(row.arm),
                None => found.push((reason, vec![row.arm])),
            }
        }
    }
    found.into_iter()
}
