//! Whether other processes took the machine while a mode of load was measured.

use super::gates::CPU_OF_OTHERS;
use crate::record::{MachineLoad, Record};
use crate::statistics::median;

/// Says so where they took more than [`CPU_OF_OTHERS`], in the median over restarts.
pub(super) fn taken_by_others<'a>(loads: impl Iterator<Item = &'a MachineLoad>) -> Option<String> {
    let shares: Vec<f64> = loads
        .filter(|load| load.available_ns > 0)
        .map(|load| load.others_ns as f64 / load.available_ns as f64)
        .collect();
    let share = median(&shares).filter(|&share| share > CPU_OF_OTHERS)?;
    Some(format!(
        "other processes took {:.0} % of the cores measured on",
        100.0 * share
    ))
}

/// What to know of requests per second against connections before believing them.
pub(super) fn of_capacity(record: &Record) -> Option<String> {
    let loads = record.capacity.iter();
    let reason = taken_by_others(loads.filter_map(|restart| restart.machine.as_ref()))?;
    Some(format!("requests per second against connections: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{record, with_modes};

    #[test]
    fn capacity_on_a_busy_machine_is_worth_a_word() {
        let mut record = with_modes(record());
        assert_eq!(of_capacity(&record), None);
        for (restart, others_ns) in record.capacity.iter_mut().zip([5, 50, 60]) {
            restart.machine = Some(MachineLoad {
                available_ns: 100,
                others_ns,
                stolen_ns: 0,
            });
        }
        assert!(of_capacity(&record).unwrap().contains("took 50 %"));
    }
}
