//! What a plan needs besides servers.

use quartet_record::plan::Plan;

/// Whether a lane is planned for which a database is needed.
pub(super) fn plans_database(plan: &Plan) -> bool {
    plan.lanes.iter().any(|lane| lane.is_over_database())
}
