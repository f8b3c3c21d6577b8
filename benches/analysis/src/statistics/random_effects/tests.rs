//! The pooling against published results of the same methods on the same data.

use super::*;
use crate::statistics::CONFIDENCE;

fn effects(values: impl IntoIterator<Item = (f64, f64)>) -> Vec<Effect> {
    let values = values.into_iter();
    values
        .map(|(estimate, variance)| Effect { estimate, variance })
        .collect()
}

#[track_caller]
fn close(found: f64, published: f64, rounding: f64) {
    assert!(
        (found - published).abs() <= rounding,
        "{found} for {published}"
    );
}

/// Thirteen trials of a vaccine: cases and others among the vaccinated, cases and others among those that were not
/// (G. A. Colditz and others, "Efficacy of BCG vaccine in the prevention of tuberculosis", JAMA 271, 1994; as
/// `dat.bcg` in the R package metafor).
const VACCINE: [[f64; 4]; 13] = [
    [4.0, 119.0, 11.0, 128.0],
    [6.0, 300.0, 29.0, 274.0],
    [3.0, 228.0, 11.0, 209.0],
    [62.0, 13536.0, 248.0, 12619.0],
    [33.0, 5036.0, 47.0, 5761.0],
    [180.0, 1361.0, 372.0, 1079.0],
    [8.0, 2537.0, 10.0, 619.0],
    [505.0, 87886.0, 499.0, 87892.0],
    [29.0, 7470.0, 45.0, 7232.0],
    [17.0, 1699.0, 65.0, 1600.0],
    [186.0, 50448.0, 141.0, 27197.0],
    [5.0, 2493.0, 3.0, 2338.0],
    [27.0, 16886.0, 29.0, 17825.0],
];

/// The logarithms of the relative risks.
fn vaccine() -> Vec<Effect> {
    effects(
        VACCINE.map(|[cases, others, control_cases, control_others]| {
            let (treated, control) = (cases + others, control_cases + control_others);
            let estimate = ((cases / treated) / (control_cases / control)).ln();
            let variance =
                cases.recip() - treated.recip() + control_cases.recip() - control.recip();
            (estimate, variance)
        }),
    )
}

/// W. Viechtbauer, "Conducting meta-analyses in R with the metafor package", Journal of Statistical Software 36, 2010,
/// section 3.3, and the package's own tests for the estimate of Paule and Mandel.
#[test]
fn a_vaccines_trials_by_either_estimator() {
    let effects = vaccine();
    let by_reml = pooled(&effects, Estimator::Reml, CONFIDENCE).unwrap();
    close(by_reml.tau.powi(2), 0.3132, 5e-5);
    close(by_reml.estimate, -0.7145, 5e-5);
    close(by_reml.i_squared, 0.9222, 5e-5);
    close(
        tau_squared(&effects, Estimator::PauleMandel).unwrap(),
        0.3181,
        5e-5,
    );
}

/// Six trials of aspirin: events and patients of either group (R. DerSimonian and R. Kacker, "Random-effects model for
/// meta-analysis of clinical trials: an update", Contemporary Clinical Trials 28, 2007, tables 3 and 4).
#[test]
fn aspirin_by_either_estimator() {
    let trials = [
        [5.0, 156.0, 8.0, 74.0],
        [5.0, 303.0, 17.0, 303.0],
        [12.0, 565.0, 9.0, 477.0],
        [69.0, 1570.0, 94.0, 1565.0],
        [9.0, 103.0, 11.0, 105.0],
        [313.0, 4659.0, 352.0, 4650.0],
    ];
    let effects = effects(
        trials.map(|[events, treated, of_control, control]: [f64; 4]| {
            let (others, control_others) = (treated - events, control - of_control);
            let estimate = (events / others / (of_control / control_others)).ln();
            let variance =
                events.recip() + others.recip() + of_control.recip() + control_others.recip();
            (estimate, variance)
        }),
    );
    for (estimator, tau, mean, error) in [
        (Estimator::PauleMandel, 0.3681, -0.3811, 0.2060),
        (Estimator::Reml, 0.1843, -0.2980, 0.1343),
    ] {
        let found = pooled(&effects, estimator, CONFIDENCE).unwrap();
        close(found.tau, tau, 5e-5);
        close(found.estimate, mean, 5e-5);
        // Published without Hartung's and Knapp's factor.
        close(
            Weights::of(&effects, found.tau.powi(2)).sum.powf(-0.5),
            error,
            5e-5,
        );
    }
}

/// Ten made-up trials (R. D. Riley, J. P. T. Higgins and J. J. Deeks, "Interpretation of random effects meta-analyses",
/// BMJ 342, 2011), with the figures that the documentation of the R package pimeta 1.1.4 has for restricted maximum
/// likelihood with Hartung's and Knapp's error.
fn blood_pressure() -> Vec<Effect> {
    let trials = [
        (0.0, 0.423_477_17),
        (0.1, 0.219_391_79),
        (-0.4, 0.025_510_67),
        (-0.8, 0.198_983_25),
        (-0.63, 0.301_025_94),
        (0.22, 0.301_025_94),
        (-0.34, 0.071_429_88),
        (-0.51, 0.102_042_69),
        (0.03, 0.122_451_23),
        (-0.81, 0.301_025_94),
    ];
    effects(trials.map(|(estimate, error): (f64, f64)| (estimate, error.powi(2))))
}

#[test]
fn blood_pressure_with_confidence_and_prediction() {
    let found = pooled(&blood_pressure(), Estimator::Reml, CONFIDENCE).unwrap();
    close(found.tau.powi(2), 0.0700, 5e-5);
    close(found.estimate, -0.3287, 5e-5);
    close(found.interval.0, -0.5761, 5e-5);
    close(found.interval.1, -0.0814, 5e-5);
    close(found.i_squared, 0.855, 5e-4);
    let (low, high) = found.prediction(0.0, CONFIDENCE).unwrap();
    // The package ends its iteration when τ² changes by less than 1e-5.
    close(low, -0.9887, 1e-4);
    close(high, 0.3312, 1e-4);
}

/// The same trials with the estimate of DerSimonian and Laird, from the same package: an error without the factor,
/// whose place the modification takes where estimates agree.
#[test]
fn given_the_variance_between_the_rest_follows() {
    let effects = blood_pressure();
    let fixed = Weights::of(&effects, 0.0);
    let tau_squared = (fixed.squares - 9.0) / (fixed.sum - fixed.of_squares / fixed.sum);
    close(tau_squared, 0.0282, 5e-5);
    let weights = Weights::of(&effects, tau_squared);
    close(weights.mean, -0.3341, 5e-5);
    let t = critical_t(CONFIDENCE, 9).unwrap();
    close(weights.mean + t * weights.sum.powf(-0.5), -0.1613, 5e-5);
    let found = Pooled::given(&effects, tau_squared, CONFIDENCE).unwrap();
    assert!(found.error >= weights.sum.powf(-0.5));
}

#[test]
fn estimates_that_agree_leave_the_error_that_their_own_errors_give() {
    let agreeing = effects([(0.10, 0.04), (0.11, 0.01), (0.10, 0.04)]);
    for estimator in [Estimator::PauleMandel, Estimator::Reml] {
        let found = pooled(&agreeing, estimator, CONFIDENCE).unwrap();
        assert_eq!(found.tau, 0.0);
        assert_eq!(found.i_squared, 0.0);
        // 1 ÷ (25 + 100 + 25), however little they differ.
        close(found.error.powi(2), 1.0 / 150.0, 1e-12);
    }
}

/// With equal and small errors the mean is that of the estimates, and the interval Student's.
#[test]
fn precise_estimates_are_a_sample_like_any_other() {
    let sample = effects([(1.0, 1e-12), (2.0, 1e-12), (4.0, 1e-12)]);
    for estimator in [Estimator::PauleMandel, Estimator::Reml] {
        let found = pooled(&sample, estimator, CONFIDENCE).unwrap();
        // Mean 7/3, variance 7/3, t(0.95, 2) = 4.30265.
        close(found.estimate, 7.0 / 3.0, 1e-9);
        close(found.tau.powi(2), 7.0 / 3.0, 1e-9);
        close(
            found.interval.1 - found.estimate,
            4.302_652_73 * 7.0_f64.sqrt() / 3.0,
            1e-6,
        );
        // t(0.95, 1) = 12.7062.
        let (_, high) = found.prediction(0.0, CONFIDENCE).unwrap();
        close(
            high - found.estimate,
            12.706_204_7 * (7.0 / 3.0 * 4.0_f64 / 3.0).sqrt(),
            1e-5,
        );
        assert!(found.prediction(1.0, CONFIDENCE).unwrap().1 > high);
    }
}

#[test]
fn what_cannot_be_pooled_is_not() {
    let pooled = |values: &[(f64, f64)]| {
        pooled(
            &effects(values.iter().copied()),
            Estimator::PauleMandel,
            CONFIDENCE,
        )
    };
    assert_eq!(pooled(&[]), None);
    assert_eq!(pooled(&[(1.0, 1.0)]), None);
    for wrong in [
        (1.0, 0.0),
        (1.0, -1.0),
        (f64::NAN, 1.0),
        (1.0, f64::INFINITY),
    ] {
        assert_eq!(pooled(&[(1.0, 1.0), wrong]), None, "{wrong:?}");
    }
    let two = pooled(&[(1.0, 1.0), (2.0, 1.0)]).unwrap();
    assert_eq!(two.prediction(0.0, CONFIDENCE), None);
    assert!(combined(&[], 0.0).is_none());
}

/// Two machines with two runs each: the variance is that of either pair, (0.2²/2 + 0.4²/2) ÷ 2 = 0.05 less 0.01.
#[test]
fn variance_within_is_what_repeats_differ_by_beyond_their_errors() {
    let groups = [
        effects([(1.0, 0.01), (1.2, 0.01)]),
        effects([(5.0, 0.01), (5.4, 0.01)]),
        effects([(9.0, 0.01)]),
    ];
    let groups: Vec<&[Effect]> = groups.iter().map(Vec::as_slice).collect();
    close(variance_within(&groups).unwrap(), 0.04, 1e-9);
    assert_eq!(variance_within(&groups[2..]), None);
    let mean = combined(groups[0], 0.04).unwrap();
    close(mean.estimate, 1.1, 1e-12);
    close(mean.variance, 0.025, 1e-12);
}
