//! What is known beforehand to make a run less than it could be.

use quartet_record::plan::{ArmRole, Plan, ScalingLevel};

use super::planned::{plans_database, without_database};
use crate::accounting::Quotas;
use crate::cores::Placement;
use crate::system::System;

/// What is known beforehand to make the run less than it could be.
pub(super) fn warnings(plan: &Plan, placement: &Placement) -> Vec<String> {
    let mut warnings = placement.warnings.clone();
    let quotas = Quotas::of(&System::live());
    warnings.extend(quota_too_small(quotas.cores(), most_cores(plan)));
    let levels = plan.scaling.iter().flat_map(|scaling| &scaling.levels);
    warnings.extend(levels.filter_map(shared));
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

/// The most cores that are measured on at the same time.
fn most_cores(plan: &Plan) -> usize {
    let levels = plan.scaling.iter().flat_map(|scaling| &scaling.levels);
    let levels = levels.map(|level| {
        let both = level.server_cores.len() + level.generator_cores.len();
        both - level.shared_cores().len()
    });
    levels.fold(plan.measured_cores().len(), usize::max)
}

/// Says so where so many workers and the generator have not enough cores.
pub(super) fn shared(level: &ScalingLevel) -> Option<String> {
    let shared = level.shared_cores();
    let threads = level.generator_cores.len();
    let names: Vec<String> = shared.iter().map(usize::to_string).collect();
    (!shared.is_empty()).then(|| {
        format!(
            "scaling with {} workers: they and the generator's {threads} thread{} share core{} {}, so the figure is \
             one of CPU time per request, not of requests per second",
            level.workers,
            if threads == 1 { "" } else { "s" },
            if shared.len() == 1 { "" } else { "s" },
            names.join(", ")
        )
    })
}

fn quota_too_small(quota: Option<f64>, cores: usize) -> Option<String> {
    let quota = quota.filter(|&quota| quota < cores as f64)?;
    Some(format!(
        "a CPU quota allows this process {quota:.2} cores, but {cores} are measured: processes \
         may be kept from running"
    ))
}
