//! Tests of the statistics.

use super::*;

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} is not {expected} ± {tolerance}"
    );
}

#[test]
fn median_takes_the_middle_or_halves_the_two_middle() {
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
}

#[test]
fn standard_deviation_of_a_known_sample() {
    let sample = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
    close(
        standard_deviation(&sample).unwrap(),
        (32.0_f64 / 7.0).sqrt(),
        1e-12,
    );
    assert_eq!(standard_deviation(&[1.0]), None);
}

/// NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2 (three decimals there).
#[test]
fn critical_t_agrees_with_the_published_table() {
    for (confidence, freedom, published) in [
        (0.95, 1, 12.706),
        (0.95, 4, 2.776),
        (0.95, 9, 2.262),
        (0.95, 27, 2.052),
        (0.95, 100, 1.984),
        (0.99, 9, 3.250),
        (0.998, 1, 318.313),
        (0.998, 9, 4.297),
    ] {
        close(
            critical_t(confidence, freedom).unwrap(),
            published,
            6e-4 * published.max(1.0),
        );
    }
    assert_eq!(critical_t(0.95, 0), None);
    assert_eq!(critical_t(1.0, 5), None);
}

#[test]
fn correction_divides_the_error_among_the_comparisons() {
    close(simultaneous_confidence(1), 0.95, 1e-12);
    close(simultaneous_confidence(10), 0.995, 1e-12);
}

#[test]
fn ratio_of_a_sample_worked_by_hand() {
    // Mean 0.02, standard deviation 0.01, error 0.01/√3, t(0.95, 2) = 4.30265.
    let ratio = ratio_over_restarts(&[0.01, 0.02, 0.03], 0.95).unwrap();
    let half_width: f64 = 4.302_652_73 * 0.01 / 3.0_f64.sqrt();
    close(ratio.estimate, 0.02_f64.exp(), 1e-12);
    close(ratio.low, (0.02 - half_width).exp(), 1e-7);
    close(ratio.high, (0.02 + half_width).exp(), 1e-7);
    let back = ratio.inverse();
    close(back.estimate * ratio.estimate, 1.0, 1e-12);
    assert!(back.low < back.estimate && back.estimate < back.high);
    assert_eq!(ratio_over_restarts(&[0.01], 0.95), None);
}

/// Means 1 and 2, variances over n 1/3 and 4/3: t(0.95, ⌊2.94⌋ = 2) = 4.30265 times √(5/3).
#[test]
fn difference_of_two_samples_worked_by_hand() {
    let found = ratio_between(&[0.0, 1.0, 2.0], &[0.0, 2.0, 4.0], 0.95).unwrap();
    close(found.estimate, 1.0_f64.exp(), 1e-12);
    let half_width = 4.302_652_73 * (5.0_f64 / 3.0).sqrt();
    close(found.high.ln(), 1.0 + half_width, 1e-6);
    close(found.low.ln(), 1.0 - half_width, 1e-6);
    let same = ratio_between(&[1.0, 1.0], &[1.0, 1.0], 0.95).unwrap();
    assert_eq!((same.low, same.high), (1.0, 1.0));
    assert_eq!(ratio_between(&[1.0], &[1.0, 2.0], 0.95), None);
}

#[test]
fn reach_is_the_farther_end() {
    close(
        Ratio {
            estimate: 1.0,
            low: 0.99,
            high: 1.02,
        }
        .reach(),
        0.02,
        1e-12,
    );
    close(
        Ratio {
            estimate: 1.0,
            low: 0.96,
            high: 1.02,
        }
        .reach(),
        1.0 / 0.96 - 1.0,
        1e-12,
    );
}

#[test]
fn verdict_asks_where_the_whole_interval_lies() {
    let verdict = |low: f64, high: f64| {
        Verdict::of(
            Ratio {
                estimate: (low * high).sqrt(),
                low,
                high,
            },
            0.01,
            LEAST_MARGIN,
        )
    };
    assert_eq!(verdict(1.011, 1.05), Verdict::Ahead);
    assert_eq!(verdict(0.95, 0.989), Verdict::Behind);
    assert_eq!(verdict(0.995, 1.005), Verdict::Tie);
    assert_eq!(verdict(1.009, 1.05), Verdict::Undecided);
    assert_eq!(verdict(0.98, 1.0), Verdict::Undecided);
    assert_eq!(verdict(0.98, 1.02), Verdict::Undecided);
    assert_eq!(Verdict::Ahead.inverse(), Verdict::Behind);
    assert_eq!(Verdict::Tie.inverse(), Verdict::Tie);
}

#[test]
fn noise_makes_no_tie() {
    let within = Ratio {
        estimate: 1.0,
        low: 0.995,
        high: 1.005,
    };
    assert_eq!(Verdict::of(within, 0.01, LEAST_MARGIN), Verdict::Tie);
    assert_eq!(Verdict::of(within, 0.02, LEAST_MARGIN), Verdict::Undecided);
    let apart = Ratio {
        estimate: 1.015,
        low: 1.011,
        high: 1.019,
    };
    assert_eq!(Verdict::of(apart, 0.01, LEAST_MARGIN), Verdict::Ahead);
    assert_eq!(Verdict::of(apart, 0.02, LEAST_MARGIN), Verdict::Undecided);
}

#[test]
fn margin_is_what_equals_show_if_that_is_more() {
    let again = |low: f64, high: f64| {
        Some(Ratio {
            estimate: (low * high).sqrt(),
            low,
            high,
        })
    };
    close(margin(None, LEAST_MARGIN), 0.01, 1e-12);
    close(margin(again(0.995, 1.004), LEAST_MARGIN), 0.01, 1e-12);
    close(margin(again(1.01, 1.03), LEAST_MARGIN), 0.03, 1e-12);
}

/// Three values with this mean and this standard deviation.
fn sample(centre: f64, spread: f64) -> [f64; 3] {
    [-1.0, 0.0, 1.0].map(|z| centre + z * spread)
}

#[test]
fn restarts_needed_resolves_and_one_fewer_does_not() {
    let needed = restarts_needed(&sample(0.02, 0.01), &[], 0.95, LEAST_MARGIN).unwrap();
    let half_width =
        |n: u32| critical_t(0.95, n as usize - 1).unwrap() * 0.01 / f64::from(n).sqrt();
    let distance = 0.02 - 0.01_f64.ln_1p();
    assert!(half_width(needed) < distance);
    assert!(half_width(needed - 1) >= distance);
}

#[test]
fn restarts_needed_counts_what_equals_take() {
    let apart = sample(0.02, 0.01);
    let alone = restarts_needed(&apart, &[], 0.95, LEAST_MARGIN).unwrap();
    let noisy = restarts_needed(&apart, &sample(0.0, 0.05), 0.95, LEAST_MARGIN).unwrap();
    assert!(noisy > 2 * alone, "{noisy} against {alone}");
    assert_eq!(
        restarts_needed(&apart, &sample(0.03, 0.001), 0.95, LEAST_MARGIN),
        None
    );
}

#[test]
fn a_difference_at_the_margin_is_never_resolved() {
    let edge = 0.01_f64.ln_1p();
    assert_eq!(
        restarts_needed(&sample(edge, 0.01), &[], 0.95, LEAST_MARGIN),
        None
    );
}

#[test]
fn ties_share_a_rank_and_undecided_pairs_leave_it_open() {
    use Verdict::{Ahead, Behind, Tie, Undecided};
    assert_eq!(Rank::of(&[Ahead, Ahead, Tie]), Rank { best: 1, worst: 1 });
    assert_eq!(Rank::of(&[Behind, Tie, Ahead]), Rank { best: 2, worst: 2 });
    assert_eq!(
        Rank::of(&[Behind, Undecided, Ahead]),
        Rank { best: 2, worst: 3 }
    );
}

#[test]
fn the_medians_interval_is_between_order_statistics() {
    let values = |count: u32| (1..=count).rev().map(f64::from).collect::<Vec<_>>();
    assert_eq!(median_interval(&values(5), CONFIDENCE), None);
    assert_eq!(median_interval(&[], CONFIDENCE), None);
    // Of tables of the binomial distribution: ranks 1 and 6 of 6, 2 and 9 of 10, 33 and 52 of 84.
    for (count, low, high) in [(6, 1.0, 6.0), (10, 2.0, 9.0), (84, 33.0, 52.0)] {
        assert_eq!(
            median_interval(&values(count), CONFIDENCE),
            Some((low, high))
        );
    }
}
