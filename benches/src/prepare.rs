//! Before anything is measured: build every server on its own, look at what came of it, and hold
//! that very program to the contract.

mod custom;
mod over_database;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use quartet_conformance::servers::{Artifact, Catalogue, Role, Server};
use quartet_record::variant::VariantSource;
use quartet_record::{Conformance, Exclusion, Record, ServerRecord};

use crate::environment::{Private, python};
use crate::interrupt::Interrupt;
use crate::subject::Subject;
use crate::{exec, gate, program};

pub(crate) use custom::CustomLane;
pub use over_database::prepare_over_database;

/// Prepares every server that the record's plan names, and enters them in the record. What cannot
/// be built or does not conform is excluded; the others go on. `sources` is what variants are built from.
///
/// Gives what each arm runs, none where it is excluded, and stops early if asked to.
pub fn prepare<'a>(
    catalogue: &'a Catalogue,
    sources: &BTreeMap<String, VariantSource>,
    interrupt: &Interrupt,
    record: &mut Record,
) -> Vec<Option<Subject<'a>>> {
    let arms = record.plan.arms.clone();
    let mut names: Vec<&str> = arms.iter().map(|arm| arm.server.as_str()).collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(*name));
    let servers: Vec<&Server> = names
        .iter()
        .filter_map(|name| catalogue.get(name))
        .collect();

    let private = Private::here(catalogue.root());
    let mut built = Vec::new();
    for &server in &servers {
        if !interrupt.requested() {
            let source = sources.get(&server.name);
            let artifact = build(catalogue, server, source, &private, record);
            built.push((server, artifact));
        }
    }
    let mut subjects = Vec::new();
    for (server, artifact) in built {
        let sound = artifact.and_then(|artifact| {
            if interrupt.requested() {
                return Err(anyhow::anyhow!("it was not tested"));
            }
            if server.role != Role::Exec {
                conform(server, &artifact, record)?;
            }
            Ok(artifact)
        });
        match sound {
            Ok(artifact) => subjects.push(Subject {
                server,
                artifact,
                over_database: None,
                content: None,
            }),
            Err(error) if !interrupt.requested() => exclude(record, server, &private, &error),
            Err(_) => {}
        }
    }
    arms.iter()
        .map(|arm| {
            subjects
                .iter()
                .find(|subject| subject.server.name == arm.server)
                .cloned()
        })
        .collect()
}

fn build(
    catalogue: &Catalogue,
    server: &Server,
    source: Option<&VariantSource>,
    private: &Private,
    record: &mut Record,
) -> Result<Artifact> {
    let mut entry = ServerRecord {
        name: server.name.clone(),
        framework: server.framework.clone(),
        version: catalogue.framework_version(server),
        slowed_by: server.slowness(),
        build: server
            .build
            .iter()
            .map(|part| private.without(part))
            .collect(),
        late_by: server.late_by,
        variant: source.cloned(),
        program: None,
        python: None,
        conformance: None,
        over_database: None,
        exec: (server.role == Role::Exec).then(|| exec::exec(server, private)),
        content: None,
    };
    if !server.build.is_empty() {
        eprintln!("building {}: {}", server.name, server.build.join(" "));
    }
    let built = match server.role {
        // It is the program that was found and tried.
        Role::Exec => Ok(Artifact {
            program: PathBuf::from(&server.program),
        }),
        _ => server.build_verbosely(catalogue.root()),
    };
    let built = built.context("it cannot be built");
    let inspected = built.and_then(|artifact| {
        let package = server.package.as_deref();
        let mut found =
            program::inspect(&artifact.program, package, server.root(catalogue.root()))?;
        // The size of an interpreter tells nothing of the program's either.
        found.is_script |= entry
            .exec
            .as_ref()
            .is_some_and(|exec| !exec.files.is_empty());
        entry.program = Some(found);
        entry.python = python(server, &artifact.program, private);
        Ok(artifact)
    });
    record.servers.push(entry);
    inspected
}

fn conform(server: &Server, artifact: &Artifact, record: &mut Record) -> Result<()> {
    eprint!("testing {}: ", server.name);
    let found = gate::hold(server, &artifact.program, record.plan.seed)
        .inspect_err(|_| eprintln!("it does not run"))
        .context("it cannot be tested")?;
    eprintln!("{} of {} cases", found.passed(), found.decided());
    let verdict = passes(&found);
    let entry = record
        .servers
        .iter_mut()
        .find(|entry| entry.name == server.name);
    entry
        .context("the server is not in the record")?
        .conformance = Some(found);
    verdict
}

/// Refuses a server that fails what it must do, with the names of the cases.
///
/// # Errors
/// Where it fails one.
pub(crate) fn passes(found: &Conformance) -> Result<()> {
    let failed = found.failed.join(", ");
    anyhow::ensure!(failed.is_empty(), "it fails must-cases: {failed}");
    Ok(())
}

/// What is enough of a reason for the record.
pub(crate) fn first_line(reason: &str) -> &str {
    let reason = reason.trim();
    reason.lines().next().unwrap_or(reason)
}

fn exclude(record: &mut Record, server: &Server, private: &Private, error: &anyhow::Error) {
    let reason = format!("{error:#}");
    let reason = reason.trim();
    eprintln!("{} is excluded: {reason}", server.name);
    let reason = private.without(first_line(reason));
    for (arm, _) in record
        .plan
        .arms
        .iter()
        .enumerate()
        .filter(|(_, arm)| arm.server == server.name)
    {
        let reason = reason.clone();
        record.exclusions.push(Exclusion {
            arm,
            restart: None,
            lane: None,
            reason,
        });
    }
}
