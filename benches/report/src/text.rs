//! What a run says, for people: on a terminal, or as Markdown for a README.

mod caption;
mod database;
mod division;
mod exclusions;
mod features;
mod footprint;
mod latency;
mod modes;
mod page;
mod rates;
mod scaling;

use std::fmt::Write as _;

use quartet_analysis::Analysis;
use quartet_record::Record;

use crate::variants::sentences;

pub(crate) use caption::cores;
pub use division::render_division;
pub(crate) use features::{feature_caption, name as feature_name};
pub(crate) use footprint::{BY_GROUP, has_groups, memory_caption, running_remarks};
pub(crate) use latency::{NOT_SHOWN, equals, heading, left_out, verdicts};
pub(crate) use modes::of_its_own;
pub use page::Form;
pub(crate) use page::Page;
pub(crate) use rates::{commands, custom_caption, rank, rate_caption};

/// Everything a run says: a table for each lane, one of what does not depend on the lane, what is
/// excluded and why, what else to know, and how it was measured.
pub fn render(record: &Record, analysis: &Analysis, form: Form) -> String {
    let page = Page { record, form };
    let mut blocks = Vec::new();
    blocks.extend(page.features(analysis));
    // What has more of a feature is in its tables.
    let variants = analysis.variants.iter().zip(sentences(record, analysis));
    for (variant, sentences) in variants.filter(|_| analysis.features.is_empty()) {
        let (name, base) = (page.name(variant.arm), page.name(variant.base));
        blocks.push(page.title(format!("{name} against {base}")));
        blocks.push(page.list(&sentences));
    }
    for lane in &analysis.lanes {
        blocks.push(page.heading(lane));
        blocks.push(page.table(&page.rates(lane)));
        blocks.push(page.list(&page.remarks(lane)));
    }
    blocks.extend(page.over_database(analysis));
    blocks.extend(page.capacity(analysis));
    blocks.extend(page.scaling(analysis));
    blocks.extend(page.latency(analysis));
    blocks.extend(page.footprints(analysis));
    blocks.push(page.list(&page.exclusions(analysis)));
    if !analysis.warnings.is_empty() {
        blocks.push(page.title("Caveats".to_owned()));
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
            "\nCharts, verdicts and everything else: [the report of this run]({page})."
        );
    }
    text
}

#[cfg(test)]
mod tests;
