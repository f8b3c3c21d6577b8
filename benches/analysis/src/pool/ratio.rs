//! One ratio of two servers over machines.

use std::collections::BTreeMap;

use serde::Serialize;

use super::contribution::Measured;
use crate::statistics::{
    CONFIDENCE, Effect, Estimator, LEAST_MARGIN, Pooled, Ratio, Verdict, combined, critical_t,
    pooled, variance_within,
};

/// The most machines of which each is left out in turn. Among more, one does not matter.
pub const MOST_LEFT_OUT: usize = 100;

/// One ratio of two servers over machines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PooledRatio {
    /// Whose rate is divided.
    pub of: String,
    /// By whose.
    pub to: String,
    /// What each machine measured.
    pub machines: Vec<MachineRatio>,
    /// How runs of one machine differ beyond what their restarts do: a standard deviation of logarithms. Absent where no
    /// machine was measured twice.
    pub within: Option<f64>,
    /// How machines differ, and the standard error of the mean. Absent of one machine.
    pub pooled: Option<Pooled>,
    /// The mean over machines with its 95 % confidence interval. Absent of one machine.
    pub mean: Option<Ratio>,
    /// What to expect of a run on a machine that was not measured, with 95 % confidence. Absent of fewer than three
    /// machines.
    pub prediction: Option<Ratio>,
    /// The mean without each machine. Empty of fewer than three, and of more than [`MOST_LEFT_OUT`].
    pub without: Vec<WithoutMachine>,
    /// Whether machines contradict each other.
    pub reversal: Option<Reversal>,
}

/// A ratio on one machine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MachineRatio {
    /// Index into the pool's machines.
    pub machine: usize,
    /// Runs that were combined.
    pub runs: usize,
    /// The ratio with its 95 % confidence interval. Where a machine of the pool was measured twice it covers the
    /// differences between runs, otherwise only those between restarts.
    pub ratio: Ratio,
    /// Its share of the weights of the mean over machines.
    pub weight: f64,
}

/// The mean over machines without one of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WithoutMachine {
    /// Index into the pool's machines: the one that is left out.
    pub machine: usize,
    /// The mean of the others.
    pub mean: Ratio,
    /// How the others differ, τ.
    pub tau: f64,
}

/// An order that is not the same on all machines: on some the whole interval is above the margin, on others below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reversal {
    /// Machines on which the first server is ahead.
    pub ahead: Vec<usize>,
    /// Machines on which it is behind.
    pub behind: Vec<usize>,
}

/// One machine's runs of a ratio.
struct Runs {
    machine: usize,
    effects: Vec<Effect>,
    /// Restarts less one, over all runs.
    freedom: usize,
}

/// What follows from the runs of several machines.
struct Fit {
    /// The variance of runs of one machine. None where no machine has two.
    within: Option<f64>,
    /// One entry a machine.
    combined: Vec<Effect>,
    pooled: Option<Pooled>,
}

impl Fit {
    fn of(groups: &[&[Effect]], estimator: Estimator) -> Option<Self> {
        let within = variance_within(groups);
        let combined: Vec<Effect> = groups
            .iter()
            .map(|group| combined(group, within.unwrap_or(0.0)))
            .collect::<Option<_>>()?;
        let pooled = pooled(&combined, estimator, CONFIDENCE);
        Some(Self {
            within,
            combined,
            pooled,
        })
    }
}

impl PooledRatio {
    /// Pools what each machine's runs measured.
    pub(super) fn of(
        (of, to): (String, String),
        measured: &BTreeMap<usize, Vec<Measured>>,
        estimator: Estimator,
    ) -> Self {
        let runs: Vec<Runs> = measured
            .iter()
            .map(|(&machine, runs)| Runs {
                machine,
                effects: runs.iter().map(|run| run.effect).collect(),
                freedom: runs.iter().map(|run| run.restarts - 1).sum(),
            })
            .collect();
        let groups: Vec<&[Effect]> = runs.iter().map(|one| one.effects.as_slice()).collect();
        let Some(fit) = Fit::of(&groups, estimator) else {
            return Self::nothing(of, to);
        };
        // What is known of how runs differ is known from so many of them.
        let repeats: usize = groups.iter().map(|group| group.len() - 1).sum();
        let tau_squared = fit.pooled.map_or(0.0, |pooled| pooled.tau.powi(2));
        let weights: Vec<f64> = fit
            .combined
            .iter()
            .map(|effect| (effect.variance + tau_squared).recip())
            .collect();
        let sum: f64 = weights.iter().sum();
        let machines: Vec<MachineRatio> = runs
            .iter()
            .zip(&fit.combined)
            .zip(&weights)
            .filter_map(|((runs, effect), weight)| {
                let freedom = fit.within.map_or(runs.freedom, |_| repeats);
                let half = critical_t(CONFIDENCE, freedom)? * effect.variance.sqrt();
                Some(MachineRatio {
                    machine: runs.machine,
                    runs: runs.effects.len(),
                    ratio: ratio(
                        effect.estimate,
                        (effect.estimate - half, effect.estimate + half),
                    ),
                    weight: weight / sum,
                })
            })
            .collect();
        let mean = |pooled: Pooled| ratio(pooled.estimate, pooled.interval);
        let prediction = fit.pooled.and_then(|pooled| {
            let interval = pooled.prediction(fit.within.unwrap_or(0.0), CONFIDENCE)?;
            Some(ratio(pooled.estimate, interval))
        });
        let left_out = (3..=MOST_LEFT_OUT).contains(&runs.len());
        let without = runs
            .iter()
            .enumerate()
            .filter(|_| left_out)
            .filter_map(|(index, runs)| {
                let mut others = groups.clone();
                others.remove(index);
                let pooled = Fit::of(&others, estimator)?.pooled?;
                Some(WithoutMachine {
                    machine: runs.machine,
                    mean: mean(pooled),
                    tau: pooled.tau,
                })
            })
            .collect();
        Self {
            reversal: Reversal::of(&machines),
            of,
            to,
            machines,
            within: fit.within.map(f64::sqrt),
            pooled: fit.pooled,
            mean: fit.pooled.map(mean),
            prediction,
            without,
        }
    }

    fn nothing(of: String, to: String) -> Self {
        Self {
            of,
            to,
            machines: Vec::new(),
            within: None,
            pooled: None,
            mean: None,
            prediction: None,
            without: Vec::new(),
            reversal: None,
        }
    }

    /// How many runs were pooled.
    pub fn runs(&self) -> usize {
        self.machines.iter().map(|machine| machine.runs).sum()
    }
}

impl Reversal {
    fn of(machines: &[MachineRatio]) -> Option<Self> {
        let with = |wanted: Verdict| -> Vec<usize> {
            let verdict = |one: &&MachineRatio| Verdict::within(one.ratio, LEAST_MARGIN) == wanted;
            let found = machines.iter().filter(verdict);
            found.map(|one| one.machine).collect()
        };
        let (ahead, behind) = (with(Verdict::Ahead), with(Verdict::Behind));
        (!ahead.is_empty() && !behind.is_empty()).then_some(Self { ahead, behind })
    }
}

fn ratio(estimate: f64, (low, high): (f64, f64)) -> Ratio {
    Ratio {
        estimate: estimate.exp(),
        low: low.exp(),
        high: high.exp(),
    }
}
