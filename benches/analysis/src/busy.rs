//! Whether other processes took the machine while a mode of load was measured.

use quartet_record::{MachineLoad, Record};

use crate::statistics::median;

/// The most of the measured cores' time that processes without a part in the measurement may
/// take (median over restarts).
pub const CPU_OF_OTHERS: f64 = 0.10;

/// Says so where they took more than [`CPU_OF_OTHERS`], in the median over restarts.
pub(super) fn taken_by_others<'a>(loads: impl Iterator<Item = &'a MachineLoad>) -> Option<String> {
    let share = share(loads, |load| load.others_ns).filter(|&share| share > CPU_OF_OTHERS)?;
    Some(format!(
        "other processes took {:.0} % of the measured cores",
        100.0 * share
    ))
}

/// Says so where a CPU quota kept processes from running for more than that.
pub(super) fn taken_by_quota<'a>(loads: impl Iterator<Item = &'a MachineLoad>) -> Option<String> {
    let share = share(loads, |load| load.throttled_ns).filter(|&share| share > CPU_OF_OTHERS)?;
    Some(format!(
        "a CPU quota kept processes from running for {:.0} % of the measured cores' time",
        100.0 * share
    ))
}

/// Says so where a CPU quota kept processes from running at all: for tens of milliseconds at once, in
/// which requests wait, however good the server.
pub(super) fn throttled<'a>(loads: impl Iterator<Item = &'a MachineLoad>) -> Option<String> {
    let loads: Vec<&MachineLoad> = loads.collect();
    let throttled = loads.iter().filter(|load| load.was_throttled()).count();
    (throttled > 0).then(|| {
        format!(
            "a CPU quota kept processes from running in {throttled} of {} restarts",
            loads.len()
        )
    })
}

/// The median over restarts of what share of the cores' time this part of it is. None where it is
/// not known of any.
pub(super) fn share<'a>(
    loads: impl Iterator<Item = &'a MachineLoad>,
    part: impl Fn(&MachineLoad) -> Option<u64>,
) -> Option<f64> {
    let shares: Vec<f64> = loads
        .filter(|load| load.available_ns > 0)
        .filter_map(|load| Some(part(load)? as f64 / load.available_ns as f64))
        .collect();
    median(&shares)
}

/// What the machine did in each restart of the comparison, where that is known.
pub(super) fn loads(record: &Record) -> impl Iterator<Item = &MachineLoad> {
    let restarts = record.restarts.iter();
    restarts.filter_map(|restart| restart.machine.as_ref())
}

/// Says so where nobody knows whether other processes took the cores. Rows are not excluded by it: a busy
/// server's core and a busy generator's show in the gates for saturation and for the floor.
pub(super) fn unknown(record: &Record) -> Option<String> {
    let known = loads(record).any(|load| load.others_ns.is_some());
    let measured = record.restarts.iter().any(|restart| restart.complete);
    (measured && !known).then(|| {
        "unknown whether other processes took the measured cores: the system does not report how \
         busy they are"
            .to_owned()
    })
}

/// Says so where nobody knows whether a quota did, in records that would have it.
pub(super) fn quota_unknown(record: &Record) -> Option<String> {
    let known = loads(record).any(|load| load.throttled_ns.is_some());
    let measured = record.restarts.iter().any(|restart| restart.complete);
    (measured && !known && !record.cores.is_empty()).then(|| {
        "unknown whether a CPU quota kept processes from running: no control groups are visible \
         here"
            .to_owned()
    })
}

/// What to know of requests per second against connections before believing them.
pub(super) fn of_capacity(record: &Record) -> Vec<String> {
    let loads = || {
        let restarts = record.capacity.iter();
        restarts.filter_map(|restart| restart.machine.as_ref())
    };
    let reasons = [taken_by_others(loads()), throttled(loads())];
    reasons
        .into_iter()
        .flatten()
        .map(|reason| format!("requests per second by number of connections: {reason}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quartet_record::testing::{record, with_modes};

    /// Each restart's load, made from the share of others and of a quota, both in percent.
    fn loaded(record: &mut Record, loads: [(Option<u64>, Option<u64>); 3]) {
        let load = |(others_ns, throttled_ns)| MachineLoad {
            available_ns: 100,
            others_ns,
            stolen_ns: Some(0),
            throttled_ns,
            throttled_periods: throttled_ns.map(|time| time.min(1)),
            sent_segments: None,
            resent_segments: None,
            agent_ns: None,
        };
        let restarts = record.restarts.iter_mut();
        for (restart, one) in restarts.zip(loads) {
            restart.machine = Some(load(one));
        }
        for (restart, one) in record.capacity.iter_mut().zip(loads) {
            restart.machine = Some(load(one));
        }
    }

    #[test]
    fn capacity_on_a_busy_machine_is_worth_a_word() {
        let mut record = with_modes(record());
        assert!(of_capacity(&record).is_empty());
        loaded(
            &mut record,
            [5, 50, 60].map(|others| (Some(others), Some(1))),
        );
        let [busy, throttled] = of_capacity(&record).try_into().unwrap();
        assert!(busy.contains("took 50 %"), "{busy}");
        let count = record.capacity.len();
        assert!(throttled.ends_with(&format!("in {count} of {count} restarts")));
    }

    #[test]
    fn what_is_not_known_is_said_and_is_not_zero() {
        let mut record = record();
        assert_eq!(unknown(&record), None);
        loaded(&mut record, [(None, None); 3]);
        assert!(unknown(&record).unwrap().starts_with("unknown whether"));
        assert_eq!(share(loads(&record), |load| load.others_ns), None);
        assert_eq!(throttled(loads(&record)), None);
        assert_eq!(quota_unknown(&record), None);
        record.cores = vec![quartet_record::cores::Core::default()];
        assert!(
            quota_unknown(&record)
                .unwrap()
                .starts_with("unknown whether")
        );
        loaded(&mut record, [(None, None), (Some(1), None), (None, None)]);
        assert_eq!(unknown(&record), None);
    }

    #[test]
    fn a_quota_is_told_by_how_much_it_took() {
        let mut record = record();
        record.cores = vec![quartet_record::cores::Core::default()];
        loaded(&mut record, [0, 0, 9].map(|time| (Some(0), Some(time))));
        assert!(
            throttled(loads(&record))
                .unwrap()
                .ends_with("in 1 of 3 restarts")
        );
        assert_eq!(taken_by_quota(loads(&record)), None);
        assert_eq!(quota_unknown(&record), None);
        loaded(&mut record, [8, 40, 40].map(|time| (Some(0), Some(time))));
        assert!(taken_by_quota(loads(&record)).unwrap().contains("for 40 %"));
    }
}
