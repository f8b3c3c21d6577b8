//! `cargo compare upkeep`: how each framework is kept up, from the registry's index and the advisory database.
//!
//! The network is needed to write the page alone. A source that cannot be read leaves what was known of it, with its
//! date.

mod advisories;
mod registry;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use quartet_conformance::servers::Catalogue;
use quartet_report::upkeep::{FILE, SCHEMA_VERSION, Upkeep, page};

use crate::failure::{Failure, can_be_written, print};

/// What to do with the page.
#[derive(Args, Debug)]
pub struct Options {
    /// Read the registry's index and the advisory database, and write the page to this file and the data beside it
    /// (.json), instead of printing the page of servers/UPKEEP.json
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    write: Option<PathBuf>,

    /// A clone of the advisory database, instead of one that is made by git
    #[arg(long, value_name = "DIR", requires = "write")]
    advisories: Option<PathBuf>,

    /// Fail if this file is not the page of the data beside it (.json)
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

/// Prints, writes or checks the page.
///
/// # Errors
/// [`Failure::Usage`] where there is no servers.toml, or no data to print or to check; [`Failure::Unmet`] where the page
/// that was to be checked differs; and where neither source can be read.
pub fn run(options: &Options) -> Result<(), Failure> {
    let catalogue = Catalogue::find().map_err(|error| Failure::Usage(error.to_string()))?;
    if let Some(file) = &options.write {
        can_be_written("--write", file)?;
        return refresh(&catalogue, file, options.advisories.as_deref());
    }
    if let Some(file) = &options.check {
        let page = page(&known(&beside(file))?)?;
        let read =
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        return match read == page {
            true => Ok(()),
            false => Err(Failure::Unmet(format!(
                "{} is not the page of {}; `cargo compare upkeep --write {}` writes both",
                file.display(),
                beside(file).display(),
                file.display()
            ))),
        };
    }
    Ok(print(&page(&known(&catalogue.root().join(FILE))?)?)?)
}

fn known(file: &Path) -> Result<Upkeep, Failure> {
    let shown = file.display();
    Upkeep::read(file)?.ok_or_else(|| {
        Failure::Usage(format!(
            "there is no {shown}; `cargo compare upkeep --write {}` makes it",
            file.with_extension("md").display()
        ))
    })
}

/// The data of a page.
fn beside(page: &Path) -> PathBuf {
    page.with_extension("json")
}

fn refresh(catalogue: &Catalogue, file: &Path, database: Option<&Path>) -> Result<(), Failure> {
    let data = beside(file);
    let before = Upkeep::read(&data)?;
    let registry = registry::read(catalogue);
    let advisories = advisories::read(catalogue, database);
    let upkeep = taken(registry, advisories, before)?;
    let texts = [(&data, upkeep.text()?), (&file.to_owned(), page(&upkeep)?)];
    for (file, text) in texts {
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// What was read, and in place of what could not be read, what was known before.
fn taken(
    registry: Result<quartet_report::upkeep::Registry>,
    advisories: Result<quartet_report::upkeep::Advisories>,
    before: Option<Upkeep>,
) -> Result<Upkeep> {
    if let (Err(registry), Err(advisories)) = (&registry, &advisories) {
        anyhow::bail!("nothing was read: {registry:#}; {advisories:#}");
    }
    let (known_registry, known_advisories) = before
        .map(|before| (before.registry, before.advisories))
        .unzip();
    Ok(Upkeep {
        schema_version: SCHEMA_VERSION,
        registry: or_known(registry, known_registry, |known| &known.read)?,
        advisories: or_known(advisories, known_advisories, |known| &known.read)?,
    })
}

fn or_known<T>(read: Result<T>, known: Option<T>, date: fn(&T) -> &str) -> Result<T> {
    match (read, known) {
        (Ok(read), _) => Ok(read),
        (Err(error), Some(known)) => {
            eprintln!("what was read {} stays: {error:#}", date(&known));
            Ok(known)
        }
        (Err(error), None) => anyhow::bail!("{error:#}; nothing older is known"),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use quartet_report::upkeep::{Advisories, Registry};

    use super::*;

    fn registry(read: &str) -> Registry {
        Registry {
            read: read.to_owned(),
            crates: Vec::new(),
        }
    }

    fn advisories(read: &str) -> Advisories {
        Advisories {
            read: read.to_owned(),
            commit: None,
            committed: None,
            frameworks: Vec::new(),
            list: Vec::new(),
        }
    }

    #[test]
    fn a_source_that_cannot_be_read_keeps_its_date() {
        let before = || Upkeep {
            schema_version: SCHEMA_VERSION,
            registry: registry("2026-01-01T00:00:00Z"),
            advisories: advisories("2026-01-02T00:00:00Z"),
        };
        let away = || anyhow!("no network");
        let new = "2026-03-03T00:00:00Z";
        let found = taken(Ok(registry(new)), Err(away()), Some(before())).unwrap();
        assert_eq!(found.registry.read, new);
        assert_eq!(found.advisories.read, "2026-01-02T00:00:00Z");
        let found = taken(Err(away()), Ok(advisories(new)), Some(before())).unwrap();
        assert_eq!(found.registry.read, "2026-01-01T00:00:00Z");
        assert_eq!(found.advisories.read, new);
        assert!(taken(Err(away()), Err(away()), Some(before())).is_err());
        let error = taken(Ok(registry(new)), Err(away()), None).unwrap_err();
        assert_eq!(format!("{error:#}"), "no network; nothing older is known");
    }
}
