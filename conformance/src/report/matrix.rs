//! The text report: what is not as it should be, then a matrix of cases and targets.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::finding::describe_in_full;
use super::{Report, Style, TargetReport, between, describe, heading, plural};
use crate::judgement::{Judged, Standing};
use crate::{Case, Verdict, cases};

/// The widest that a matrix may be before its columns get numbers for names: what fits a terminal.
const WIDEST: usize = 100;

/// How narrow a column may be.
const NARROWEST: usize = 8;

/// How much a report tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What is not as it should be, in full.
    Exceptions,
    /// Every finding in full, with all that was sent and received.
    Everything,
}

/// Writes what is not as it should be, in full; the answers that differ; the matrix of what applies;
/// why the rest does not; and a tally.
///
/// # Errors
/// What `out` returns.
pub fn write_text(
    out: &mut dyn Write,
    report: &Report,
    style: Style,
    detail: Detail,
) -> io::Result<()> {
    let of_cases = |is_shown: fn(&Judged) -> bool| -> Vec<&'static Case> {
        let has = |target: &TargetReport, case: &Case| target.find(case.id).is_some_and(is_shown);
        cases::all()
            .filter(|case| report.targets.iter().any(|target| has(target, case)))
            .collect()
    };
    let rows = of_cases(|judged| judged.standing != Standing::NotApplicable);
    write_exceptions(out, report, style)?;
    if detail == Detail::Everything {
        write_everything(out, report, style)?;
    }
    write_answers(out, report, &rows, style)?;
    if let Some(between) = &report.between {
        between::write(out, between, style)?;
    }
    write_matrix(out, report, &rows, style)?;
    write_summary(out, report, style)
}

fn write_matrix(
    out: &mut dyn Write,
    report: &Report,
    rows: &[&Case],
    style: Style,
) -> io::Result<()> {
    let first = rows.iter().map(|case| case.id.len()).max().unwrap_or(0);
    let columns = Columns::of(report, first);
    for line in &columns.legend {
        writeln!(out, "{line}")?;
    }
    for (label, line) in [("level ", 0), ("      ", 1)] {
        let mut head = format!("{:first$}  {label}", "");
        for (titles, width) in &columns.heads {
            head.push_str(&format!("  {:width$}", titles[line]));
        }
        if !head.trim().is_empty() {
            writeln!(out, "{}", style.bold(head.trim_end()))?;
        }
    }
    for case in rows {
        let mut row = format!("{:first$}  {:6}", case.id, case.level.as_str());
        for (target, (_, width)) in report.targets.iter().zip(&columns.heads) {
            let (standing, text) = match target.find(case.id) {
                Some(judged) => (judged.standing, cell(judged)),
                None => (Standing::NotApplicable, ""),
            };
            let padding = " ".repeat(width.saturating_sub(text.len()));
            row.push_str(&format!("  {}{padding}", style.paint(standing, text)));
        }
        writeln!(out, "{}", row.trim_end())?;
    }
    writeln!(out)
}

/// The columns of a matrix.
struct Columns {
    /// Name and version of each target, and the column's width.
    heads: Vec<([String; 2], usize)>,
    /// Which number is which target, where names would be too wide.
    legend: Vec<String>,
}

impl Columns {
    fn of(report: &Report, first: usize) -> Self {
        let names = |target: &TargetReport| {
            [
                target.name.clone(),
                target.version.clone().unwrap_or_default(),
            ]
        };
        let sized = |titles: [String; 2]| {
            let widths = titles.iter().map(|title| title.chars().count());
            let width = widths.max().unwrap_or(0).max(NARROWEST);
            (titles, width)
        };
        let heads: Vec<_> = report.targets.iter().map(names).map(sized).collect();
        let width: usize = heads.iter().map(|(_, width)| width + 2).sum();
        if first + 2 + 6 + width <= WIDEST {
            return Self {
                heads,
                legend: Vec::new(),
            };
        }
        let targets = report.targets.iter().enumerate();
        let legend = targets.map(|(index, target)| format!("{}: {}", index + 1, title(target)));
        let numbers = (1..=report.targets.len()).map(|n| sized([n.to_string(), String::new()]));
        Self {
            heads: numbers.collect(),
            legend: legend.collect(),
        }
    }
}

fn title(target: &TargetReport) -> String {
    match &target.version {
        Some(version) => format!("{} {version}", target.name),
        None => target.name.clone(),
    }
}

fn cell(judged: &Judged) -> &'static str {
    match judged.standing {
        Standing::Good => match judged.finding.verdict {
            Ok(Verdict::Differs(_)) => "differs",
            _ => "ok",
        },
        Standing::NotApplicable => "n/a",
        Standing::Known => "known",
        Standing::Otherwise => "contract",
        Standing::Violation => "RFC",
        Standing::Warning => "warning",
        Standing::Failure => "FAILS",
        Standing::Stale => "STALE",
        Standing::Error => "ERROR",
    }
}

/// Which of several legal answers each target gives.
fn write_answers(
    out: &mut dyn Write,
    report: &Report,
    rows: &[&Case],
    style: Style,
) -> io::Result<()> {
    let mut is_first = true;
    for case in rows {
        let mut answers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for target in &report.targets {
            let judged = target.find(case.id);
            if let Some(Ok(Verdict::Differs(answer))) = judged.map(|j| &j.finding.verdict) {
                answers.entry(answer).or_default().push(&target.name);
            }
        }
        if answers.is_empty() {
            continue;
        }
        if std::mem::take(&mut is_first) {
            writeln!(out, "{}", style.bold("Legal variants"))?;
        }
        writeln!(out, "  {}", case.id)?;
        for (answer, names) in answers {
            let is_everyones = names.len() == report.targets.len() && names.len() > 1;
            let names = if is_everyones {
                "all".to_owned()
            } else {
                names.join(", ")
            };
            writeln!(out, "    {names}: {answer}")?;
        }
    }
    if !is_first {
        writeln!(out)?;
    }
    Ok(())
}

/// What is not as it should be, in full.
fn write_exceptions(out: &mut dyn Write, report: &Report, style: Style) -> io::Result<()> {
    for target in &report.targets {
        for exception in target.exceptions() {
            let Some(first) = exception.judged.first() else {
                continue;
            };
            let what = match exception.cause {
                Some(cause) => format!("{cause}: {} cases", exception.judged.len()),
                None => first.finding.case.id.to_owned(),
            };
            let title = format!("{}: {what}: {}", heading(first), target.name);
            writeln!(out, "{}", style.paint(first.standing, &title))?;
            if exception.cause.is_some() {
                for judged in &exception.judged {
                    writeln!(out, "  {}", judged.finding.case.id)?;
                }
                writeln!(out, "  the first case:")?;
            }
            write_indented(out, &describe(first))?;
        }
    }
    Ok(())
}

/// Every finding in full.
fn write_everything(out: &mut dyn Write, report: &Report, style: Style) -> io::Result<()> {
    for target in &report.targets {
        for judged in &target.judged {
            let id = judged.finding.case.id;
            let title = format!("{}: {id}: {}", heading(judged), target.name);
            writeln!(out, "{}", style.paint(judged.standing, &title))?;
            write_indented(out, &describe_in_full(judged))?;
        }
    }
    Ok(())
}

fn write_indented(out: &mut dyn Write, text: &str) -> io::Result<()> {
    for line in text.lines() {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)
}

/// Why what does not apply does not, and how many cases came out how.
fn write_summary(out: &mut dyn Write, report: &Report, style: Style) -> io::Result<()> {
    for target in &report.targets {
        for (why, count) in target.skipped() {
            writeln!(
                out,
                "skipped: {}: {count} {}: {why}",
                title(target),
                plural(count, "case", "cases")
            )?;
        }
    }
    for why in &report.absent {
        writeln!(
            out,
            "{}",
            style.paint(Standing::Warning, &format!("NOT TESTED: {why}"))
        )?;
    }
    for target in &report.targets {
        writeln!(out, "{}: {}", style.bold(&title(target)), target.tally())?;
    }
    Ok(())
}
