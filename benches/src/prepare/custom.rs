//! Who takes part in the lane `custom` besides the servers of the command line: whoever answers the same there.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use quartet_conformance::servers::{Catalogue, Process, Role, Server, StartOptions};
use quartet_record::plan::{ArmRole, Lane};
use quartet_record::{ContentProgram, Exclusion, Record};

use super::first_line;
use crate::cores::Placement;
use crate::environment::Private;
use crate::exec::Expected;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::program;
use crate::subject::Subject;

/// What others are asked with.
#[derive(Debug)]
pub(crate) struct CustomLane<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) expected: &'a Expected,
    pub(crate) placement: &'a Placement,
    pub(crate) interrupt: &'a Interrupt,
}

impl CustomLane<'_> {
    /// Asks each server once. One that answers as is expected takes part as it is. The reference and the floor
    /// otherwise serve the content by a program of their own, if their stanzas say how. All others stay out.
    ///
    /// Of a run that was `begun` before, who takes part is known.
    ///
    /// # Errors
    /// Where a run that is resumed was begun with another program.
    pub(crate) fn prepare(
        &self,
        record: &mut Record,
        subjects: &mut [Option<Subject<'_>>],
        begun: bool,
    ) -> Result<(), Failure> {
        let arms = record.plan.arms.clone();
        for (arm, planned) in arms.iter().enumerate() {
            let Some(subject) = subjects[arm].clone() else {
                continue;
            };
            // The copies are that of a server of the command line, and others that take no part.
            if subject.server.role == Role::Exec || planned.role == ArmRole::Again {
                continue;
            }
            if self.interrupt.requested() {
                return Ok(());
            }
            let entry = record.server_of(arm);
            let is_apart = entry.is_some_and(|entry| entry.content.is_some());
            let by_itself = match begun {
                true if !record.plan.takes_part(arm, Lane::Custom) => continue,
                true => !is_apart,
                false => self.answers(&subject, record.plan.workers),
            };
            let serves = matches!(planned.role, ArmRole::Reference | ArmRole::Floor);
            let serves = serves && subject.server.content_args.is_some();
            if !by_itself && !serves {
                continue;
            }
            let part = &mut record.plan.arms[arm];
            part.without.retain(|&lane| lane != Lane::Custom);
            if by_itself {
                continue;
            }
            match self.content(&subject, record)? {
                Ok(content) => {
                    if let Some(subject) = &mut subjects[arm] {
                        subject.content = Some(content);
                    }
                }
                Err(error) => self.exclude(record, arm, &error),
            }
        }
        Ok(())
    }

    /// Whether a server answers as is expected, as it is.
    fn answers(&self, subject: &Subject<'_>, workers: usize) -> bool {
        let options = StartOptions {
            program: Some(subject.artifact.program.clone()),
            workers: Some(workers),
            ..StartOptions::default()
        };
        let started = self
            .placement
            .on_server_cores(|| Ok(Process::start(subject.server, &options)?));
        // One that does not start has no part in any lane, which is seen there.
        started.is_ok_and(|process| self.expected.learn(process.address()).is_ok())
    }

    /// Builds the program that serves the content. The outer error is of a program that is not the one of
    /// before.
    fn content(
        &self,
        subject: &Subject<'_>,
        record: &mut Record,
    ) -> Result<Result<(Server, PathBuf)>, Failure> {
        let built = self.built(subject);
        let found = match built {
            Ok((server, program, entry)) => {
                let name = &subject.server.name;
                let mut entries = record.servers.iter_mut();
                let place = entries.find(|place| &place.name == name);
                let place = place.context("the server is not in the record")?;
                let before = place.content.replace(entry.clone());
                let hash = &entry.program.sha256;
                if before.is_some_and(|before| &before.program.sha256 != hash) {
                    return Err(Failure::Usage(format!(
                        "{name} for the lane custom is not the program that the run was started with; \
                         start a new run"
                    )));
                }
                Ok((server, program))
            }
            Err(error) => Err(error),
        };
        Ok(found)
    }

    fn built(&self, subject: &Subject<'_>) -> Result<(Server, PathBuf, ContentProgram)> {
        let server = subject.server.serving_content(self.expected.file());
        let server = server.context("servers.toml does not say how it serves content")?;
        let root = self.catalogue.root();
        let private = Private::here(root);
        let artifact = match subject.server.content_program {
            None => subject.artifact.clone(),
            Some(_) => {
                let (name, command) = (&server.name, server.build.join(" "));
                eprintln!("building {name}, for the lane custom: {command}");
                let built = subject.server.build_for_content(root);
                built.context("it cannot be built for the lane custom")?
            }
        };
        let build = server.build.iter().map(|part| private.without(part));
        let entry = ContentProgram {
            build: build.collect(),
            program: program::inspect(&artifact.program, None)?,
        };
        Ok((server, artifact.program, entry))
    }

    fn exclude(&self, record: &mut Record, arm: usize, error: &anyhow::Error) {
        let private = Private::here(self.catalogue.root());
        let reason = format!("{error:#}");
        let name = &record.plan.arms[arm].name;
        eprintln!("{name}, custom, is excluded: {}", reason.trim());
        record.exclusions.push(Exclusion {
            arm,
            restart: None,
            lane: Some(Lane::Custom),
            reason: private.without(first_line(&reason)),
        });
    }
}
