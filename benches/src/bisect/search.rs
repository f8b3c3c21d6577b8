//! The search for the first bad one among several in order. It knows nothing of what makes one bad.

/// What a trial says of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is as the first one.
    Good,
    /// It is as the last one.
    Bad,
    /// It cannot be tried.
    Skipped,
}

/// Where good ones become bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Boundary {
    /// The last that is known to be good.
    pub(super) last_good: usize,
    /// The first that is known to be bad. Those in between could not be tried, and each of them may be the first.
    pub(super) first_bad: usize,
}

/// Finds a place where a good one is followed by a bad one, among `count` of which the first is good and the last is
/// bad. It halves those that are left with each trial; `judge` is told how many are. Where good and bad ones alternate,
/// it is one such place of several.
///
/// # Errors
/// The first of `judge`'s.
pub(super) fn search<E>(
    count: usize,
    mut judge: impl FnMut(usize, usize) -> Result<Verdict, E>,
) -> Result<Boundary, E> {
    let mut found = Boundary {
        last_good: 0,
        first_bad: count.saturating_sub(1),
    };
    let mut skipped = vec![false; count];
    let mut in_a_row = 0;
    loop {
        let between = found.last_good + 1..found.first_bad;
        let left: Vec<usize> = between.filter(|&index| !skipped[index]).collect();
        if left.is_empty() {
            return Ok(found);
        }
        let next = left[place(in_a_row, left.len())];
        match judge(next, left.len())? {
            Verdict::Good => found.last_good = next,
            Verdict::Bad => found.first_bad = next,
            Verdict::Skipped => {
                skipped[next] = true;
                in_a_row += 1;
                continue;
            }
        }
        in_a_row = 0;
    }
}

/// Which of those that are left is next: the middle one, and after skips one at a quarter, at three quarters, at an
/// eighth and so on (van der Corput's sequence). What cannot be tried is often a row of neighbours.
fn place(skips: usize, left: usize) -> usize {
    let mut share = 0.0;
    let mut weight = 0.5;
    let mut rest = skips + 1;
    while rest > 0 {
        share += weight * (rest % 2) as f64;
        weight /= 2.0;
        rest /= 2;
    }
    ((share * left as f64) as usize).min(left - 1)
}

#[cfg(test)]
mod tests;
