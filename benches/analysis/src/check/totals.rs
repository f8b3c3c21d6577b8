//! Whether sums over slices are what else is known of them.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use quartet_record::plan::Lane;
use quartet_record::{Latency, MachineLoad, Record, RestartRecord, Summary, decode, instant};

use super::{Misfits, number, row};
use crate::statistics::median;

/// How far the mean of a histogram may be from that of slices, as a share: a histogram has three digits.
const DIGITS: f64 = 0.005;

/// How far the rate within windows may be from that of whole slices, as a share, in nine of ten of a row's slices. In
/// the records of this repository the median is 4 % at most for servers that answer each connection several times a
/// window.
const WITHIN: f64 = 0.05;

/// The most connections, as a share of a window's requests, for which Little's law is asked.
const OFTEN: f64 = 0.25;

/// How far the CPU time by the kernel's ticks may be from that by its clock, as a share.
const TICKS: f64 = 0.05;

/// The same besides, nanoseconds times the root of the number of restarts: the clocks are read in steps.
const STEPS: f64 = 100e6;

/// How much later than it was written a moment may be: moments are whole seconds.
const SECOND: Duration = Duration::from_secs(1);

/// What slices of one server in one lane sum up to.
#[derive(Default)]
struct Sum {
    requests: u64,
    /// Requests times their mean latency.
    latency_ns: f64,
    /// None where the system does not tell of every slice.
    cpu_ns: Option<u64>,
    highest_p99_ns: u64,
    slices: usize,
}

pub(super) fn check(record: &Record, misfits: &mut Misfits) {
    misfits.next();
    rates(record, misfits);
    capacity(record, misfits);
    let mut cpu: HashMap<(usize, Lane), (u64, u64, u32)> = HashMap::new();
    for restart in &record.restarts {
        let sums = sums(restart);
        for life in &restart.arms {
            for (&lane, totals) in &life.lanes {
                let cell = (life.arm, lane);
                let nothing = Sum::default();
                let sum = sums.get(&cell).unwrap_or(&nothing);
                // A restart that was cut short may have slices that its sums lack.
                if restart.complete {
                    latencies(record, restart, cell, &totals.latencies, sum, misfits);
                }
                if let Some(clock) = sum.cpu_ns.filter(|_| restart.complete) {
                    let (ticks, clocks, restarts) = cpu.entry(cell).or_default();
                    *ticks = ticks
                        .saturating_add(totals.user_ns)
                        .saturating_add(totals.system_ns);
                    *clocks = clocks.saturating_add(clock);
                    *restarts += 1;
                }
            }
        }
        if let Some(load) = &restart.machine {
            machine(record, restart, load, misfits);
        }
    }
    for ((arm, lane), (ticks, clocks, restarts)) in cpu {
        let allowed = TICKS * clocks as f64 + STEPS * f64::from(restarts).sqrt();
        if ticks.abs_diff(clocks) as f64 > allowed {
            let row = row(record, arm, lane);
            misfits.add(format!("ticks {row}"), || {
                format!(
                    "{row}: {:.2} s of CPU time in user and kernel, but {:.2} s in its slices",
                    ticks as f64 / 1e9,
                    clocks as f64 / 1e9
                )
            });
        }
    }
    moments(record, misfits);
    if let Some(latency) = &record.latency {
        open_loop(record, latency, misfits);
    }
}

fn sums(restart: &RestartRecord) -> HashMap<(usize, Lane), Sum> {
    let mut sums: HashMap<(usize, Lane), Sum> = HashMap::new();
    for slice in &restart.slices {
        let sum = sums.entry((slice.arm, slice.lane)).or_default();
        sum.requests = sum.requests.saturating_add(slice.requests);
        sum.latency_ns += slice.requests as f64 * slice.mean_ns as f64;
        let known = if sum.slices == 0 { Some(0) } else { sum.cpu_ns };
        sum.cpu_ns = known
            .zip(slice.cpu_ns)
            .map(|(sum, one)| one.saturating_add(sum));
        sum.highest_p99_ns = sum.highest_p99_ns.max(slice.p99_ns);
        sum.slices += 1;
    }
    sums
}

/// Whether requests in windows and in whole slices came at one rate. The edges of a window part one answer of each
/// connection at most: where a server answers all connections together, and only once or twice a window, that is many.
/// On a machine that does something else now and then, slices are off to either side. Not nine in ten to the same.
fn rates(record: &Record, misfits: &mut Misfits) {
    let mut ratios: HashMap<(usize, Lane), (Vec<f64>, Vec<f64>)> = HashMap::new();
    for slice in record.restarts.iter().flat_map(|restart| &restart.slices) {
        let whole = slice.total_requests as f64 / slice.total_ns as f64;
        let window = slice.requests as f64 / slice.window_ns as f64;
        if window > 0.0 && slice.lane != Lane::Connect {
            let (ratios, requests) = ratios.entry((slice.arm, slice.lane)).or_default();
            ratios.push(whole / window);
            requests.push(slice.requests as f64);
        }
    }
    for ((arm, lane), (ratios, requests)) in ratios {
        let (ratio, nearest) = offset(ratios);
        let requests = median(&requests).unwrap_or(f64::INFINITY);
        let at_the_edges = record.plan.connections as f64 / requests;
        if nearest > WITHIN.max(at_the_edges) {
            let row = row(record, arm, lane);
            misfits.add(format!("rates {row}"), || {
                format!(
                    "{row}: the rate over whole slices is {ratio:.2} times that within their \
                     windows"
                )
            });
        }
    }
}

/// Whether requests by number of connections fit their latency: by Little's law the rate times the mean latency is that
/// number. Of connections that are answered once or twice a window the law says nothing: a server may answer some of
/// them often and others later than the window lasts.
fn capacity(record: &Record, misfits: &mut Misfits) {
    let mut ratios: HashMap<(usize, usize), (Vec<f64>, Vec<f64>)> = HashMap::new();
    for one in record.capacity.iter().flat_map(|restart| &restart.slices) {
        let (slice, connections) = (&one.slice, one.connections);
        let in_flight = slice.requests as f64 * slice.mean_ns as f64 / slice.window_ns as f64;
        if in_flight > 0.0 && in_flight.is_finite() && connections > 0 {
            let (ratios, requests) = ratios.entry((slice.arm, connections)).or_default();
            ratios.push(in_flight / connections as f64);
            requests.push(slice.requests as f64);
        }
    }
    for ((arm, connections), (ratios, requests)) in ratios {
        let (ratio, nearest) = offset(ratios);
        let at_the_edges = connections as f64 / median(&requests).unwrap_or(f64::INFINITY);
        if at_the_edges < OFTEN && nearest > WITHIN.max(at_the_edges) {
            let name = record.plan.arms.get(arm).map_or("?", |arm| &arm.name);
            misfits.add(format!("capacity {name} {connections}"), || {
                format!(
                    "{name} on {connections} connections: by rate and latency {:.1} requests were in flight",
                    ratio * connections as f64
                )
            });
        }
    }
}

/// The median of ratios, and by how much nine in ten of them differ from 1, in its direction, at least.
fn offset(mut ratios: Vec<f64>) -> (f64, f64) {
    ratios.sort_unstable_by(f64::total_cmp);
    let ratio = median(&ratios).unwrap_or(1.0);
    let tenth = ratios.len() / 10;
    let nearest = match ratio > 1.0 {
        true => ratios.get(tenth).map(|low| low - 1.0),
        false => ratios.iter().rev().nth(tenth).map(|high| 1.0 - high),
    };
    (ratio, nearest.unwrap_or(0.0))
}

/// Whether a histogram holds the requests that its slices counted.
fn latencies(
    record: &Record,
    restart: &RestartRecord,
    (arm, lane): (usize, Lane),
    text: &str,
    sum: &Sum,
    misfits: &mut Misfits,
) {
    let row = row(record, arm, lane);
    let place = format!("restart {}, {row}", number(restart.restart));
    let histogram = match Summary::of(text) {
        Ok(histogram) => histogram,
        Err(error) => {
            return misfits.add(format!("histogram {row}"), || format!("{place}: {error:#}"));
        }
    };
    let counted = histogram.count;
    if counted != sum.requests {
        misfits.add(format!("latencies {row}"), || {
            let requests = sum.requests;
            format!("{place}: its slices have {requests} requests, its histogram {counted}")
        });
    } else if let Some((of_slices, of_histogram)) = means(histogram, sum) {
        misfits.add(format!("means {row}"), || {
            format!(
                "{place}: the mean latency of its slices is {:.1} µs, that of its histogram {:.1}",
                of_slices / 1e3,
                of_histogram / 1e3
            )
        });
    }
}

/// Both means, where they are not the same.
fn means(histogram: Summary, sum: &Sum) -> Option<(f64, f64)> {
    let of_slices = sum.latency_ns / sum.requests as f64;
    let of_histogram = histogram.mean;
    let apart = (of_histogram / of_slices - 1.0).abs() > DIGITS;
    (sum.requests > 0 && apart).then_some((of_slices, of_histogram))
}

/// Whether the machine's own figures leave room for what was measured.
fn machine(record: &Record, restart: &RestartRecord, load: &MachineLoad, misfits: &mut Misfits) {
    let restart_number = number(restart.restart);
    let parts = [load.others_ns, load.stolen_ns];
    let taken: u64 = parts.into_iter().flatten().fold(0, u64::saturating_add);
    // Time is told in steps of 10 ms, by core.
    let cores = match record.is_over_two_machines() {
        true => record.plan.server_cores.len() + record.plan.generator_cores.len(),
        false => record.plan.measured_cores().len(),
    };
    let steps = 20_000_000 * cores as u64;
    if taken > load.available_ns.saturating_add(steps) {
        misfits.add("machine", || {
            format!("restart {restart_number}: others took more time of the cores than there was")
        });
    }
    let slices = restart.slices.iter().map(|slice| slice.total_ns);
    let measured = slices.fold(0, u64::saturating_add);
    if load.available_ns.saturating_add(steps) < measured {
        misfits.add("available", || {
            format!("restart {restart_number}: its slices take longer than the machine was watched")
        });
    }
}

/// Whether restarts follow each other as their slices take.
fn moments(record: &Record, misfits: &mut Misfits) {
    let begun = instant(&record.started);
    if begun.is_none() {
        misfits.add("moment", || format!("{:?} is no moment", record.started));
    }
    let mut earliest: Option<SystemTime> = begun;
    for restart in &record.restarts {
        let restart_number = number(restart.restart);
        let Some(started) = instant(&restart.started) else {
            misfits.add("moment", || {
                format!(
                    "restart {restart_number}: {:?} is no moment",
                    restart.started
                )
            });
            continue;
        };
        if earliest.is_some_and(|earliest| started + SECOND < earliest) {
            misfits.add("moments", || {
                format!(
                    "restart {restart_number} began before what was measured earlier can have ended"
                )
            });
        }
        let taken = restart.slices.iter().map(|slice| slice.total_ns);
        let taken = Duration::from_nanos(taken.fold(0, u64::saturating_add));
        earliest = started.checked_add(taken);
    }
}

/// Whether a histogram at a rate holds the requests that its slices offered.
fn open_loop(record: &Record, latency: &Latency, misfits: &mut Misfits) {
    for restart in latency.complete() {
        let mut offered: HashMap<(usize, usize), u64> = HashMap::new();
        for slice in &restart.slices {
            let sum = offered.entry((slice.arm, slice.rate)).or_default();
            *sum = sum.saturating_add(slice.offered);
        }
        for totals in &restart.totals {
            let name = record
                .plan
                .arms
                .get(totals.arm)
                .map_or("?", |arm| &arm.name);
            let place = || format!("restart {} at given rates, {name}", number(restart.restart));
            let texts = [Some(&totals.latencies), totals.disturbed_latencies.as_ref()];
            let counts = texts
                .into_iter()
                .flatten()
                .map(|text| decode(text).map(|found| found.len()));
            let counted = match counts.sum::<anyhow::Result<u64>>() {
                Ok(counted) => counted,
                Err(error) => {
                    misfits.add(format!("open histogram {name}"), || {
                        format!("{}: {error:#}", place())
                    });
                    continue;
                }
            };
            let offered = offered
                .get(&(totals.arm, totals.rate))
                .copied()
                .unwrap_or(0);
            if counted != offered {
                misfits.add(format!("open latencies {name}"), || {
                    let place = place();
                    format!("{place}: its slices have {offered} requests, its histogram {counted}")
                });
            }
        }
    }
}
