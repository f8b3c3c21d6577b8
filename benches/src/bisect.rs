//! `cargo compare bisect`: since when a server is slower, over the releases of a crate or the commits of a checkout.
//!
//! Instructions per request decide, because they repeat from run to run. Rates are measured once, at the end.

mod candidates;
mod conclusion;
mod counts;
mod search;
mod trial;

use std::path::{Path, PathBuf};

use cargo_metadata::semver::Version;
use clap::Args;
use quartet_analysis::Analysis;
use quartet_conformance::servers::Catalogue;
use quartet_record::State;
use quartet_record::plan::Lane;
use quartet_report::numbers::percentage;
use quartet_report::text::{Form, render};

use crate::cost::counted;
use crate::failure::{Failure, print};
use crate::interrupt::Interrupt;
use crate::numbers::percent;
use crate::run::{self, Run};
use crate::{selection, variant};
use candidates::Candidates;
use conclusion::{Conclusion, table};
use counts::{Counts, Rise};
use search::{Boundary, Verdict, search};
use trial::{Trial, Trials};

/// What to look through, and what is slower.
#[derive(Args, Debug)]
// The group of `run::Options` has the name that this one would have.
#[group(id = "bisect")]
pub struct Options {
    /// The server, by its name in servers.toml
    server: String,

    /// The crate whose releases or commits are searched [default: the server's framework]
    #[arg(long = "crate", value_name = "CRATE")]
    package: Option<String>,

    /// A release that is fast enough
    #[arg(long, value_name = "VERSION", required_unless_present = "checkout")]
    from: Option<Version>,

    /// A later release that is slower [default: the one that the servers are locked to]
    #[arg(long, value_name = "VERSION", requires = "from")]
    to: Option<Version>,

    /// A git checkout of the crate, whose commits are searched; it is not changed
    #[arg(long, value_name = "DIR", requires = "good", conflicts_with = "from")]
    checkout: Option<PathBuf>,

    /// A commit that is fast enough
    #[arg(long, value_name = "REV", requires = "checkout")]
    good: Option<String>,

    /// A later commit that is slower [default: HEAD]
    #[arg(long, value_name = "REV", requires = "checkout")]
    bad: Option<String>,

    /// How many more instructions or allocations per request are slower
    #[arg(long, value_name = "PERCENT", value_parser = percent, default_value = "1%")]
    threshold: f64,

    /// Do not measure rates at the end
    #[arg(long)]
    no_rates: bool,

    #[command(flatten)]
    run: run::Options,
}

/// Tries both ends, and then what is between them; measures the last good one and the first slower one side by side; and
/// says since when the server is slower.
///
/// # Errors
/// [`Failure::Usage`] where there is no such server, crate, release or commit, or no valgrind; [`Failure::NoResult`]
/// where the ends do not differ or one of them cannot be tried; and as a run's.
pub fn run(options: &Options, command: &str) -> Result<(), Failure> {
    if !options.run.servers().is_empty() || options.run.resumes().is_some() {
        return Err(Failure::Usage(
            "bisect takes neither --servers nor --resume; to go on, run it again, or resume its measurement by \
             `cargo compare ab --resume`"
                .to_owned(),
        ));
    }
    options.run.without_scaling("bisect")?;
    options.run.without_database("bisect")?;
    if options.run.has_own() {
        let sentence = "bisect looks for a server of servers.toml, and not for one of --exec; a checkout is named by --checkout";
        return Err(Failure::Usage(sentence.to_owned()));
    }
    let lanes: Vec<Lane> = options.run.lanes();
    let lanes: Vec<Lane> = lanes
        .into_iter()
        .filter(|&lane| counted::counts(lane))
        .collect();
    if lanes.is_empty() {
        let sentence = "bisect counts instructions in the lanes item and list alone";
        return Err(Failure::Usage(sentence.to_owned()));
    }
    let mut catalogue = options.run.catalogue()?;
    let candidates = candidates(options, &catalogue).map_err(Failure::Usage)?;
    counted::present().map_err(|error| Failure::Usage(format!("bisect: {error:#}")))?;
    let interrupt = Interrupt::listen()?;
    let mut trials = Trials {
        server: &options.server,
        interrupt: &interrupt,
        tried: vec![None; candidates.all.len()],
        candidates: &candidates,
    };
    let found = found(&mut trials, &mut catalogue, &lanes, options.threshold);
    if interrupt.requested() {
        eprintln!("to go on, run it again: what was built is kept");
        return Err(Failure::Interrupted);
    }
    let (boundary, rise) = found?;
    let conclusion = Conclusion {
        server: &options.server,
        candidates: &candidates,
        tried: &trials.tried,
        boundary: &boundary,
        rise,
    };
    print(&format!("\n{}", conclusion.trials(options.threshold)))?;
    if options.no_rates {
        return Ok(print(&format!("\n{}.\n", conclusion.sentence(None)))?);
    }
    measure(options, command, &conclusion)
}

/// What there is to try.
fn candidates(options: &Options, catalogue: &Catalogue) -> Result<Candidates, String> {
    let base = variant::base_of(catalogue, &options.server, Path::new("."))?;
    let package = options.package.as_ref().or(base.framework.as_ref());
    let package =
        package.ok_or_else(|| format!("`{}` has no framework; name a --crate", base.name))?;
    let framework = base.framework.as_deref();
    match (&options.checkout, &options.from) {
        (Some(path), _) => {
            let good = options.good.as_deref().unwrap_or_default();
            let bad = options.bad.as_deref().unwrap_or("HEAD");
            Candidates::commits(package, path, good, bad)
        }
        (None, Some(from)) => Candidates::releases(
            catalogue.root(),
            framework,
            package,
            from,
            options.to.as_ref(),
        ),
        (None, None) => {
            Err("name releases by --from, or commits by --checkout and --good".to_owned())
        }
    }
}

/// Tries both ends, chooses what they are told apart by, and looks for where that begins.
fn found(
    trials: &mut Trials<'_>,
    catalogue: &mut Catalogue,
    lanes: &[Lane],
    threshold: f64,
) -> Result<(Boundary, Rise), Failure> {
    let last = trials.candidates.all.len() - 1;
    let first = end(trials, catalogue, 0, lanes)?;
    let other = end(trials, catalogue, last, lanes)?;
    let ends = || {
        let label = |index: usize| trials.candidates.all[index].label.as_str();
        (label(0), label(last))
    };
    let Some(rise) = Rise::between(&first, &other, threshold) else {
        let (from, to) = ends();
        print(&format!(
            "\n{}",
            table(trials.candidates, &trials.tried, None)
        ))?;
        return Err(Failure::NoResult(format!(
            "{to} takes no more instructions or allocations per request than {from} by more than {}; what else may \
             make it slower is not found this way, and `cargo compare ab` measures the two",
            percentage(threshold)
        )));
    };
    let lanes = [rise.lane];
    let boundary = search(last + 1, |index, left| {
        let label = &trials.candidates.all[index].label;
        match left {
            1 => eprintln!("trying {label}, the last that is left"),
            _ => eprintln!("trying {label}, of {left} that are left"),
        }
        let verdict = match trials.make(catalogue, index, &lanes)? {
            Trial::Counted(counts) => match rise.is_in(&counts, threshold) {
                Some(true) => Verdict::Bad,
                Some(false) => Verdict::Good,
                None => Verdict::Skipped,
            },
            Trial::Skipped(_) => Verdict::Skipped,
        };
        Ok::<_, Failure>(verdict)
    })?;
    Ok((boundary, rise))
}

/// What is counted of an end, without which there is nothing to look for.
fn end(
    trials: &mut Trials<'_>,
    catalogue: &mut Catalogue,
    index: usize,
    lanes: &[Lane],
) -> Result<Counts, Failure> {
    let label = &trials.candidates.all[index].label;
    eprintln!("trying {label}");
    match trials.make(catalogue, index, lanes)? {
        Trial::Counted(counts) => Ok(counts),
        Trial::Skipped(reason) => Err(Failure::NoResult(format!(
            "{label} is an end of the range, and cannot be tried: {reason}"
        ))),
    }
}

/// Measures the last good one and the first bad one side by side, and says the conclusion with their rates.
fn measure(options: &Options, command: &str, conclusion: &Conclusion<'_>) -> Result<(), Failure> {
    let [good, bad] = conclusion.texts();
    let choose = |catalogue: &mut Catalogue, _: &[String]| {
        let here = Path::new(".");
        let name = |catalogue: &mut Catalogue, text: &str| {
            let with = [text.to_owned()];
            let [_, name] = variant::enter_pair(catalogue, &options.server, &with, here)?;
            Ok::<_, String>(name)
        };
        let (good, bad) = (name(catalogue, good)?, name(catalogue, bad)?);
        selection::pair(catalogue, &good, &bad)
    };
    let mut run = Run::new(&options.run, command, choose)?;
    run.shorten(options.run.effort_of_pair(), options.run.asks_for_latency());
    let mut cost = options.run.cost();
    cost.count();
    run.measure(Some(cost))?;
    let analysis = Analysis::of(&run.record)?;
    run.conclude(&render(&run.record, &analysis, Form::Text), &analysis)?;
    let rates = quartet_report::variants::rates(&run.record, &analysis);
    print(&format!("\n{}.\n", conclusion.sentence(rates.as_ref())))?;
    match run.record.state {
        State::Interrupted => Err(Failure::Interrupted),
        State::Running | State::Complete => Ok(()),
    }
}
