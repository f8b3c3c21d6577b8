//! `cargo compare diff`: do two records say the same?

use std::path::PathBuf;

use clap::Args;
use quartet_report::diff::Difference;

use crate::failure::{Failure, named, print};
use crate::numbers::percent;

/// Which records, and what is too slow.
#[derive(Args, Debug)]
pub struct Options {
    /// A record, or its directory
    #[arg(value_name = "A")]
    first: PathBuf,

    /// The record to compare with A
    #[arg(value_name = "B")]
    second: PathBuf,

    /// Exit with 4 only if a server in B is proven to answer fewer requests than in A, relative to the
    /// reference of each, by more than this in any lane, such as 3%
    #[arg(long, value_name = "PERCENT", value_parser = percent, allow_hyphen_values = true)]
    fail_slower: Option<f64>,

    /// Exit with 4 only if a server in B executes more instructions per request than in A by more than this in
    /// any lane, such as 2%; both records need --cost
    #[arg(long, value_name = "PERCENT", value_parser = percent, allow_hyphen_values = true)]
    fail_instructions: Option<f64>,
}

/// Compares two records, figure by figure, and prints what it finds.
///
/// # Errors
/// [`Failure::Usage`] where there is no such record, [`Failure::Inconsistent`] where a figure differs and no limit
/// was given, [`Failure::Unmet`] where a limit is exceeded, [`Failure::NoResult`] where it cannot be told; and
/// where a record is damaged, or they share no figure.
pub fn run(options: &Options) -> Result<(), Failure> {
    let records = [named(&options.first)?, named(&options.second)?];
    let difference = Difference::between(&records[0], &records[1])?;
    let paths = [&options.first, &options.second].map(|path| path.display().to_string());
    print(&difference.text([&paths[0], &paths[1]]))?;
    if let Some(share) = options.fail_instructions {
        counted(&difference, share)?;
    }
    if let Some(share) = options.fail_slower {
        return Failure::of_slowdown(difference.slowdown(share));
    }
    match difference.consistent() || options.fail_instructions.is_some() {
        true => Ok(()),
        false => Err(Failure::Inconsistent),
    }
}

fn counted(difference: &Difference, share: f64) -> Result<(), Failure> {
    match difference.more_instructions(share) {
        None => Err(Failure::NoResult(
            "no server's instructions were counted in both records (--cost)".to_owned(),
        )),
        Some(more) if more.is_empty() => Ok(()),
        Some(more) => Err(Failure::Unmet(format!(
            "more instructions per request than --fail-instructions allows: {}",
            more.join(", ")
        ))),
    }
}
