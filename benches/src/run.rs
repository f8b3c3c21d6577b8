//! One comparison, from the options to the record and the table.

mod begun;
mod claim;
mod load;
mod measured;
mod options;
mod planned;
mod resume;
mod warnings;

use std::path::Path;

use quartet_analysis::Analysis;
use quartet_conformance::servers::Catalogue;
use quartet_record::State;
use quartet_report::text::{Form, render};

use crate::failure::Failure;
use crate::{selection, variant};

pub(crate) use begun::Run;
pub use options::Options;

/// Builds, gates, measures, records, and prints the table on standard output.
///
/// # Errors
/// [`Failure::Usage`] where an option cannot be met, [`Failure::Interrupted`] where the run was
/// asked to stop, after what was measured is recorded and shown; and whatever else goes wrong.
pub fn run(options: &Options, command: &str) -> Result<(), Failure> {
    let choose = |catalogue: &mut Catalogue, own: &[String]| {
        let names = variant::enter(catalogue, options.servers(), Path::new("."))?;
        selection::arms_with(catalogue, &names, own, options.measures_contract())
    };
    let mut run = match options.resumes() {
        Some(record) => Run::again(options, record)?,
        None => Run::new(options, command, choose)?,
    };
    run.measure(Some(options.cost()))?;
    let analysis = Analysis::of(&run.record)?;
    run.conclude(&render(&run.record, &analysis, Form::Text), &analysis)?;
    match run.record.state {
        State::Interrupted => Err(Failure::Interrupted),
        _ if !analysis.anything_counts(&run.record) => Err(Failure::AllExcluded),
        State::Running | State::Complete => Ok(()),
    }
}
