//! Holds a plain program to what RFCs demand of any server, with the suite.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use quartet_conformance::deviations::Deviations;
use quartet_conformance::examination::{Plan, examine};
use quartet_conformance::servers::Server;
use quartet_conformance::{Case, Model, Need, Verdict, cases};
use quartet_report::defaults::Demanded;

/// The areas of the suite in which RFCs demand something of any server.
const AREAS: [&str; 2] = ["wire", "semantics"];

/// How many cases of each area apply to a program, and which it fails. Areas of which none applies are left out.
///
/// # Errors
/// If the program does not start, or a case could not be decided.
pub(super) fn demanded(server: &Server, program: &Path) -> Result<Vec<Demanded>> {
    let demanded: Vec<&'static Case> = cases().collect();
    let plan = Plan {
        program: program.to_owned(),
        database: None,
        model: Some(Model::embedded()),
        provides: vec![Need::Fault],
        seed: 0,
    };
    let judged = examine(server, &plan, &demanded, &Deviations::default(), |_| {})?;
    let mut areas: BTreeMap<&str, Demanded> = BTreeMap::new();
    for one in judged {
        let case = one.finding.case;
        let failed = match one.finding.verdict {
            Ok(Verdict::NotApplicable(_)) => continue,
            Ok(Verdict::Deviates(_)) => Some(case.id.to_owned()),
            Ok(Verdict::Conforms | Verdict::Differs(_)) => None,
            Err(error) => bail!("{}: {error}", case.id),
        };
        let area = areas.entry(case.area()).or_insert_with(|| Demanded {
            area: case.area().to_owned(),
            cases: 0,
            failed: Vec::new(),
        });
        area.cases += 1;
        area.failed.extend(failed);
    }
    Ok(AREAS.iter().filter_map(|area| areas.remove(area)).collect())
}

/// The cases of those areas that are demanded by RFCs alone.
pub(super) fn cases() -> impl Iterator<Item = &'static Case> {
    let is_demanded = |case: &&Case| AREAS.contains(&case.area()) && case.is_demanded_by_an_rfc();
    cases::all().filter(is_demanded)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_the_contract_alone_demands_is_left_out() {
        let ids: BTreeSet<&str> = cases().map(|case| case.id).collect();
        assert!(ids.contains("wire/host-missing"), "{ids:?}");
        assert!(!ids.contains("semantics/nosniff"), "{ids:?}");
        for area in AREAS {
            assert!(ids.iter().any(|id| id.starts_with(area)), "{area}");
        }
    }
}
