//! The records there are.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use quartet_analysis::counts;
use quartet_conformance::servers::Catalogue;
use quartet_record::plan::ArmRole;
use quartet_record::{Record, RestartRecord, State};
use quartet_report::table::{Align, Table};

use crate::failure::{Failure, print, unreadable};
use crate::runs::runs;

/// Where to look.
#[derive(Args, Debug)]
pub struct Options {
    /// Directories with records [default: records and target/compare, beside servers.toml]
    #[arg(value_name = "DIR")]
    directories: Vec<PathBuf>,
}

/// Prints one line a record, the newest last. Records that cannot be read are named, and the others shown.
///
/// # Errors
/// [`Failure::Usage`] where no directory is named and there is no servers.toml, or where a directory
/// that was named cannot be read; an error after all was shown where a record cannot be read.
pub fn run(options: &Options) -> Result<(), Failure> {
    let directories = if options.directories.is_empty() {
        let catalogue = Catalogue::find().map_err(|error| Failure::Usage(error.to_string()))?;
        let root = catalogue.root();
        let usual = [root.join("records"), runs(root)];
        usual.into_iter().filter(|place| place.is_dir()).collect()
    } else {
        options.directories.clone()
    };
    let mut places = Vec::new();
    for directory in &directories {
        let found = records_in(directory);
        places.extend(found.map_err(|error| Failure::usage(&error))?);
    }
    let (text, unread) = shown(&places);
    unreadable::name(&unread);
    print(&text)?;
    unreadable::end(&unread, places.len())
}

/// The directories with a record that a directory holds, or is.
pub(crate) fn records_in(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    let mut places = vec![directory.to_owned()];
    for entry in entries {
        places.push(entry?.path());
    }
    places.retain(|place| place.is_dir() && Record::file(place).is_file());
    Ok(places)
}

/// The table, and why what it lacks cannot be read.
fn shown(places: &[PathBuf]) -> (String, Vec<String>) {
    let mut rows = Vec::new();
    let mut unread = Vec::new();
    for place in places {
        match Record::read(place) {
            Ok(record) => rows.push((record.started.clone(), row(place, &record))),
            Err(error) => unread.push(unreadable::sentence(&error)),
        }
    }
    rows.sort();
    if places.is_empty() {
        return (
            "no record found; `cargo compare` writes one\n".to_owned(),
            unread,
        );
    }
    if rows.is_empty() {
        return (String::new(), unread);
    }
    let columns = ["started", "state", "restarts", "servers", "lanes", "record"];
    let mut table = Table::new(columns.map(|name| (name, Align::Left)));
    for (_, row) in rows {
        table.push(row);
    }
    (table.text(), unread)
}

fn row(place: &Path, record: &Record) -> Vec<String> {
    let plan = &record.plan;
    let state = match record.state {
        State::Running => "running or killed",
        State::Interrupted => "interrupted",
        State::Complete => "complete",
    };
    let count = |restart: &&RestartRecord| counts(restart, plan);
    vec![
        record.started.clone(),
        state.to_owned(),
        format!(
            "{} of {}",
            record.restarts.iter().filter(count).count(),
            plan.restarts
        ),
        servers(record),
        plan.lanes
            .iter()
            .map(|lane| lane.name())
            .collect::<Vec<_>>()
            .join(","),
        place.display().to_string(),
    ]
}

/// How many servers of a record are named.
const NAMED: usize = 8;

/// The servers that were to be compared, and which of them have no result at all.
fn servers(record: &Record) -> String {
    let arms = record.plan.arms.iter().enumerate();
    let shown = arms.filter(|(_, arm)| matches!(arm.role, ArmRole::Compared | ArmRole::Aside));
    let names: Vec<String> = shown
        .map(|(index, arm)| {
            let mut exclusions = record.exclusions.iter();
            let is_out = exclusions.any(|one| one.arm == index && one.lane.is_none());
            let differences = arm.variant.as_ref().map(|variant| &variant.differences);
            let name = match differences {
                // A name that ends so does not say which checkout it is.
                Some(differences) if arm.name.ends_with("+patch") => {
                    format!("{} ({})", arm.name, differences.join(" "))
                }
                _ => arm.name.clone(),
            };
            match is_out {
                true => format!("{name} (excluded)"),
                false => name,
            }
        })
        .collect();
    match names.len().checked_sub(NAMED) {
        Some(more @ 1..) => format!("{} and {more} more", names[..NAMED].join(",")),
        _ => names.join(","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::PLAIN_NAME;
    use quartet_record::testing::record;

    #[test]
    fn a_row_says_which_checkout_which_servers_are_out_and_how_many_more_there_are() {
        use quartet_record::Exclusion;
        use quartet_record::variant::Variant;
        let mut record = record();
        assert_eq!(servers(&record), "axum,warp,salvo");
        let shown = |arm: &quartet_record::plan::Arm| arm.name == "warp";
        let arm = record.plan.arms.iter().position(shown).unwrap();
        record.plan.arms[arm].name = "warp+patch".to_owned();
        record.plan.arms[arm].variant = Some(Variant {
            of: "warp".to_owned(),
            differences: vec!["warp=../warp".to_owned()],
            against: Vec::new(),
            directory: None,
        });
        record.exclusions.push(Exclusion {
            arm,
            restart: None,
            lane: None,
            reason: "it cannot be built".to_owned(),
        });
        let patched = "axum,warp+patch (warp=../warp) (excluded),salvo";
        assert_eq!(servers(&record), patched);
        let another = record.plan.arms[0].clone();
        for number in 1..=NAMED {
            let name = format!("another {number}");
            record.plan.arms.push(quartet_record::plan::Arm {
                name,
                ..another.clone()
            });
        }
        let said = servers(&record);
        assert!(
            said.starts_with(patched) && said.ends_with(" and 3 more"),
            "{said}"
        );
    }

    #[test]
    fn the_newest_is_last_and_what_cannot_be_read_is_named() {
        let place = std::env::temp_dir().join(format!("quartet-list-{}", std::process::id()));
        let mut early = record();
        early.write(&place.join("b")).unwrap();
        early.started = "2026-11-03T10:00:00Z".to_owned();
        early.state = State::Interrupted;
        early.restarts.pop();
        early.write(&place.join("a")).unwrap();
        fs::create_dir_all(place.join("c")).unwrap();
        fs::write(place.join("c").join(PLAIN_NAME), "{}").unwrap();
        fs::create_dir_all(place.join("no record")).unwrap();
        let (text, unread) = shown(&records_in(&place).unwrap());
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!((lines.len(), unread.len()), (2, 1), "{text}");
        assert!(unread[0].contains("/c"), "{unread:?}");
        assert!(
            lines[0].starts_with("2026-11-02")
                && lines[0].contains("3 of 3")
                && lines[0].ends_with("/b"),
            "{text}"
        );
        assert!(
            lines[1].contains("interrupted")
                && lines[1].contains("2 of 3")
                && lines[1].contains("axum,warp,salvo"),
            "{text}"
        );
        assert_eq!(records_in(&place.join("a")).unwrap(), [place.join("a")]);
        fs::remove_dir_all(&place).unwrap();
        assert!(records_in(&place).is_err());
        assert!(shown(&[]).0.contains("no record found"));
    }
}
