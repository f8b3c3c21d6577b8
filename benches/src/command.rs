//! The command line of `cargo compare`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use quartet_analysis::{Analysis, Division};
use quartet_record::Record;
use quartet_report::text::{Form, markdown, render, render_division};
use quartet_report::{Conclusion, html, link, splice};

use crate::failure::{Failure, named, print};
use crate::host::agent;
use crate::page::background_here;
use crate::run;
use crate::shell::quoted;
use crate::{
    ab, attach, bisect, calibrate, check, defaults, diff, export, features, history, hold, list,
    pool, repack, schema, site, upkeep, versus,
};

/// Compares the servers of servers.toml: builds, tests and measures them side by side, and reports
/// which differences are real
///
/// All servers run on the same core in turns of 20 milliseconds, so changes of the machine affect all
/// alike. Every server is restarted many times, because each process has a constant bias. A second
/// copy of one server shows the measurement error, bare hyper the cost of a framework, and constant
/// bytes the cost of the kernel.
#[derive(Debug, Parser)]
#[command(
    name = "cargo compare",
    version,
    args_conflicts_with_subcommands = true
)]
#[command(after_help = "\
Exit codes:
  0    at least one row is valid
  1    an error
       --servers-via: the servers' machine was lost, the record keeps what was measured
       history, list: a record cannot be read, the others are shown
  2    a wrong option, or a record, server, crate, release or revision that does not exist
       --servers-via: no agent of this version answers, or its servers cannot be reached
  3    every row is excluded
       ab: the variant has no valid result
       bisect: the ends do not differ, or one cannot be tried
       --exec: a server does not start, or does not answer with --expect
       diff with a limit: a row is not comparable
       pool: no record has a valid ratio
  4    calibrate: this machine misses a promised precision
       diff: the records differ
       ab, diff: slower than --fail-slower allows, or more instructions than --fail-instructions
       check, pool: a record does not fit together
       defaults, upkeep with --check: the page differs
  130  interrupted, the record keeps what was measured")]
struct Command {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    run: run::Options,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Measure and print the tables (the default)
    Run(Box<run::Options>),
    /// Print a record's report
    Report(ReportOptions),
    /// Compare a server with a variant of it, such as another release of its framework
    #[command(mut_args = ab::shown)]
    Ab(Box<ab::Options>),
    /// Find the release of a crate, or the commit of a checkout, since which a server is slower
    Bisect(Box<bisect::Options>),
    /// Measure what middleware, routes, a JSON extractor and requests that wait cost with each framework
    #[command(mut_args = features::shown)]
    Features(Box<features::Options>),
    /// Keep one server under load and print its process, for perf, samply or strace
    Hold(hold::Options),
    /// Add criterion's estimates to a record, for the division of a request's CPU time
    Attach(attach::Options),
    /// Measure servers with known slowdowns, to find the smallest difference that this machine can detect
    Calibrate(Box<calibrate::Options>),
    /// Compare two records, figure by figure
    Diff(diff::Options),
    /// Pool the records of several machines: means over machines, how machines differ, and what to expect of another
    Pool(pool::Options),
    /// Check that records fit together, such as those of others
    Check(check::Options),
    /// List the records, the newest last
    List(list::Options),
    /// Show each server's ratio to the reference over all records, by date and version
    History(history::Options),
    /// Write a record's samples or figures as CSV, or the whole record as JSON
    Export(export::Options),
    /// Compress the plain run.json of an older version
    Pack(repack::Options),
    /// Print the JSON Schema of a record
    Schema,
    /// Show what each framework's own server does by default
    Defaults(defaults::Options),
    /// Show how each framework is kept up: releases, minimum Rust versions and advisories
    Upkeep(upkeep::Options),
    /// Write a site of static pages: what to choose by, a page for each framework, the records and the guide
    Site(site::Options),
    /// Compare the load generator with wrk, oha and h2load
    Generator(versus::Options),
    /// Start servers for a command on another machine (`--servers-via`), which says what to do on standard input
    Agent(agent::Options),
}

#[derive(Args, Debug)]
struct ReportOptions {
    /// A record, or its directory
    #[arg(value_name = "RUN")]
    record: PathBuf,

    /// Print Markdown
    #[arg(long)]
    markdown: bool,

    /// Write a self-contained page with charts instead of printing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["markdown", "splice"])]
    html: Option<PathBuf>,

    /// Write the chart of requests per second to this directory as rates-light.svg and
    /// rates-dark.svg instead of printing
    #[arg(long, value_name = "DIR", conflicts_with_all = ["markdown", "splice", "html"])]
    picture: Option<PathBuf>,

    /// Write Markdown between the markers `<!-- table:begin -->` and `<!-- table:end -->` of this
    /// file instead of printing
    #[arg(long, value_name = "FILE")]
    splice: Option<PathBuf>,
}

/// The whole of the command's `main`.
pub fn main() -> ExitCode {
    let arguments = Command::parse();
    let done = match arguments.what {
        None => run::run(&arguments.run, &typed()),
        Some(What::Run(options)) => run::run(&options, &typed()),
        Some(What::Calibrate(options)) => calibrate::run(&options, &typed()),
        Some(What::Ab(options)) => ab::run(&options, &typed()),
        Some(What::Bisect(options)) => bisect::run(&options, &typed()),
        Some(What::Features(options)) => features::run(&options, &typed()),
        Some(What::Hold(options)) => hold::run(&options),
        Some(What::Attach(options)) => attach::run(&options),
        Some(What::Diff(options)) => diff::run(&options),
        Some(What::Pool(options)) => pool::run(&options),
        Some(What::Check(options)) => check::run(&options),
        Some(What::List(options)) => list::run(&options),
        Some(What::History(options)) => history::run(&options),
        Some(What::Export(options)) => export::run(&options),
        Some(What::Pack(options)) => repack::run(&options),
        Some(What::Schema) => schema::run().map_err(Failure::from),
        Some(What::Defaults(options)) => defaults::run(&options),
        Some(What::Upkeep(options)) => upkeep::run(&options),
        Some(What::Site(options)) => site::run(&options),
        Some(What::Report(options)) => report(&options),
        Some(What::Generator(options)) => versus::run(&options),
        Some(What::Agent(options)) => agent::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn report(options: &ReportOptions) -> Result<(), Failure> {
    let record = named(&options.record)?;
    Ok(show(options, &record)?)
}

fn show(options: &ReportOptions, record: &Record) -> Result<()> {
    let analysis = Analysis::of(record)?;
    if let Some(file) = &options.splice {
        let page = Record::file(&options.record).with_file_name(html::FILE_NAME);
        let page = page.exists().then(|| link(file, &page)).flatten();
        let table = markdown(record, &analysis, page.as_deref());
        let spliced = splice(&read(file)?, &table).with_context(|| file.display().to_string())?;
        return put(file, &spliced);
    }
    if let Some(directory) = &options.picture {
        for theme in html::Theme::ALL {
            let picture = html::picture(record, &analysis, &background_here(), theme)?;
            put(&directory.join(theme.file_name()), &picture)?;
        }
        return Ok(());
    }
    let division = Division::of(record)?;
    if let Some(file) = &options.html {
        let run = link(file, &Record::file(&options.record));
        return put(
            file,
            &html::page(
                record,
                &analysis,
                &division,
                &background_here(),
                run.as_deref(),
            )?,
        );
    }
    let form = if options.markdown {
        Form::Markdown
    } else {
        Form::Text
    };
    let division = render_division(record, &division, form);
    let found = render(record, &analysis, form);
    if form == Form::Markdown {
        return print(&format!("{found}\n{division}"));
    }
    let place = quoted(&options.record.to_string_lossy());
    let conclusion = Conclusion::of(record, &analysis, Some(&place));
    print(&format!("{found}\n{division}\n{}", conclusion.text()))
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn put(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// The command as one would type it to run it again.
fn typed() -> String {
    let arguments = std::env::args_os().skip(1);
    let quoted = arguments.map(|argument| quoted(&argument.to_string_lossy()));
    ["cargo".to_owned(), "compare".to_owned()]
        .into_iter()
        .chain(quoted)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Command::command().debug_assert();
    }

    #[test]
    fn run_is_the_default() {
        let parsed =
            Command::try_parse_from(["compare", "--quick", "--servers", "axum,warp"]).unwrap();
        assert!(parsed.what.is_none());
        let parsed = Command::try_parse_from(["compare", "run", "--quick"]).unwrap();
        assert!(matches!(parsed.what, Some(What::Run(_))));
    }

    #[test]
    fn bad_values_are_refused() {
        for wrong in [
            ["--restarts", "0"],
            ["--restarts", "x"],
            ["--connections", "0"],
            ["--lanes", "slow"],
            ["--seed", "-1"],
            ["--server-cores", "3-1"],
            ["--quick", "--thorough"],
            ["--shared-core", "--generator-core=1"],
            ["--shared-core", "--generator-cores=1-2"],
            ["--generator-cores", "2-1"],
            ["--resume=x", "--generator-cores=1"],
        ] {
            let error = Command::try_parse_from(["compare"].iter().chain(&wrong)).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{wrong:?}");
        }
    }

    #[test]
    fn the_generators_cores_may_be_one() {
        for line in ["--generator-core=4", "--generator-cores=4,6-7"] {
            let parsed = Command::try_parse_from(["compare", line]);
            assert!(parsed.is_ok(), "{line}");
        }
    }
}
