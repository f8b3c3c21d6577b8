//! What else a machine did while slices were taken on some of its cores. It knows nothing of what is measured.

use std::time::Instant;

use quartet_record::MachineLoad;

use crate::accounting::{CoreReader, CoreReading, Quotas, Segments, Throttling};
use crate::numbers::nanoseconds;
use crate::system::System;

/// What is watched while slices are taken.
#[derive(Debug)]
pub(crate) struct Watch {
    /// How many cores are measured on.
    cores: usize,
    reader: CoreReader,
    quotas: Quotas,
}

impl Watch {
    /// These cores, of those that are `usable`, with those `beside` them: what runs there, on the same physical core, takes
    /// from them too.
    pub(crate) fn of(
        system: &System,
        measured: &[usize],
        beside: &[usize],
        usable: &[usize],
    ) -> Self {
        let mut watched = [measured, beside].concat();
        watched.sort_unstable();
        watched.dedup();
        Self {
            cores: measured.len(),
            reader: CoreReader::of(system, &watched, usable),
            quotas: Quotas::of(system),
        }
    }

    /// The books as they are now.
    pub(crate) fn read(&self) -> CoreReading {
        self.reader.read()
    }

    /// What the host took since these books were read, nanoseconds; they are as they are now afterwards.
    pub(crate) fn stolen_since(&self, books: &mut CoreReading) -> Option<u64> {
        let now = self.reader.read();
        let stolen = now.since(books).stolen;
        *books = now;
        stolen
    }
}

/// The books from before the slices of a restart.
#[derive(Debug)]
pub(crate) struct Load {
    begun: Instant,
    before: CoreReading,
    throttling: Option<Throttling>,
    ours: Option<Ours>,
    segments: Option<Segments>,
}

/// What the measurement itself uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ours {
    /// CPU time of this process and of every server here, nanoseconds.
    pub(crate) cpu: u64,
    /// How many servers that is of.
    pub(crate) servers: usize,
}

impl Load {
    /// From now on. `ours` is what the measurement itself has used until now, where that is known.
    pub(crate) fn begin(watch: &Watch, ours: Option<Ours>) -> Self {
        Self {
            begun: Instant::now(),
            before: watch.reader.read(),
            throttling: watch.quotas.throttling(),
            ours,
            segments: Segments::now(&System::live()),
        }
    }

    /// What the machine did since, where the measurement has used `ours` until now, and `further` besides. What others did is
    /// not known where a server ended meanwhile: its CPU time is not to be had any more, and would pass for theirs.
    pub(crate) fn end(
        self,
        watch: &Watch,
        ours: Option<Ours>,
        further: Option<u64>,
    ) -> MachineLoad {
        let used = watch.reader.read().since(&self.before);
        let throttling = watch.quotas.throttling().zip(self.throttling);
        let throttling = throttling.map(|(after, before)| after.since(before));
        let ours = self.ours.zip(ours);
        let ours = ours.filter(|(before, after)| before.servers == after.servers);
        // Where it is not known, neither is what others did.
        let ours = ours.zip(further);
        let wall = nanoseconds(self.begun.elapsed());
        let segments = Segments::now(&System::live()).zip(self.segments);
        let segments = segments.map(|(after, before)| after.since(before));
        MachineLoad {
            available_ns: wall.saturating_mul(watch.cores as u64),
            others_ns: used
                .busy
                .zip(ours)
                .map(|(busy, ((before, after), further))| {
                    let ours = after.cpu.saturating_sub(before.cpu) + further;
                    busy.saturating_sub(ours)
                }),
            stolen_ns: used.stolen,
            throttled_ns: throttling.map(|throttling| throttling.time_ns),
            throttled_periods: throttling.map(|throttling| throttling.periods),
            sent_segments: segments.map(|segments| segments.sent),
            resent_segments: segments.map(|segments| segments.resent),
            agent_ns: None,
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::system::tests::made_up;

    /// Four threads of two physical cores; so many ticks of 10 ms that each was busy.
    fn statistics(busy: [u64; 4]) -> String {
        let line = |(core, busy): (usize, u64)| format!("cpu{core} {busy} 0 0 5000 0 0 0 7\n");
        busy.into_iter().enumerate().map(line).collect()
    }

    #[test]
    fn what_runs_beside_a_measured_core_and_what_a_quota_takes_are_seen() {
        let mounts = "31 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        let throttled = "sys/fs/cgroup/job/cpu.stat";
        let (_folder, system) = made_up(&[
            ("proc/stat", &statistics([100; 4])),
            ("proc/self/mountinfo", mounts),
            ("proc/self/cgroup", "0::/job\n"),
            (throttled, "nr_throttled 2\nthrottled_usec 30\n"),
        ]);
        let watch = Watch::of(&system, &[0, 1], &[0, 1, 2, 3], &[0, 1, 2, 3]);
        let ours = || Some(Ours { cpu: 5, servers: 1 });
        let load = Load::begin(&watch, ours());
        // A thousand seconds on core 2: more than this process itself can use meanwhile.
        let later = statistics([100, 100, 100_100, 100]);
        std::fs::write(system.path("proc/stat"), later).unwrap();
        std::fs::write(
            system.path(throttled),
            "nr_throttled 5\nthrottled_usec 100\n",
        )
        .unwrap();
        let found = load.end(&watch, ours(), Some(0));
        let others = found.others_ns.unwrap();
        assert!(others > 900_000_000_000, "{others}");
        assert_eq!(found.stolen_ns, Some(0));
        assert_eq!(found.throttled_periods, Some(3));
        assert_eq!(found.throttled_ns, Some(70_000));
    }
}
