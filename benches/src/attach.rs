//! Criterion's estimates, put into a record: what its page shows is in it.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use quartet_analysis::{Analysis, Division};
use quartet_conformance::servers::Catalogue;
use quartet_record::Record;
use quartet_report::html;

use crate::estimates::{home, read};
use crate::failure::{Failure, named, print};
use crate::page::background_here;

/// Into which record, and from where.
#[derive(Args, Debug)]
pub struct Options {
    /// A record, or its directory
    #[arg(value_name = "RUN")]
    record: PathBuf,

    /// Directory of criterion's estimates [default: target/criterion]
    #[arg(long, value_name = "DIR")]
    criterion: Option<PathBuf>,

    /// A remark about them for the report
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
}

/// Puts criterion's estimates into a record, in place of those it has, and writes its page again.
///
/// # Errors
/// [`Failure::Usage`] where there is no such record; and where there are no estimates, or the record or its page
/// cannot be written.
pub fn run(options: &Options) -> Result<(), Failure> {
    let record = named(&options.record)?;
    Ok(attach(options, record)?)
}

fn attach(options: &Options, mut record: Record) -> Result<()> {
    let directory = match &options.criterion {
        Some(directory) => directory.clone(),
        None => match Catalogue::find() {
            Ok(catalogue) => home(catalogue.root()),
            Err(_) => home(Path::new(".")),
        },
    };
    let shown = directory.display();
    ensure!(
        directory.is_dir(),
        "{shown} is not a directory of criterion"
    );
    let mut estimates = read(&directory)?;
    estimates.remark.clone_from(&options.remark);
    ensure!(
        !estimates.medians.is_empty(),
        "no criterion estimates found in {shown}; run `cargo bench -p quartet-benches`"
    );
    record.estimates = Some(estimates);
    let file = Record::file(&options.record);
    let place = file.parent().unwrap_or(Path::new(""));
    let file = record.write(place)?;
    let division = Division::of(&record)?;
    let page = html::write(
        &record,
        &Analysis::of(&record)?,
        &division,
        &background_here(),
        place,
    )?;
    for remark in &division.remarks {
        print(&format!("{remark}\n"))?;
    }
    let (file, page) = (file.display(), page.display());
    print(&format!("The record: {file}\nThe report: {page}\n"))
}
