//! How long cores are busy, by `/proc/schedstat` and `/proc/stat`.
//!
//! A container may show a `/proc/stat` of its own: with its cores renumbered, with fewer of them, or
//! with zeros for all (LXCFS, gVisor). A file is therefore believed only if it has every core that this
//! process can use, and only if the time that it tells of passes.

use std::sync::LazyLock;
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::units::NANOSECONDS;
use crate::accounting::figures::CoreUse;
use crate::system::System;

/// The scheduler's count of how long cores were busy with any task, interrupts included.
///
/// Kernels built with `CONFIG_IRQ_TIME_ACCOUNTING` leave out of a task's CPU time what the
/// network's software interrupts take while it runs, most of a small request's cost; this count
/// holds it, with whatever else ran on those cores. Other kernels do not need it.
#[derive(Clone, Debug)]
pub struct CoreClock {
    system: System,
    cores: Vec<usize>,
}

const SCHEDULER: &str = "/proc/schedstat";

impl CoreClock {
    /// The clock of `cores` together. None where this kernel has none, or does not need it.
    pub fn of(system: &System, cores: &[usize]) -> Option<Self> {
        Self::is_needed().then(|| Self::there(system, cores))?
    }

    /// The clock, where the kernel has it and it does not stand at zero.
    fn there(system: &System, cores: &[usize]) -> Option<Self> {
        let clock = Self {
            system: system.clone(),
            cores: cores.to_vec(),
        };
        clock.busy().ok().filter(|&busy| busy > 0).map(|_| clock)
    }

    /// Whether this kernel leaves interrupts out of the CPU time of tasks, so that without this clock
    /// the cost of a request is not known.
    pub fn is_needed() -> bool {
        *INTERRUPTS_APART
    }

    /// Nanoseconds so far, added up over the cores.
    ///
    /// # Errors
    /// Where the kernel's file cannot be read, or does not tell of one of the cores.
    pub fn busy(&self) -> Result<u64> {
        let file = self.system.path(SCHEDULER);
        let text = std::fs::read_to_string(file).context(SCHEDULER)?;
        let busy = self.cores.iter().map(|&core| run_time(&text, core));
        let busy: Option<u64> = busy.sum();
        busy.with_context(|| format!("{SCHEDULER} lacks one of the cores {:?}", self.cores))
    }
}

/// The seventh number of a core's line is the time its tasks ran, nanoseconds (the kernel's
/// Documentation/scheduler/sched-stats.rst, versions 14 to 17).
fn run_time(text: &str, core: usize) -> Option<u64> {
    let name = format!("cpu{core} ");
    let numbers = text.lines().find_map(|line| line.strip_prefix(&name))?;
    numbers.split_ascii_whitespace().nth(6)?.parse().ok()
}

/// Whether this kernel leaves interrupts out of tasks' CPU time (`CONFIG_IRQ_TIME_ACCOUNTING`): its
/// list of symbols has the function that counts them then. Where the list is withheld, it is taken
/// not to.
static INTERRUPTS_APART: LazyLock<bool> = LazyLock::new(|| interrupts_apart(&System::live()));

fn interrupts_apart(system: &System) -> bool {
    let symbols = system.text("/proc/kallsyms").unwrap_or_default();
    let mut names = symbols
        .lines()
        .filter_map(|line| line.split_ascii_whitespace().nth(2));
    names.any(|name| name == "irqtime_account_irq")
}

/// Reads how cores spend their time.
#[derive(Debug)]
pub struct CoreReader {
    system: System,
    cores: Vec<usize>,
    usable: Vec<usize>,
    interrupts_apart: bool,
    /// The scheduler's clock, which tells at least how long they were busy where `/proc/stat` is of no
    /// use.
    clock: Option<CoreClock>,
}

/// A reading of it.
#[derive(Clone, Copy, Debug)]
pub struct CoreReading {
    at: Instant,
    cores: usize,
    statistics: Option<Times>,
    clock: Option<u64>,
}

/// What `/proc/stat` says of cores, nanoseconds added up over them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Times {
    busy: u64,
    stolen: u64,
    /// Idle time and all.
    all: u64,
}

impl CoreReader {
    /// For `cores`, of those that are `usable` by this process.
    pub fn of(system: &System, cores: &[usize], usable: &[usize]) -> Self {
        Self {
            system: system.clone(),
            cores: cores.to_vec(),
            usable: usable.to_vec(),
            interrupts_apart: *INTERRUPTS_APART,
            clock: CoreClock::there(system, cores),
        }
    }

    /// Reads it now.
    pub fn read(&self) -> CoreReading {
        CoreReading {
            at: Instant::now(),
            cores: self.cores.len(),
            statistics: self
                .system
                .text("/proc/stat")
                .and_then(|text| self.times(&text)),
            clock: self.clock.as_ref().and_then(|clock| clock.busy().ok()),
        }
    }

    /// What `/proc/stat` says of the cores; nothing where it lacks one of those that are usable, for
    /// then its numbers are not those of this machine, or where it says nothing of one but zeros.
    fn times(&self, text: &str) -> Option<Times> {
        let has = |core: &usize| line(text, *core).is_some();
        if self.cores.is_empty() || !self.usable.iter().all(has) {
            return None;
        }
        let mut sum = Times::default();
        for &core in &self.cores {
            let times = self.times_of(line(text, core)?)?;
            sum.busy += times.busy;
            sum.stolen += times.stolen;
            sum.all += times.all;
        }
        Some(sum)
    }

    /// Interrupts are busy time as far as they are in the CPU time of the tasks that they interrupt, from
    /// which it is told apart.
    fn times_of(&self, line: &str) -> Option<Times> {
        let fields: Vec<u64> = line
            .split_ascii_whitespace()
            .map_while(|field| field.parse().ok())
            .collect();
        let tick = NANOSECONDS / procfs::ticks_per_second();
        // What an old kernel has no column for took no time.
        let time = |field: usize| fields.get(field).copied().unwrap_or_default() * tick;
        let interrupts = if self.interrupts_apart {
            0
        } else {
            time(IRQ) + time(SOFTIRQ)
        };
        let all = (USER..=STEAL).map(time).sum();
        (all > 0).then(|| Times {
            busy: time(USER) + time(NICE) + time(SYSTEM) + interrupts,
            stolen: time(STEAL),
            all,
        })
    }
}

fn line(text: &str, core: usize) -> Option<&str> {
    let name = format!("cpu{core} ");
    text.lines().find_map(|line| line.strip_prefix(&name))
}

/// Places of the numbers in a core's line (proc_stat(5)); what guests took is in user time already.
const USER: usize = 0;
const NICE: usize = 1;
const SYSTEM: usize = 2;
const IRQ: usize = 5;
const SOFTIRQ: usize = 6;
const STEAL: usize = 7;

impl CoreReading {
    /// How the cores spent the time since `earlier`.
    pub fn since(&self, earlier: &Self) -> CoreUse {
        let wall = self.at.duration_since(earlier.at).as_nanos() * self.cores as u128;
        self.within(earlier, u64::try_from(wall).unwrap_or(u64::MAX))
    }

    /// As [`CoreReading::since`], `wall` being the time that passed, times the cores.
    fn within(&self, earlier: &Self, wall: u64) -> CoreUse {
        let statistics = self.statistics.zip(earlier.statistics);
        let passed = statistics.map(|(now, then)| Times {
            busy: now.busy.saturating_sub(then.busy),
            stolen: now.stolen.saturating_sub(then.stolen),
            all: now.all.saturating_sub(then.all),
        });
        if let Some(times) = passed.filter(|times| passes(times.all, wall)) {
            return CoreUse {
                busy: Some(times.busy),
                stolen: Some(times.stolen),
            };
        }
        let clock = self.clock.zip(earlier.clock);
        CoreUse {
            // This process itself ran meanwhile.
            busy: clock
                .map(|(now, then)| now.saturating_sub(then))
                .filter(|&busy| busy > 0),
            stolen: None,
        }
    }
}

/// Whether the time that a file tells of passes: busy or idle, a core spends all of it, but for what
/// rounding to ticks hides of a moment.
fn passes(told: u64, wall: u64) -> bool {
    told >= wall / 2 || wall < MOMENT
}

/// Twenty ticks of 10 ms.
const MOMENT: u64 = NANOSECONDS / 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::made_up;

    const STATISTICS: &str = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 4 1000 1000 8 16 32 0 0\n\
                              cpu2 100 200 400 1000 1000 800 1600 3200 0 0\nintr 5\n";

    fn reader(cores: &[usize], usable: &[usize], interrupts_apart: bool) -> CoreReader {
        CoreReader {
            system: System::at("/nowhere"),
            cores: cores.to_vec(),
            usable: usable.to_vec(),
            interrupts_apart,
            clock: None,
        }
    }

    fn ticks(reader: &CoreReader, text: &str) -> Option<(u64, u64)> {
        let tick = NANOSECONDS / procfs::ticks_per_second();
        let times = reader.times(text)?;
        Some((times.busy / tick, times.stolen / tick))
    }

    #[test]
    fn a_core_is_found_by_its_number_though_another_is_offline() {
        let found = |cores: &[usize], apart| ticks(&reader(cores, &[0, 2], apart), STATISTICS);
        assert_eq!(found(&[2], false), Some((3100, 3200)));
        assert_eq!(found(&[2], true), Some((700, 3200)));
        assert_eq!(found(&[0, 2], true), Some((707, 3232)));
        assert_eq!(found(&[1], false), None);
    }

    #[test]
    fn a_renumbered_or_empty_file_tells_nothing() {
        // Of the cores 2 and 4, a container shows 0 and 1, or 0 to 2 of a larger one.
        let renumbered = "cpu  9 9 9 9\ncpu0 100 0 50 800\ncpu1 100 0 50 800\n";
        assert_eq!(ticks(&reader(&[2, 4], &[2, 4], false), renumbered), None);
        assert_eq!(ticks(&reader(&[1], &[1, 2], false), renumbered), None);
        assert_eq!(
            ticks(&reader(&[1], &[0, 1], false), renumbered),
            Some((150, 0))
        );
        let zeros = "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n";
        assert_eq!(ticks(&reader(&[0], &[0], false), zeros), None);
        assert_eq!(ticks(&reader(&[0], &[0], false), ""), None);
    }

    #[test]
    fn a_file_that_stands_still_tells_nothing_and_the_schedulers_clock_does() {
        let reading = |busy, all, clock| CoreReading {
            at: Instant::now(),
            cores: 2,
            statistics: Some(Times {
                busy,
                stolen: 3,
                all,
            }),
            clock,
        };
        let second = NANOSECONDS;
        let then = reading(10, 20 * second, Some(5));
        let moved = reading(10 + second, 22 * second, Some(7)).within(&then, 2 * second);
        assert_eq!((moved.busy, moved.stolen), (Some(second), Some(0)));
        let still = reading(10, 20 * second, Some(7)).within(&then, 2 * second);
        assert_eq!((still.busy, still.stolen), (Some(2), None));
        let nothing = reading(10, 20 * second, None).within(&then, 2 * second);
        assert_eq!(nothing, CoreUse::default());
        let moment = reading(10, 20 * second, None).within(&then, MOMENT / 2);
        assert_eq!(moment.busy, Some(0));
    }

    #[test]
    fn the_schedulers_lines_are_added_up_and_none_may_be_missing() {
        let text = "version 17\ntimestamp 4295\ncpu0 0 0 0 0 0 0 100 7 9\ndomain0 MC 3 1 2\n\
                    cpu1 0 0 0 0 0 0 200 7 9\ncpu10 0 0 0 0 0 0 400 7 9\n";
        let (_folder, system) = made_up(&[("proc/schedstat", text)]);
        let busy = |cores: &[usize]| {
            let clock = CoreClock::there(&system, cores)?;
            clock.busy().ok()
        };
        assert_eq!(busy(&[1, 10]), Some(600));
        assert_eq!(busy(&[1, 2]), None);
        let (_folder, without) = made_up(&[]);
        assert!(CoreClock::there(&without, &[0]).is_none());
        assert_eq!(CoreReader::of(&without, &[0], &[0]).read().clock, None);
    }

    #[test]
    fn this_machine_tells_how_busy_it_is() {
        let reader = CoreReader::of(&System::live(), &[0], &[0]);
        assert!(reader.read().statistics.is_some_and(|times| times.busy > 0));
    }

    #[test]
    fn the_kernels_symbols_tell_whether_interrupts_are_apart() {
        let apart = |symbols: &str| {
            let (_folder, system) = made_up(&[("proc/kallsyms", symbols)]);
            interrupts_apart(&system)
        };
        assert!(apart(
            "0000000000000000 T irqtime_account_irq\n0000000000000000 T other\n"
        ));
        assert!(!apart("0000000000000000 t irqtime_account_irq_x\n\n"));
        assert!(!interrupts_apart(&System::at("/nowhere")));
    }
}
