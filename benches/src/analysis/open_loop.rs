//! Latency at given rates: an open loop, in which requests come whether or not earlier ones are
//! answered.

use anyhow::Result;
use hdrhistogram::Histogram;
use serde::Serialize;

use super::busy::{taken_by_others, throttled};
use super::detail::Distribution;
use crate::record::{Latency, LatencyTotals, Record, decode};

/// The least share of the offered requests that must be answered in time: below it the queue
/// grows, and latency tells how long the run was.
pub const ANSWERED: f64 = 0.99;

/// One arm at one rate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenLoop {
    /// Index into the plan's arms.
    pub arm: usize,
    /// Index into the record's offered rates.
    pub rate: usize,
    /// From when a request was due to the last byte of its answer.
    pub latencies: Distribution,
    /// From when a request was due to when it was sent.
    pub lateness: Distribution,
    /// Answers that came while requests were offered, for each request offered, over all slices.
    pub answered: f64,
    /// Why it does not count; empty where it does.
    pub void: Vec<String>,
}

/// Every arm at every rate, by rate and then by arm. What was not measured is absent.
///
/// # Errors
/// Where the record is damaged.
pub fn open_loops(record: &Record) -> Result<Vec<OpenLoop>> {
    let Some(latency) = &record.latency else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for rate in 0..latency.rates.len() {
        for arm in 0..record.plan.arms.len() {
            found.extend(of(latency, arm, rate)?);
        }
    }
    Ok(found)
}

fn of(latency: &Latency, arm: usize, rate: usize) -> Result<Option<OpenLoop>> {
    let totals: Vec<&LatencyTotals> = latency
        .restarts
        .iter()
        .flat_map(|restart| &restart.totals)
        .filter(|totals| totals.arm == arm && totals.rate == rate)
        .collect();
    let distribution = |text: fn(&LatencyTotals) -> &str| -> Result<Distribution> {
        let histograms: Result<Vec<Histogram<u64>>> =
            totals.iter().map(|totals| decode(text(totals))).collect();
        Ok(Distribution::of(&histograms?))
    };
    let slices = latency
        .restarts
        .iter()
        .flat_map(|restart| &restart.slices)
        .filter(|slice| slice.arm == arm && slice.rate == rate);
    let (mut achieved, mut offered) = (0, 0);
    for slice in slices {
        achieved += slice.achieved;
        offered += slice.offered;
    }
    let mut void: Vec<String> = latency
        .restarts
        .iter()
        .flat_map(|restart| &restart.failures)
        .filter(|failure| failure.arm == arm && failure.rate.is_none_or(|one| one == rate))
        .map(|failure| failure.reason.clone())
        .collect();
    void.dedup();
    if offered == 0 {
        return Ok((!void.is_empty()).then(|| OpenLoop {
            arm,
            rate,
            latencies: Distribution::default(),
            lateness: Distribution::default(),
            answered: 0.0,
            void,
        }));
    }
    let answered = achieved as f64 / offered as f64;
    let loads = || {
        let restarts = latency.restarts.iter();
        restarts.filter_map(|restart| restart.machine.as_ref())
    };
    void.extend(taken_by_others(loads()));
    void.extend(throttled(loads()));
    if answered < ANSWERED {
        void.push(format!(
            "it answered only {:.1} % of what was offered, {:.0} % is required",
            100.0 * answered,
            100.0 * ANSWERED
        ));
    }
    Ok(Some(OpenLoop {
        arm,
        rate,
        latencies: distribution(|totals| &totals.latencies)?,
        lateness: distribution(|totals| &totals.lateness)?,
        answered,
        void,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{record, with_modes};

    #[test]
    fn every_arm_has_its_latencies_at_every_rate() {
        let record = with_modes(record());
        let found = open_loops(&record).unwrap();
        assert_eq!(found.len(), 2 * record.plan.arms.len());
        assert!(found.iter().all(|one| one.void.is_empty()));
        let half = found[0].latencies.percentiles[0].latency_ns;
        assert!(half.abs_diff(50_000) < 100, "{half}");
    }

    #[test]
    fn a_rate_that_is_not_kept_up_with_is_void() {
        let mut record = with_modes(record());
        for restart in &mut record.latency.as_mut().unwrap().restarts {
            for slice in &mut restart.slices {
                slice.achieved = slice.offered * 98 / 100;
            }
        }
        let found = open_loops(&record).unwrap();
        assert!(found[0].void[0].contains("98.0 %"), "{:?}", found[0].void);
    }

    #[test]
    fn one_stall_in_many_slices_voids_by_its_share_of_all_requests() {
        let mut record = with_modes(record());
        let restarts = &mut record.latency.as_mut().unwrap().restarts;
        let first = restarts[0].slices[0];
        restarts[0].slices.extend([first; 2]);
        restarts[0].slices[0].achieved = first.offered / 2;
        let found = open_loops(&record).unwrap();
        let (voids, sound): (Vec<_>, Vec<_>) = found.iter().partition(|one| !one.void.is_empty());
        assert_eq!((voids.len(), sound.len()), (1, found.len() - 1));
        assert_eq!((voids[0].arm, voids[0].rate), (first.arm, first.rate));
    }

    #[test]
    fn a_busy_machine_voids() {
        let mut record = with_modes(record());
        for restart in &mut record.latency.as_mut().unwrap().restarts {
            restart.machine = Some(crate::record::MachineLoad {
                available_ns: 100,
                others_ns: Some(11),
                stolen_ns: None,
                throttled_ns: Some(1),
                throttled_periods: Some(1),
            });
        }
        let found = open_loops(&record).unwrap();
        assert!(found.iter().all(|one| one.void[0].contains("11 %")));
        assert!(found.iter().all(|one| one.void[1].contains("a CPU quota")));
    }
}
