//! What a finding means, given what is known.

use crate::deviations::{Deviations, Known};
use crate::{Finding, Level, Verdict};

/// Whether a finding is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing to see to.
    Good,
    /// The case does not apply.
    NotApplicable,
    /// The server deviates, and it is listed.
    Known,
    /// The server is not held to the case, and does otherwise: the contract differs from it.
    Otherwise,
    /// The server is not held to the case, and violates an RFC.
    Violation,
    /// The server deviates from a case below must, and it is not listed.
    Warning,
    /// The server deviates from what it must do, and it is not listed.
    Failure,
    /// A deviation is listed and no longer occurs.
    Stale,
    /// The suite itself failed.
    Error,
}

impl Standing {
    /// Whether the run fails by it. A warning fails it too: what may be otherwise for a reason is to
    /// be listed with that reason (RFC 2119 §3).
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Warning | Self::Failure | Self::Stale | Self::Error
        )
    }

    /// Whether it is worth telling of, in the order reports tell of it: what fails the run first.
    pub fn severity(self) -> Option<u8> {
        match self {
            Self::Error => Some(0),
            Self::Failure => Some(1),
            Self::Stale => Some(2),
            Self::Warning => Some(3),
            Self::Violation => Some(4),
            Self::Otherwise => Some(5),
            Self::Known => Some(6),
            Self::Good | Self::NotApplicable => None,
        }
    }

    /// The standing in one or two words, as reports and the JSON schema have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::NotApplicable => "not-applicable",
            Self::Known => "known",
            Self::Otherwise => "differs-from-original",
            Self::Violation => "violates-rfc",
            Self::Warning => "warning",
            Self::Failure => "failure",
            Self::Stale => "stale",
            Self::Error => "error",
        }
    }
}

/// A finding and what it means.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The finding.
    pub finding: Finding,
    /// What it means.
    pub standing: Standing,
    /// The deviation that is listed for it.
    pub known: Option<Known>,
}

impl Judged {
    /// Judges what was found of `server`.
    pub fn new(finding: Finding, server: &str, deviations: &Deviations) -> Self {
        let known = deviations.known(server, finding.case.id).cloned();
        let standing = match (&finding.verdict, &known, finding.level) {
            (Err(_), ..) => Standing::Error,
            (Ok(Verdict::NotApplicable(_)), ..) => Standing::NotApplicable,
            (Ok(Verdict::Deviates(_)), Some(_), _) => Standing::Known,
            (Ok(Verdict::Deviates(_)), None, Level::Must) => Standing::Failure,
            (Ok(Verdict::Deviates(_)), None, _) => Standing::Warning,
            (Ok(_), Some(_), _) => Standing::Stale,
            (Ok(_), None, _) => Standing::Good,
        };
        Self {
            finding,
            standing,
            known,
        }
    }

    /// Judges what was found of a server that is not held to the case: nothing is expected of it.
    pub fn beside(finding: Finding) -> Self {
        let standing = match &finding.verdict {
            Err(_) => Standing::Error,
            Ok(Verdict::NotApplicable(_)) => Standing::NotApplicable,
            Ok(Verdict::Deviates(_)) if finding.case.is_demanded_by_an_rfc() => Standing::Violation,
            Ok(Verdict::Deviates(_)) => Standing::Otherwise,
            Ok(_) => Standing::Good,
        };
        Self {
            finding,
            standing,
            known: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::evidence::Evidence;
    use crate::{Case, SuiteError};

    static MUST: Case = Case::must("contract/list-sorted", "", "", |_| Ok(Verdict::Conforms));
    static SHOULD: Case = Case::should("contract/list-sorted", "", "", |_| Ok(Verdict::Conforms));

    fn standing(
        case: &'static Case,
        verdict: Result<Verdict, SuiteError>,
        server: &str,
    ) -> Standing {
        let listed = "[[deviation]]\nserver = 'listed'\ncase = 'contract/list-sorted'\n\
                      reason = 'r'\nversion = '1'\n";
        let deviations = Deviations::parse(listed, Path::new("d.toml")).unwrap();
        let finding = Finding {
            case,
            level: case.level,
            cause: None,
            verdict,
            evidence: Evidence::default(),
            took: Duration::ZERO,
        };
        Judged::new(finding, server, &deviations).standing
    }

    #[test]
    fn who_is_not_held_to_a_case_violates_an_rfc_or_differs() {
        static RFC: Case = Case::must("wire/a", "RFC 9112 §3.2", "", |_| Ok(Verdict::Conforms));
        static BOTH: Case = Case::must("wire/b", "RFC 9110 §9.3.7, the contract", "", |_| {
            Ok(Verdict::Conforms)
        });
        static ADVICE: Case = Case::should("wire/c", "RFC 9112 §3", "", |_| Ok(Verdict::Conforms));
        let standing = |case, verdict| {
            let finding = Finding {
                case,
                level: case.level,
                cause: None,
                verdict,
                evidence: Evidence::default(),
                took: Duration::ZERO,
            };
            Judged::beside(finding).standing
        };
        let deviates = || Ok(Verdict::Deviates("x".to_owned()));
        assert_eq!(standing(&RFC, deviates()), Standing::Violation);
        for case in [&BOTH, &ADVICE, &MUST] {
            assert_eq!(standing(case, deviates()), Standing::Otherwise);
        }
        assert_eq!(standing(&RFC, Ok(Verdict::Conforms)), Standing::Good);
        let hung = Err(SuiteError::Hung(Duration::ZERO));
        assert_eq!(standing(&RFC, hung), Standing::Error);
    }

    #[test]
    fn a_deviation_fails_unless_listed_and_a_listed_one_must_occur() {
        let deviates = || Ok(Verdict::Deviates("x".to_owned()));
        let differs = || Ok(Verdict::Differs("x".to_owned()));
        let absent = || Ok(Verdict::NotApplicable("x".to_owned()));
        assert_eq!(standing(&MUST, Ok(Verdict::Conforms), "a"), Standing::Good);
        assert_eq!(standing(&MUST, differs(), "a"), Standing::Good);
        assert_eq!(standing(&MUST, deviates(), "a"), Standing::Failure);
        assert_eq!(standing(&SHOULD, deviates(), "a"), Standing::Warning);
        assert_eq!(standing(&MUST, deviates(), "listed"), Standing::Known);
        assert_eq!(standing(&SHOULD, deviates(), "listed"), Standing::Known);
        assert_eq!(
            standing(&MUST, Ok(Verdict::Conforms), "listed"),
            Standing::Stale
        );
        assert_eq!(standing(&MUST, differs(), "listed"), Standing::Stale);
        assert_eq!(standing(&MUST, absent(), "listed"), Standing::NotApplicable);
        let panicked = Err(SuiteError::Panicked("x".to_owned()));
        assert_eq!(standing(&MUST, panicked, "listed"), Standing::Error);
    }
}
