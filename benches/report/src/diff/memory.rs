//! Memory of two records, where both measured the same.

use quartet_analysis::{memory_alone, memory_starts};

use super::view::View;

/// The logarithms of an arm's memory after load over the reference's, in each record. None where they
/// are not of one kind.
pub(super) fn samples(views: &[View<'_>; 2], arms: [usize; 2]) -> Option<[Vec<f64>; 2]> {
    let [first, second] = views;
    match [first, second].map(|view| memory_alone(view.record)) {
        [true, true] => Some([of_starts(first, arms[0]), of_starts(second, arms[1])]),
        [false, false] => {
            let shares = shares(first, arms[0]) || shares(second, arms[1]);
            let of =
                |view: &View<'_>, arm| view.relative(arm, |life| Some(life.loaded?.proportional));
            (!shares).then(|| [of(first, arms[0]), of(second, arms[1])])
        }
        _ => None,
    }
}

/// Why memory is not compared, or whose is not.
pub(super) fn note(views: &[View<'_>; 2]) -> Option<String> {
    let kinds = views.each_ref().map(|view| memory_alone(view.record));
    match kinds {
        [true, true] => None,
        [false, false] => Some(
            "the memory of a server beside its own copy is too low in both, and is not compared"
                .to_owned(),
        ),
        [old_is_second, _] => Some(format!(
            "memory is not compared: {} has the proportional set size of processes beside others, \
             {} the private memory of processes that ran alone",
            if old_is_second { "B" } else { "A" },
            if old_is_second { "A" } else { "B" },
        )),
    }
}

/// Of each start, beside one of the reference.
fn of_starts(view: &View<'_>, arm: usize) -> Vec<f64> {
    let Some(reference) = view.reference else {
        return Vec::new();
    };
    let starts = memory_starts(view.record, arm).iter();
    starts
        .zip(memory_starts(view.record, reference))
        .map(|(start, reference)| (start.loaded as f64 / reference.loaded as f64).ln())
        .filter(|logarithm| logarithm.is_finite())
        .collect()
}

/// Whether an arm's memory was read while another process of its program ran: one that is ended
/// later.
fn shares(view: &View<'_>, arm: usize) -> bool {
    let arms = &view.record.plan.arms;
    arms[arm + 1..]
        .iter()
        .any(|other| other.server == arms[arm].server)
}

#[cfg(test)]
mod tests;
