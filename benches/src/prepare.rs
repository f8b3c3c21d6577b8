//! Before anything is measured: build every server on its own, look at what came of it, and hold
//! that very program to the contract.

mod custom;
mod octets;
mod over_database;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use quartet_conformance::servers::{Artifact, BuildError, Catalogue, Role, Server};
use quartet_record::variant::VariantSource;
use quartet_record::{Conformance, Exclusion, Record, ServerRecord};

use crate::environment::{Private, python};
use crate::host::{Host, Launch};
use crate::interrupt::Interrupt;
use crate::program::{self, Built};
use crate::subject::Subject;
use crate::{exec, gate};

pub(crate) use custom::CustomLane;
use octets::Octets;
pub use over_database::prepare_over_database;

/// Prepares every server that the record's plan names, and enters them in the record. What cannot
/// be built or does not conform is excluded; the others go on. `sources` is what variants are built from.
///
/// Gives what each arm runs, none where it is excluded, and stops early if asked to, or if the servers' machine is lost.
pub(crate) fn prepare<'a>(
    catalogue: &'a Catalogue,
    sources: &BTreeMap<String, VariantSource>,
    host: &dyn Host,
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
    let is_over = || interrupt.requested() || host.lost().is_some();
    let mut built = Vec::new();
    for &server in &servers {
        if !is_over() {
            let source = sources.get(&server.name);
            let artifact = build(catalogue, server, source, host, &private, record);
            built.push((server, artifact));
        }
    }
    let mut subjects = Vec::new();
    for (server, artifact) in built {
        let sound = artifact.and_then(|artifact| {
            if is_over() {
                return Err(anyhow::anyhow!("it was not tested"));
            }
            if server.role != Role::Exec {
                conform(server, &artifact, host, record)?;
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
            Err(error) if !interrupt.requested() && host.look().is_none() => {
                exclude(record, server, &private, &error);
            }
            Err(_) => {}
        }
    }
    let answering = subjects.clone();
    subjects.retain(|subject| {
        let answers = answers_as_its_base(subject, &answering, host);
        if let Err(error) = &answers
            && !is_over()
        {
            exclude(record, subject.server, &private, error);
        }
        answers.is_ok()
    });
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
    host: &dyn Host,
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
    let is_built_here = host.programs().is_none();
    if !server.build.is_empty() && is_built_here {
        eprintln!("building {}: {}", server.name, server.build.join(" "));
    }
    let built = match server.role {
        _ if !is_built_here => there(host, server),
        // It is the program that was found and tried.
        Role::Exec => Ok(Artifact {
            program: PathBuf::from(&server.program),
        }),
        _ => server.build_verbosely(catalogue.root()),
    };
    let built = built.context("it cannot be built");
    let inspected = built.and_then(|artifact| {
        let built = server.package.as_deref().map(|package| Built {
            package,
            command: &server.build,
            root: server.root(catalogue.root()),
        });
        let mut found = match host.programs() {
            Some(_) => None,
            None => Some(program::inspect(&artifact.program, built)?),
        };
        if let Some(elsewhere) = host.inspect(&artifact.program)? {
            let here = found.get_or_insert_with(|| elsewhere.clone());
            anyhow::ensure!(
                here.sha256 == elsewhere.sha256,
                "{} on the servers' machine is not the program that was built here",
                artifact.program.display()
            );
        }
        let mut found = found.context("the program is not known")?;
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

/// What is to be started on a machine where programs are taken as they are.
fn there(host: &dyn Host, server: &Server) -> std::result::Result<Artifact, BuildError> {
    let directory = host.programs().unwrap_or(Path::new("."));
    let name = Path::new(&server.program).file_name().unwrap_or_default();
    Ok(Artifact {
        program: directory.join(name),
    })
}

/// Holds a server to the contract on the machine where it is measured.
fn hold(
    server: &Server,
    artifact: &Artifact,
    source: Option<&VariantSource>,
    host: &dyn Host,
    seed: u64,
) -> Result<Conformance> {
    if !host.is_agent() {
        return gate::hold(server, &artifact.program, source, seed);
    }
    let started = host.start(&Launch {
        server,
        program: &artifact.program,
        // As many as it has by itself, as in the test on this machine.
        workers: 2,
        locales: None,
        path: "/greetings",
    })?;
    let found = gate::hold_running(server, started.server.address(), source, seed);
    started.server.end()?;
    found
}

/// How many cases passed of those that were decided.
fn cases(found: &Conformance) -> String {
    match found.decided() {
        0 => "no case applies".to_owned(),
        decided => format!("{} of {decided} cases", found.passed()),
    }
}

fn conform(
    server: &Server,
    artifact: &Artifact,
    host: &dyn Host,
    record: &mut Record,
) -> Result<()> {
    eprint!("testing {}: ", server.name);
    let mut entries = record.servers.iter_mut();
    let entry = entries.find(|entry| entry.name == server.name);
    let entry = entry.context("the server is not in the record")?;
    let found = hold(
        server,
        artifact,
        entry.variant.as_ref(),
        host,
        record.plan.seed,
    )
    .inspect_err(|_| eprintln!("it does not run"))
    .context("it cannot be tested")?;
    eprintln!("{}", cases(&found));
    let verdict = passes(&found);
    entry.conformance = Some(found);
    verdict
}

/// Makes sure that a variant answers with the octets of the server that it is a variant of, where both run.
///
/// # Errors
/// Where it does not, or cannot be asked.
fn answers_as_its_base(
    subject: &Subject<'_>,
    subjects: &[Subject<'_>],
    host: &dyn Host,
) -> Result<()> {
    let of = subject.server.variant.as_ref();
    let base = of.and_then(|of| subjects.iter().find(|base| base.server.name == of.name));
    let Some(base) = base else { return Ok(()) };
    let found = Octets::of(subject, host)?;
    let expected = Octets::of(base, host);
    let name = &base.server.name;
    let expected = expected.with_context(|| format!("{name} cannot be asked"))?;
    found.equal(&expected, name)
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
