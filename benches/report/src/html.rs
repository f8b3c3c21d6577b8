//! The report as one page that needs no other file, no script and no network.

mod background;
pub(crate) mod block;
pub(crate) mod chart;
mod choose;
mod circumstances;
pub(crate) mod conformance;
mod cost;
mod cpu;
mod database;
pub(crate) mod defaults;
pub(crate) mod division;
mod features;
mod history;
mod latency;
pub(crate) mod material;
mod modes;
mod open_loop;
mod percentiles;
mod picture;
mod pool;
pub(crate) mod rates;
mod raw;
mod scaling;
pub(crate) mod upkeep;
mod variants;
mod verdict;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use askama::Template;
use quartet_analysis::{Analysis, Division};
use quartet_record::Record;

use crate::verdict::Conclusion;
use block::Section;
use material::Material;

pub use background::{Background, Suite};
pub use history::history;
pub use picture::{Theme, picture};
pub use pool::pool_page;

/// The page's name beside the record it is of.
pub const FILE_NAME: &str = "report.html";

/// Everything a run says, as a page: verdicts in sentences, charts with the tables behind them,
/// how it was measured, and what to beware of. `division` is criterion's word on where a request's
/// time goes; `run` is where the page finds the record, as a relative link.
///
/// # Errors
/// Where the record is damaged.
pub fn page(
    record: &Record,
    analysis: &Analysis,
    division: &Division,
    background: &Background<'_>,
    run: Option<&str>,
) -> Result<String> {
    let material = Material::new(record, analysis, background)?;
    let conclusion = Conclusion::of(record, analysis, None);
    let document = Document {
        title: "Quartet: a comparison",
        base_style: background.suite.style,
        home: background.home.as_deref(),
        provenance: material.provenance(),
        verdict: conclusion.verdict,
        notices: conclusion.missing,
        sections: [
            choose::section(&material),
            Some(verdict::section(&material)),
            features::section(&material),
            variants::section(&material),
            Some(rates::section(&material)),
            Some(cpu::section(&material)),
            database::section(&material),
            Some(latency::section(&material)),
            modes::throughput(&material),
            scaling::section(&material),
            Some(cost::memory(&material)),
            Some(cost::footprint(&material)),
            Some(cost::start_up(&material)),
            Some(conformance::section(&material)),
            defaults::section(&material),
            upkeep::section(&material),
            Some(division::section(&material, division)),
            Some(circumstances::resolution(&material)),
            Some(circumstances::method(&material)),
            Some(circumstances::gates(&material)),
            Some(raw::section(&material, run)),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    document.render().context("the page cannot be created")
}

/// Writes the page into the directory of its record, and says where.
///
/// # Errors
/// Where the record is damaged, or the page cannot be written.
pub fn write(
    record: &Record,
    analysis: &Analysis,
    division: &Division,
    background: &Background<'_>,
    directory: &Path,
) -> Result<PathBuf> {
    let file = directory.join(FILE_NAME);
    let run = Record::file(directory);
    let run = run.file_name().and_then(|name| name.to_str());
    let page = page(record, analysis, division, background, run)?;
    fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

#[derive(Template)]
#[template(path = "report.html")]
struct Document<'a> {
    title: &'static str,
    base_style: &'a str,
    home: Option<&'a str>,
    /// When, by which command and where it was measured.
    provenance: String,
    /// Who is first, in a sentence or two.
    verdict: Vec<String>,
    /// What is missing, and what to do about it.
    notices: Vec<String>,
    sections: Vec<Section>,
}

#[cfg(test)]
mod tests;
