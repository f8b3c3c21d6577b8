//! `cargo compare ab`: a server and a variant of it, measured side by side, and what differs in sentences.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Arg, Args};
use quartet_analysis::{Analysis, VariantLane};
use quartet_conformance::servers::Catalogue;
use quartet_record::plan::Effort;
use quartet_record::{Record, State};
use quartet_report::Conclusion;
use quartet_report::text::{Form, render};
use quartet_report::variants::{comment, more_instructions, slowdown};

use crate::cost::counted;
use crate::failure::{Failure, can_be_written, named, print};
use crate::numbers::percent;
use crate::run::{self, Run};
use crate::{selection, variant};

/// What is asked of a run, and not of one that is there already: options, and groups of them.
const OF_RUN: [&str; 18] = [
    "server",
    "with",
    "resume",
    "quick",
    "thorough",
    "restarts",
    "servers",
    "seed",
    "server_cores",
    "workers",
    "generator_cores",
    "shared_core",
    "output",
    "catalogue",
    "LoadOptions",
    "ExecOptions",
    "ViaOptions",
    "CostOptions",
];

/// What to compare, and what is too slow.
#[derive(Args, Debug)]
// The group of `run::Options` has the name that this one would have.
#[group(id = "ab")]
pub struct Options {
    /// The server, by its name in servers.toml; or a variant to compare with, such as axum@0.8.4
    #[arg(required_unless_present_any = ["resume", "from"])]
    server: Option<String>,

    /// What differs; may be repeated: CRATE=VERSION, CRATE=PATH (a checkout; its whole
    /// workspace), CRATE=PATH@REVISION (a commit of it), rustflags=FLAGS, allocator=mimalloc|jemalloc|system, runtime=current-thread,
    /// profile.release.KEY=VALUE, features=NAMES, rev=REVISION (of this repository), env.NAME=VALUE
    #[arg(long, value_name = "DIFFERENCE", required_unless_present_any = ["resume", "from"])]
    with: Vec<String>,

    /// Exit with 4 if the variant is proven to answer fewer requests by more than this in any lane, such as 3%
    #[arg(long, value_name = "PERCENT", value_parser = percent, allow_hyphen_values = true)]
    fail_slower: Option<f64>,

    /// Exit with 4 if the variant executes more instructions per request by more than this in any lane, such as
    /// 2%: for machines whose speed varies too much
    #[arg(long, value_name = "PERCENT", value_parser = percent, allow_hyphen_values = true)]
    fail_instructions: Option<f64>,

    /// Write the result as Markdown, for a comment on a pull request
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,

    /// Repeat the conclusion of a record, without measuring
    #[arg(long, value_name = "RUN", conflicts_with_all = OF_RUN)]
    from: Option<PathBuf>,

    #[command(flatten)]
    run: run::Options,
}

/// What `--help` has of a run's options: those that `ab` takes, with its own defaults.
pub fn shown(option: Arg) -> Arg {
    match option.get_id().as_str() {
        "servers" | "scaling" | "database" | "commands" | "names" | "path" | "expect"
        | "warm_up" => option.hide(true),
        "quick" => option.help("Measure with fewer restarts"),
        "thorough" => option.help("Measure every lane with more restarts"),
        "restarts" => option.help(run::Options::restarts_help("both", Effort::PAIR)),
        _ => option,
    }
}

/// Builds both, gates them, measures them side by side, and says what differs.
///
/// # Errors
/// As a run's; [`Failure::NoResult`] where the variant cannot be built, does not conform or has no valid row;
/// [`Failure::Unmet`] where it is proven to be slower by more than `--fail-slower`.
pub fn run(options: &Options, command: &str) -> Result<(), Failure> {
    if let Some(file) = &options.markdown {
        can_be_written("--markdown", file)?;
    }
    if let Some(path) = &options.from {
        let record = named(path)?;
        has_variant(&record, path)?;
        let analysis = Analysis::of(&record)?;
        let conclusion = Conclusion::of(&record, &analysis, None);
        let found = render(&record, &analysis, Form::Text);
        print(&format!("{found}\n{}", conclusion.text()))?;
        return concluded(options, &record, &analysis);
    }
    if !options.run.servers().is_empty() {
        return Err(Failure::Usage(
            "ab compares one server with a variant of it; `cargo compare --servers` takes several"
                .to_owned(),
        ));
    }
    options.run.without_scaling("ab")?;
    options.run.without_database("ab")?;
    if options.run.has_own() {
        let sentence = "ab compares a server of servers.toml; `cargo compare --exec` takes others";
        return Err(Failure::Usage(sentence.to_owned()));
    }
    if options.fail_instructions.is_some() {
        counted::present()
            .map_err(|error| Failure::Usage(format!("--fail-instructions: {error:#}")))?;
    }
    let mut run = match options.run.resumes() {
        Some(record) => {
            if options.server.is_some() || !options.with.is_empty() {
                let sentence = "--resume continues a run with its own server and variant: leave out SERVER and --with";
                return Err(Failure::Usage(sentence.to_owned()));
            }
            has_variant(&named(record)?, record)?;
            Run::again(&options.run, record)?
        }
        None => begun(options, command)?,
    };
    let mut cost = options.run.cost();
    if options.fail_instructions.is_some() {
        cost.count();
    }
    run.measure(Some(cost))?;
    let analysis = Analysis::of(&run.record)?;
    run.conclude(&render(&run.record, &analysis, Form::Text), &analysis)?;
    concluded(options, &run.record, &analysis)
}

fn begun(options: &Options, command: &str) -> Result<Run, Failure> {
    let server = options.server.as_deref().unwrap_or_default();
    let choose = |catalogue: &mut Catalogue, _: &[String]| {
        let pair = variant::enter_pair(catalogue, server, &options.with, Path::new("."));
        let [base, variant] = pair?;
        selection::pair(catalogue, &base, &variant)
    };
    let mut run = Run::new(&options.run, command, choose)?;
    run.shorten(options.run.effort_of_pair(), options.run.asks_for_latency());
    Ok(run)
}

fn has_variant(record: &Record, path: &Path) -> Result<(), Failure> {
    if record.plan.variants().is_empty() {
        let sentence = format!("{} is no run of a variant and its server", path.display());
        return Err(Failure::Usage(sentence));
    }
    Ok(())
}

/// Writes the comment, and tells how the command ends.
fn concluded(options: &Options, record: &Record, analysis: &Analysis) -> Result<(), Failure> {
    if let Some(file) = &options.markdown {
        let text = comment(
            record,
            analysis,
            options.fail_slower,
            options.fail_instructions,
        );
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    if record.state == State::Interrupted {
        return Err(Failure::Interrupted);
    }
    if let Some(share) = options.fail_instructions {
        let unknown = match &options.from {
            Some(_) => "the record has no instructions per request of both; --cost counts them",
            None => "instructions could not be counted; the reasons are above",
        };
        counted(record, analysis, share, unknown)?;
        if options.fail_slower.is_none() {
            return Ok(());
        }
    }
    outcome(record, analysis, options.fail_slower)
}

/// Tells whether instructions per request are too many, which is known of machines that are too busy for any rate.
fn counted(record: &Record, analysis: &Analysis, share: f64, unknown: &str) -> Result<(), Failure> {
    match more_instructions(record, analysis, share) {
        None => Err(Failure::NoResult(unknown.to_owned())),
        Some(more) if more.is_empty() => Ok(()),
        Some(more) => Err(Failure::Unmet(format!(
            "more instructions per request than --fail-instructions allows: {}",
            more.join(", ")
        ))),
    }
}

/// Why the variant has no valid result.
fn no_result(record: &Record, analysis: &Analysis) -> String {
    let Some(variant) = analysis.variants.first() else {
        return "there is no variant".to_owned();
    };
    let name = &record.plan.arms[variant.arm].name;
    let exclusions = record.exclusions.iter().filter(|one| one.lane.is_none());
    let mut reasons: Vec<String> = exclusions
        .filter_map(|one| match one.arm {
            arm if arm == variant.arm => Some(one.reason.clone()),
            arm if arm == variant.base => {
                Some(format!("{}: {}", record.plan.arms[arm].name, one.reason))
            }
            _ => None,
        })
        .collect();
    if reasons.is_empty() {
        let lanes = variant.lanes.iter();
        let of_lane = |lane: &VariantLane| match lane.excluded.as_slice() {
            [] => None,
            several => Some(format!("{}: {}", lane.lane.name(), several.join(", "))),
        };
        reasons.extend(lanes.filter_map(of_lane));
    }
    match reasons.is_empty() {
        true => format!("{name} has no valid result; the reasons are above"),
        false => format!("{name} has no valid result: {}", reasons.join("; ")),
    }
}

fn outcome(record: &Record, analysis: &Analysis, share: Option<f64>) -> Result<(), Failure> {
    let mut lanes = analysis.variants.iter().flat_map(|variant| &variant.lanes);
    if lanes.all(|lane| lane.requests.is_none()) {
        return Err(Failure::NoResult(no_result(record, analysis)));
    }
    let Some(share) = share else { return Ok(()) };
    Failure::of_slowdown(slowdown(record, analysis, share))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use quartet_record::Exclusion;
    use quartet_record::plan::ArmRole;
    use quartet_record::testing::Simulation;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        options: Options,
    }

    fn parse(line: &[&str]) -> Result<Options, clap::Error> {
        Program::try_parse_from(["ab"].iter().chain(line)).map(|program| program.options)
    }

    #[test]
    fn a_server_and_a_difference_are_needed_unless_there_is_a_run() {
        assert!(parse(&["salvo", "--with", "salvo=1.0.0", "--with", "hyper=1.11.0"]).is_ok());
        assert!(parse(&["--from", "x", "--fail-slower", "3%"]).is_ok());
        assert!(parse(&["--resume", "x"]).is_ok());
        for wrong in [
            &["salvo"][..],
            &["--with", "salvo=1.0.0"],
            &[],
            &["salvo", "--from", "x"],
            &["salvo", "--with", "a=1.0.0", "--fail-slower", "3 per cent"],
            &["salvo", "--with", "a=1.0.0", "--fail-slower=-1"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_conclusion_is_repeated_without_any_option_of_a_run() {
        use clap::CommandFactory as _;
        let of_conclusion = [
            "from",
            "markdown",
            "fail_slower",
            "fail_instructions",
            "help",
        ];
        let program = Program::command();
        let options = program.get_arguments().filter(|option| {
            !option.is_positional() && !of_conclusion.contains(&option.get_id().as_str())
        });
        let mut count = 0;
        for option in options {
            let name = format!("--{}", option.get_long().unwrap());
            let values: &[&str] = match option.get_action().takes_values() {
                true => &["1", "1s", "/", "x {port}", "item"],
                false => &[],
            };
            let lines = [&[][..]].into_iter().chain(values.chunks(1));
            let conflicts = lines
                .map(|value| [&["--from", "x", &name][..], value].concat())
                .filter_map(|line| parse(&line).err())
                .any(|error| error.kind() == clap::error::ErrorKind::ArgumentConflict);
            assert!(conflicts, "{name}");
            count += 1;
        }
        assert!(count > 20, "{count}");
    }

    #[test]
    fn what_cannot_be_is_refused_before_anything_is_built() {
        let refused = |line: &[&str]| match super::run(&parse(line).unwrap(), "") {
            Err(Failure::Usage(sentence)) => sentence,
            other => panic!("{other:?}"),
        };
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().display().to_string();
        let nowhere = format!("{folder}/none/x.md");
        let pair = ["axum", "--with", "axum=0.8.4"];
        for (file, why) in [(&folder, "is a directory"), (&nowhere, "is no directory")] {
            let sentence = refused(&[&pair[..], &["--markdown", file]].concat());
            assert!(sentence.ends_with(why), "{sentence}");
        }
        let sentence = refused(&[&pair[..], &["--resume", "x"]].concat());
        assert!(sentence.contains("leave out SERVER"), "{sentence}");
        for over_database in ["--database", "--lanes=db-item"] {
            let sentence = refused(&[&pair[..], &[over_database]].concat());
            assert!(sentence.contains("not built over a database"), "{sentence}");
        }
    }

    #[test]
    fn a_pair_has_its_own_effort_unless_told_otherwise() {
        let effort = |line: &[&str]| {
            let line = ["salvo", "--with", "salvo=1.0.0"]
                .iter()
                .chain(line)
                .copied();
            parse(&line.collect::<Vec<_>>())
                .unwrap()
                .run
                .effort_of_pair()
        };
        assert_eq!(effort(&[]), Effort::PAIR);
        assert_eq!(effort(&["--restarts", "7"]).restarts, 7);
        assert_eq!(effort(&["--quick"]).restarts, Effort::QUICK.restarts);
    }

    fn run(rate: f64) -> Record {
        let mut simulation = Simulation::new(28);
        simulation.arms[1] = ("axum+x", ArmRole::Aside, rate);
        let mut record = simulation.run();
        record.plan.arms[1].variant = Some(quartet_record::variant::Variant {
            of: "axum".to_owned(),
            differences: vec!["x=1.0.0".to_owned()],
            against: Vec::new(),
            directory: None,
        });
        record
    }

    #[test]
    fn instructions_decide_where_rates_do_not() {
        use quartet_record::cost::{Cost, RequestCost, ServerCost};
        use quartet_record::plan::Lane;
        let mut record = run(140_000.0);
        let ends = |record: &Record| match counted(
            record,
            &Analysis::of(record).unwrap(),
            0.02,
            "not known",
        ) {
            Ok(()) => 0,
            Err(Failure::NoResult(_)) => 3,
            Err(Failure::Unmet(sentence)) => {
                assert!(sentence.ends_with("axum+x in item (+3.0 %)"), "{sentence}");
                4
            }
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(ends(&record), 3);
        let of = |name: &str, instructions: f64, lanes: &[Lane]| ServerCost {
            name: name.to_owned(),
            requests: lanes
                .iter()
                .map(|&lane| {
                    let cost = RequestCost {
                        instructions: match lane {
                            Lane::Item => instructions,
                            _ => 30_000.0,
                        },
                        allocations: None,
                        allocated_bytes: None,
                        ..RequestCost::default()
                    };
                    (lane, cost)
                })
                .collect(),
            ..ServerCost::default()
        };
        let both = [Lane::Item, Lane::List];
        for (instructions, lanes, code) in [
            (20_300.0, &both[..], 0),
            (20_600.0, &both[..], 4),
            (15_000.0, &both[..], 0),
            // Where one lane could not be counted, nothing is known of it.
            (15_000.0, &both[..1], 3),
        ] {
            record.cost = Some(Cost {
                servers: vec![
                    of("axum", 20_000.0, lanes),
                    of("axum+x", instructions, lanes),
                ],
                ..Cost::default()
            });
            assert_eq!(ends(&record), code);
        }
    }

    #[test]
    fn only_a_slowdown_that_is_proven_fails() {
        let ends = |record: &Record, share| {
            let ended = outcome(record, &Analysis::of(record).unwrap(), share);
            ended.map_err(|failure| match failure {
                Failure::Unmet(sentence) => (4, sentence),
                Failure::NoResult(sentence) => (3, sentence),
                other => panic!("{other:?}"),
            })
        };
        let slow = run(140_000.0);
        assert_eq!(ends(&slow, None), Ok(()));
        let (code, sentence) = ends(&slow, Some(0.03)).unwrap_err();
        assert!(
            code == 4 && sentence.starts_with("slower by more than 3 %"),
            "{sentence}"
        );
        assert_eq!(ends(&slow, Some(0.1)), Ok(()));
        assert_eq!(ends(&run(145_500.0), Some(0.03)), Ok(()), "it is undecided");
        assert_eq!(ends(&run(150_000.0), Some(0.03)), Ok(()));

        let mut broken = run(150_000.0);
        broken.exclusions.push(Exclusion {
            arm: 1,
            restart: None,
            lane: None,
            reason: "it fails must-cases: semantics/head-item".to_owned(),
        });
        assert_eq!(
            ends(&broken, None).unwrap_err(),
            (
                3,
                "axum+x has no valid result: it fails must-cases: semantics/head-item".to_owned()
            )
        );
        broken.exclusions[0].lane = Some(quartet_record::plan::Lane::List);
        assert_eq!(ends(&broken, None), Ok(()));
        assert_eq!(ends(&broken, Some(0.03)).unwrap_err().0, 3);
    }
}
