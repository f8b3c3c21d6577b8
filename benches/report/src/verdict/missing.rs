//! What a run lacks, and what to do about it.

use quartet_analysis::{Analysis, remedy};
use quartet_record::plan::{Arm, ArmRole};
use quartet_record::{Record, State};

use super::{list, name};

/// What is missing, as sentences.
pub(super) fn all(record: &Record, analysis: &Analysis, place: Option<&str>) -> Vec<String> {
    let mut missing = Vec::new();
    missing.extend(unfinished(record, analysis, place));
    if analysis.restarts < 2 && record.state == State::Complete && record.plan.restarts < 2 {
        missing.push(
            "There are no intervals and no verdicts, because they need two restarts: measure more \
             with `--restarts`."
                .to_owned(),
        );
    } else if analysis.restarts < 2 {
        missing.push(
            "There are no intervals and no verdicts, because they need two restarts.".to_owned(),
        );
    }
    missing.extend(excluded(record, analysis));
    missing
}

fn unfinished(record: &Record, analysis: &Analysis, place: Option<&str>) -> Option<String> {
    let what = match record.state {
        State::Complete => return None,
        State::Interrupted => "was interrupted",
        State::Running => "has not ended, or was killed",
    };
    let of = format!("{} of {}", analysis.restarts, record.plan.restarts);
    let said = format!("This run {what}: {of} restarts are used.");
    let is_of = |subcommand| record.command.split(' ').nth(2) == Some(subcommand);
    if is_of("calibrate") {
        return Some(format!(
            "{said} A calibration is not continued: start it again."
        ));
    }
    // What bisect measures at its end is a pair as well.
    let command = match is_of("ab") || is_of("bisect") {
        true => "cargo compare ab",
        false => "cargo compare",
    };
    let place = place.unwrap_or("RUN");
    let own = match record.plan.custom {
        Some(_) => ", with the same --exec, --name, --path, --expect and --warm-up",
        None => "",
    };
    Some(format!(
        "{said} To continue: {command} --resume {place}{own}"
    ))
}

/// Rows that are excluded for one reason.
struct Excluded<'a> {
    reason: &'a str,
    remedy: &'static str,
    /// Arms, each with what it is excluded from.
    arms: Vec<(usize, Vec<String>)>,
}

/// What is excluded, with the first reason of those that one remedy is known of.
fn excluded(record: &Record, analysis: &Analysis) -> Vec<String> {
    let mut found: Vec<Excluded<'_>> = Vec::new();
    let rates = analysis.lanes.iter().flat_map(|lane| {
        let rows = lane.rows.iter();
        rows.map(|row| (row.arm, lane.lane.name().to_owned(), &row.excluded))
    });
    let database = analysis.database.iter().flat_map(|lane| {
        let rows = lane.rows.iter();
        rows.map(|row| (row.arm, lane.lane.name().to_owned(), &row.excluded))
    });
    let cells = analysis.latency.iter().flat_map(|latency| &latency.cells);
    let latency = cells.map(|cell| (cell.arm, "latency".to_owned(), &cell.excluded));
    for (arm, what, reasons) in rates.chain(database).chain(latency) {
        let Some(reason) = reasons.first() else {
            continue;
        };
        let remedy = remedy(reason);
        let known = found.iter().position(|known| known.remedy == remedy);
        let index = known.unwrap_or_else(|| {
            found.push(Excluded {
                reason,
                remedy,
                arms: Vec::new(),
            });
            found.len() - 1
        });
        let arms = &mut found[index].arms;
        match arms.iter_mut().find(|(known, _)| *known == arm) {
            Some((_, from)) if from.contains(&what) => {}
            Some((_, from)) => from.push(what),
            None => arms.push((arm, vec![what])),
        }
    }
    found
        .iter()
        .map(|one| one.sentence(record, analysis))
        .collect()
}

/// What to do where a server of the command line fails under load: it answered rightly when it was asked alone.
const OWN: &str =
    "Start its command by hand, and load it: it answered as expected before the load.";

impl Excluded<'_> {
    fn sentence(&self, record: &Record, analysis: &Analysis) -> String {
        let from_all = |arm: usize, from: &[String]| {
            let mut lanes = record.plan.lanes.iter();
            lanes.all(|&lane| {
                !record.plan.takes_part(arm, lane) || from.iter().any(|one| one == lane.name())
            })
        };
        let asked = record.plan.arms.iter().enumerate();
        let asked = asked.filter(|(_, arm)| matches!(arm.role, ArmRole::Compared | ArmRole::Aside));
        let every = !analysis.anything_counts(record)
            && asked.into_iter().all(|(arm, _)| {
                let mut arms = self.arms.iter();
                arms.any(|(known, from)| *known == arm && from_all(arm, from))
            });
        let subject = if every {
            "Every row is excluded".to_owned()
        } else {
            let names: Vec<String> = self
                .arms
                .iter()
                .map(|(arm, from)| match from_all(*arm, from) {
                    true => name(record, *arm).to_owned(),
                    false => format!("{} ({})", name(record, *arm), list(from, "and")),
                })
                .collect();
            let verb = if names.len() == 1 { "is" } else { "are" };
            format!("{} {verb} excluded", list(&names, "and"))
        };
        let is_own = |arm: usize| record.server_of(arm).is_some_and(|it| it.exec.is_some());
        let remedy = match self.arms.as_slice() {
            // The suite knows it not by name.
            arms if self.remedy.contains("NAME") && arms.iter().all(|(arm, _)| is_own(*arm)) => {
                OWN.to_owned()
            }
            [(arm, _)] => {
                let arm = &record.plan.arms[*arm];
                of_variant(arm, self.remedy)
                    .unwrap_or_else(|| self.remedy.replace("NAME", &arm.server))
            }
            _ => self.remedy.to_owned(),
        };
        format!("{subject}: {}. {remedy}", self.reason)
    }
}

/// What to do about a variant, which neither the suite nor servers.toml knows by name. None where that is nothing else.
fn of_variant(arm: &Arm, remedy: &str) -> Option<String> {
    let variant = arm.variant.as_ref()?;
    let place = format!("target/compare/variants/{}", variant.directory.as_ref()?);
    if remedy.contains("NAME") {
        // The base may be a variant itself.
        let server = variant.of.split(['@', '+']).next().unwrap_or_default();
        return Some(format!(
            "`cargo conformance --server {server} --program PROGRAM` shows what each case expects; its program \
             is in {place}/target/release."
        ));
    }
    let is_built = remedy.contains("servers.toml");
    is_built.then(|| format!("Run its command in {place}, which shows the whole error."))
}
