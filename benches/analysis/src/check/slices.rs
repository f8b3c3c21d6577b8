//! Whether each slice can have been measured.

use quartet_record::plan::Lane;
use quartet_record::{OpenSlice, Record, Slice};

use super::{Misfits, number, row};

/// By how much CPU time may seem to be more than the time of the cores, as a share: the clocks are read one after the
/// other.
const CLOCKS: f64 = 0.10;

/// The same, nanoseconds.
const READING: f64 = 2e6;

pub(super) fn check(record: &Record, misfits: &mut Misfits) {
    misfits.next();
    let plan = &record.plan;
    for restart in &record.restarts {
        let place = || format!("restart {}", number(restart.restart));
        for slice in &restart.slices {
            let planned = plan.load(slice.lane).slice_ms;
            closed(record, slice, planned, &place, misfits);
        }
    }
    let planned = plan.capacity.as_ref().map_or(0, |plan| plan.slice_ms);
    for restart in &record.capacity {
        for one in &restart.slices {
            if one.slice.arm >= plan.arms.len() {
                misfits.add("indices", || {
                    "a slice on many connections is of no server".to_owned()
                });
            }
            let place = || {
                let restart = number(restart.restart);
                format!("restart {restart} on {} connections", one.connections)
            };
            closed(record, &one.slice, planned, &place, misfits);
        }
    }
    let planned = plan.latency.as_ref().map_or(0, |plan| plan.slice_ms);
    if let Some(latency) = &record.latency {
        for restart in &latency.restarts {
            for slice in &restart.slices {
                let place = || format!("restart {} at given rates", number(restart.restart));
                if slice.rate >= latency.rates.len() || slice.arm >= plan.arms.len() {
                    misfits.add("open indices", || {
                        format!("{}: a slice of no server, or at no rate", place())
                    });
                }
                open(record, slice, planned, &place, misfits);
            }
        }
    }
}

fn closed(
    record: &Record,
    slice: &Slice,
    planned_ms: u64,
    place: &dyn Fn() -> String,
    misfits: &mut Misfits,
) {
    let mut add = |kind: &str, what: String| {
        let row = row(record, slice.arm, slice.lane);
        misfits.add(format!("{kind} {row}"), || {
            format!("{}, {row}: {what}", place())
        });
    };
    if slice.requests > slice.total_requests {
        let (counted, all) = (slice.requests, slice.total_requests);
        add(
            "requests",
            format!("{counted} requests counted of {all} in all"),
        );
    }
    let spent = [("CPU", slice.cpu_ns), ("busy", slice.busy_ns)];
    let lasted = (slice.window_ns, slice.total_ns);
    for (kind, what) in times_of(record, lasted, planned_ms, spent) {
        add(kind, what);
    }
    if slice.p50_ns > slice.p99_ns {
        add(
            "percentiles",
            "a median above the 99th percentile".to_owned(),
        );
    }
    if slice.requests > 0 && slice.lane != Lane::Connect && slice.mean_ns == 0 {
        add("mean", "answers that took no time".to_owned());
    }
}

/// What does not fit of the times of a slice: how long its window and the whole of it `lasted`, and what its server
/// `spent`.
fn times_of(
    record: &Record,
    lasted: (u64, u64),
    planned_ms: u64,
    spent: [(&'static str, Option<u64>); 2],
) -> Vec<(&'static str, String)> {
    let (window_ns, total_ns) = lasted;
    let too_long = times(window_ns, total_ns, planned_ms).map(|what| ("times", what));
    let too_much = spent.into_iter().filter_map(|(name, time)| {
        Some((name, more_than_the_cores(record, name, time?, total_ns)?))
    });
    too_long.into_iter().chain(too_much).collect()
}

fn open(
    record: &Record,
    slice: &OpenSlice,
    planned_ms: u64,
    place: &dyn Fn() -> String,
    misfits: &mut Misfits,
) {
    let mut add = |kind: &str, what: String| {
        let name = record.plan.arms.get(slice.arm).map_or("?", |arm| &arm.name);
        misfits.add(format!("open {kind} {name}"), || {
            format!("{}, {name}: {what}", place())
        });
    };
    if slice.offered > slice.total_requests {
        let (offered, all) = (slice.offered, slice.total_requests);
        add(
            "requests",
            format!("{offered} requests offered of {all} in all"),
        );
    }
    let spent = [("CPU", slice.cpu_ns), ("busy", slice.busy_ns)];
    let lasted = (slice.window_ns, slice.total_ns);
    for (kind, what) in times_of(record, lasted, planned_ms, spent) {
        add(kind, what);
    }
    let percentiles = [Some(slice.p50_ns), slice.p90_ns, Some(slice.p99_ns)];
    if !percentiles.iter().flatten().is_sorted() {
        add("percentiles", "a percentile above a higher one".to_owned());
    }
}

fn times(window_ns: u64, total_ns: u64, planned_ms: u64) -> Option<String> {
    let ms = |time: u64| time as f64 / 1e6;
    if window_ns > total_ns {
        let (window, total) = (ms(window_ns), ms(total_ns));
        return Some(format!("a window of {window:.1} ms in {total:.1} ms"));
    }
    (window_ns < planned_ms.saturating_mul(1_000_000)).then(|| {
        format!(
            "a window of {:.3} ms, where {planned_ms} are planned",
            ms(window_ns)
        )
    })
}

fn more_than_the_cores(record: &Record, name: &str, time: u64, total_ns: u64) -> Option<String> {
    let plan = &record.plan;
    let cores = match plan.server_cores.len() {
        0 => record.machine.cores,
        confined => confined,
    };
    let most = total_ns as f64 * cores as f64 * (1.0 + CLOCKS) + READING;
    (time as f64 > most).then(|| {
        format!(
            "{:.1} ms of {name} time in {:.1} ms on {cores} core{}",
            time as f64 / 1e6,
            total_ns as f64 / 1e6,
            if cores == 1 { "" } else { "s" }
        )
    })
}
