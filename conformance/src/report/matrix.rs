//! The text report: a matrix of cases and targets, then whatever there is to say.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Report, Style, TargetReport, describe};
use crate::judgement::{Judged, Standing};
use crate::{Case, Verdict, cases};

/// Writes the matrix, the answers that differ, every deviation in full, and a summary.
///
/// # Errors
/// What `out` returns.
pub fn write_text(out: &mut dyn Write, report: &Report, style: Style) -> io::Result<()> {
    let rows: Vec<&Case> = cases::all()
        .filter(|case| report.targets.iter().any(|t| t.find(case.id).is_some()))
        .collect();
    write_matrix(out, report, &rows, style)?;
    write_answers(out, report, &rows, style)?;
    write_deviations(out, report, style)?;
    write_summary(out, report, style)
}

fn write_matrix(
    out: &mut dyn Write,
    report: &Report,
    rows: &[&Case],
    style: Style,
) -> io::Result<()> {
    let first = rows.iter().map(|case| case.id.len()).max().unwrap_or(0);
    let columns: Vec<(String, usize)> = report
        .targets
        .iter()
        .map(|target| {
            let title = title(target);
            let width = title.chars().count().max(8);
            (title, width)
        })
        .collect();
    let mut head = format!("{:first$}  level ", "");
    for (title, width) in &columns {
        head.push_str(&format!("  {title:width$}"));
    }
    writeln!(out, "{}", style.bold(head.trim_end()))?;
    for case in rows {
        let mut row = format!("{:first$}  {:6}", case.id, case.level.as_str());
        for (target, (_, width)) in report.targets.iter().zip(&columns) {
            let (standing, text) = match target.find(case.id) {
                Some(judged) => (judged.standing, cell(judged)),
                None => (Standing::NotApplicable, ""),
            };
            let padding = " ".repeat(width - text.len());
            row.push_str(&format!("  {}{padding}", style.paint(standing, text)));
        }
        writeln!(out, "{}", row.trim_end())?;
    }
    writeln!(out)
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
            writeln!(out, "{}", style.bold("Legal answers that differ"))?;
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

fn write_deviations(out: &mut dyn Write, report: &Report, style: Style) -> io::Result<()> {
    for target in &report.targets {
        for judged in &target.judged {
            let what = match judged.standing {
                Standing::Good | Standing::NotApplicable => continue,
                Standing::Known => "known to deviate",
                Standing::Warning => "should not deviate",
                Standing::Failure => "deviates",
                Standing::Stale => "no longer deviates",
                Standing::Error => "could not be tested",
            };
            let title = format!("{}: {} {what}", judged.finding.case.id, target.name);
            writeln!(out, "{}", style.paint(judged.standing, &title))?;
            for line in describe(judged).lines() {
                writeln!(out, "  {line}")?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

fn write_summary(out: &mut dyn Write, report: &Report, style: Style) -> io::Result<()> {
    for target in &report.targets {
        let differing = target
            .judged
            .iter()
            .filter(|judged| cell(judged) == "differs");
        let differing = differing.count();
        let counts = [
            (target.count(Standing::Good) - differing, "conform"),
            (differing, "differ legally"),
            (target.count(Standing::NotApplicable), "do not apply"),
            (target.count(Standing::Known), "deviate as known"),
            (target.count(Standing::Warning), "deviate from a should"),
            (target.count(Standing::Failure), "fail"),
            (
                target.count(Standing::Stale),
                "are listed and no longer deviate",
            ),
            (target.count(Standing::Error), "could not be tested"),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let title = style.bold(&title(target));
        let total = target.judged.len();
        writeln!(out, "{title}: of {total} cases, {}", counts.join(", "))?;
    }
    Ok(())
}
