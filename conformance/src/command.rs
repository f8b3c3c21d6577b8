//! The command line.

mod options;
mod reference;
mod run;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::report::{Report, Style, json, write_text};
use crate::{Case, cases, tools};
use options::Options;
use run::RunError;

/// The exit code where a server deviates unexpectedly, or no longer deviates as listed.
const DEVIATION: u8 = 1;
/// The exit code for a wrong option or a file that cannot be used.
const USAGE: u8 = 2;
/// The exit code where a server cannot be built, started or reached.
const UNREACHABLE: u8 = 3;
/// The exit code after an interrupt, as shells have it: 128 and SIGINT's number.
const INTERRUPTED: i32 = 130;

/// The whole of the command's `main`.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "reference") {
        return reference::main(arguments);
    }
    let options = Options::parse();
    let interrupted = || {
        tools::end_all();
        std::process::exit(INTERRUPTED);
    };
    if let Err(error) = ctrlc::set_handler(interrupted) {
        eprintln!("conformance: an interrupt will leave other programs running: {error}");
    }
    match execute(&options) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::from(match error {
                RunError::Usage(_) => USAGE,
                RunError::Unreachable(_) => UNREACHABLE,
            })
        }
    }
}

fn execute(options: &Options) -> Result<u8, RunError> {
    let selected = options.selected()?;
    if options.list {
        return print(|out| write_list(out, &selected)).map(|()| 0);
    }
    let report = run::run(options, &selected)?;
    let code = if report.is_as_expected() {
        0
    } else {
        DEVIATION
    };
    match &options.json {
        Some(None) => print(|out| write_json(out, &report))?,
        Some(Some(file)) => {
            save(file, &report)?;
            print(|out| write_text(out, &report, Style::of(&io::stdout())))?;
        }
        None => print(|out| write_text(out, &report, Style::of(&io::stdout())))?,
    }
    Ok(code)
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

fn save(file: &Path, report: &Report) -> Result<(), RunError> {
    File::create(file)
        .map(io::BufWriter::new)
        .and_then(|mut out| write_json(&mut out, report).and_then(|()| out.flush()))
        .map_err(|error| RunError::Usage(format!("cannot write {}: {error}", file.display())))
}

fn write_json(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &json::to_value(report))?;
    writeln!(out)
}

fn write_list(out: &mut dyn Write, selected: &[&Case]) -> io::Result<()> {
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
