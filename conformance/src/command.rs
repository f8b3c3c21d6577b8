//! The command line.

mod another;
mod error;
mod found;
mod options;
mod parity;
mod run;
mod testing;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;

use crate::deviations::Deviations;
use crate::judgement::{Judged, Standing};
use crate::report::{Detail, Report, Style, html, json, junit, write_text};
use crate::{Case, cases, stop, tools};
use error::{RunError, usage};
use found::found;
use options::Options;

pub use testing::progress;

/// The exit code where a server deviates unexpectedly, or no longer deviates as listed.
const DEVIATION: u8 = 1;
/// The exit code for a wrong option or a file that cannot be used.
const USAGE: u8 = 2;
/// The exit code where a server cannot be built, started or reached.
const UNREACHABLE: u8 = 3;
/// The exit code where no case applies to a server.
const NOTHING: u8 = 4;
/// The exit code after an interrupt, as shells have it: 128 and SIGINT's number.
const INTERRUPTED: u8 = 130;

/// Whether the program is about to end for an interrupt.
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Leaves it at that once an interrupt has ended the servers: what is found after it is not found of
/// them.
fn wait_if_interrupted() {
    while IS_INTERRUPTED.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

/// The whole of the command's `main`.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let moved = |first: &std::ffi::OsString| first == "reference" || first == "--self-check";
    if arguments.first().is_some_and(moved) {
        eprintln!(
            "conformance: the reference is a program of its own: see `cargo reference --help`"
        );
        return ExitCode::from(USAGE);
    }
    let interrupted = || {
        if stop::interrupt() {
            tools::end_builds();
            eprintln!(
                "conformance: interrupted; the decided cases are kept (a second Ctrl-C ends at once)"
            );
            return;
        }
        IS_INTERRUPTED.store(true, Ordering::SeqCst);
        tools::clean_up();
        eprintln!("conformance: interrupted");
        std::process::exit(INTERRUPTED.into());
    };
    if let Err(error) = ctrlc::set_handler(interrupted) {
        eprintln!("conformance: Ctrl-C will leave the started programs running: {error}");
    }
    let result = match arguments.first() {
        Some(first) if first == "parity" => parity::execute(arguments),
        _ => execute(&Options::parse()),
    };
    wait_if_interrupted();
    // A case that hung may keep something running.
    tools::clean_up();
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::from(match error {
                _ if stop::is_interrupted() => INTERRUPTED,
                RunError::Usage(_) => USAGE,
                RunError::Unreachable(_) => UNREACHABLE,
            })
        }
    }
}

fn execute(options: &Options) -> Result<u8, RunError> {
    let selected = options.selected()?;
    if options.list {
        return print(|out| write_cases(out, &selected)).map(|()| 0);
    }
    let style = Style::of(&io::stdout());
    // Before the run, which would be for nothing.
    let files = Files::named(options)?;
    let report = run::run(options, &selected)?;
    wait_if_interrupted();
    let detail = match options.verbose {
        true => Detail::Everything,
        false => Detail::Exceptions,
    };
    let printed = match options.json {
        Some(None) => print(|out| write_json(out, &report)),
        _ => print(|out| write_text(out, &report, style, detail)),
    };
    // What cannot be printed can still be kept.
    files.write(&report).and(printed)?;
    Ok(match report.is_as_expected() {
        _ if stop::is_interrupted() => INTERRUPTED,
        true if says_nothing(&report) => NOTHING,
        true => 0,
        false => {
            for reason in report.unexpected() {
                eprintln!("conformance: {reason}");
            }
            DEVIATION
        }
    })
}

/// Whether no case applies to one of the servers, which is then told.
fn says_nothing(report: &Report) -> bool {
    let mut found = false;
    for target in &report.targets {
        let is_idle = |judged: &Judged| judged.standing == Standing::NotApplicable;
        if !target.judged.is_empty() && target.judged.iter().all(is_idle) {
            found = true;
            let why = target.skipped().first().map_or("", |(why, _)| *why);
            eprintln!("conformance: {}: no case applies: {why}", target.name);
        }
    }
    found
}

/// What writes a report.
type Writer = fn(&mut dyn Write, &Report) -> io::Result<()>;

/// The files that reports are to be written to.
struct Files<'a>(Vec<(&'a Path, Writer)>);

impl<'a> Files<'a> {
    /// Those that the options name, if they can be written. What they hold stays until there is
    /// something else to hold.
    fn named(options: &'a Options) -> Result<Self, RunError> {
        let named: [(Option<&PathBuf>, Writer); 4] = [
            (options.json.iter().flatten().next(), write_json),
            (options.junit.as_ref(), junit::write),
            (options.html.as_ref(), html::write),
            (options.write_deviations.as_ref(), write_deviations),
        ];
        let named = named.into_iter();
        let files: Vec<_> = named
            .filter_map(|(path, write)| Some((path?.as_path(), write)))
            .collect();
        for &(path, _) in &files {
            try_writing(path).map_err(|error| cannot_write(path, &error))?;
        }
        if let Some(path) = &options.write_deviations {
            is_replaceable(path)?;
        }
        Ok(Self(files))
    }

    /// Writes all that can be written.
    ///
    /// # Errors
    /// Those that cannot.
    fn write(self, report: &Report) -> Result<(), RunError> {
        let write = |(path, write): (&Path, Writer)| {
            let mut bytes = Vec::new();
            let written = write(&mut bytes, report).and_then(|()| fs::write(path, bytes));
            written
                .err()
                .map(|error| cannot_write(path, &error).to_string())
        };
        let failed: Vec<String> = self.0.into_iter().filter_map(write).collect();
        match failed.is_empty() {
            true => Ok(()),
            false => Err(usage(failed.join("; "))),
        }
    }
}

/// Opens a file, and leaves it as it was.
fn try_writing(path: &Path) -> io::Result<()> {
    if path.exists() {
        File::options().append(true).open(path)?;
    } else {
        File::create_new(path)?;
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Whether a file is a list of deviations, if there is one: anything else was not meant to be overwritten.
fn is_replaceable(path: &Path) -> Result<(), RunError> {
    // There is none, or it is a pipe or a terminal, which a read would wait for.
    if !path.is_file() {
        return Ok(());
    }
    let is_list = |text: String| {
        let is_empty_list = text.trim().is_empty() || text.starts_with(WRITTEN);
        Deviations::parse(&text, path)
            .is_ok_and(|listed| is_empty_list || listed.iter().next().is_some())
    };
    // What is no text is no list.
    match fs::read_to_string(path).is_ok_and(is_list) {
        true => Ok(()),
        false => Err(usage(format!(
            "{} is no list of deviations, and is not overwritten",
            path.display()
        ))),
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> RunError {
    RunError::Usage(format!("cannot write {}: {error}", path.display()))
}

/// Writes to standard output. A reader that has gone away, such as `head`, is no error.
fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), RunError> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(RunError::Usage(format!("cannot write the report: {error}")))
        }
        _ => Ok(()),
    }
}

fn write_json(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &json::to_value(report))?;
    writeln!(out)
}

/// How a list begins that was written here.
const WRITTEN: &str =
    "# Known deviations; each reason is what was found. See `conformance --help`.\n\n";

fn write_deviations(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    out.write_all(WRITTEN.as_bytes())?;
    let text = found(report).to_toml().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn write_cases(out: &mut dyn Write, selected: &[&Case]) -> io::Result<()> {
    let width = cases::all().map(|case| case.id.len()).max().unwrap_or(0);
    for case in selected {
        let (id, level) = (case.id, case.level.as_str());
        writeln!(
            out,
            "{id:width$}  {level:6}  {} ({})",
            case.requirement, case.source
        )?;
    }
    Ok(())
}
