//! What lies behind a lane's figures: each restart's, and how latencies are distributed.

use hdrhistogram::Histogram;
use quartet_record::plan::{ArmRole, Lane};
use quartet_record::{Record, decode};
use serde::Serialize;

use crate::figures::RestartFigures;
use crate::samples::Samples;

/// Percentiles that tables show.
pub const PERCENTILES: [f64; 4] = [0.50, 0.90, 0.99, 0.999];

/// Points of a percentile curve to every tenfold share of slower requests.
const POINTS_A_DECADE: i32 = 8;

/// A percentile is shown only where this many requests were slower: fewer tell of themselves alone.
const SLOWER: f64 = 10.0;

/// One arm in one lane, in detail.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// Index into the plan's arms.
    pub arm: usize,
    /// One entry a restart that counts and measured this.
    pub restarts: Vec<RestartFigures>,
    /// How latencies at saturation are distributed.
    pub latencies: Distribution,
}

/// How latencies are distributed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Distribution {
    /// [`PERCENTILES`], as far as there are requests enough.
    pub percentiles: Vec<Percentile>,
    /// Points of the curve: a quantile, and its latency in nanoseconds, over all requests.
    pub curve: Vec<(f64, u64)>,
}

/// The latency that a share of the requests does not exceed, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentile {
    /// That share.
    pub quantile: f64,
    /// Over all requests.
    pub latency_ns: u64,
    /// The lowest of any restart.
    pub lowest_ns: u64,
    /// The highest of any restart.
    pub highest_ns: u64,
}

/// The details of a lane, one entry an arm that was measured, in the order of the plan.
///
/// # Errors
/// Where the record is damaged.
pub fn details(record: &Record, lane: Lane) -> anyhow::Result<Vec<Detail>> {
    let samples = Samples::of(record)?;
    let arms = &record.plan.arms;
    let reference = record.plan.first(ArmRole::Reference);
    let mut details = Vec::new();
    for arm in 0..arms.len() {
        let restarts = samples.by_restart(arm, reference, lane);
        if restarts.is_empty() {
            continue;
        }
        let counted = |number| restarts.iter().any(|figures| figures.restart == number);
        let lives = record
            .restarts
            .iter()
            .filter(|restart| counted(restart.restart))
            .flat_map(|restart| &restart.arms)
            .filter(|life| life.arm == arm)
            .filter_map(|life| life.lanes.get(&lane));
        let histograms: Vec<Histogram<u64>> = lives
            .map(|totals| decode(&totals.latencies))
            .collect::<anyhow::Result<_>>()?;
        details.push(Detail {
            arm,
            latencies: Distribution::of(&histograms),
            restarts,
        });
    }
    Ok(details)
}

impl Distribution {
    /// The latency at one of [`PERCENTILES`], nanoseconds. None where there are too few requests.
    pub fn at(&self, quantile: f64) -> Option<u64> {
        let mut percentiles = self.percentiles.iter();
        let found = percentiles.find(|one| one.quantile == quantile)?;
        Some(found.latency_ns)
    }

    /// Of one histogram a restart, nanoseconds.
    pub fn of(histograms: &[Histogram<u64>]) -> Self {
        let mut all: Option<Histogram<u64>> = None;
        for histogram in histograms {
            match &mut all {
                // Both grow as they must, so that adding cannot fail.
                Some(sum) => drop(sum.add(histogram)),
                None => all = Some(histogram.clone()),
            }
        }
        let Some(all) = all.filter(|all| !all.is_empty()) else {
            return Self::default();
        };
        let known = |quantile: f64| (1.0 - quantile) * all.len() as f64 >= SLOWER;
        let percentile = |quantile| {
            let each = || {
                let some = histograms.iter().filter(|histogram| !histogram.is_empty());
                some.map(move |histogram| histogram.value_at_quantile(quantile))
            };
            Percentile {
                quantile,
                latency_ns: all.value_at_quantile(quantile),
                lowest_ns: each().min().unwrap_or(0),
                highest_ns: each().max().unwrap_or(0),
            }
        };
        // The very fastest request is one request, and would stretch the curve.
        let curve = (1..)
            .map(|step| 1.0 - 10_f64.powf(-f64::from(step) / f64::from(POINTS_A_DECADE)))
            .take_while(|&quantile| known(quantile))
            .map(|quantile| (quantile, all.value_at_quantile(quantile)))
            .collect();
        Self {
            percentiles: PERCENTILES
                .into_iter()
                .filter(|&quantile| known(quantile))
                .map(percentile)
                .collect(),
            curve,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::record;

    #[test]
    fn every_restart_is_told_of() {
        let record = record();
        let details = details(&record, Lane::Item).unwrap();
        assert_eq!(details.len(), record.plan.arms.len());
        for detail in &details {
            let restarts: Vec<u32> = detail.restarts.iter().map(|one| one.restart).collect();
            assert_eq!(restarts, [0, 1, 2]);
        }
        let warp = details[1].restarts[0].relative.unwrap();
        assert!((warp - 170.0 / 180.0).abs() < 0.02, "{warp}");
        let hyper = details.iter().find(|detail| detail.arm == 4).unwrap();
        assert_eq!(hyper.restarts[0].relative, Some(1.0));
    }

    #[test]
    fn percentiles_end_where_requests_do_and_span_the_restarts() {
        let of = |latency| {
            let mut histogram = Histogram::<u64>::new_with_bounds(1, 1_000_000, 3).unwrap();
            histogram.record_n(latency, 100).unwrap();
            histogram.auto(true);
            histogram
        };
        let found = Distribution::of(&[of(1_000), of(3_000)]);
        let quantiles: Vec<f64> = found.percentiles.iter().map(|p| p.quantile).collect();
        assert_eq!(
            quantiles,
            [0.50, 0.90],
            "of 200 requests, 10 are slower than 95 %"
        );
        let ninety = found.percentiles[1];
        let near = |found: u64, wanted: u64| found.abs_diff(wanted) <= wanted / 1_000;
        assert!(near(ninety.latency_ns, 3_000) && near(ninety.highest_ns, 3_000));
        assert!(near(ninety.lowest_ns, 1_000));
        assert!(found.curve.iter().all(|(quantile, _)| *quantile <= 0.95));
        assert!(found.curve.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
        assert_eq!(Distribution::of(&[]), Distribution::default());
    }
}
