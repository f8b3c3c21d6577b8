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
    (
        "the network loses more than",
        "Measure over a link that loses less; `ip -s link` shows on either machine what its interfaces drop.",
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
mod tests;
