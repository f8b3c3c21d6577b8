//! The conformance gate: only servers that do what the contract says are compared.

use std::path::Path;

use anyhow::Result;
use quartet_conformance::deviations::Deviations;
use quartet_conformance::examination::{Plan, examine};
use quartet_conformance::judgement::{Judged, Standing};
use quartet_conformance::servers::Server;
use quartet_conformance::{Case, Level, Model, Verdict, cases};

use crate::record::Conformance;

/// Holds a program to every case that its stanza says it is held to.
///
/// # Errors
/// Where it cannot be started, or the list of known deviations cannot be read.
pub fn hold(server: &Server, program: &Path, seed: u64) -> Result<Conformance> {
    let cases: Vec<&'static Case> = cases::all()
        .filter(|case| server.is_held_to(case))
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

/// Counts verdicts. Only a must-case that fails keeps a server out; so does one that the suite
/// could not decide, because nothing vouches for the server then.
fn tally(judged: &[Judged]) -> Conformance {
    let mut tally = Conformance::default();
    for one in judged {
        let case = one.finding.case;
        match (one.standing, &one.finding.verdict) {
            (Standing::NotApplicable, _) => tally.not_applicable += 1,
            (Standing::Known, _) => tally.known_deviations += 1,
            (Standing::Warning, _) => tally.warnings += 1,
            (Standing::Failure | Standing::Error, _) if case.level == Level::Must => {
                tally.failed.push(case.id.to_owned());
            }
            (Standing::Failure | Standing::Error, _) => tally.warnings += 1,
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
    static SHOULD: Case = Case::should("contract/list-type", "", "", |_| Ok(Verdict::Conforms));

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
    fn only_what_must_be_keeps_a_server_out() {
        let deviates = || Ok(Verdict::Deviates("x".to_owned()));
        let found = tally(&[
            judged(&MUST, Ok(Verdict::Conforms)),
            judged(&MUST, Ok(Verdict::Differs("x".to_owned()))),
            judged(&MUST, Ok(Verdict::NotApplicable("x".to_owned()))),
            judged(&SHOULD, deviates()),
            judged(&SHOULD, Err(SuiteError::Panicked("x".to_owned()))),
        ]);
        let expected = Conformance {
            conforms: 1,
            differs: 1,
            not_applicable: 1,
            warnings: 2,
            ..Conformance::default()
        };
        assert_eq!(found, expected);
        let undecided = Err(SuiteError::Hung(Duration::ZERO));
        let found = tally(&[judged(&MUST, deviates()), judged(&MUST, undecided)]);
        assert_eq!(
            found.failed,
            ["contract/list-status", "contract/list-status"]
        );
    }
}
