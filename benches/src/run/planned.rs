//! What a plan needs besides servers.

use quartet_record::plan::{ArmRole, Lane, Plan};

use crate::failure::Failure;

/// Whether a lane is planned for which a database is needed.
pub(super) fn plans_database(plan: &Plan) -> bool {
    plan.lanes.iter().any(|lane| lane.is_over_database())
}

/// That a lane for which a database is needed has a server.
///
/// # Errors
/// [`Failure::Usage`] where it has none, with the names of those that cannot take part.
pub(super) fn some_read_a_database(plan: &Plan) -> Result<(), Failure> {
    match without_database(plan) {
        (lacking, 0) => Err(Failure::Usage(format!(
            "no server of this run has a program over a database: {}; servers.toml has none for it \
             (`database_build`)",
            lacking.join(", ")
        ))),
        _ => Ok(()),
    }
}

/// The servers to compare that take part in no lane over a database, where there is one, and how many do.
pub(super) fn without_database(plan: &Plan) -> (Vec<&str>, usize) {
    let takes_part = |arm: usize| {
        let mut lanes = Lane::OVER_DATABASE.into_iter();
        lanes.any(|lane| plan.takes_part(arm, lane))
    };
    let compared = plan.arms.iter().enumerate();
    let compared = compared.filter(|(_, arm)| arm.role == ArmRole::Compared);
    let (reading, lacking): (Vec<_>, Vec<_>) = compared.partition(|(arm, _)| takes_part(*arm));
    let lacking = lacking.into_iter().map(|(_, arm)| arm.server.as_str());
    (lacking.collect(), reading.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::record;

    #[test]
    fn a_lane_over_a_database_has_a_server() {
        let mut plan = record().plan;
        plan.lanes = vec![Lane::Item, Lane::DbItem];
        assert!(some_read_a_database(&plan).is_ok());
        let servers: Vec<String> = plan.arms.iter().map(|arm| arm.server.clone()).collect();
        plan.arms[0].without.push(Lane::DbItem);
        assert!(some_read_a_database(&plan).is_ok(), "others do");
        assert_eq!(without_database(&plan).0, [servers[0].as_str()]);
        for arm in &mut plan.arms {
            arm.without.push(Lane::DbItem);
        }
        let refusal = some_read_a_database(&plan).unwrap_err();
        let names_it = matches!(&refusal, Failure::Usage(why) if why.contains(&servers[0]));
        assert!(names_it, "{refusal:?}");
    }
}
