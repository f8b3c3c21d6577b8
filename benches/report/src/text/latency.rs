//! Latency at given rates: a table for each, and what it says.

use quartet_analysis::statistics::{Ratio, Verdict};
use quartet_analysis::{Analysis, COMPARED, LatencyComparison, LatencyPair, OpenLoop};
use quartet_record::OfferedRate;

use super::page::Page;
use crate::numbers::{interval, percent_of, thousands};
use crate::table::{Align, Table};

/// The percentile that is not compared: over all requests, and shown beside the others.
const POOLED: f64 = 0.999;

impl Page<'_> {
    /// A table for each rate. Empty where latency was not measured.
    pub(crate) fn latency(&self, analysis: &Analysis) -> Vec<String> {
        let (Some(latency), Some(plan)) = (&self.record.latency, &self.record.plan.latency) else {
            return Vec::new();
        };
        let Some(found) = &analysis.latency else {
            return vec![
                self.title(format!("{}: latency at given rates", plan.lane.name())),
                self.list(&[NOT_SHOWN.to_owned()]),
            ];
        };
        let mut blocks = Vec::new();
        for (rate, offered) in latency.rates.iter().enumerate() {
            blocks.push(self.title(format!(
                "{}: latency at {} (open loop)",
                plan.lane.name(),
                heading(offered)
            )));
            blocks.push(self.table(&self.at_rate(found, rate)));
            blocks.push(self.list(&self.latency_remarks(found, rate)));
        }
        blocks
    }

    /// The table of one rate.
    pub(crate) fn at_rate(&self, found: &LatencyComparison, rate: usize) -> Table {
        let reference = self.reference().unwrap_or("the reference");
        let relative = format!("relative to {reference} (95 %)");
        let mut columns = vec![("server".to_owned(), Align::Left)];
        for quantile in COMPARED {
            columns.push((format!("p{} µs", percent_of(quantile)), Align::Right));
            columns.push((relative.clone(), Align::Left));
        }
        columns.push((format!("p{} µs", percent_of(POOLED)), Align::Right));
        let mut table = Table::new(columns.iter().map(|(name, align)| (name.as_str(), *align)));
        for cell in found.cells.iter().filter(|cell| cell.rate == rate) {
            table.push(self.latency_row(cell));
        }
        table
    }

    fn latency_row(&self, cell: &OpenLoop) -> Vec<String> {
        let mut row = vec![self.name(cell.arm).to_owned()];
        if !cell.excluded.is_empty() {
            row.extend(
                COMPARED
                    .iter()
                    .flat_map(|_| ["excluded".to_owned(), String::new()]),
            );
            row.push("excluded".to_owned());
            return row;
        }
        let is_reference = self.reference() == Some(self.name(cell.arm));
        for level in &cell.levels {
            row.push(thousands(level.typical_ns / 1e3));
            row.push(match level.relative {
                Some(ratio) => interval(ratio),
                None if is_reference => "1".to_owned(),
                None => String::new(),
            });
        }
        let pooled = cell.latencies.at(POOLED);
        row.push(pooled.map_or_else(|| "–".to_owned(), |ns| thousands(ns as f64 / 1e3)));
        row
    }

    fn latency_remarks(&self, found: &LatencyComparison, rate: usize) -> Vec<String> {
        let cells = || found.cells.iter().filter(|cell| cell.rate == rate);
        let mut remarks: Vec<String> = cells()
            .flat_map(|cell| cell.excluded.iter().map(move |reason| (cell, reason)))
            .map(|(cell, reason)| format!("excluded: {}: {reason}", self.name(cell.arm)))
            .collect();
        for quantile in COMPARED {
            let pairs = found
                .pairs
                .iter()
                .filter(|pair| pair.rate == rate && pair.quantile == quantile);
            remarks.extend(
                verdicts(&pairs.collect::<Vec<_>>(), |arm| self.name(arm))
                    .map(|said| format!("p{}: {said}", percent_of(quantile))),
            );
        }
        remarks.extend(equals(found, rate));
        let (disturbed, slices) = left_out(cells());
        remarks.push(format!(
            "{disturbed} of {slices} slices are excluded: the machine, not the server, made \
             requests wait in them"
        ));
        remarks
    }
}

/// Why latency of an older record is not shown.
pub(crate) const NOT_SHOWN: &str = "This record's latency at given rates is not shown. It was \
     measured in a way that did not repeat: two copies of one server differed by a factor of \
     several.";

/// 22,814 requests/s, 25 % of the slowest server's capacity.
pub(crate) fn heading(offered: &OfferedRate) -> String {
    let rate = thousands(offered.per_second);
    match offered.share {
        Some(share) => format!(
            "{rate} requests/s, {:.0} % of the slowest server's capacity",
            100.0 * share
        ),
        None => format!("{rate} requests/s"),
    }
}

/// What pairs at one rate and percentile say, in one sentence. None where there is no pair.
pub(crate) fn verdicts<'a>(
    pairs: &[&LatencyPair],
    name: impl Fn(usize) -> &'a str,
) -> Option<String> {
    if pairs.is_empty() {
        return None;
    }
    let faster = |arm, against, ratio: Ratio| {
        format!(
            "{} is faster than {} ({})",
            name(arm),
            name(against),
            interval(ratio)
        )
    };
    let mut said: Vec<String> = pairs
        .iter()
        .filter_map(|pair| match pair.verdict {
            Verdict::Ahead => Some(faster(pair.arm, pair.against, pair.ratio)),
            Verdict::Behind => Some(faster(pair.against, pair.arm, pair.ratio.inverse())),
            Verdict::Tie => Some(format!(
                "{} ties with {} ({})",
                name(pair.arm),
                name(pair.against),
                interval(pair.ratio)
            )),
            Verdict::Undecided => None,
        })
        .collect();
    let open = pairs.len() - said.len();
    let least = pairs.iter().filter_map(|pair| pair.restarts_needed).min();
    match (open, said.is_empty()) {
        (0, _) => {}
        (_, true) => said.push("all pairs are undecided".to_owned()),
        (1, false) => said.push("1 pair is undecided".to_owned()),
        (open, false) => said.push(format!("{open} pairs are undecided")),
    }
    let needed = least
        .filter(|_| open > 0)
        .map_or_else(String::new, |least| {
            format!("; at least about {least} restarts would be needed to decide one")
        });
    Some(said.join(", ") + &needed)
}

/// How far apart two copies of one server are at a rate.
pub(crate) fn equals(found: &LatencyComparison, rate: usize) -> Option<String> {
    let of_rate = || found.again.iter().filter(|equals| equals.rate == rate);
    let shown: Vec<String> = of_rate()
        .filter_map(|equals| {
            let name = percent_of(equals.quantile);
            Some(format!("p{name} {}", interval(equals.ratio?)))
        })
        .collect();
    let margins: Vec<String> = of_rate()
        .map(|equals| format!("{:.0}", 100.0 * equals.margin))
        .collect();
    (!shown.is_empty()).then(|| {
        format!(
            "A/A, two copies of one server: {}; differences under {} % are not called real",
            shown.join(", "),
            margins.join(", ")
        )
    })
}

/// How many slices of these are left out, and of how many.
pub(crate) fn left_out<'a>(cells: impl Iterator<Item = &'a OpenLoop>) -> (usize, usize) {
    cells.fold((0, 0), |(disturbed, slices), cell| {
        (disturbed + cell.disturbed, slices + cell.slices)
    })
}

#[cfg(test)]
mod tests;
