//! One trial: a server with one release or commit, built, held to the contract and counted.

use anyhow::{Context as _, Result};
use quartet_conformance::servers::Catalogue;
use quartet_record::plan::Lane;
use quartet_record::variant::VariantSource;
use std::path::Path;

use super::candidates::Candidates;
use super::counts::Counts;
use crate::cost::counted;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::prepare::{first_line, passes};
use crate::subject::Subject;
use crate::{gate, variant};

/// What came of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Trial {
    /// What was counted.
    Counted(Counts),
    /// Why nothing could be.
    Skipped(String),
}

/// The seed of what the suite asks at random: the same for all, so that none passes by chance.
const SEED: u64 = 1;

/// What was tried so far.
pub(super) struct Trials<'a> {
    /// The server, as the command line has it.
    pub(super) server: &'a str,
    /// What there is to try.
    pub(super) candidates: &'a Candidates,
    /// What came of each.
    pub(super) tried: Vec<Option<Trial>>,
    /// Whether to stop early.
    pub(super) interrupt: &'a Interrupt,
}

impl Trials<'_> {
    /// Tries one of the candidates, in these kinds of request.
    ///
    /// # Errors
    /// [`Failure::Interrupted`], and what is at fault besides the candidate.
    pub(super) fn make(
        &mut self,
        catalogue: &mut Catalogue,
        index: usize,
        lanes: &[Lane],
    ) -> Result<Trial, Failure> {
        let candidate = &self.candidates.all[index];
        let with = [candidate.text.clone()];
        let entered = variant::enter_pair(catalogue, self.server, &with, Path::new("."));
        let [_, name] = entered.map_err(Failure::Usage)?;
        let trial = match variant::sources(catalogue, [&*name], self.interrupt) {
            Ok(sources) => match self.count(catalogue, &name, sources.get(&name), lanes) {
                Ok(counts) => Trial::Counted(counts),
                Err(error) => Trial::Skipped(first_line(&format!("{error:#}")).to_owned()),
            },
            Err(Failure::Usage(sentence)) => Trial::Skipped(sentence),
            Err(other) => return Err(other),
        };
        if self.interrupt.requested() {
            return Err(Failure::Interrupted);
        }
        if let Trial::Skipped(reason) = &trial {
            eprintln!("{} is skipped: {reason}", candidate.label);
        }
        self.tried[index] = Some(trial.clone());
        Ok(trial)
    }

    fn count(
        &self,
        catalogue: &Catalogue,
        name: &str,
        source: Option<&VariantSource>,
        lanes: &[Lane],
    ) -> Result<Counts> {
        let server = catalogue.get(name).context("it is no server")?;
        let artifact = server.build_verbosely(catalogue.root());
        let artifact = artifact.context("it cannot be built")?;
        self.interrupt.checked()?;
        let conformance = gate::hold(server, &artifact.program, source, SEED);
        passes(&conformance.context("it cannot be tested")?)?;
        let subject = Subject {
            server,
            artifact,
            over_database: None,
            content: None,
        };
        let mut counts = Counts::new();
        for &lane in lanes {
            self.interrupt.checked()?;
            let counted = counted::per_request(&subject, lane);
            if let Some(counted) = counted.context("it cannot be counted")? {
                counts.insert(lane, counted);
            }
        }
        Ok(counts)
    }
}
