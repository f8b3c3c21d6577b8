//! Linux's books: CPU clocks of processes, and `/proc`.

use std::collections::HashMap;
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use procfs::process::{Process, all_processes};

use super::{CoreTime, CpuTime, Memory};

/// The processes of one server.
#[derive(Debug)]
pub struct ProcessTree {
    processes: Vec<(Process, ClockId)>,
}

impl ProcessTree {
    /// The processes under `root`, itself included, as they are now.
    ///
    /// # Errors
    /// Where `root` is gone, or the kernel refuses to tell of it.
    pub fn of(root: u32) -> Result<Self> {
        let root = i32::try_from(root).context("not a process id")?;
        let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
        // A process that ends meanwhile is no part of the tree.
        for status in all_processes()?
            .flatten()
            .flat_map(|process| process.stat())
        {
            children.entry(status.ppid).or_default().push(status.pid);
        }
        let mut processes = Vec::new();
        let mut waiting = vec![root];
        while let Some(pid) = waiting.pop() {
            let process = Process::new(pid).with_context(|| format!("no process {pid}"))?;
            let clock = clock_getcpuclockid(Pid::from_raw(pid))
                .with_context(|| format!("no CPU clock of process {pid}"))?;
            processes.push((process, clock));
            waiting.extend(children.remove(&pid).unwrap_or_default());
        }
        Ok(Self { processes })
    }

    /// CPU time used so far, threads that ended included.
    ///
    /// # Errors
    /// Where a process is gone.
    pub fn cpu(&self) -> Result<Option<CpuTime>> {
        let mut sum = CpuTime::default();
        for (process, clock) in &self.processes {
            let total = clock_gettime(*clock).context("a server's process is gone")?;
            let split = process.stat().context("a server's process is gone")?;
            let tick = NANOSECONDS / procfs::ticks_per_second();
            sum.total += nanoseconds(total);
            sum.user += split.utime * tick;
            sum.system += split.stime * tick;
        }
        Ok(Some(sum))
    }

    /// Memory in use now, and the most so far.
    ///
    /// # Errors
    /// Where a process is gone, or the kernel refuses to tell of it.
    pub fn memory(&self) -> Result<Option<Memory>> {
        let mut sum = Memory {
            proportional: 0,
            peak_resident: 0,
        };
        for (process, _) in &self.processes {
            let rollup = process
                .smaps_rollup()
                .context("cannot read a server's memory map")?;
            sum.proportional += rollup
                .memory_map_rollup
                .iter()
                .filter_map(|map| map.extension.map.get("Pss"))
                .sum::<u64>();
            let status = process.status().context("cannot read a server's status")?;
            sum.peak_resident += status.vmhwm.unwrap_or_default() * KIBIBYTE;
        }
        Ok(Some(sum))
    }
}

const NANOSECONDS: u64 = 1_000_000_000;
const KIBIBYTE: u64 = 1024;

fn nanoseconds(time: nix::sys::time::TimeSpec) -> u64 {
    // A CPU clock starts at zero, so neither part is negative.
    time.tv_sec().unsigned_abs() * NANOSECONDS + time.tv_nsec().unsigned_abs()
}

/// The scheduler's count of how long cores were busy with any task, interrupts included.
///
/// Kernels built with `CONFIG_IRQ_TIME_ACCOUNTING` leave out of a task's CPU time what the
/// network's software interrupts take while it runs, most of a small request's cost; this count
/// holds it, with whatever else ran on those cores. Other kernels do not need it.
#[derive(Debug)]
pub struct CoreClock {
    prefixes: Vec<String>,
}

const SCHEDULER: &str = "/proc/schedstat";

impl CoreClock {
    /// The clock of `cores` together. None where this kernel has none, or does not need it.
    pub fn of(cores: &[usize]) -> Option<Self> {
        if !*INTERRUPTS_APART {
            return None;
        }
        let clock = Self {
            prefixes: cores.iter().map(|core| format!("cpu{core} ")).collect(),
        };
        clock.busy().ok().filter(|&busy| busy > 0).map(|_| clock)
    }

    /// Nanoseconds so far, added up over the cores.
    ///
    /// # Errors
    /// Where the kernel's file cannot be read.
    pub fn busy(&self) -> Result<u64> {
        let text = std::fs::read_to_string(SCHEDULER).context(SCHEDULER)?;
        Ok(self.busy_in(&text))
    }

    /// The seventh number of a core's line is the time its tasks ran (the kernel's
    /// Documentation/scheduler/sched-stats.rst, versions 14 to 17).
    fn busy_in(&self, text: &str) -> u64 {
        let of_line = |line: &str| {
            let numbers = self
                .prefixes
                .iter()
                .find_map(|prefix| line.strip_prefix(prefix))?;
            numbers.split_ascii_whitespace().nth(6)?.parse::<u64>().ok()
        };
        text.lines().filter_map(of_line).sum()
    }
}

pub(super) fn own_cpu() -> Result<Option<u64>> {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).context("no CPU clock")?;
    Ok(Some(nanoseconds(time)))
}

/// Whether this kernel leaves interrupts out of tasks' CPU time (`CONFIG_IRQ_TIME_ACCOUNTING`): its
/// list of symbols has the function that counts them then. Where the list is withheld, it is taken
/// not to.
static INTERRUPTS_APART: LazyLock<bool> = LazyLock::new(|| {
    std::fs::read_to_string("/proc/kallsyms").is_ok_and(|list| counts_apart(&list))
});

fn counts_apart(symbols: &str) -> bool {
    let mut names = symbols
        .lines()
        .filter_map(|line| line.split_ascii_whitespace().nth(2));
    names.any(|name| name == "irqtime_account_irq")
}

pub(super) fn core_time(cores: &[usize]) -> Result<Option<CoreTime>> {
    let statistics = std::fs::read_to_string("/proc/stat").context("/proc/stat")?;
    let ticks = core_ticks(&statistics, cores, *INTERRUPTS_APART);
    let tick = NANOSECONDS / procfs::ticks_per_second();
    Ok(Some(CoreTime {
        busy: ticks.busy * tick,
        stolen: ticks.stolen * tick,
    }))
}

/// What the lines of `cores` say, in ticks. Interrupts are busy time as far as they are in the CPU
/// time of the tasks that they interrupt, from which it is told apart.
fn core_ticks(statistics: &str, cores: &[usize], interrupts_apart: bool) -> CoreTime {
    let mut sum = CoreTime::default();
    for core in cores {
        let name = format!("cpu{core} ");
        let line = statistics.lines().find_map(|line| line.strip_prefix(&name));
        let fields: Vec<u64> = line
            .into_iter()
            .flat_map(str::split_ascii_whitespace)
            .map_while(|field| field.parse().ok())
            .collect();
        let ticks = |field: usize| fields.get(field).copied().unwrap_or_default();
        sum.busy += ticks(USER) + ticks(NICE) + ticks(SYSTEM);
        if !interrupts_apart {
            sum.busy += ticks(IRQ) + ticks(SOFTIRQ);
        }
        sum.stolen += ticks(STEAL);
    }
    sum
}

/// Places of the numbers in a core's line (proc_stat(5)).
const USER: usize = 0;
const NICE: usize = 1;
const SYSTEM: usize = 2;
const IRQ: usize = 5;
const SOFTIRQ: usize = 6;
const STEAL: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    /// A process that is ended when the test does.
    struct Running(Child);

    impl Running {
        fn shell(script: &str) -> Self {
            let mut command = Command::new("sh");
            Self(
                command
                    .args(["-c", script])
                    .stdin(Stdio::piped())
                    .spawn()
                    .unwrap(),
            )
        }
    }

    impl Drop for Running {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }

    fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "not within 20 s");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_child_belongs_to_the_tree() {
        // The second `cat` ends when the shell is killed: its input is the shell's.
        let shell = Running::shell("cat | cat");
        let pids = eventually(|| {
            let tree = ProcessTree::of(shell.0.id()).ok()?;
            (tree.processes.len() == 3).then(|| {
                tree.processes
                    .iter()
                    .map(|(process, _)| process.pid())
                    .collect::<Vec<_>>()
            })
        });
        assert!(pids.contains(&(shell.0.id() as i32)));
    }

    #[test]
    fn work_shows_on_the_clock_and_agrees_with_the_threads_own_count() {
        let mut shell =
            Running::shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo; read x");
        let tree = ProcessTree::of(shell.0.id()).unwrap();
        // Asleep once it waits for a line; from then on both counts stand still.
        eventually(|| {
            let process = &tree.processes[0].0;
            let asleep = process.stat().unwrap().state == 'S';
            (asleep && process.schedstat().unwrap().sum_exec_runtime > 1_000_000).then_some(())
        });
        let clock = tree.cpu().unwrap().unwrap();
        assert_eq!(
            clock.total,
            tree.processes[0].0.schedstat().unwrap().sum_exec_runtime
        );
        assert_eq!(clock.since(clock), CpuTime::default());
        drop(shell.0.stdin.take());
    }

    #[test]
    fn memory_of_a_process_is_found() {
        let shell = Running::shell("read x");
        let tree = ProcessTree::of(shell.0.id()).unwrap();
        let memory = tree.memory().unwrap().unwrap();
        assert!(memory.proportional > 10 * KIBIBYTE);
        assert!(memory.peak_resident >= memory.proportional);
    }

    #[test]
    fn a_process_that_is_gone_is_an_error() {
        let shell = Running::shell("read x");
        let tree = ProcessTree::of(shell.0.id()).unwrap();
        drop(shell);
        assert!(tree.cpu().is_err());
    }

    #[test]
    fn the_schedulers_lines_are_added_up() {
        let clock = CoreClock {
            prefixes: vec!["cpu1 ".to_owned(), "cpu10 ".to_owned()],
        };
        let text = "version 17\ntimestamp 4295\ncpu0 0 0 0 0 0 0 100 7 9\ndomain0 MC 3 1 2\n\
                    cpu1 0 0 0 0 0 0 200 7 9\ncpu10 0 0 0 0 0 0 400 7 9\n";
        assert_eq!(clock.busy_in(text), 600);
    }

    #[test]
    fn a_core_is_found_by_its_number_though_another_is_offline() {
        let text = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 4 1000 1000 8 16 32 0 0\n\
                    cpu2 100 200 400 1000 1000 800 1600 3200 0 0\nintr 5\n";
        let ticks = |cores: &[usize], apart| {
            let sum = core_ticks(text, cores, apart);
            (sum.busy, sum.stolen)
        };
        assert_eq!(ticks(&[2], false), (3100, 3200));
        assert_eq!(ticks(&[2], true), (700, 3200));
        assert_eq!(ticks(&[0, 2], true), (707, 3232));
        assert_eq!(ticks(&[1], false), (0, 0));
    }

    #[test]
    fn this_machines_first_core_has_been_busy() {
        let time = core_time(&[0]).unwrap().unwrap();
        assert!(time.busy > 0);
    }

    #[test]
    fn the_kernels_symbols_tell_whether_interrupts_are_apart() {
        let with = "0000000000000000 T irqtime_account_irq\n0000000000000000 T other\n";
        assert!(counts_apart(with));
        assert!(!counts_apart(
            "0000000000000000 t irqtime_account_irq_x\n\n"
        ));
    }
}
