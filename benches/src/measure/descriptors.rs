//! How many descriptors the measurement may have open.

use quartet_record::cost::IDLE_CONNECTIONS;
use quartet_record::plan::Plan;

/// Lets this process, and with it the servers it starts, open as many descriptors as the plan takes:
/// the usual limit of 1,024 is too few for every server's connections at once. It is raised no further,
/// because there are programs that keep or close as many as they may have, and a system may allow a
/// thousand million. Where it is refused, connections beyond the limit are, and the record says so.
#[cfg(target_os = "linux")]
pub(super) fn allow(plan: &Plan) {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((now, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(
            Resource::RLIMIT_NOFILE,
            needed(plan).min(most).max(now),
            most,
        );
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn allow(_plan: &Plan) {}

/// Descriptors that a plan takes at most.
fn needed(plan: &Plan) -> u64 {
    let levels = plan.capacity.iter().flat_map(|plan| &plan.connections);
    let latency = plan.latency.iter().map(|plan| &plan.connections);
    let most = levels.chain(latency).chain([&plan.connections]).max();
    let large = plan.lane_loads.values().map(|load| load.connections);
    let each = most.copied().unwrap_or_default() + large.sum::<usize>();
    let scaling = plan.scaling.as_ref().map_or(0, |scaling| {
        let levels = scaling.workers();
        levels
            .map(|workers| scaling.load(workers).connections)
            .sum()
    });
    let held = each.max(scaling) * plan.arms.len();
    // Costs hold connections to one server at a time, when those of the plan are closed.
    (held.max(IDLE_CONNECTIONS) + BESIDES) as u64
}

/// What processes and their pipes, files and a server's own take besides connections, and more.
const BESIDES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::{record, with_modes};

    #[test]
    fn as_many_are_needed_as_the_plan_takes() {
        let mut plan = record().plan;
        let arms = plan.arms.len() as u64;
        assert_eq!(needed(&plan), 1000 + 1024);
        plan.connections = 400;
        assert_eq!(needed(&plan), 400 * arms + 1024);
        plan = with_modes(record()).plan;
        plan.capacity.as_mut().unwrap().connections = vec![1, 16_384];
        assert_eq!(needed(&plan), 16_384 * arms + 1024);
    }
}
