//! `conformance --self-check`: the proof that the suite can be believed, for whoever runs it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use indicatif::MultiProgress;

use super::error::RunError;
use super::testing::progress;
use crate::report::Style;
use crate::self_check::{Check, Proof, checks};
use crate::{Case, Workbench, turns};

/// What came of the steps about the chosen cases.
pub(super) struct Tally {
    sound: usize,
    found: usize,
    missed: Vec<String>,
    /// How many steps were left out, by the reason.
    skipped: BTreeMap<String, usize>,
}

/// Makes every step about `selected` cases.
pub(super) fn run(selected: &[&'static Case], seed: u64) -> Result<Tally, RunError> {
    let command = std::env::current_exe().map_err(|error| {
        RunError::Usage(format!("cannot find the path of this program: {error}"))
    })?;
    let _workbench = Workbench::get();
    let is_selected = |case: &Case| selected.iter().any(|chosen| chosen.id == case.id);
    let chosen: Vec<Check> = checks()
        .filter(|check| check.case().is_none_or(is_selected))
        .collect();
    let progress = progress(&MultiProgress::new(), "self-check", chosen.len());
    let next = Mutex::new(chosen.iter());
    let tally = Mutex::new(Tally::new());
    std::thread::scope(|scope| {
        for _ in 0..turns::with_those_that_wait() {
            scope.spawn(|| {
                loop {
                    let taken = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(check) = taken else { break };
                    let proof = check.prove(&command, seed);
                    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                    tally.add(check, proof);
                    progress.inc(1);
                }
            });
        }
    });
    progress.finish_and_clear();
    Ok(tally.into_inner().unwrap_or_else(PoisonError::into_inner))
}

impl Tally {
    fn new() -> Self {
        Self {
            sound: 0,
            found: 0,
            missed: Vec::new(),
            skipped: BTreeMap::new(),
        }
    }

    fn add(&mut self, check: &Check, proof: Proof) {
        match proof {
            Proof::Holds => match check {
                Check::Sound(_) => self.sound += 1,
                _ => self.found += 1,
            },
            Proof::Fails(why) => self.missed.push(format!("{check}: {why}")),
            Proof::Skipped(why) => *self.skipped.entry(why).or_default() += 1,
        }
    }

    /// Whether nothing was missed.
    pub(super) fn holds(&self) -> bool {
        self.missed.is_empty()
    }

    /// Writes what was missed and left out, and the sums.
    pub(super) fn write(&self, out: &mut dyn Write, style: Style) -> io::Result<()> {
        for missed in &self.missed {
            writeln!(out, "{}", style.bad(missed))?;
        }
        for (why, count) in &self.skipped {
            writeln!(out, "{count} steps skipped: {why}")?;
        }
        writeln!(
            out,
            "{} cases find nothing in the sound reference; {} faults found; {} steps failed",
            self.sound,
            self.found,
            self.missed.len()
        )
    }
}
