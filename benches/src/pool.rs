//! `cargo compare pool`: one answer from the records of many machines.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use quartet_analysis::pool::{Contribution, Grouping, Options as Way, Pool};
use quartet_analysis::statistics::Estimator;
use quartet_report::html::pool_page;
use quartet_report::pool::{refusal, text};
use quartet_report::text::Form;

use crate::failure::{Failure, harmless, print};
use crate::gathered::{Gathered, Part, each, look, places};
use crate::kept::Kept;
use crate::page::suite;

/// What to pool, and how.
#[derive(Args, Debug)]
pub struct Options {
    /// Records, their directories, or directories that hold such directories
    #[arg(value_name = "RECORDS", required = true)]
    records: Vec<PathBuf>,

    /// What counts as one machine, whose runs are combined before machines are pooled
    #[arg(long, value_name = "WHAT", default_value = "machine")]
    by: By,

    /// How the variance between machines is estimated
    #[arg(long, value_name = "METHOD", default_value = "paule-mandel")]
    estimator: Method,

    /// Pool records of different programs and contracts, and say so
    #[arg(long)]
    across_versions: bool,

    /// Leave out records that do not fit together, and name them, instead of refusing to pool
    #[arg(long)]
    without_misfits: bool,

    /// Print Markdown
    #[arg(long)]
    markdown: bool,

    /// Write a self-contained page with charts instead of printing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["markdown", "json"])]
    html: Option<PathBuf>,

    /// Print every figure as JSON
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
}

/// What counts as one machine, as the command line has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// One processor, platform and number of cores, virtual or not
    Machine,
    /// Each record
    Record,
}

/// An estimator, as the command line has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Method {
    /// That of Paule and Mandel
    PauleMandel,
    /// Restricted maximum likelihood
    Reml,
}

impl Options {
    fn way(&self) -> Way {
        Way {
            estimator: match self.estimator {
                Method::PauleMandel => Estimator::PauleMandel,
                Method::Reml => Estimator::Reml,
            },
            by: match self.by {
                By::Machine => Grouping::Machine,
                By::Record => Grouping::Record,
            },
            across_versions: self.across_versions,
        }
    }
}

/// Pools records, and prints what they say together.
///
/// # Errors
/// [`Failure::Usage`] where there is no such record, where a run is named twice, or where the records differ in what they
/// measured; [`Failure::Unmet`] where a record does not fit together; [`Failure::NoResult`] where none has a valid ratio;
/// and where a page cannot be written.
pub fn run(options: &Options) -> Result<(), Failure> {
    let places = places(&options.records)?;
    let kept = Kept::here();
    let contribution = |place: &Path| {
        let mut known: Gathered<Contribution> = kept.or_look(place, || {
            look(place, Part::Comparison, |record, name| {
                Ok(Contribution::of(name, record)?)
            })
        })?;
        // The same record may be called otherwise today.
        known.found.name = place.display().to_string();
        Ok(known)
    };
    let gathered: Vec<Gathered<Contribution>> = each(&places, Part::Comparison, contribution)
        .into_iter()
        .collect::<Result<_, Failure>>()?;
    let contributions = believed(gathered, options.without_misfits)?;
    twice(&contributions)?;
    let pool = Pool::of(&contributions, options.way())
        .map_err(|differences| Failure::Usage(refusal(&differences)))?;
    show(&pool, &contributions, options)?;
    let empty = |lane: &quartet_analysis::pool::PooledLane| {
        lane.to_reference.is_empty() && lane.pairs.is_empty()
    };
    if pool.lanes.iter().all(empty) {
        return Err(Failure::NoResult(
            "no record has a valid ratio; the reasons are below each lane".to_owned(),
        ));
    }
    Ok(())
}

fn show(pool: &Pool, contributions: &[Contribution], options: &Options) -> anyhow::Result<()> {
    if let Some(file) = &options.html {
        let page = pool_page(pool, contributions, suite().style)?;
        return fs::write(file, page).with_context(|| format!("cannot write {}", file.display()));
    }
    if options.json {
        let all = serde_json::json!({"records": contributions, "pool": pool});
        return print(&format!("{all}\n"));
    }
    let form = if options.markdown {
        Form::Markdown
    } else {
        Form::Text
    };
    print(&text(pool, contributions, form))
}

/// The records that fit together.
///
/// # Errors
/// [`Failure::Unmet`] where one does not and is not to be left out, which names every such record and what does not fit.
fn believed(
    gathered: Vec<Gathered<Contribution>>,
    without_misfits: bool,
) -> Result<Vec<Contribution>, Failure> {
    let mut misfits = 0;
    let mut first = None;
    let mut believed = Vec::new();
    for one in gathered {
        if one.misfits.is_empty() {
            believed.push(one.found);
            continue;
        }
        misfits += 1;
        for misfit in &one.misfits {
            eprintln!("{}", harmless(&format!("{}: {misfit}", one.found.name)));
        }
        first.get_or_insert(one.found.name);
    }
    match first {
        Some(name) if !without_misfits => {
            let others = match misfits {
                1 => String::new(),
                _ => format!(" and {} more", misfits - 1),
            };
            let verb = if misfits == 1 { "does" } else { "do" };
            Err(Failure::Unmet(format!(
                "{name}{others} {verb} not fit together; --without-misfits leaves them out"
            )))
        }
        Some(_) => {
            eprintln!("left out: {misfits} of {}", misfits + believed.len());
            Ok(believed)
        }
        None => Ok(believed),
    }
}

/// Refuses a run that is named twice: a copy of a record is no further measurement.
fn twice(contributions: &[Contribution]) -> Result<(), Failure> {
    let mut known: HashMap<u64, &str> = HashMap::new();
    for one in contributions {
        if let Some(other) = known.insert(one.run, &one.name) {
            return Err(Failure::Usage(format!(
                "{other} and {} are of one run",
                one.name
            )));
        }
    }
    Ok(())
}
