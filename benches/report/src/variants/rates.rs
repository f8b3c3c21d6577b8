//! The rates of a variant and its base, as a part of a sentence about something else.

use quartet_analysis::Analysis;
use quartet_analysis::statistics::Verdict;
use quartet_record::Record;

use super::{by, excluded, open, unmeasured};

/// Requests per second of the first variant of a run, for the end of a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Whether it answers fewer requests in some lane, and more in none.
    pub is_slower: bool,
    /// `3.1 % fewer requests (2.2 to 4.0) in item; no difference in list (within 1 %)`.
    pub sentence: String,
}

/// The rates of the first variant of a run against its base. None where it has none, or nothing is known of it.
pub fn rates(record: &Record, analysis: &Analysis) -> Option<Rates> {
    let variant = analysis.variants.first()?;
    if let Some(reason) = unmeasured(record, variant) {
        return Some(Rates {
            is_slower: false,
            sentence: format!("not measured: {reason}"),
        });
    }
    let mut said = Vec::new();
    let mut verdicts = Vec::new();
    for lane in &variant.lanes {
        let Some(change) = &lane.requests else {
            continue;
        };
        let name = lane.lane.name();
        verdicts.push(change.verdict);
        said.push(match change.verdict {
            Verdict::Ahead | Verdict::Behind => {
                let by = by(change.ratio, "more requests", "fewer requests");
                format!("{by} in {name}")
            }
            Verdict::Tie => format!("no difference in {name} (within 1 %)"),
            Verdict::Undecided => open(name, change),
        });
    }
    said.extend(excluded(&variant.lanes));
    (!said.is_empty()).then(|| Rates {
        is_slower: verdicts.contains(&Verdict::Behind) && !verdicts.contains(&Verdict::Ahead),
        sentence: said.join("; "),
    })
}
