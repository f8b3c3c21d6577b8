//! CPU time of processes that another one starts while it is watched. It knows nothing of what they do.

use std::collections::BTreeMap;

/// CPU time so far of a process and of those that it has started and that still run, nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FamilyTime(pub(super) BTreeMap<u32, u64>);

impl FamilyTime {
    /// What was used since `earlier`, by those that run now: what has begun meanwhile counts from its
    /// start, and what has ended does not count.
    pub fn since(&self, earlier: &Self) -> u64 {
        let before = |process| earlier.0.get(process).copied().unwrap_or(0);
        let used = self
            .0
            .iter()
            .map(|(process, now)| now.saturating_sub(before(process)));
        used.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_counts_whole_and_what_ended_not_at_all() {
        let time = |of: &[(u32, u64)]| FamilyTime(of.iter().copied().collect());
        let before = time(&[(1, 100), (2, 50)]);
        assert_eq!(time(&[(1, 130), (3, 7)]).since(&before), 37);
        assert_eq!(before.since(&before), 0);
    }
}
