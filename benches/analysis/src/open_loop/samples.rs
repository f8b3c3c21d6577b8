//! A record's open-loop slices, arranged by what they are compared with.

use std::collections::{BTreeMap, HashMap};

use quartet_record::{Latency, OpenSlice, Record};

use crate::disturbance::undisturbed;
use crate::statistics::{Entry, block_levels};

/// The percentiles that servers are compared by.
pub const COMPARED: [f64; 3] = [0.50, 0.90, 0.99];

/// The slices that were not disturbed, of every restart that was measured to its end.
#[derive(Debug)]
pub struct LatencySamples {
    /// Of each restart, by rate and percentile: levels of the logarithm of each arm's latency.
    restarts: Vec<HashMap<(usize, usize), BTreeMap<usize, f64>>>,
    /// By arm, rate and percentile: every slice's latency, nanoseconds.
    values: HashMap<(usize, usize, usize), Vec<f64>>,
}

impl LatencySamples {
    /// Those of a record. The record is asked for what its plan says of arms alone.
    pub fn of(record: &Record, latency: &Latency) -> Self {
        let mut samples = Self {
            restarts: Vec::new(),
            values: HashMap::new(),
        };
        for restart in latency.complete() {
            let mut by_rate = HashMap::new();
            for rate in 0..latency.rates.len() {
                let slices: Vec<&OpenSlice> = undisturbed(restart, rate)
                    .filter(|slice| slice.arm < record.plan.arms.len())
                    .collect();
                for (percentile, &quantile) in COMPARED.iter().enumerate() {
                    let mut entries = Vec::new();
                    for slice in &slices {
                        let Some(latency) = latency_ns(slice, quantile) else {
                            continue;
                        };
                        let cell = (slice.arm, rate, percentile);
                        samples.values.entry(cell).or_default().push(latency as f64);
                        entries.push(Entry {
                            block: slice.block,
                            kind: slice.arm,
                            value: (latency as f64).ln(),
                        });
                    }
                    by_rate.insert((rate, percentile), block_levels(entries));
                }
            }
            samples.restarts.push(by_rate);
        }
        samples
    }

    /// Of each restart, the logarithm of the one's latency over the other's at a rate, by the
    /// differences between slices of one block. `quantile` is one of [`COMPARED`].
    pub fn log_ratios(&self, arm: usize, against: usize, rate: usize, quantile: f64) -> Vec<f64> {
        let ratios = self.log_ratios_together(&[(arm, against)], rate, quantile);
        ratios.into_iter().flatten().collect()
    }

    /// The same of several pairs, of the restarts that have them all. One entry a pair, each with as many ratios.
    pub(crate) fn log_ratios_together(
        &self,
        pairs: &[(usize, usize)],
        rate: usize,
        quantile: f64,
    ) -> Vec<Vec<f64>> {
        let mut together = vec![Vec::new(); pairs.len()];
        let levels = place(quantile).into_iter().flat_map(|percentile| {
            let restarts = self.restarts.iter();
            restarts.filter_map(move |restart| restart.get(&(rate, percentile)))
        });
        for levels in levels {
            let ratios = pairs
                .iter()
                .map(|(arm, against)| Some(levels.get(arm)? - levels.get(against)?));
            if let Some(ratios) = ratios.collect::<Option<Vec<f64>>>() {
                for (of_pair, ratio) in together.iter_mut().zip(ratios) {
                    of_pair.push(ratio);
                }
            }
        }
        together
    }

    /// Every slice's latency of an arm at a rate, nanoseconds.
    pub(super) fn values(&self, arm: usize, rate: usize, quantile: f64) -> Vec<f64> {
        let key = place(quantile).map(|percentile| (arm, rate, percentile));
        key.and_then(|key| self.values.get(&key))
            .cloned()
            .unwrap_or_default()
    }
}

fn place(quantile: f64) -> Option<usize> {
    COMPARED.iter().position(|&one| one == quantile)
}

fn latency_ns(slice: &OpenSlice, quantile: f64) -> Option<u64> {
    match quantile {
        0.50 => Some(slice.p50_ns),
        0.90 => slice.p90_ns,
        0.99 => Some(slice.p99_ns),
        _ => None,
    }
}
