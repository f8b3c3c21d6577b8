//! Latency at given rates.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use anyhow::{Context as _, Error, Result};
use hdrhistogram::Histogram;
use quartet_analysis::statistics::median;
use quartet_analysis::{UsualWait, is_disturbed};
use quartet_generator::{LATENCY_DIGITS, Offer, OpenLoopSlice};
use quartet_record::plan::{ArmRole, LatencyOrders, LatencyPlan};
use quartet_record::{
    Latency, LatencyFailure, LatencyRestart, LatencyTotals, OfferedRate, OpenSlice, Record, encode,
    now,
};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::life::Life;
use super::load::Load;
use super::session::Session;
use crate::numbers::nanoseconds;

/// Of one arm at one rate.
struct Sums {
    /// Latencies of slices that were not disturbed.
    latencies: Histogram<u64>,
    /// Of those that were.
    disturbed: Histogram<u64>,
    /// Lateness, of all.
    lateness: Histogram<u64>,
}

impl Session<'_> {
    /// Measures what the plan has and the record has not. The rates are those of the record, or
    /// follow from what it holds of the comparison.
    pub(super) fn latency(
        &mut self,
        plan: &LatencyPlan,
        record: &mut Record,
        keep: &mut impl FnMut(&Record) -> Result<()>,
    ) -> Result<()> {
        if self.interrupted() {
            return Ok(());
        }
        if record.latency.is_none() {
            let Some(capacity) = least_capacity(record, plan) else {
                let what = "latency was not measured, because no server's capacity is known";
                record.warnings.push(what.to_owned());
                return Ok(());
            };
            record.latency = Some(Latency {
                rates: rates(plan, capacity),
                restarts: Vec::new(),
            });
        }
        let schedule = plan.schedule(self.plan.arms.len(), self.plan.seed);
        for (orders, number) in schedule.iter().zip(0..) {
            let Some(latency) = record.latency.as_mut().filter(|_| !self.interrupted()) else {
                break;
            };
            latency.restarts.retain(|restart| restart.complete);
            if latency
                .restarts
                .iter()
                .any(|restart| restart.restart == number)
            {
                continue;
            }
            let taken = self.latency_restart(plan, &latency.rates, orders, number)?;
            latency.restarts.push(taken);
            keep(record)?;
        }
        Ok(())
    }

    fn latency_restart(
        &mut self,
        plan: &LatencyPlan,
        rates: &[OfferedRate],
        orders: &LatencyOrders,
        number: u32,
    ) -> Result<LatencyRestart> {
        self.progress
            .restart(Some("latency"), number, plan.restarts);
        let mut taken = LatencyRestart {
            restart: number,
            started: now(),
            complete: false,
            start_order: orders.start_order.clone(),
            machine: None,
            slices: Vec::new(),
            totals: Vec::new(),
            failures: Vec::new(),
        };
        let failures = &mut taken.failures;
        let mut lives = self.start_for_mode(&orders.start_order, plan.lane, |arm, reason| {
            failures.push(LatencyFailure {
                arm,
                rate: None,
                reason,
            });
        });
        for arm in 0..lives.len() {
            self.connect_for_latency(plan, arm, &mut lives, &mut taken);
        }
        let watch = self.watch();
        let host = self.host();
        let load = Load::begin(host, &watch, lives.iter().flatten(), None);
        let load = self.unless_lost(load)?;
        let mut books = watch.read();
        let mut measurements = Vec::new();
        let mut random = StdRng::seed_from_u64(self.plan.seed ^ u64::from(number));
        let turns = orders.blocks.iter().zip(0..).flat_map(|(turns, block)| {
            let placed = turns.iter().zip(0..);
            placed.map(move |(&(arm, rate), position)| (block, position, arm, rate))
        });
        for (block, position, arm, rate) in turns {
            if self.interrupted() {
                break;
            }
            if !self.plan.takes_part(arm, plan.lane) {
                continue;
            }
            let length = plan.slice_length(self.plan, arm, rate);
            self.progress.done(length);
            let offer = Offer {
                per_second: rates[rate].per_second,
                phase: random.random(),
                ramp: Duration::from_millis(plan.ramp_ms),
                window: plan.window(rates[rate].per_second),
            };
            let failed = taken
                .failures
                .iter()
                .any(|failure| failure.arm == arm && failure.rate == Some(rate));
            let Some(life) = lives[arm].as_mut().filter(|_| !failed) else {
                continue;
            };
            match life.open_loop(plan.lane, offer) {
                Ok((measured, cost)) => {
                    let mut slice = entry(&measured, offer.window);
                    (slice.block, slice.position) = (block, position);
                    (slice.arm, slice.rate) = (arm, rate);
                    slice.cpu_ns = cost.cpu.map(|cpu| cpu.total);
                    slice.busy_ns = cost.busy_ns;
                    slice.server_kept_waiting_ns = cost.kept_waiting_ns;
                    let here = watch.stolen_since(&mut books);
                    let elsewhere = cost.stolen_ns;
                    slice.stolen_ns = here.map(|here| here + elsewhere.unwrap_or_default());
                    taken.slices.push(slice);
                    measurements.push(measured);
                }
                Err(error) => {
                    self.fail_latency(arm, Some(rate), &error, &mut taken);
                    self.connect_for_latency(plan, arm, &mut lives, &mut taken);
                    // What was stolen meanwhile is not the next slice's.
                    books = watch.read();
                }
            }
        }
        if let Some(load) = load.filter(|_| !self.interrupted()) {
            taken.machine = self.unless_lost(load.end(lives.iter().flatten()))?;
            taken.complete = taken.machine.is_some();
        }
        for ((arm, rate), sums) in sums(&taken.slices, &measurements)? {
            let disturbed = (!sums.disturbed.is_empty()).then(|| encode(&sums.disturbed));
            taken.totals.push(LatencyTotals {
                arm,
                rate,
                latencies: encode(&sums.latencies)?,
                disturbed_latencies: disturbed.transpose()?,
                lateness: encode(&sums.lateness)?,
            });
        }
        self.end_of_mode(lives);
        Ok(taken)
    }

    /// Opens an arm's connections; an arm that takes none is left out.
    fn connect_for_latency(
        &self,
        plan: &LatencyPlan,
        arm: usize,
        lives: &mut [Option<Life>],
        taken: &mut LatencyRestart,
    ) {
        let Some(life) = &mut lives[arm] else {
            return;
        };
        if let Err(error) = life.connect(plan.connections) {
            lives[arm] = None;
            self.fail_latency(arm, None, &error, taken);
        }
    }

    fn fail_latency(
        &self,
        arm: usize,
        rate: Option<usize>,
        error: &Error,
        taken: &mut LatencyRestart,
    ) {
        let Some(reason) = self.reason(error) else {
            return;
        };
        let name = &self.plan.arms[arm].name;
        self.progress.say(&format!("{name}, latency: {reason}"));
        taken.failures.push(LatencyFailure { arm, rate, reason });
    }
}

fn entry(measured: &OpenLoopSlice, window: Duration) -> OpenSlice {
    let quantile = |quantile| measured.latency.value_at_quantile(quantile);
    OpenSlice {
        block: 0,
        position: 0,
        arm: 0,
        rate: 0,
        offered: measured.offered,
        achieved: measured.achieved,
        window_ns: nanoseconds(window),
        total_requests: measured.total_requests,
        total_ns: nanoseconds(measured.total),
        cpu_ns: None,
        busy_ns: None,
        p50_ns: quantile(0.50),
        p90_ns: Some(quantile(0.90)),
        p99_ns: quantile(0.99),
        generator_stall_ns: Some(nanoseconds(measured.stall)),
        server_kept_waiting_ns: None,
        stolen_ns: None,
    }
}

/// What the requests of each arm took at each rate.
fn sums(
    slices: &[OpenSlice],
    measurements: &[OpenLoopSlice],
) -> Result<BTreeMap<(usize, usize), Sums>> {
    let mut usual: BTreeMap<usize, UsualWait> = BTreeMap::new();
    let mut sums = BTreeMap::new();
    for (slice, measured) in slices.iter().zip(measurements) {
        let of_rate = slices.iter().filter(|other| other.rate == slice.rate);
        let usual = *usual
            .entry(slice.rate)
            .or_insert_with(|| UsualWait::of(of_rate));
        let sum = match sums.entry((slice.arm, slice.rate)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let empty = || Histogram::new(LATENCY_DIGITS);
                entry.insert(Sums {
                    latencies: empty()?,
                    disturbed: empty()?,
                    lateness: empty()?,
                })
            }
        };
        let latencies = if is_disturbed(slice, usual) {
            &mut sum.disturbed
        } else {
            &mut sum.latencies
        };
        let added = latencies.add(&measured.latency);
        added
            .and_then(|()| sum.lateness.add(&measured.lateness))
            .context("histograms do not add up")?;
    }
    Ok(sums)
}

/// Requests per second of the slowest compared server, in the median over all slices of the lane;
/// of any but the floor where none is compared.
fn least_capacity(record: &Record, plan: &LatencyPlan) -> Option<f64> {
    let with_role = |wanted: &dyn Fn(ArmRole) -> bool| {
        let arms = record.plan.arms.iter().enumerate();
        arms.filter(|(_, arm)| wanted(arm.role))
            .filter_map(|(arm, _)| {
                let slices = record.restarts.iter().flat_map(|restart| &restart.slices);
                let rates: Vec<f64> = slices
                    .filter(|slice| slice.arm == arm && slice.lane == plan.lane)
                    .map(quartet_record::Slice::rate)
                    .collect();
                median(&rates)
            })
            .min_by(f64::total_cmp)
    };
    with_role(&|role| role == ArmRole::Compared)
        .or_else(|| with_role(&|role| role != ArmRole::Floor))
}

fn rates(plan: &LatencyPlan, capacity: f64) -> Vec<OfferedRate> {
    // Whole requests per second: nobody needs more digits, and they can be typed again.
    let of_shares = plan.shares.iter().map(|&share| OfferedRate {
        per_second: (share * capacity).round().max(1.0),
        share: Some(share),
    });
    let given = plan.rates.iter().map(|&per_second| OfferedRate {
        per_second,
        share: None,
    });
    of_shares.chain(given).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::plan::Lane;
    use quartet_record::testing::Simulation;

    #[test]
    fn rates_are_shares_of_the_slowest_compared_server() {
        let record = Simulation::new(2).run();
        let plan = LatencyPlan::new(Lane::List, vec![10_000.0], 64, 1);
        let capacity = least_capacity(&record, &plan).unwrap();
        assert!((118_000.0..122_000.0).contains(&capacity), "{capacity}");
        let rates = rates(&plan, capacity);
        assert_eq!(rates.len(), plan.count());
        assert_eq!(rates[1].per_second, (capacity / 2.0).round());
        assert_eq!(rates[1].share, Some(0.5));
        assert_eq!((rates[2].per_second, rates[2].share), (10_000.0, None));

        let nothing = LatencyPlan::new(Lane::Miss, Vec::new(), 64, 1);
        assert_eq!(least_capacity(&record, &nothing), None);
    }
}
