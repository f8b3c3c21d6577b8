//! Searches in which it is known what is to be found.

use std::convert::Infallible;

use super::Verdict::{Bad, Good, Skipped};
use super::*;

/// The boundary among these, and how many trials it took.
fn found(verdicts: &[Verdict]) -> (Boundary, usize) {
    let mut tried = Vec::new();
    let boundary = search(verdicts.len(), |index, _| {
        assert!(!tried.contains(&index), "{index} is tried twice");
        tried.push(index);
        Ok::<_, Infallible>(verdicts[index])
    });
    let Ok(boundary) = boundary;
    (boundary, tried.len())
}

fn boundary(last_good: usize, first_bad: usize) -> Boundary {
    Boundary {
        last_good,
        first_bad,
    }
}

#[test]
fn the_first_bad_one_is_found_wherever_it_is() {
    for count in 2_usize..70 {
        for first in 1..count {
            let verdicts: Vec<Verdict> = (0..count)
                .map(|index| if index < first { Good } else { Bad })
                .collect();
            let (found, trials) = found(&verdicts);
            assert_eq!(found, boundary(first - 1, first), "{first} of {count}");
            let most = (count - 1).ilog2() + 1;
            assert!(trials <= most as usize, "{trials} trials for {count}");
        }
    }
}

#[test]
fn two_need_no_trial() {
    assert_eq!(found(&[Good, Bad]), (boundary(0, 1), 0));
}

#[test]
fn all_in_between_may_be_good_or_bad() {
    let mut good = [Good; 9];
    good[8] = Bad;
    assert_eq!(found(&good).0, boundary(7, 8));
    let mut bad = [Bad; 9];
    bad[0] = Good;
    assert_eq!(found(&bad).0, boundary(0, 1));
}

#[test]
fn what_cannot_be_tried_beside_the_boundary_stays_in_question() {
    for (verdicts, expected) in [
        (&[Good, Skipped, Bad][..], boundary(0, 2)),
        (&[Good, Good, Skipped, Skipped, Bad, Bad], boundary(1, 4)),
        (&[Good, Skipped, Good, Bad, Skipped, Bad], boundary(2, 3)),
        (
            &[Good, Skipped, Skipped, Skipped, Skipped, Bad],
            boundary(0, 5),
        ),
    ] {
        assert_eq!(found(verdicts).0, expected, "{verdicts:?}");
    }
}

#[test]
fn a_row_of_skips_is_left_behind_soon() {
    let mut verdicts = [Skipped; 101];
    verdicts[..20].fill(Good);
    verdicts[80..].fill(Bad);
    let (found, trials) = found(&verdicts);
    assert_eq!(found, boundary(19, 80));
    // Of those in the row each is tried, because each may be the first bad one; no other has to wait for them.
    assert!(trials < 60 + 12, "{trials}");
    let mut early = Vec::new();
    let _ = search(verdicts.len(), |index, _| {
        early.push(verdicts[index]);
        if early.len() == 4 {
            Err(())
        } else {
            Ok(verdicts[index])
        }
    });
    assert!(early.contains(&Good) || early.contains(&Bad), "{early:?}");
}

#[test]
fn of_several_boundaries_one_is_found() {
    let verdicts = [Good, Bad, Good, Good, Bad, Good, Bad, Bad];
    let (found, _) = found(&verdicts);
    assert_eq!(found.first_bad, found.last_good + 1);
    assert_eq!(verdicts[found.last_good], Good);
    assert_eq!(verdicts[found.first_bad], Bad);
}

#[test]
fn each_trial_is_told_how_many_are_left_and_an_error_ends_it() {
    let mut left = Vec::new();
    let ended = search(17, |index, remaining| {
        left.push(remaining);
        if remaining == 1 {
            Err("stop")
        } else {
            Ok(if index < 5 { Good } else { Bad })
        }
    });
    assert_eq!(ended, Err("stop"));
    assert_eq!(left[0], 15);
    assert!(left.windows(2).all(|pair| pair[1] < pair[0]), "{left:?}");
}
