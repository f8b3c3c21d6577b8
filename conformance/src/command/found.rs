//! What a run found to deviate, as a file of known deviations. It judges nothing.

use crate::Verdict;
use crate::deviations::{Deviations, Known};
use crate::judgement::Standing;
use crate::report::Report;

/// What a run found to deviate, as known from then on: what fails it now, what was known already and
/// still occurs, and of the list that was read what this run did not decide. The reason is what was found.
pub(super) fn found(report: &Report) -> Deviations {
    let is_undecided = |known: &&Known| {
        let mut targets = report.targets.iter();
        let target = targets.find(|target| target.name == known.server);
        let judged = target.and_then(|target| target.find(&known.case));
        judged.is_none_or(|judged| {
            matches!(judged.standing, Standing::NotApplicable | Standing::Error)
        })
    };
    let listed = report.listed.iter().filter(is_undecided);
    let mut deviation: Vec<Known> = listed.cloned().collect();
    for target in &report.targets {
        for judged in &target.judged {
            let verdict = judged.finding.verdict.as_ref();
            let Ok(Verdict::Deviates(why)) = verdict else {
                continue;
            };
            match judged.standing {
                Standing::Known => deviation.extend(judged.known.clone()),
                Standing::Failure | Standing::Warning => deviation.push(Known {
                    server: target.name.clone(),
                    case: judged.finding.case.id.to_owned(),
                    reason: why.clone(),
                    upstream: None,
                    version: target.version.clone(),
                    only_with: None,
                }),
                _ => {}
            }
        }
    }
    Deviations::of(deviation)
}
