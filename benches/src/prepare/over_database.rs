//! The programs that read from a database: built, held to the contract over it, and told of it.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use quartet_conformance::Model;
use quartet_conformance::servers::{Artifact, Catalogue, Server};
use quartet_record::plan::{Lane, Plan};
use quartet_record::{Exclusion, OverDatabase, Record};

use super::{cases, first_line, passes};
use crate::database::Database;
use crate::environment::{Private, python};
use crate::failure::Failure;
use crate::gate;
use crate::interrupt::Interrupt;
use crate::program::{self, Built};
use crate::subject::Subject;

/// Prepares the programs of the servers that take part in a lane over a database: fills the database,
/// builds each, holds it to the contract over that very database, and enters it in the record. What
/// cannot be built or does not conform is excluded in those lanes; the others go on. It stops early if
/// asked to.
///
/// # Errors
/// Where nothing can fill the database, or a run that is resumed was begun with other programs.
pub fn prepare_over_database(
    catalogue: &Catalogue,
    database: &mut Database,
    model: &Model,
    interrupt: &Interrupt,
    record: &mut Record,
    subjects: &mut [Option<Subject<'_>>],
) -> Result<(), Failure> {
    let before = record.database.as_ref().map(|found| found.version.clone());
    if before.is_some_and(|version| version != database.found().version) {
        let sentence = "the run was started with another PostgreSQL; start a new run";
        return Err(Failure::Usage(sentence.to_owned()));
    }
    let private = Private::here(catalogue.root());
    let names = taking_part(&record.plan);
    let servers: Vec<&Server> = names
        .iter()
        .filter_map(|name| catalogue.get(name))
        .collect();
    let mut built = Vec::new();
    for &server in &servers {
        if interrupt.requested() {
            return Ok(());
        }
        built.push((server, build(catalogue, server, &private, record)?));
    }
    fill(catalogue, database, model, &built)?;
    record.database = Some(database.found().clone());
    for (server, artifact) in built {
        if interrupt.requested() {
            return Ok(());
        }
        match artifact.and_then(|artifact| conform(server, &artifact, database, record)) {
            Ok(told) => give(record, subjects, &server.name, &told),
            Err(error) => exclude(record, &server.name, &private, &error),
        }
    }
    Ok(())
}

/// The servers that take part in a lane over a database, each once.
fn taking_part(plan: &Plan) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (arm, planned) in plan.arms.iter().enumerate() {
        let mut lanes = Lane::OVER_DATABASE.into_iter();
        let takes_part = lanes.any(|lane| plan.takes_part(arm, lane));
        if takes_part && !names.contains(&planned.server) {
            names.push(planned.server.clone());
        }
    }
    names
}

/// Builds a server's program. The outer error is of a program that is not the one of before.
fn build(
    catalogue: &Catalogue,
    server: &Server,
    private: &Private,
    record: &mut Record,
) -> Result<Result<Artifact>, Failure> {
    let build = &server.database_build;
    eprintln!(
        "building {}, over a database: {}",
        server.name,
        build.join(" ")
    );
    let mut entry = OverDatabase {
        build: build.iter().map(|part| private.without(part)).collect(),
        program: None,
        python: None,
        conformance: None,
    };
    let built = server.build_for_database(catalogue.root());
    let built = built.context("it cannot be built").and_then(|artifact| {
        let built = server.package.as_deref().map(|package| Built {
            package,
            command: build,
            root: catalogue.root(),
        });
        let found = program::inspect(&artifact.program, built)?;
        entry.program = Some(found);
        entry.python = python(server, &artifact.program, private);
        Ok(artifact)
    });
    let mut entries = record.servers.iter_mut();
    let place = entries.find(|entry| entry.name == server.name);
    let place = place.context("the server is not in the record")?;
    let hash = |entry: &OverDatabase| Some(entry.program.as_ref()?.sha256.clone());
    let before = place.over_database.replace(entry);
    let now = place.over_database.as_ref().and_then(hash);
    if before.is_some_and(|before| hash(&before) != now) {
        return Err(Failure::Usage(format!(
            "{} over a database is not the program that the run was started with; start a new run",
            server.name
        )));
    }
    Ok(built)
}

/// Fills the database by the first of the programs that can, or else by the first server's that can.
fn fill(
    catalogue: &Catalogue,
    database: &mut Database,
    model: &Model,
    built: &[(&Server, Result<Artifact>)],
) -> Result<()> {
    let fills = |server: &Server| server.database_seed_args.is_some();
    let found = built.iter().find_map(|(server, artifact)| {
        let artifact = artifact.as_ref().ok().filter(|_| fills(server))?;
        Some((*server, artifact.clone()))
    });
    let (server, artifact) = match found {
        Some(found) => found,
        None => {
            let mut servers = catalogue.servers().iter();
            let server = servers.find(|server| fills(server));
            let server = server.context("no server of servers.toml fills a database")?;
            (server, server.build_for_database(catalogue.root())?)
        }
    };
    let name = &server.name;
    eprintln!("filling the database with {name}");
    database
        .fill(server, &artifact.program, model)
        .with_context(|| name.clone())
}

/// Holds a program to the contract over the database.
fn conform(
    server: &Server,
    artifact: &Artifact,
    database: &Database,
    record: &mut Record,
) -> Result<(Server, PathBuf)> {
    let told = database.told(server, &artifact.program);
    let told = told.context("servers.toml does not say how it is told a database")?;
    eprint!("testing {}, over a database: ", server.name);
    let mut entries = record.servers.iter_mut();
    let entry = entries.find(|entry| entry.name == server.name);
    let entry = entry.context("the server is not in the record")?;
    let found = gate::hold(&told.0, &told.1, entry.variant.as_ref(), record.plan.seed)
        .inspect_err(|_| eprintln!("it does not run"))
        .context("it cannot be tested")?;
    eprintln!("{}", cases(&found));
    let verdict = passes(&found);
    let over_database = entry.over_database.as_mut();
    over_database
        .context("the server is not in the record")?
        .conformance = Some(found);
    verdict.map(|()| told)
}

/// Gives every arm of a server the program; one that is excluded stays so.
fn give(
    record: &Record,
    subjects: &mut [Option<Subject<'_>>],
    server: &str,
    told: &(Server, PathBuf),
) {
    let arms = record.plan.arms.iter().zip(subjects);
    for (_, subject) in arms.filter(|(arm, _)| arm.server == server) {
        if let Some(subject) = subject {
            subject.over_database = Some(told.clone());
        }
    }
}

/// Excludes a server's arms in the lanes over a database.
fn exclude(record: &mut Record, server: &str, private: &Private, error: &anyhow::Error) {
    let reason = format!("{error:#}");
    eprintln!("{server}, over a database, is excluded: {}", reason.trim());
    let reason = private.without(first_line(&reason));
    let plan = &record.plan;
    for arm in 0..plan.arms.len() {
        let lanes = Lane::OVER_DATABASE.into_iter();
        for lane in lanes.filter(|&lane| plan.takes_part(arm, lane)) {
            let known = |one: &Exclusion| one.arm == arm && one.lane == Some(lane);
            if plan.arms[arm].server == server && !record.exclusions.iter().any(known) {
                record.exclusions.push(Exclusion {
                    arm,
                    restart: None,
                    lane: Some(lane),
                    reason: reason.clone(),
                });
            }
        }
    }
}
