//! What to do about a reason for which a row is excluded.

/// How a reason is recognised, and what to do about it, as a sentence. The words are those of `gates`, `busy`, `drift`,
/// `open_loop`, and of whoever excludes a server before or while it is measured.
const REMEDIES: &[(&str, &str)] = &[
    (
        "other processes took",
        "End what else runs on this machine, and measure again.",
    ),
    (
        "a CPU quota kept processes",
        "Raise the CPU quota of this container or slice, or measure outside of it.",
    ),
    (
        "its core was only",
        "Its load was too small: take more `--connections`, or more `--generator-cores`.",
    ),
    (
        "by Little's law",
        "The counts of the generator contradict each other: measure again. If it stays so, it is an error of the generator.",
    ),
    (
        "the floor is only",
        "Take more `--generator-cores`, or fewer `--server-cores`.",
    ),
    (
        "servers and generator shared",
        "Measure without `--shared-core`, which takes two cores.",
    ),
    (
        "are threads of one physical core",
        "Choose `--server-cores` and `--generator-cores` on different physical cores; `lscpu -e` shows them.",
    ),
    (
        "its ratio to ",
        "Something changed during the run: measure again, with nothing else running.",
    ),
    (
        "the machine, not the server, made requests wait",
        "Measure again, with nothing else running.",
    ),
    (
        "of the offered requests",
        "The rate is too high for it: take a lower `--rate`.",
    ),
    (
        "it fails must-cases",
        "`cargo conformance --server NAME` shows what each case expects.",
    ),
    (
        "it cannot be built",
        "Run its command in servers.toml, which shows the whole error.",
    ),
];

/// What helps where the reason is none that is known.
const OTHERWISE: &str =
    "`cargo conformance --server NAME` tests the server alone. If it passes, measure again.";

/// What to do about a reason for which a row is excluded, as a sentence.
pub fn remedy(reason: &str) -> &'static str {
    let known = REMEDIES.iter().find(|(words, _)| reason.contains(words));
    known.map_or(OTHERWISE, |(_, remedy)| remedy)
}

#[cfg(test)]
mod tests {
    use quartet_record::testing::{Simulation, record};
    use quartet_record::{Exclusion, Record, Slice};

    use super::*;
    use crate::Analysis;

    /// The remedies of everything that excludes a row.
    fn remedies(record: &Record) -> Vec<&'static str> {
        let lanes = Analysis::of(record).unwrap().lanes;
        let rows = lanes.iter().flat_map(|lane| &lane.rows);
        let mut found: Vec<_> = rows
            .flat_map(|row| row.excluded.iter().map(|reason| remedy(reason)))
            .collect();
        found.dedup();
        found
    }

    fn each_slice(record: &mut Record, change: impl Fn(&mut Slice)) {
        for restart in &mut record.restarts {
            restart.slices.iter_mut().for_each(&change);
        }
    }

    #[test]
    fn what_the_gates_say_has_a_remedy_of_its_own() {
        let mut busy = record();
        for restart in &mut busy.restarts {
            restart.machine.as_mut().unwrap().others_ns = Some(3_000_000_000);
        }
        assert_eq!(remedies(&busy), [REMEDIES[0].1]);
        let mut throttled = record();
        for restart in &mut throttled.restarts {
            restart.machine.as_mut().unwrap().throttled_ns = Some(3_000_000_000);
        }
        assert_eq!(remedies(&throttled), [REMEDIES[1].1]);
        let mut idle = record();
        each_slice(&mut idle, |slice| slice.cpu_ns = Some(20_000_000));
        assert_eq!(remedies(&idle), [REMEDIES[2].1]);
        let mut wrong = record();
        each_slice(&mut wrong, |slice| slice.mean_ns = slice.mean_ns * 11 / 10);
        assert_eq!(remedies(&wrong), [REMEDIES[3].1]);
        let mut near = Simulation::new(3);
        near.arms[5].2 = 190_000.0;
        assert_eq!(remedies(&near.run()), [REMEDIES[4].1]);
        let mut shared = record();
        shared.plan.generator_cores = vec![0, 1];
        assert_eq!(remedies(&shared), [REMEDIES[5].1]);
    }

    #[test]
    fn anything_else_is_tried_alone() {
        let mut record = record();
        let mut exclude = |reason: &str| {
            record.exclusions = vec![Exclusion {
                arm: 0,
                restart: None,
                lane: None,
                reason: reason.to_owned(),
            }];
            remedies(&record)
        };
        assert_eq!(exclude("a wrong answer"), [OTHERWISE]);
        let failed = exclude("it fails must-cases: semantics/head-item");
        assert_eq!(failed, [REMEDIES[10].1]);
    }
}
