//! What a run found to deviate, as a file of known deviations. It judges nothing.

use crate::Verdict;
use crate::deviations::{Deviations, Known};
use crate::judgement::Standing;
use crate::report::Report;

/// What a run found to deviate, as known from then on: what fails it now, and what was known
/// already and still occurs. The reason is what was found.
pub(super) fn found(report: &Report) -> Deviations {
    let mut deviation = Vec::new();
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
                }),
                _ => {}
            }
        }
    }
    Deviations::of(deviation)
}
