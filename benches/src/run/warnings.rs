//! What is known beforehand to make a run less than it could be.

use quartet_record::plan::{ArmRole, Plan};

use super::planned::{plans_database, without_database};
use crate::accounting::Quotas;
use crate::cores::Placement;
use crate::system::System;

/// What is known beforehand to make the run less than it could be.
pub(super) fn warnings(plan: &Plan, placement: &Placement) -> Vec<String> {
    let mut warnings = placement.warnings.clone();
    let quotas = Quotas::of(&System::live());
    warnings.extend(quota_too_small(quotas.cores(), plan.measured_cores().len()));
    if !plan.positions_balanced() {
        warnings.push(
            "positions within blocks are not exactly balanced, because of the number of restarts \
             × blocks"
                .to_owned(),
        );
    }
    let (threads, connections) = (plan.generator_cores.len(), plan.connections);
    if threads > connections {
        warnings.push(format!(
            "with {connections} connections only that many of the generator's {threads} cores are \
             used"
        ));
    }
    if plans_database(plan)
        && let (lacking, 1..) = without_database(plan)
        && !lacking.is_empty()
    {
        warnings.push(format!(
            "not over a database, because servers.toml has no program for it (`database_build`): {}",
            lacking.join(", ")
        ));
    }
    for (role, what) in [
        (ArmRole::Reference, "`hyper`, so there are no ratios"),
        (
            ArmRole::Floor,
            "`null`, so it is unknown whether the generator is fast enough",
        ),
    ] {
        if !plan.arms.iter().any(|arm| arm.role == role) {
            warnings.push(format!("servers.toml has no {what}"));
        }
    }
    warnings
}

fn quota_too_small(quota: Option<f64>, cores: usize) -> Option<String> {
    let quota = quota.filter(|&quota| quota < cores as f64)?;
    Some(format!(
        "a CPU quota allows this process {quota:.2} cores, but {cores} are measured: processes \
         may be kept from running"
    ))
}
