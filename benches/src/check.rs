//! `cargo compare check`: do records fit together?

use std::path::PathBuf;

use clap::Args;

use crate::failure::{Failure, print};
use crate::gathered::{Part, each, look, places};

/// What to check.
#[derive(Args, Debug)]
pub struct Options {
    /// Records, their directories, or directories that hold such directories
    #[arg(value_name = "RECORDS", required = true)]
    records: Vec<PathBuf>,
}

/// Prints of each record what does not fit together, or that all does. One that cannot be read does not keep the others
/// from being checked.
///
/// # Errors
/// [`Failure::Unmet`] where one does not fit together, otherwise [`Failure::Usage`] where one cannot be read.
pub fn run(options: &Options) -> Result<(), Failure> {
    let places = places(&options.records)?;
    let count = places.len();
    let describe = |record: &quartet_record::Record, name: String| {
        let date = record.started.get(..10).unwrap_or(&record.started);
        Ok(format!("{name}: {date}, {}", record.machine.sentence()))
    };
    let (mut misfits, mut unreadable) = (0, Vec::new());
    for one in each(&places, Part::Whole, |place| {
        look(place, Part::Whole, describe)
    }) {
        let one = match one {
            Ok(one) => one,
            Err(Failure::Usage(why)) => {
                unreadable.push(why);
                continue;
            }
            Err(other) => return Err(other),
        };
        let verdict = if one.misfits.is_empty() {
            "fits"
        } else {
            "does not fit together"
        };
        let mut text = format!("{}: {verdict}\n", one.found);
        for misfit in &one.misfits {
            text += &format!("· {misfit}\n");
        }
        print(&text)?;
        misfits += usize::from(!one.misfits.is_empty());
    }
    if misfits == 0 {
        return match unreadable.is_empty() {
            true => Ok(()),
            false => Err(Failure::Usage(unreadable.join("; "))),
        };
    }
    for why in &unreadable {
        eprintln!("compare: {why}");
    }
    let also = match unreadable.len() {
        0 => String::new(),
        unread => format!(", and {unread} cannot be read"),
    };
    Err(Failure::Unmet(format!(
        "{misfits} of {count} record{} {} not fit together{also}",
        if count == 1 { "" } else { "s" },
        if misfits == 1 { "does" } else { "do" }
    )))
}
