//! What else the machine did while slices were taken.

use std::time::Instant;

use anyhow::Result;
use quartet_record::MachineLoad;
use quartet_record::plan::Plan;

use super::life::Life;
use crate::accounting::{CoreReader, CoreReading, FamilyTime, Quotas, Throttling, own_cpu};
use crate::cores::Placement;
use crate::database::Database;
use crate::numbers::nanoseconds;
use crate::system::System;

/// What is watched while slices are taken.
pub(super) struct Watch {
    /// How many are measured on.
    cores: usize,
    reader: CoreReader,
    quotas: Quotas,
}

impl Watch {
    pub(super) fn of(system: &System, plan: &Plan, placement: &Placement) -> Self {
        // What runs beside a core of ours, on the same physical one, takes from it too.
        let mut watched = plan.measured_cores();
        let cores = watched.len();
        watched.extend(placement.with_siblings());
        watched.sort_unstable();
        watched.dedup();
        Self {
            cores,
            reader: CoreReader::of(system, &watched, &placement.usable),
            quotas: Quotas::of(system),
        }
    }
}

impl Watch {
    /// The books as they are now.
    pub(super) fn read(&self) -> CoreReading {
        self.reader.read()
    }

    /// What the host took since these books were read, nanoseconds; they are as they are now afterwards.
    pub(super) fn stolen_since(&self, books: &mut CoreReading) -> Option<u64> {
        let now = self.reader.read();
        let stolen = now.since(books).stolen;
        *books = now;
        stolen
    }
}

/// The books of the cores measured on, from before the slices of a restart.
pub(super) struct Load<'a> {
    watch: &'a Watch,
    begun: Instant,
    before: CoreReading,
    throttling: Option<Throttling>,
    ours: Option<Ours>,
    /// What servers read from, and what it had used.
    database: Option<(&'a Database, Option<FamilyTime>)>,
}

/// What the measurement itself uses.
#[derive(Clone, Copy)]
struct Ours {
    /// CPU time of this process and of every server, nanoseconds.
    cpu: u64,
    servers: usize,
}

impl<'a> Load<'a> {
    pub(super) fn begin<'l>(
        watch: &'a Watch,
        lives: impl Iterator<Item = &'l Life>,
        database: Option<&'a Database>,
    ) -> Result<Self> {
        // Where it is gone its lanes fail, and the others go on.
        let books = |database: &'a Database| (database, database.cpu().ok().flatten());
        Ok(Self {
            watch,
            begun: Instant::now(),
            before: watch.reader.read(),
            throttling: watch.quotas.throttling(),
            ours: ours(lives)?,
            database: database.map(books),
        })
    }

    /// What the machine did since. What others did is not known where a server ended meanwhile: its
    /// CPU time is not to be had any more, and would pass for theirs.
    pub(super) fn end<'l>(self, lives: impl Iterator<Item = &'l Life>) -> Result<MachineLoad> {
        let used = self.watch.reader.read().since(&self.before);
        let throttling = self.watch.quotas.throttling().zip(self.throttling);
        let throttling = throttling.map(|(after, before)| after.since(before));
        let servers = self.ours.zip(ours(lives)?);
        let ours = servers.filter(|(before, after)| before.servers == after.servers);
        let of_database = match self.database {
            Some((database, Some(before))) => {
                let now = database.cpu().ok().flatten();
                now.map(|now| now.since(&before))
            }
            Some((_, None)) => None,
            None => Some(0),
        };
        // Where it is not known, neither is what others did.
        let ours = ours.zip(of_database);
        let wall = nanoseconds(self.begun.elapsed());
        Ok(MachineLoad {
            available_ns: wall.saturating_mul(self.watch.cores as u64),
            others_ns: used
                .busy
                .zip(ours)
                .map(|(busy, ((before, after), database))| {
                    let ours = after.cpu.saturating_sub(before.cpu) + database;
                    busy.saturating_sub(ours)
                }),
            stolen_ns: used.stolen,
            throttled_ns: throttling.map(|throttling| throttling.time_ns),
            throttled_periods: throttling.map(|throttling| throttling.periods),
        })
    }
}

/// What is used so far. Nothing where a process of a server is gone: that is the server's failure, and
/// shows in its slices.
fn ours<'l>(lives: impl Iterator<Item = &'l Life>) -> Result<Option<Ours>> {
    let mut ours = Ours {
        cpu: own_cpu()?.unwrap_or_default(),
        servers: 0,
    };
    for life in lives {
        let Ok(cpu) = life.cpu() else {
            return Ok(None);
        };
        ours.cpu += cpu.unwrap_or_default();
        ours.servers += 1;
    }
    Ok(Some(ours))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::system::tests::made_up;
    use quartet_record::cores::Core;
    use quartet_record::testing::record;

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
        let core = |number, siblings: [usize; 2]| Core {
            number,
            siblings: siblings.to_vec(),
            ..Core::default()
        };
        let placement = Placement {
            usable: vec![0, 1, 2, 3],
            cores: vec![core(0, [0, 2]), core(1, [1, 3])],
            ..Placement::default()
        };
        let watch = Watch::of(&system, &record().plan, &placement);
        let load = Load::begin(&watch, std::iter::empty(), None).unwrap();
        // A thousand seconds on core 2: more than this process itself can use meanwhile.
        let later = statistics([100, 100, 100_100, 100]);
        std::fs::write(system.path("proc/stat"), later).unwrap();
        std::fs::write(
            system.path(throttled),
            "nr_throttled 5\nthrottled_usec 100\n",
        )
        .unwrap();
        let found = load.end(std::iter::empty()).unwrap();
        let others = found.others_ns.unwrap();
        assert!(others > 900_000_000_000, "{others}");
        assert_eq!(found.stolen_ns, Some(0));
        assert_eq!(found.throttled_periods, Some(3));
        assert_eq!(found.throttled_ns, Some(70_000));
    }
}
