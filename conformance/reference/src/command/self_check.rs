//! `reference self-check`: the proof that the suite can be believed, for whoever runs it. How a step is
//! made is not known here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::Parser;
use indicatif::MultiProgress;
use quartet_conformance::command::progress;
use quartet_conformance::report::Style;
use quartet_conformance::{Case, TEST_SEED, Workbench, clean_up, select, test_threads};

use crate::faults;
use crate::self_check::{Check, Proof, checks};

/// The exit code where a step does not hold.
const MISSED: u8 = 1;
/// The exit code for a wrong option, or where nothing can be written.
const USAGE: u8 = 2;
/// The exit code after an interrupt, as shells have it: 128 and SIGINT's number.
const INTERRUPTED: i32 = 130;

/// Tests the conformance suite: every case must find its faults in the reference, and nothing in the
/// sound reference
#[derive(Debug, Parser)]
#[command(
    name = "reference self-check",
    bin_name = "reference self-check",
    version,
    after_help = "\
Examples:
  reference self-check --only docs         the cases of one area
  reference self-check --list              the faults, by the names that --fault takes

Exit codes:
  0    every case finds its faults, and nothing in the sound reference
  1    a case does not
  2    a wrong option
  130  interrupted"
)]
struct SelfCheckOptions {
    /// Check only this area or case; may be repeated
    #[arg(long = "only", value_name = "AREA-OR-ID")]
    only: Vec<String>,

    /// Skip this area or case; may be repeated
    #[arg(long = "skip", value_name = "AREA-OR-ID")]
    skip: Vec<String>,

    /// Seed of the random numbers
    #[arg(long, value_name = "NUMBER", default_value_t = TEST_SEED)]
    seed: u64,

    /// List the faults that the cases must find, and check nothing
    #[arg(long)]
    list: bool,
}

/// Checks as the arguments say. They start with the subcommand's name.
pub(super) fn main(arguments: Vec<OsString>) -> ExitCode {
    let options = SelfCheckOptions::parse_from(arguments);
    ExitCode::from(match execute(&options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("reference: {error}");
            USAGE
        }
    })
}

fn execute(options: &SelfCheckOptions) -> Result<u8, String> {
    let selected = select(&options.only, &options.skip).map_err(|error| error.to_string())?;
    if options.list {
        return print(|out| write_faults(out, &selected)).map(|()| 0);
    }
    let command = std::env::current_exe()
        .map_err(|error| format!("cannot find the path of this program: {error}"))?;
    let interrupted = || {
        clean_up();
        eprintln!("reference: interrupted");
        std::process::exit(INTERRUPTED);
    };
    if let Err(error) = ctrlc::set_handler(interrupted) {
        eprintln!("reference: Ctrl-C will leave the started programs running: {error}");
    }
    let tally = run(&selected, &command, options.seed);
    // A case that hung may keep something running.
    clean_up();
    print(|out| tally.write(out, Style::of(&io::stdout())))?;
    Ok(if tally.holds() { 0 } else { MISSED })
}

/// Writes to standard output. A reader that has gone away, such as `head`, is no error.
fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), String> {
    let mut out = io::stdout().lock();
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}"))
        }
        _ => Ok(()),
    }
}

/// The faults that the cases must find, by the names that `--fault` takes.
fn write_faults(out: &mut dyn Write, selected: &[&Case]) -> io::Result<()> {
    let faults: Vec<_> = faults()
        .filter(|fault| selected.iter().any(|case| case.id == fault.breaks))
        .map(|fault| (fault.name(), fault.what))
        .collect();
    let width = faults.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, what) in faults {
        writeln!(out, "{name:width$}  {what}")?;
    }
    Ok(())
}

/// What came of the steps about the chosen cases.
struct Tally {
    sound: usize,
    found: usize,
    missed: Vec<String>,
    /// How many steps were left out, by the reason.
    skipped: BTreeMap<String, usize>,
}

/// Makes every step about `selected` cases. `command` is this program.
fn run(selected: &[&'static Case], command: &Path, seed: u64) -> Tally {
    let _workbench = Workbench::get();
    let is_selected = |case: &Case| selected.iter().any(|chosen| chosen.id == case.id);
    let chosen: Vec<Check> = checks()
        .filter(|check| check.case().is_none_or(is_selected))
        .collect();
    let progress = progress(&MultiProgress::new(), "self-check", chosen.len());
    let next = Mutex::new(chosen.iter());
    let tally = Mutex::new(Tally::new());
    std::thread::scope(|scope| {
        for _ in 0..test_threads() {
            scope.spawn(|| {
                loop {
                    let taken = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(check) = taken else { break };
                    let proof = check.prove(command, seed);
                    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                    tally.add(check, proof);
                    progress.inc(1);
                }
            });
        }
    });
    progress.finish_and_clear();
    tally.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Tally {
    fn new() -> Self {
        Self {
            sound: 0,
            found: 0,
            missed: Vec::new(),
            skipped: BTreeMap::new(),
        }
    }

    fn add(&mut self, check: &Check, proof: Proof) {
        match proof {
            Proof::Holds => match check {
                Check::Sound(_) => self.sound += 1,
                _ => self.found += 1,
            },
            Proof::Fails(why) => self.missed.push(format!("{check}: {why}")),
            Proof::Skipped(why) => *self.skipped.entry(why).or_default() += 1,
        }
    }

    /// Whether nothing was missed.
    fn holds(&self) -> bool {
        self.missed.is_empty()
    }

    /// Writes what was missed and left out, and the sums.
    fn write(&self, out: &mut dyn Write, style: Style) -> io::Result<()> {
        for missed in &self.missed {
            writeln!(out, "{}", style.bad(missed))?;
        }
        for (why, count) in &self.skipped {
            writeln!(out, "{count} steps skipped: {why}")?;
        }
        writeln!(
            out,
            "{} cases find nothing in the sound reference; {} faults found; {} steps failed",
            self.sound,
            self.found,
            self.missed.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn options_are_well_formed() {
        SelfCheckOptions::command().debug_assert();
    }
}
