//! A comparison of a variant and its base as a comment on a pull request.

use std::fmt::Write as _;

use quartet_analysis::{Analysis, VariantComparison};
use quartet_record::Record;

use super::{Slowdown, more_instructions, sentences, slowdown};
use crate::numbers::{interval, microseconds, percentage, thousands};
use crate::table::{Align, Table};

/// The comment, in GitHub's Markdown. `slower` is the slowdown that would be too much, `instructions` the share of
/// further instructions that would be, where they are named.
pub fn comment(
    record: &Record,
    analysis: &Analysis,
    slower: Option<f64>,
    instructions: Option<f64>,
) -> String {
    let mut text = String::new();
    for (variant, sentences) in analysis.variants.iter().zip(sentences(record, analysis)) {
        let (first, rest) = sentences
            .split_first()
            .map_or(("", &[][..]), |(a, b)| (a, b));
        // Writing to a string does not fail.
        let _ = writeln!(text, "**{first}.**\n");
        if let Some(table) = table(record, analysis, variant) {
            let _ = writeln!(text, "{}", table.markdown());
        }
        for sentence in rest {
            let _ = writeln!(text, "- {sentence}.");
        }
        text.push('\n');
    }
    if let Some(share) = instructions {
        let percent = percentage(share);
        let outcome = match more_instructions(record, analysis, share) {
            None => "Failed: instructions could not be counted.".to_owned(),
            Some(more) if more.is_empty() => {
                format!("Passed: no lane takes more instructions by more than {percent}.")
            }
            Some(more) => format!(
                "Failed: more instructions by more than {percent}: {}.",
                more.join(", ")
            ),
        };
        let _ = writeln!(text, "{outcome}\n");
    }
    if let Some(share) = slower {
        let outcome = match slowdown(record, analysis, share) {
            Slowdown::Proven(sentence) => format!("Failed: {sentence}."),
            Slowdown::Unknown(sentence) => format!("Failed: {sentence}."),
            Slowdown::Open(sentence) => format!("Passed; {sentence}."),
            Slowdown::Refuted => {
                format!(
                    "Passed: no lane is slower by more than {}.",
                    percentage(share)
                )
            }
        };
        let _ = writeln!(text, "{outcome}\n");
    }
    let date = record.started.get(..10).unwrap_or(&record.started);
    let _ = writeln!(
        text,
        "{} restarts, {date}, {}; `{}`",
        analysis.restarts,
        record.machine.sentence(),
        record.command
    );
    text
}

fn table(record: &Record, analysis: &Analysis, variant: &VariantComparison) -> Option<Table> {
    let name = |arm: usize| record.plan.arms[arm].name.as_str();
    let mut table = Table::new([
        ("lane", Align::Left),
        (name(variant.base), Align::Right),
        (name(variant.arm), Align::Right),
        ("ratio (95 %)", Align::Left),
        ("CPU µs/request", Align::Right),
    ]);
    let mut any = false;
    for lane in &variant.lanes {
        let Some(change) = &lane.requests else {
            continue;
        };
        let rows = analysis
            .lanes
            .iter()
            .filter(|found| found.lane == lane.lane);
        let rows: Vec<_> = rows.flat_map(|found| &found.rows).collect();
        let figures = |arm| rows.iter().find(|row| row.arm == arm)?.figures;
        let (Some(base), Some(new)) = (figures(variant.base), figures(variant.arm)) else {
            continue;
        };
        let cpu = base
            .cpu
            .zip(new.cpu)
            .map_or_else(String::new, |(base, new)| {
                format!("{} → {}", microseconds(base.total), microseconds(new.total))
            });
        any = true;
        table.push(vec![
            lane.lane.name().to_owned(),
            thousands(base.requests_per_second),
            thousands(new.requests_per_second),
            interval(change.ratio),
            cpu,
        ]);
    }
    any.then_some(table)
}
