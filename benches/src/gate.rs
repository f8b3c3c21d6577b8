//! The conformance gate: only servers that do what the contract says are compared.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;
use quartet_conformance::deviations::Deviations;
use quartet_conformance::examination::{Plan, examine, examine_running};
use quartet_conformance::judgement::{Judged, Standing};
use quartet_conformance::servers::Server;
use quartet_conformance::{Case, Level, Model, Need, Verdict, cases};
use quartet_record::variant::VariantSource;
use quartet_record::{CaseFinding, CaseVerdict, Conformance};

/// Areas that ask what a server answers, which is what is measured. How it starts, ends and bears
/// a crowd, and how its page looks in a browser, takes longer to see, and is for
/// `cargo conformance`.
const AREAS: [&str; 5] = ["contract", "docs", "semantics", "wire", "security"];

/// Holds a program to every answer it must give, of the cases that its stanza says it is held to. `source` is what a
/// variant was built from.
///
/// # Errors
/// Where it cannot be started, or the list of known deviations cannot be read.
pub fn hold(
    server: &Server,
    program: &Path,
    source: Option<&VariantSource>,
    seed: u64,
) -> Result<Conformance> {
    let plan = Plan {
        program: program.to_owned(),
        database: None,
        model: Some(Model::embedded()),
        provides: Vec::new(),
        seed,
    };
    let (known, cases) = (known(server), cases_of(server));
    let judged = examine(&known, &plan, &cases, &deviations(source)?, |_| {})?;
    Ok(tally(&judged))
}

/// Holds a server that runs, on whatever machine, to every answer it must give. Cases that start processes of it, or need one
/// that asks for a key, do not apply.
///
/// # Errors
/// Where the list of known deviations cannot be read.
pub(crate) fn hold_running(
    server: &Server,
    address: SocketAddr,
    source: Option<&VariantSource>,
    seed: u64,
) -> Result<Conformance> {
    let (known, cases) = (known(server), cases_of(server));
    let deviations = deviations(source)?;
    let judged = examine_running(
        &known,
        address,
        Model::embedded(),
        seed,
        &cases,
        &deviations,
    );
    Ok(tally(&judged))
}

/// The deviations that are known of servers, or of variants of them with other releases of crates.
fn deviations(source: Option<&VariantSource>) -> Result<Deviations> {
    let changes = source.into_iter().flat_map(|source| &source.packages);
    let releases = changes.flat_map(|change| {
        let versions = change.to.iter().map(String::as_str);
        versions.map(|version| (change.name.as_str(), version))
    });
    Ok(Deviations::embedded()?.built_with(releases))
}

/// Its stanza under the name by which its deviations are known: what is known of a server is known of its variants.
fn known(server: &Server) -> Server {
    Server {
        name: server.known_as().to_owned(),
        ..server.clone()
    }
}

fn cases_of(server: &Server) -> Vec<&'static Case> {
    cases::all()
        .filter(|case| case.level == Level::Must && AREAS.contains(&case.area()))
        .filter(|case| server.is_held_to(case) && !case.needs.contains(&Need::Browser))
        .collect()
}

/// Counts verdicts. A case that the suite could not decide keeps a server out as one it fails
/// does: nothing vouches for the server then.
fn tally(judged: &[Judged]) -> Conformance {
    let cases: Vec<CaseFinding> = judged.iter().map(found).collect();
    let count = |verdict| cases.iter().filter(|case| case.verdict == verdict).count();
    let failed =
        |case: &&CaseFinding| matches!(case.verdict, CaseVerdict::Fails | CaseVerdict::Undecided);
    Conformance {
        conforms: count(CaseVerdict::Conforms),
        known_deviations: count(CaseVerdict::KnownDeviation),
        differs: count(CaseVerdict::Differs),
        not_applicable: count(CaseVerdict::NotApplicable),
        failed: cases
            .iter()
            .filter(failed)
            .map(|case| case.id.clone())
            .collect(),
        cases,
    }
}

fn found(judged: &Judged) -> CaseFinding {
    let verdict = match (judged.standing, &judged.finding.verdict) {
        (Standing::NotApplicable, _) => CaseVerdict::NotApplicable,
        (Standing::Known, _) => CaseVerdict::KnownDeviation,
        // Only cases that the server is held to are run here, so that the last two never come.
        (Standing::Failure | Standing::Warning | Standing::Otherwise | Standing::Violation, _) => {
            CaseVerdict::Fails
        }
        (Standing::Error, _) | (_, Err(_)) => CaseVerdict::Undecided,
        (Standing::Good | Standing::Stale, Ok(Verdict::Differs(_))) => CaseVerdict::Differs,
        (Standing::Good | Standing::Stale, Ok(_)) => CaseVerdict::Conforms,
    };
    let note = match &judged.finding.verdict {
        Ok(verdict) => verdict.note().map(str::to_owned),
        Err(error) => Some(error.to_string()),
    };
    let known = judged
        .known
        .as_ref()
        .filter(|_| judged.standing == Standing::Known);
    CaseFinding {
        id: judged.finding.case.id.to_owned(),
        verdict,
        note,
        reason: known.map(|known| known.reason.clone()),
        upstream: known.and_then(|known| known.upstream.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_conformance::evidence::Evidence;
    use quartet_conformance::{Finding, SuiteError};
    use quartet_record::variant::PackageChange;
    use std::time::Duration;

    static MUST: Case = Case::must("contract/list-status", "", "", |_| Ok(Verdict::Conforms));
    fn judged(case: &'static Case, verdict: Result<Verdict, SuiteError>) -> Judged {
        let finding = Finding {
            level: case.level,
            cause: None,
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
        assert_eq!(
            (found.conforms, found.differs, found.not_applicable),
            (1, 1, 1)
        );
        assert_eq!(found.known_deviations, 0);
        assert_eq!(found.failed, ["contract/list-status"; 2]);
        let verdicts: Vec<CaseVerdict> = found.cases.iter().map(|case| case.verdict).collect();
        assert_eq!(
            verdicts,
            [
                CaseVerdict::Conforms,
                CaseVerdict::Differs,
                CaseVerdict::NotApplicable,
                CaseVerdict::Fails,
                CaseVerdict::Undecided
            ]
        );
        assert_eq!(found.cases[1].note.as_deref(), Some("x"));
        assert_eq!((found.passed(), found.decided()), (2, 4));
    }

    #[test]
    fn what_is_known_of_a_variant_depends_on_its_releases() {
        let known = |to: &str| {
            let source = VariantSource {
                packages: vec![PackageChange {
                    name: "hyper".to_owned(),
                    from: vec!["1.12.0".to_owned()],
                    to: vec![to.to_owned()],
                }],
                ..VariantSource::default()
            };
            let deviations = deviations(Some(&source)).unwrap();
            let is_known = |case| deviations.known("axum", case).is_some();
            (is_known("wire/http10-close"), is_known("wire/te-cl"))
        };
        assert_eq!(known("1.10.1"), (true, true));
        assert_eq!(known("1.11.1+patch"), (true, false));
        assert_eq!(known("1.12.1"), (false, false));
        let servers = deviations(None).unwrap();
        assert!(servers.known("axum", "wire/http10-close").is_none());
        assert!(servers.known("actix-web", "wire/http10-close").is_some());
    }

    #[test]
    fn a_known_deviation_comes_with_its_reason() {
        let known = Deviations::embedded().unwrap();
        let (case, reason) = cases::all()
            .find_map(|case| Some((case, known.known("actix-web", case.id)?.reason.clone())))
            .unwrap();
        let finding = Finding {
            level: case.level,
            cause: None,
            case,
            verdict: Ok(Verdict::Deviates("x".to_owned())),
            evidence: Evidence::default(),
            took: Duration::ZERO,
        };
        let found = tally(&[Judged::new(finding, "actix-web", &known)]);
        assert_eq!(found.known_deviations, 1);
        assert_eq!(found.cases[0].reason, Some(reason));
        assert_eq!(found.cases[0].verdict, CaseVerdict::KnownDeviation);
    }
}
