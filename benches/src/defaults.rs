//! `cargo compare defaults`: what each framework's own server does by itself, seen by asking it.
//!
//! It looks at the plain programs, as each framework's README would have them. Nothing here is judged: what a framework
//! leaves to the application is a decision, and the page says how many lines that takes in the finished server.

mod added;
mod capability;
mod demands;
mod page;
mod probes;
mod seen;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context as _, Result};
use clap::Args;
use quartet_conformance::servers::{Catalogue, Role, Server};
use quartet_report::defaults::Demanded;

use crate::failure::{Failure, can_be_written, print};
use added::Added;
use capability::{CAPABILITIES, Capability};
use seen::Seen;

/// What to do with the page.
#[derive(Args, Debug)]
pub struct Options {
    /// Write the page to this file instead of printing it, and the same as data beside it (.json)
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    write: Option<PathBuf>,

    /// Fail if this file and the data beside it (.json) are not what would be written
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

/// A framework's plain program, and what was seen of it, in the order of [`CAPABILITIES`].
#[derive(Debug)]
struct Observed {
    framework: String,
    version: String,
    seen: Vec<Seen>,
    demanded: Vec<Demanded>,
}

/// Builds the plain programs, asks them, and writes the page.
///
/// # Errors
/// [`Failure::Usage`] where there is no servers.toml, [`Failure::Unmet`] where a file that was to be checked differs.
pub fn run(options: &Options) -> Result<(), Failure> {
    let catalogue = Catalogue::find().map_err(|error| Failure::Usage(error.to_string()))?;
    let root = catalogue.root();
    let added = Added::read(root)?;
    // Before what takes a minute.
    if let Some(file) = &options.write {
        can_be_written("--write", file)?;
    }
    if let Some(file) = &options.check {
        read(file)?;
        read(&beside(file))?;
    }
    let mut programs = Vec::new();
    for server in catalogue.with_role(Role::Plain) {
        eprintln!("building {}", server.name);
        let buildable = with_faults(server);
        let built = buildable.build(root).map_err(anyhow::Error::from)?;
        programs.push((server, built.program));
    }
    eprintln!(
        "asking them: what they wait for takes up to {} s",
        probes::LIMIT.as_secs() + 5
    );
    let observed: Vec<Observed> = thread::scope(|scope| {
        let asked: Vec<_> = programs
            .iter()
            .map(|(server, program)| {
                let asked = scope.spawn(|| {
                    let seen = ask_all(server, program)?;
                    Ok::<_, anyhow::Error>((seen, demands::demanded(server, program)?))
                });
                (*server, asked)
            })
            .collect();
        let gathered = asked.into_iter().map(|(server, asked)| {
            let (seen, demanded) = asked
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            let framework = server.framework.clone();
            Ok(Observed {
                framework: framework.unwrap_or_else(|| server.name.clone()),
                version: catalogue.framework_version(server).unwrap_or_default(),
                seen,
                demanded,
            })
        });
        gathered.collect::<Result<_>>()
    })?;
    let data = page::data(&observed, &added)?;
    let (page, data) = (page::page(&data)?, data.text()?);
    match (&options.write, &options.check) {
        (Some(file), _) => {
            for (file, text) in [(file, &page), (&beside(file), &data)] {
                fs::write(file, text)
                    .with_context(|| format!("cannot write {}", file.display()))?;
            }
            Ok(())
        }
        (None, Some(file)) => {
            check(file, file, &page)?;
            check(&beside(file), file, &data)
        }
        (None, None) => Ok(print(&page)?),
    }
}

/// The data of a page.
fn beside(page: &Path) -> PathBuf {
    page.with_extension("json")
}

/// The plain program with two more routes: one panics, the other takes a second. What it does by default shows in a
/// debug build as well, which is built sooner.
fn with_faults(server: &Server) -> Server {
    let mut server = server.clone();
    server.build.retain(|argument| argument != "--release");
    server
        .build
        .extend(["--features".to_owned(), "fault-injection".to_owned()]);
    server
}

/// Asks one program everything, each question of a process of its own, all at the same time: most of it is waiting.
fn ask_all(server: &Server, program: &Path) -> Result<Vec<Seen>> {
    thread::scope(|scope| {
        let asked: Vec<_> = CAPABILITIES
            .iter()
            .map(|capability| scope.spawn(|| ask(server, program, capability)))
            .collect();
        let seen = asked.into_iter().map(|asked| {
            asked
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        seen.collect()
    })
}

fn ask(server: &Server, program: &Path, capability: &Capability) -> Result<Seen> {
    (capability.probe)(&probes::Subject::new(server, program))
        .with_context(|| format!("{}: {}", server.name, capability.name))
}

fn read(file: &Path) -> Result<String, Failure> {
    let why = |error| Failure::Usage(format!("cannot read {}: {error}", file.display()));
    fs::read_to_string(file).map_err(why)
}

/// `written` is the page that is to be written where `file` is not as it should be.
fn check(file: &Path, written: &Path, page: &str) -> Result<(), Failure> {
    let read = read(file)?;
    let differs = read
        .lines()
        .zip(page.lines())
        .position(|(was, is)| was != is);
    let shorter = read.lines().count().min(page.lines().count());
    if read == page {
        return Ok(());
    }
    let line = differs.unwrap_or(shorter);
    let is = page.lines().nth(line).unwrap_or("(the end)");
    Err(Failure::Unmet(format!(
        "{}:{}: it would be {is:?}; `cargo compare defaults --write {}` writes it",
        file.display(),
        line + 1,
        written.display()
    )))
}
