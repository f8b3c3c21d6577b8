//! What is known beforehand to make a run less than it could be.

use quartet_record::plan::{ArmRole, Plan};

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
            "positions within blocks are not balanced exactly: restarts × blocks is no multiple \
             of what that takes"
                .to_owned(),
        );
    }
    let (threads, connections) = (plan.generator_cores.len(), plan.connections);
    if threads > connections {
        warnings.push(format!(
            "on {connections} connections only as many of the generator's {threads} cores are used"
        ));
    }
    for (role, what) in [
        (ArmRole::Reference, "`hyper`, so nothing is relative to it"),
        (
            ArmRole::Floor,
            "`null`, so nothing shows that the generator can outrun the servers",
        ),
    ] {
        if !plan.arms.iter().any(|arm| arm.role == role) {
            warnings.push(format!("servers.toml names no {what}"));
        }
    }
    warnings
}

fn quota_too_small(quota: Option<f64>, cores: usize) -> Option<String> {
    let quota = quota.filter(|&quota| quota < cores as f64)?;
    Some(format!(
        "a CPU quota allows this process the time of {quota:.2} cores, and {cores} are measured on: it \
         may be kept from running"
    ))
}
