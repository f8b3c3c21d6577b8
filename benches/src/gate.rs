//! The conformance gate: only servers that do what the contract says are compared.

use std::path::Path;

use anyhow::Result;
use quartet_conformance::deviations::Deviations;
use quartet_conformance::examination::{Plan, examine};
use quartet_conformance::judgement::{Judged, Standing};
use quartet_conformance::servers::Server;
use quartet_conformance::{Case, Level, Model, Need, Verdict, cases};

use crate::record::Conformance;

/// Areas that ask what a server answers, which is what is measured. How it starts, ends and bears
/// a crowd, and how its page looks in a browser, takes longer to see, and is for
/// `cargo conformance`.
const AREAS: [&str; 5] = ["contract", "docs", "semantics", "wire", "security"];

/// Holds a program to every answer it must give, of the cases that its stanza says it is held to.
///
/// # Errors
/// Where it cannot be started, or the list of known deviations cannot be read.
pub fn hold(server: &Server, program: &Path, seed: u64) -> Result<Conformance> {
    let cases: Vec<&'static Case> = cases::all()
        .filter(|case| case.level == Level::Must && AREAS.contains(&case.area()))
        .filter(|case| server.is_held_to(case) && !case.needs.contains(&Need::Browser))
        .collect();
    let plan = Plan {
        program: program.to_owned(),
        model: Some(Model::embedded()),
        provides: Vec::new(),
        seed,
    };
    let judged = examine(server, &plan, &cases, &Deviations::embedded()?, |_| {})?;
    Ok(tally(&judged))
}

/// Counts verdicts. A case that the suite could not decide keeps a server out as one it fails
/// does: nothing vouches for the server then.
fn tally(judged: &[Judged]) -> Conformance {
    let mut tally = Conformance::default();
    for one in judged {
        match (one.standing, &one.finding.verdict) {
            (Standing::NotApplicable, _) => tally.not_applicable += 1,
            (Standing::Known, _) => tally.known_deviations += 1,
            // Only cases that the server is held to are run here, so that the last two never come.
            (
                Standing::Failure
                | Standing::Warning
                | Standing::Error
                | Standing::Otherwise
                | Standing::Violation,
                _,
            ) => {
                tally.failed.push(one.finding.case.id.to_owned());
            }
            (Standing::Good | Standing::Stale, Ok(Verdict::Differs(_))) => tally.differs += 1,
            (Standing::Good | Standing::Stale, _) => tally.conforms += 1,
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_conformance::evidence::Evidence;
    use quartet_conformance::{Finding, SuiteError};
    use std::time::Duration;

    static MUST: Case = Case::must("contract/list-status", "", "", |_| Ok(Verdict::Conforms));
    fn judged(case: &'static Case, verdict: Result<Verdict, SuiteError>) -> Judged {
        let finding = Finding {
            case,
            verdict,
            evidence: Evidence::default(),
            took: Duration::ZERO,
        };
        Judged::new(finding, "axum", &Deviations::default())
    }

    #[test]
    fn every_area_of_the_gate_has_cases() {
        for area in AREAS {
            assert!(cases::all().any(|case| case.area() == area), "{area}");
        }
    }

    #[test]
    fn what_fails_is_named_and_so_is_what_was_not_decided() {
        let found = tally(&[
            judged(&MUST, Ok(Verdict::Conforms)),
            judged(&MUST, Ok(Verdict::Differs("x".to_owned()))),
            judged(&MUST, Ok(Verdict::NotApplicable("x".to_owned()))),
            judged(&MUST, Ok(Verdict::Deviates("x".to_owned()))),
            judged(&MUST, Err(SuiteError::Hung(Duration::ZERO))),
        ]);
        let expected = Conformance {
            conforms: 1,
            differs: 1,
            not_applicable: 1,
            known_deviations: 0,
            failed: vec!["contract/list-status".to_owned(); 2],
        };
        assert_eq!(found, expected);
        assert_eq!((found.passed(), found.decided()), (2, 4));
    }
}
