//! What the page of a record takes from the conformance suite.

use quartet_conformance::cases;
use quartet_conformance::report::html::BASE_STYLE;
use quartet_report::html::Suite;

/// The suite that servers are held to here.
pub(crate) fn suite() -> Suite<'static> {
    Suite {
        cases: cases::all()
            .map(|case| (case.id, case.requirement))
            .collect(),
        style: BASE_STYLE,
    }
}
