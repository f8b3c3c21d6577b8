//! `cargo compare features`: what middleware, routes, a JSON extractor and requests that wait cost with each framework,
//! each against the same program without them.

use std::path::Path;

use clap::{Arg, Args};
use quartet_analysis::Analysis;
use quartet_conformance::servers::Catalogue;
use quartet_record::State;
use quartet_record::plan::{Arm, Effort, Feature, Lane, LaneLoad};
use quartet_report::text::{Form, render};

use crate::failure::{Failure, named};
use crate::run::{self, Run};
use crate::{selection, variant};

/// What to measure, how long, and where.
#[derive(Args, Debug)]
// The group of `run::Options` has the name that this one would have.
#[group(id = "features")]
pub struct Options {
    #[command(flatten)]
    run: run::Options,
}

/// Builds each framework's program with features, gates it, measures it with more and more of each, and says what that
/// costs.
///
/// # Errors
/// As a run's; [`Failure::AllExcluded`] where nothing is known of any feature.
pub fn run(options: &Options, command: &str) -> Result<(), Failure> {
    let options = &options.run;
    if let Some(option) = options.beyond_servers() {
        return Err(Failure::Usage(format!(
            "features has lanes of its own, and cannot be used with {option}"
        )));
    }
    let mut run = match options.resumes() {
        Some(record) => {
            let arms = named(record)?.plan.arms;
            if arms.iter().all(|arm| Feature::of(arm).is_none()) {
                let sentence = format!("{} is no run of features", record.display());
                return Err(Failure::Usage(sentence));
            }
            Run::again(options, record)?
        }
        None => begun(options, command)?,
    };
    run.measure(Some(options.cost()))?;
    let analysis = Analysis::of(&run.record)?;
    run.conclude(&render(&run.record, &analysis, Form::Text), &analysis)?;
    match run.record.state {
        State::Interrupted => Err(Failure::Interrupted),
        _ if analysis.features.iter().all(|one| one.is_empty()) => Err(Failure::AllExcluded),
        State::Running | State::Complete => Ok(()),
    }
}

/// What `--help` has of a run's options: those that this one takes, with its own defaults.
pub fn shown(option: Arg) -> Arg {
    match option.get_id().as_str() {
        "lanes" | "database" | "rate" | "latency" | "no_latency" | "scaling" | "commands"
        | "names" | "path" | "expect" | "warm_up" => option.hide(true),
        "quick" => option.help("Measure with fewer restarts"),
        "thorough" => option.help("Measure with more restarts, which takes many times as long"),
        "restarts" => option.help(run::Options::restarts_help(
            "every program",
            Effort::FEATURES,
        )),
        _ => option,
    }
}

fn begun(options: &run::Options, command: &str) -> Result<Run, Failure> {
    let choose = |catalogue: &mut Catalogue, _: &[String]| choose(catalogue, options.servers());
    let mut run = Run::new(options, command, choose)?;
    let effort = match options.effort() {
        asked if options.restarts_are_asked_for() => Effort {
            restarts: asked.restarts,
            ..Effort::FEATURES
        },
        _ => Effort::FEATURES,
    };
    let plan = &mut run.record.plan;
    plan.lanes = vec![Lane::Item];
    plan.lanes.extend(Lane::POSTED);
    plan.lane_loads.clear();
    for lane in [Lane::Bytes100k, Lane::Json100k] {
        let load = LaneLoad::posted(plan.connections);
        plan.lane_loads.insert(lane, load);
    }
    run.shorten(effort, false);
    Ok(run)
}

/// The programs of these frameworks, each alone and with more of every feature.
fn choose(catalogue: &mut Catalogue, wanted: &[String]) -> Result<Vec<Arm>, String> {
    let programs = selection::with_features(catalogue, wanted)?;
    let programs: Vec<String> = programs.iter().map(|one| one.name.clone()).collect();
    let names = programs.iter().flat_map(|program| {
        let more = Feature::ALL.map(|feature| format!("{program}+{}", feature.difference()));
        [program.clone()].into_iter().chain(more)
    });
    let names: Vec<String> = names.collect();
    let names = variant::enter(catalogue, &names, Path::new("."))?;
    selection::features(catalogue, &names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_is_measured_alone_and_with_more_of_every_feature() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers.toml");
        let mut catalogue = Catalogue::load(file).unwrap();
        let arms = choose(&mut catalogue, &["warp".to_owned()]).unwrap();
        let found: Vec<(&str, Option<Feature>)> = arms
            .iter()
            .map(|arm| (arm.server.as_str(), Feature::of(arm)))
            .collect();
        let (more, rest) = found[1..].split_at(Feature::ALL.len());
        assert_eq!(found[0], ("warp-features", None));
        for (one, feature) in more.iter().zip(Feature::ALL) {
            assert_eq!(one.1, Some(feature));
        }
        let rest: Vec<&str> = rest.iter().map(|(server, _)| *server).collect();
        assert_eq!(rest, ["warp-features", "hyper", "null"]);
        let bases = arms.iter().filter_map(|arm| arm.variant.as_ref());
        assert!(
            bases
                .into_iter()
                .all(|variant| variant.of == "warp-features")
        );
        let all = choose(&mut catalogue, &[]).unwrap();
        assert_eq!(all.len(), 4 * (1 + Feature::ALL.len()) + 3);
    }
}
