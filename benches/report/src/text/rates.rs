//! A lane's table, and what its ranks leave unsaid.

use quartet_analysis::statistics::{Rank, Verdict};
use quartet_analysis::{Figures, LaneAnalysis, Pair, Row};
use quartet_record::Record;
use quartet_record::plan::ArmRole;

use super::page::Page;
use crate::numbers::{interval, microseconds, thousands};
use crate::table::{Align, Table};

impl Page<'_> {
    pub(crate) fn heading(&self, lane: &LaneAnalysis) -> String {
        let request = self.record.plan.request(lane.lane);
        self.title(format!("{}: {request}", lane.lane.name()))
    }

    pub(crate) fn rates(&self, lane: &LaneAnalysis) -> Table {
        let reference = self.reference().unwrap_or("the reference");
        let relative = format!("relative to {reference} (95 %)");
        let mut table = Table::new([
            ("rank", Align::Left),
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

    pub(crate) fn rate(&self, row: &Row) -> Vec<String> {
        let arm = &self.record.plan.arms[row.arm];
        let role = arm.role;
        let rank = match (row.excluded.is_empty(), role) {
            (false, _) => "excluded".to_owned(),
            (true, ArmRole::Compared) => row.rank.map(rank).unwrap_or_default(),
            (true, ArmRole::Aside) if arm.variant.is_some() => "variant".to_owned(),
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
            rank,
            self.name(row.arm).to_owned(),
            version.unwrap_or_default(),
        ];
        if let Some(figures) = row.figures.filter(|_| row.excluded.is_empty()) {
            let relative = match row.relative {
                Some(ratio) => interval(ratio),
                None if role == ArmRole::Reference => "1".to_owned(),
                None => String::new(),
            };
            cells.extend(rate_cells(&figures, relative));
        }
        cells
    }

    /// What the table's ranks leave unsaid: ties, and what this run cannot tell.
    pub(crate) fn remarks(&self, lane: &LaneAnalysis) -> Vec<String> {
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
                "A/A, two copies of one server: {}; differences under {:.1} % are not called real",
                interval(again),
                100.0 * lane.margin
            ));
        }
        remarks
    }

    pub(crate) fn remark(&self, pair: &Pair) -> Option<String> {
        let (arm, against) = (self.name(pair.arm), self.name(pair.against));
        let ratio = interval(pair.ratio);
        match pair.verdict {
            Verdict::Ahead | Verdict::Behind => None,
            Verdict::Tie => Some(format!("{arm} and {against} tie: {ratio}")),
            Verdict::Undecided => {
                let advice = match pair.restarts_needed {
                    Some(needed) => format!("about {needed} restarts would be needed to decide"),
                    None => "no feasible number of restarts would decide".to_owned(),
                };
                Some(format!("{arm} and {against}: undecided, {ratio}; {advice}"))
            }
        }
    }
}

/// How columns of a lane's table agree. Nothing where nothing is relative to anything.
pub(crate) fn rate_caption(record: &Record) -> Option<String> {
    let reference = record.plan.first(ArmRole::Reference)?;
    let name = &record.plan.arms[reference].name;
    Some(format!(
        "Requests per second: for {name} the median of its slices, for every other server \
         {name}'s figure times the server's ratio."
    ))
}

/// What is right in the lane `custom`, and who answers it how. Nothing where there is no such lane.
pub(crate) fn custom_caption(record: &Record) -> Option<String> {
    let custom = record.plan.custom.as_ref()?;
    let apart = record
        .servers
        .iter()
        .filter(|server| server.content.is_some());
    let apart: Vec<&str> = apart.map(|server| server.name.as_str()).collect();
    let apart = match apart.as_slice() {
        [] => String::new(),
        names => format!(
            " There {} answer{} every request with this content, which is in memory.",
            names.join(" and "),
            if names.len() == 1 { "s" } else { "" }
        ),
    };
    Some(format!(
        "Lane custom: status 200 and {} bytes of content with the SHA-256 {}…; every byte of every \
         answer is compared.{apart}",
        thousands(custom.bytes as f64),
        custom.sha256.get(..12).unwrap_or(&custom.sha256)
    ))
}

/// The commands of servers of the command line.
pub(crate) fn commands(record: &Record) -> Vec<String> {
    let servers = record.servers.iter();
    servers
        .filter_map(|server| {
            let exec = server.exec.as_ref()?;
            Some(format!("{}: {}.", server.name, exec.command.join(" ")))
        })
        .collect()
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

pub(crate) fn rank(rank: Rank) -> String {
    if rank.best == rank.worst {
        rank.best.to_string()
    } else {
        format!("{}–{}", rank.best, rank.worst)
    }
}
