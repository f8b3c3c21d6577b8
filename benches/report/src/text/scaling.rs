//! Requests per second against workers: the tables, where efficiency falls, and what they leave unsaid.

use quartet_analysis::{
    Analysis, Bend, EFFICIENT, Scaling, ScalingFigure, ScalingLane, ScalingRow,
};
use quartet_record::plan::{ArmRole, ScalingPlan};

use super::page::Page;
use crate::numbers::{interval, microseconds, thousands};
use crate::table::{Align, Table};

impl Page<'_> {
    /// Heading, table and remarks of every lane, and how they were measured. Empty where not measured.
    pub(crate) fn scaling(&self, analysis: &Analysis) -> Vec<String> {
        let (Some(plan), Some(scaling)) = (&self.record.plan.scaling, &analysis.scaling) else {
            return Vec::new();
        };
        let mut blocks = Vec::new();
        for lane in &scaling.lanes {
            let name = lane.lane.name();
            blocks.push(self.title(format!("{name}: requests per second by number of workers")));
            blocks.push(self.table(&self.scaling_table(lane)));
            blocks.push(self.list(&self.scaling_remarks(lane)));
        }
        blocks.push(self.list(&self.scaling_caption(plan, scaling)));
        blocks
    }

    /// A row for each server and number of workers.
    pub(crate) fn scaling_table(&self, lane: &ScalingLane) -> Table {
        let mut table = Table::new([
            ("server", Align::Left),
            ("workers", Align::Right),
            ("cores busy", Align::Right),
            ("requests/s", Align::Right),
            ("for each worker (95 %)", Align::Left),
            ("CPU µs/request", Align::Right),
            ("for the same CPU time (95 %)", Align::Left),
        ]);
        for row in &lane.rows {
            for (figure, number) in row.figures.iter().zip(0..) {
                table.push(self.scaling_cells(row.arm, figure, number == 0));
            }
        }
        table
    }

    fn scaling_cells(&self, arm: usize, figure: &ScalingFigure, is_least: bool) -> Vec<String> {
        let one = |sound: bool| match (is_least, sound) {
            (true, true) => "1".to_owned(),
            _ => String::new(),
        };
        let rate = match figure.rate_excluded.is_empty() {
            true => figure.requests_per_second.map(thousands),
            false => figure.requests_per_second.map(|_| "excluded".to_owned()),
        };
        let cpu = figure.cpu_ns.filter(|_| figure.cpu_excluded.is_empty());
        let busy = figure
            .utilisation
            .map(|busy| format!("{:.0} %", 100.0 * busy));
        vec![
            self.name(arm).to_owned(),
            figure.workers.to_string(),
            busy.unwrap_or_default(),
            rate.unwrap_or_default(),
            figure
                .efficiency
                .map_or_else(|| one(figure.rate_excluded.is_empty()), interval),
            cpu.map(microseconds).unwrap_or_default(),
            figure
                .cpu_efficiency
                .map_or_else(|| one(cpu.is_some()), interval),
        ]
    }

    /// Where efficiency falls, what is excluded and why, and how far two copies of one server are apart.
    pub(crate) fn scaling_remarks(&self, lane: &ScalingLane) -> Vec<String> {
        let asked = |row: &&ScalingRow| self.record.plan.arms[row.arm].role != ArmRole::Floor;
        let mut bends: Vec<(&Bend, Vec<usize>)> = Vec::new();
        for row in lane.rows.iter().filter(asked) {
            match bends.iter_mut().find(|(bend, _)| **bend == row.bend) {
                Some((_, arms)) => arms.push(row.arm),
                None => bends.push((&row.bend, vec![row.arm])),
            }
        }
        let mut remarks: Vec<String> = bends
            .into_iter()
            .map(|(bend, arms)| bent(bend, &self.names(&arms)))
            .collect();
        remarks.extend(lane.again.iter().map(|(workers, ratio)| {
            format!(
                "A/A with {workers} workers, two copies of one server: {}",
                interval(*ratio)
            )
        }));
        let reasons = |of: fn(&ScalingFigure) -> &[String]| {
            let mut found: Vec<(usize, &str, Vec<usize>)> = Vec::new();
            for row in &lane.rows {
                for figure in &row.figures {
                    for reason in of(figure) {
                        let same = |one: &&mut (usize, &str, Vec<usize>)| {
                            one.0 == figure.workers && one.1 == reason
                        };
                        match found.iter_mut().find(same) {
                            Some((_, _, arms)) => arms.push(row.arm),
                            None => found.push((figure.workers, reason, vec![row.arm])),
                        }
                    }
                }
            }
            found.sort_by_key(|(workers, ..)| *workers);
            found
        };
        let said = |what: &str, (workers, reason, arms): (usize, &str, Vec<usize>)| {
            let with = format!("{workers} {}", plural(workers));
            match arms.len() == lane.rows.len() {
                true => format!("no {what} counts with {with}: {reason}"),
                false => format!(
                    "{what} excluded with {with}: {}: {reason}",
                    self.names(&arms)
                ),
            }
        };
        let rates = reasons(|figure| &figure.rate_excluded).into_iter();
        remarks.extend(rates.map(|reason| said("rate", reason)));
        let costs = reasons(|figure| &figure.cpu_excluded).into_iter();
        remarks.extend(costs.map(|reason| said("CPU time", reason)));
        let failures = self.record.scaling.iter().flat_map(|it| &it.failures);
        let failures = failures.filter(|failure| failure.lane.is_none_or(|it| it == lane.lane));
        let mut failures: Vec<String> = failures
            .map(|failure| {
                let (workers, name) = (failure.workers, self.name(failure.arm));
                let reason = &failure.reason;
                format!("{name} with {workers} {}: {reason}", plural(workers))
            })
            .collect();
        failures.sort();
        failures.dedup();
        remarks.extend(failures);
        remarks
    }

    /// How it was measured, and on which cores.
    pub(crate) fn scaling_caption(&self, plan: &ScalingPlan, scaling: &Scaling) -> Vec<String> {
        let list = |cores: &[usize]| {
            let cores: Vec<String> = cores.iter().map(usize::to_string).collect();
            match cores.is_empty() {
                true => "any".to_owned(),
                false => cores.join(", "),
            }
        };
        let least = scaling.workers.first().copied().unwrap_or(1);
        let mut sentences = vec![
            format!(
                "For each worker: requests per second with n workers ÷ n, over the same with {least}. It bends \
                 with the first number whose 95 % interval lies below {EFFICIENT}. In each of {} restarts every \
                 server runs with every number of workers at once, and each slice is compared with the next.",
                scaling.restarts
            ),
            format!(
                "For the same CPU time: requests per second of the servers' CPU time, over the same with {least}. \
                 It says what a request costs, and not whether workers wait for each other."
            ),
            format!(
                "Each worker has {} connections. With more than {least} the servers' cores need not be busy: a \
                 server may leave them idle by its own doing. The floor must be faster all the same.",
                plan.connections_per_worker
            ),
        ];
        sentences.extend(plan.levels.iter().map(|level| {
            let shared = level.shared_cores();
            let shared = match shared.is_empty() {
                true => String::new(),
                false => format!(
                    "; core{} {} shared, so the figure is one of CPU time, not of requests per second",
                    if shared.len() == 1 { "" } else { "s" },
                    list(&shared)
                ),
            };
            let workers = level.workers;
            format!(
                "{workers} {}: servers on {}, generator on {}{shared}.",
                plural(workers),
                list(&level.server_cores),
                list(&level.generator_cores)
            )
        }));
        sentences
    }
}

/// Where these servers bend, as a sentence without its full stop.
fn bent(bend: &Bend, names: &str) -> String {
    let list = |numbers: &[usize]| {
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        numbers.join(" and ")
    };
    match bend {
        Bend::At { workers, open } if open.is_empty() => {
            format!("{names}: bends at {workers} workers")
        }
        Bend::At { workers, open } => format!(
            "{names}: bends at {workers} workers; with {} this run does not tell",
            list(open)
        ),
        Bend::NotUpTo(most) => format!("{names}: does not bend up to {most} workers"),
        Bend::Open(open) => format!(
            "{names}: no bend is shown; with {} workers this run does not tell",
            list(open)
        ),
        Bend::Unknown => {
            format!("{names}: unknown whether it bends, because no rate with more workers counts")
        }
    }
}

fn plural(workers: usize) -> &'static str {
    if workers == 1 { "worker" } else { "workers" }
}

#[cfg(test)]
mod tests {
    use crate::text::{Form, render};
    use quartet_analysis::Analysis;
    use quartet_record::Record;
    use quartet_record::plan::Lane;
    use quartet_record::testing::{Scaled, record, with_scaling};

    fn rendered(record: &Record, form: Form) -> String {
        render(record, &Analysis::of(record).unwrap(), form)
    }

    fn scaled(cores: usize) -> Record {
        let scaled = Scaled {
            workers: &[1, 2, 4],
            cores,
            efficiency: &|arm, workers, lane| match (arm, workers, lane) {
                (1, 4, Lane::Connect) => 0.7,
                _ => 1.0,
            },
            noise: 0.01,
        };
        with_scaling(record(), &scaled)
    }

    fn part<'a>(text: &'a str, title: &str) -> Vec<&'a str> {
        let lines = text.lines().skip_while(|line| !line.contains(title));
        lines.take(40).collect()
    }

    #[test]
    fn a_bend_is_said_of_whom_it_is() {
        let text = rendered(&scaled(8), Form::Text);
        let part = part(&text, "connect: requests per second by number of workers");
        assert!(part.contains(&"· warp: bends at 4 workers"), "{text}");
        let others = "· axum, salvo, axum (again), hyper: does not bend up to 4 workers";
        assert!(part.contains(&others), "{text}");
        let rows = part.iter().filter(|line| line.starts_with("warp ")).count();
        assert_eq!(rows, 3, "{text}");
        assert!(text.contains("lies below 0.9."), "{text}");
    }

    #[test]
    fn on_shared_cores_no_rate_is_shown_and_the_reason_is() {
        let text = rendered(&scaled(2), Form::Markdown);
        assert!(
            text.contains("core 1 shared, so the figure is one of CPU time"),
            "{text}"
        );
        assert!(
            text.contains("- no rate counts with 2 workers: servers and generator shared core 1")
        );
        let row = text
            .lines()
            .find(|line| line.starts_with("| warp | 2 |"))
            .unwrap();
        assert!(row.contains("| excluded |"), "{row}");
        assert!(text.contains("unknown whether it bends"), "{text}");
    }

    #[test]
    fn what_was_not_measured_has_no_table() {
        assert!(!rendered(&record(), Form::Text).contains("number of workers"));
    }
}
