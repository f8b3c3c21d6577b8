//! `cargo compare history`: what all records say, one after the other.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use quartet_conformance::servers::Catalogue;
use quartet_record::Record;
use quartet_report::history::{History, text};
use quartet_report::html;
use quartet_report::text::Form;

use crate::failure::{Failure, print, unreadable};
use crate::list::records_in;
use crate::page::suite;

/// Which records, and how they are shown.
#[derive(Args, Debug)]
pub struct Options {
    /// Records, their directories, or directories of such [default: records, beside servers.toml]
    #[arg(value_name = "RUN")]
    places: Vec<PathBuf>,

    /// Print Markdown
    #[arg(long)]
    markdown: bool,

    /// Write a self-contained page with a chart for each server instead of printing
    #[arg(long, value_name = "FILE", conflicts_with = "markdown")]
    html: Option<PathBuf>,
}

/// Shows each server's ratio to the reference by date and version. Records that cannot be read are named, and the
/// others shown.
///
/// # Errors
/// [`Failure::Usage`] where a place does not exist or none has a record; an error after all was shown where a record
/// cannot be read.
pub fn run(options: &Options) -> Result<(), Failure> {
    let places = places(&options.places)?;
    let mut history = History::default();
    let mut unread = Vec::new();
    for place in &places {
        let name = name(place);
        let taken = Record::read(place).and_then(|record| history.add(&name, &record));
        if let Err(error) = taken {
            unread.push(unreadable::sentence(&error));
        }
    }
    unreadable::name(&unread);
    if places.is_empty() {
        let sentence = "no record found; `cargo compare` writes one";
        return Err(Failure::Usage(sentence.to_owned()));
    }
    let form = match options.markdown {
        true => Form::Markdown,
        false => Form::Text,
    };
    match &options.html {
        Some(file) => {
            let page = html::history(&history, &unread, &suite())?;
            fs::write(file, page).with_context(|| format!("cannot write {}", file.display()))?;
        }
        None => print(&text(&history, form))?,
    }
    unreadable::end(&unread, places.len())?;
    match history.is_empty() {
        true => Err(Failure::NoResult(
            "no record has a ratio to show; the reasons are above".to_owned(),
        )),
        false => Ok(()),
    }
}

/// The records that were named, or all.
fn places(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let named = match named {
        [] => {
            let catalogue = Catalogue::find().map_err(|error| Failure::Usage(error.to_string()))?;
            vec![catalogue.root().join("records")]
        }
        named => named.to_vec(),
    };
    let mut places = Vec::new();
    for place in named {
        if place.is_dir() {
            let found = records_in(&place);
            let mut found = found.map_err(|error| Failure::usage(&error))?;
            if found.is_empty() {
                let sentence = format!("{} has no record", place.display());
                return Err(Failure::Usage(sentence));
            }
            found.sort();
            places.extend(found);
        } else if place.exists() {
            places.push(place);
        } else {
            return Err(Failure::Usage(format!(
                "{} does not exist",
                place.display()
            )));
        }
    }
    Ok(places)
}

/// What a record is called: the name of its directory.
fn name(place: &Path) -> String {
    let directory = match place.is_dir() {
        true => Some(place),
        false => place.parent(),
    };
    let name = directory.and_then(Path::file_name);
    name.map_or_else(
        || place.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}
