//! Which open-loop slices tell of the machine rather than of the server. It knows nothing of how fast a server
//! answers.

use quartet_record::{LatencyRestart, OpenSlice};

use crate::statistics::median;

/// For what share of a slice's window, beyond what is usual, anything but the server may keep requests waiting. Its
/// 99th percentile tells of the slowest hundredth of them.
const DISTURBANCE: f64 = 0.01;

/// Whether the machine rather than the server made requests wait: the generator or the server was
/// kept from its core for longer than usual and a hundredth of the window, or the host took it. None
/// of this depends on how fast the server answers.
pub fn is_disturbed(slice: &OpenSlice, usual: UsualWait) -> bool {
    let allowed = DISTURBANCE * slice.window_ns as f64;
    let beyond =
        |time: Option<u64>, usual: f64| time.is_some_and(|time| time as f64 > usual + allowed);
    beyond(slice.generator_stall_ns, usual.generator_ns)
        || beyond(slice.server_kept_waiting_ns, usual.server_ns)
        || slice.stolen_ns.is_some_and(|stolen| stolen > 0)
}

/// The slices of a restart at a rate that were not disturbed, in the order taken.
pub fn undisturbed(restart: &LatencyRestart, rate: usize) -> impl Iterator<Item = &OpenSlice> {
    let of_rate = || {
        restart
            .slices
            .iter()
            .filter(move |slice| slice.rate == rate)
    };
    let usual = UsualWait::of(of_rate());
    of_rate().filter(move |slice| !is_disturbed(slice, usual))
}

/// For how long the machine keeps the generator and a server from their cores in a usual slice, nanoseconds: the
/// medians over all servers' slices at one rate in one restart. Every machine has some work of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UsualWait {
    generator_ns: f64,
    server_ns: f64,
}

impl UsualWait {
    /// What is usual in these slices.
    pub fn of<'a>(slices: impl Iterator<Item = &'a OpenSlice> + Clone) -> Self {
        let usual = |time: fn(&OpenSlice) -> Option<u64>| {
            let times: Vec<f64> = slices
                .clone()
                .filter_map(time)
                .map(|time| time as f64)
                .collect();
            median(&times).unwrap_or_default()
        };
        Self {
            generator_ns: usual(|slice| slice.generator_stall_ns),
            server_ns: usual(|slice| slice.server_kept_waiting_ns),
        }
    }
}
