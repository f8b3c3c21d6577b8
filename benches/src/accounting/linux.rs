//! Linux's books: CPU clocks of processes, and `/proc`.

mod clocks;
mod quota;
mod smaps;
mod units;

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result};
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use procfs::process::{Process, all_processes};

use super::children::FamilyTime;
use super::figures::{CpuTime, OwnMemory, Scheduling, Threads};
use crate::system::System;
use units::{KIBIBYTE, NANOSECONDS};

pub use clocks::{CoreClock, CoreReader, CoreReading};
pub use quota::Quotas;

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

    /// What each thread ran and waited for a core. None where the kernel keeps no such books
    /// (`CONFIG_SCHED_INFO`).
    ///
    /// # Errors
    /// Where a process is gone.
    pub fn threads(&self) -> Result<Option<Threads>> {
        let mut threads = BTreeMap::new();
        for (process, _) in &self.processes {
            let tasks = process.tasks().context("a server's process is gone")?;
            // A thread that ends meanwhile is none of the tree's.
            for task in tasks.flatten() {
                match task.schedstat() {
                    Ok(books) => {
                        let scheduling = Scheduling {
                            ran: books.sum_exec_runtime,
                            waited: books.run_delay,
                        };
                        threads.insert(task.tid, scheduling);
                    }
                    Err(_) if task.stat().is_ok() => return Ok(None),
                    Err(_) => {}
                }
            }
        }
        // Kernels without these books may have the file all the same, with noughts in it.
        let kept = threads.values().any(|thread| thread.ran > 0);
        Ok(kept.then_some(Threads(threads)))
    }

    /// Memory in use now, and the most so far. None where the kernel does not tell.
    ///
    /// # Errors
    /// Where a process is gone, or the kernel refuses to tell of it.
    pub fn memory(&self) -> Result<Option<OwnMemory>> {
        let mut sum = OwnMemory {
            anonymous: 0,
            peak_resident: 0,
        };
        for (process, _) in &self.processes {
            let status = process.status().context("cannot read a server's status")?;
            let anonymous = smaps::anonymous(&System::live(), process.pid())
                .context("cannot read a server's memory map")?;
            // Of one process, the whole is as good as its share.
            let alone = || status.rssanon.filter(|_| self.processes.len() == 1);
            let anonymous = anonymous.or_else(|| Some(alone()? * KIBIBYTE));
            let (Some(anonymous), Some(peak)) = (anonymous, status.vmhwm) else {
                return Ok(None);
            };
            sum.anonymous += anonymous;
            sum.peak_resident += peak * KIBIBYTE;
        }
        Ok(Some(sum))
    }
}

fn nanoseconds(time: nix::sys::time::TimeSpec) -> u64 {
    // A CPU clock starts at zero, so neither part is negative.
    time.tv_sec().unsigned_abs() * NANOSECONDS + time.tv_nsec().unsigned_abs()
}

pub(super) fn family_cpu(parent: u32) -> Result<Option<FamilyTime>> {
    let process = Process::new(i32::try_from(parent).context("not a process id")?)
        .with_context(|| format!("no process {parent}"))?;
    // The kernel may lack the list (CONFIG_PROC_CHILDREN).
    let Ok(children) = process.task_main_thread().and_then(|task| task.children()) else {
        return Ok(None);
    };
    let clock = |pid: &u32| {
        let clock = clock_getcpuclockid(Pid::from_raw(i32::try_from(*pid).ok()?)).ok()?;
        Some((*pid, nanoseconds(clock_gettime(clock).ok()?)))
    };
    // One that ends meanwhile is left out.
    let all = children.iter().chain([&parent]).filter_map(clock);
    Ok(Some(FamilyTime(all.collect())))
}

pub(super) fn private(root: u32) -> Option<u64> {
    let tree = ProcessTree::of(root).ok()?;
    let each = tree.processes.iter().filter_map(|(process, _)| {
        let status = process.status().ok()?;
        Some(status.rssanon? * KIBIBYTE)
    });
    each.reduce(|one, other| one + other)
}

pub(super) fn own_cpu() -> Result<Option<u64>> {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).context("no CPU clock")?;
    Ok(Some(nanoseconds(time)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
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

        /// A shell that has waited for a line before, and waits for one again: it needs no more memory.
        fn waiting() -> Self {
            let mut child = Command::new("sh")
                .args(["-c", "echo; read x; echo; read x"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut said = [0];
            let stdout = child.stdout.as_mut().unwrap();
            stdout.read_exact(&mut said).unwrap();
            child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
            stdout.read_exact(&mut said).unwrap();
            Self(child)
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
    fn a_child_that_begins_meanwhile_belongs_to_the_family() {
        let shell = Running::shell("read x; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done");
        let before = family_cpu(shell.0.id()).unwrap().unwrap();
        let family =
            Running::shell("(i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; read x)& wait");
        eventually(|| {
            let found = family_cpu(family.0.id()).ok()??;
            (found.0.len() == 2 && found.since(&before) > 1_000_000).then_some(())
        });
    }

    #[test]
    fn memory_of_a_process_is_found() {
        let shell = Running::shell("read x");
        let tree = ProcessTree::of(shell.0.id()).unwrap();
        let memory = tree.memory().unwrap().unwrap();
        assert!(memory.anonymous > 10 * KIBIBYTE, "{memory:?}");
        // Each counter is of batches.
        assert!(memory.peak_resident > memory.anonymous, "{memory:?}");
    }

    #[test]
    fn private_memory_is_that_of_the_whole_tree() {
        let alone = Running::shell("read x");
        let with_children = Running::shell("cat | cat | cat");
        eventually(|| {
            let tree = ProcessTree::of(with_children.0.id()).ok()?;
            let [one, all] = [&alone, &with_children].map(|of| private(of.0.id()));
            (tree.processes.len() == 4 && all? > one?).then_some(())
        });
        let pid = alone.0.id();
        drop(alone);
        assert_eq!(private(pid), None);
    }

    #[test]
    fn another_process_of_the_program_takes_nothing_from_its_memory() {
        let first = Running::waiting();
        let memory = || {
            let tree = ProcessTree::of(first.0.id()).unwrap();
            tree.memory().unwrap().unwrap().anonymous
        };
        let alone = memory();
        let _others: Vec<Running> = (0..3).map(|_| Running::waiting()).collect();
        assert_eq!(memory(), alone);
    }

    #[test]
    fn a_process_that_is_gone_is_an_error() {
        let shell = Running::shell("read x");
        let tree = ProcessTree::of(shell.0.id()).unwrap();
        drop(shell);
        assert!(tree.cpu().is_err());
    }
}
