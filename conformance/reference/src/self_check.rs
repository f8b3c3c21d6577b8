//! The proof that the suite can be believed: each case finds its faults, and nothing where there
//! are none.

use std::fmt;
use std::path::Path;

use crate::{Fault, Reference, faults};
use quartet_conformance::{Case, Level, Model, Need, Suite, SuiteError, Verdict, cases, in_order};

/// One step of the proof.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// The case finds nothing in the sound reference.
    Sound(&'static Case),
    /// The case finds this fault in the reference that has it.
    Finds(&'static Case, &'static Fault),
    /// There is no fault for the case, which is itself a gap in the proof.
    Faultless(&'static Case),
    /// There is no case for the fault.
    Orphan(&'static Fault),
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It holds.
    Holds,
    /// It does not, and why.
    Fails(String),
    /// It cannot be made here, and what that would need.
    Skipped(String),
}

/// Every step, in the order in which to make them: what waits for long comes first, so that the others
/// are made meanwhile.
pub fn checks() -> impl Iterator<Item = Check> {
    let of_case = |case: &'static Case| {
        let mut checks = vec![Check::Sound(case)];
        checks.extend(
            faults()
                .filter(|fault| fault.breaks == case.id)
                .map(|fault| Check::Finds(case, fault)),
        );
        if checks.len() == 1 {
            checks.push(Check::Faultless(case));
        }
        checks
    };
    let is_orphan = |fault: &&'static Fault| cases::all().all(|case| case.id != fault.breaks);
    let orphans = faults().filter(is_orphan).map(Check::Orphan);
    in_order().into_iter().flat_map(of_case).chain(orphans)
}

impl Check {
    /// The case that it is about, if there is one.
    pub fn case(&self) -> Option<&'static Case> {
        match *self {
            Self::Sound(case) | Self::Finds(case, _) | Self::Faultless(case) => Some(case),
            Self::Orphan(_) => None,
        }
    }

    /// Makes the step. `command` is the program `reference`, the server of the cases that start
    /// processes; what is drawn at random follows from `seed`.
    pub fn prove(&self, command: &Path, seed: u64) -> Proof {
        let verdict = |case, fault| verdict(case, fault, command, seed);
        match *self {
            Self::Sound(case) => match verdict(case, None) {
                Ok(Ok(Verdict::Conforms)) => Proof::Holds,
                Ok(Ok(Verdict::NotApplicable(why))) => Proof::Skipped(why),
                // Nothing is required, so that every answer is right.
                Ok(Ok(Verdict::Differs(_))) if case.level == Level::Info => Proof::Holds,
                Ok(Ok(verdict)) => Proof::Fails(format!(
                    "the sound reference {}: {}",
                    verdict.as_str(),
                    verdict.note().unwrap_or_default()
                )),
                Ok(Err(error)) => Proof::Fails(error.to_string()),
                Err(why) => Proof::Fails(why),
            },
            Self::Finds(case, fault) => match verdict(case, Some(fault)) {
                Ok(Ok(Verdict::Deviates(_))) => Proof::Holds,
                Ok(Ok(Verdict::NotApplicable(why))) => Proof::Skipped(why),
                Ok(Ok(found)) if case.level == Level::Info => match verdict(case, None) {
                    // Nothing is required: the case has to tell the two apart.
                    Ok(sound) if sound.as_ref() != Ok(&found) => Proof::Holds,
                    _ => Proof::Fails(format!("not told apart: {}", fault.what)),
                },
                Ok(Ok(_)) => Proof::Fails(format!("not found: {}", fault.what)),
                Ok(Err(error)) => Proof::Fails(error.to_string()),
                Err(why) => Proof::Fails(why),
            },
            Self::Faultless(case) => {
                Proof::Fails(format!("no fault shows that {} can fail", case.id))
            }
            Self::Orphan(fault) => Proof::Fails(format!("no such case: {}", fault.breaks)),
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sound(case) => write!(f, "{}: nothing in the sound reference", case.id),
            Self::Finds(case, fault) => write!(f, "{}: {}", case.id, fault.what),
            Self::Faultless(case) => write!(f, "{}: has a fault", case.id),
            Self::Orphan(fault) => write!(f, "{}: {}", fault.breaks, fault.what),
        }
    }
}

/// What a case finds in a reference with at most one fault.
fn verdict(
    case: &'static Case,
    fault: Option<&'static Fault>,
    command: &Path,
    seed: u64,
) -> Result<Result<Verdict, SuiteError>, String> {
    // A case that starts processes looks for the fault in those.
    let (here, there) = match case.needs.contains(&Need::Process) {
        true => (None, fault),
        false => (fault, None),
    };
    let (target, _running) = Reference::target(&Model::embedded(), here)
        .map_err(|error| format!("the reference does not start: {error}"))?;
    let target = target.launched_by(Reference::launch(command.to_owned(), there));
    let suite = Suite::new(target, seed);
    let finding = match fault {
        None => suite.run(case),
        // It deviates each time.
        Some(_) => suite.run_once(case),
    };
    Ok(finding.verdict)
}
