//! The CPU time that control groups allow: quotas of cgroup version 2 (`cpu.max`) and of version 1
//! (`cpu.cfs_quota_us`), with what they kept from running.
//!
//! A group within another is held to both their quotas, so that all are read from the group of this
//! process up to the highest that is mounted here; what stands above, as around a container, is not to
//! be seen. Sources: the kernel's Documentation/admin-guide/cgroup-v2.rst and
//! Documentation/scheduler/sched-bwc.rst, cgroups(7).

use std::path::{Component, Path, PathBuf};

use procfs::FromRead as _;
use procfs::ProcessCGroups;
use procfs::process::{MountInfo, MountInfos};

use crate::accounting::figures::Throttling;
use crate::system::System;

/// The control groups whose quotas this process and its servers are held to.
#[derive(Debug)]
pub struct Quotas {
    groups: Vec<Group>,
}

/// One group's directory.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    directory: PathBuf,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Quotas {
    /// Those of this process. None are found where control groups are not mounted.
    pub fn of(system: &System) -> Self {
        let groups = ProcessCGroups::from_file(system.path("proc/self/cgroup"));
        let mounts = MountInfos::from_file(system.path("proc/self/mountinfo"));
        let (Ok(groups), Ok(mounts)) = (groups, mounts) else {
            return Self { groups: Vec::new() };
        };
        let mut found = Vec::new();
        for group in &groups {
            let version = match group.controllers.iter().any(|name| name == "cpu") {
                true => Version::One,
                false if group.hierarchy == 0 => Version::Two,
                false => continue,
            };
            let lineages = (&mounts)
                .into_iter()
                .filter(|mount| version.is_mounted_by(mount))
                .filter_map(|mount| {
                    let top = system.path(&mount.mount_point);
                    lineage(&top, &mount.root, &group.pathname, version)
                });
            found.extend(lineages.take(1).flatten());
        }
        Self { groups: found }
    }

    /// How many cores' time the least of the quotas allows; none where there is no quota.
    pub fn cores(&self) -> Option<f64> {
        let quotas = self.groups.iter().filter_map(Group::cores);
        quotas.min_by(f64::total_cmp)
    }

    /// How often and for how long quotas kept processes from running so far. None where no group
    /// tells.
    pub fn throttling(&self) -> Option<Throttling> {
        if self.groups.is_empty() {
            return None;
        }
        // A group without counters, as the highest of version 2, has no quota.
        let counts = self.groups.iter().filter_map(Group::throttling);
        Some(counts.fold(Throttling::default(), |sum, group| Throttling {
            periods: sum.periods + group.periods,
            time_ns: sum.time_ns + group.time_ns,
        }))
    }
}

impl Version {
    fn is_mounted_by(self, mount: &MountInfo) -> bool {
        match self {
            Self::One => mount.fs_type == "cgroup" && mount.super_options.contains_key("cpu"),
            Self::Two => mount.fs_type == "cgroup2",
        }
    }
}

/// The groups from the process's own up to the mounted one. None where the process's own is not below
/// what is mounted, as where one of them lies outside of a namespace of control groups (`/../x`).
fn lineage(top: &Path, root: &str, path: &str, version: Version) -> Option<Vec<Group>> {
    let leads_out = |path: &Path| path.components().any(|part| part == Component::ParentDir);
    let below = Path::new(path).strip_prefix(root).ok()?;
    if leads_out(below) || leads_out(Path::new(root)) || !top.join(below).is_dir() {
        return None;
    }
    let directories = below.ancestors().map(|ancestor| top.join(ancestor));
    Some(
        directories
            .map(|directory| Group { directory, version })
            .collect(),
    )
}

impl Group {
    fn text(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.directory.join(file)).ok()
    }

    fn cores(&self) -> Option<f64> {
        let (quota, period) = match self.version {
            Version::Two => {
                let line = self.text("cpu.max")?;
                let (quota, period) = line.trim().split_once(' ')?;
                (quota.to_owned(), period.to_owned())
            }
            Version::One => (
                self.text("cpu.cfs_quota_us")?,
                self.text("cpu.cfs_period_us")?,
            ),
        };
        // No number, or -1, is no quota.
        let quota: u64 = quota.trim().parse().ok()?;
        let period: u64 = period.trim().parse().ok().filter(|&period| period > 0)?;
        Some(quota as f64 / period as f64)
    }

    fn throttling(&self) -> Option<Throttling> {
        let text = self.text("cpu.stat")?;
        let count = |name: &str| {
            text.lines().find_map(|line| {
                let (found, count) = line.split_once(' ')?;
                (found == name).then(|| count.trim().parse::<u64>().ok())?
            })
        };
        let time_ns = match self.version {
            Version::Two => count("throttled_usec")?.saturating_mul(1000),
            Version::One => count("throttled_time")?,
        };
        Some(Throttling {
            periods: count("nr_throttled")?,
            time_ns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::made_up;

    const TWO: &str = "31 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";

    fn stat(throttled: u64, microseconds: u64) -> String {
        format!(
            "usage_usec 5\nnr_periods 9\nnr_throttled {throttled}\nthrottled_usec {microseconds}\n"
        )
    }

    #[test]
    fn the_tightest_of_nested_quotas_holds_and_all_throttling_counts() {
        let (_folder, system) = made_up(&[
            ("proc/self/mountinfo", TWO),
            ("proc/self/cgroup", "0::/outer/inner\n"),
            ("sys/fs/cgroup/cpu.stat", "usage_usec 100\n"),
            ("sys/fs/cgroup/outer/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/outer/cpu.stat", &stat(2, 30)),
            ("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n"),
            ("sys/fs/cgroup/outer/inner/cpu.stat", &stat(1, 4)),
        ]);
        let quotas = Quotas::of(&system);
        assert_eq!(quotas.groups.len(), 3);
        assert_eq!(quotas.cores(), Some(1.5));
        let expected = Throttling {
            periods: 3,
            time_ns: 34_000,
        };
        assert_eq!(quotas.throttling(), Some(expected));
    }

    #[test]
    fn a_container_sees_its_own_group_at_the_top() {
        // Docker without, and with, a namespace for control groups.
        let bound = "31 23 0:26 /docker/ab /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
        for (mount, path) in [(bound, "0::/docker/ab\n"), (TWO, "0::/\n")] {
            let (_folder, system) = made_up(&[
                ("proc/self/mountinfo", mount),
                ("proc/self/cgroup", path),
                ("sys/fs/cgroup/cpu.max", "50000 100000\n"),
                ("sys/fs/cgroup/cpu.stat", &stat(0, 0)),
            ]);
            let quotas = Quotas::of(&system);
            assert_eq!(quotas.cores(), Some(0.5), "{path}");
            assert_eq!(quotas.throttling(), Some(Throttling::default()), "{path}");
        }
    }

    #[test]
    fn quotas_of_the_first_version_are_read_too() {
        let mounts = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let group = "sys/fs/cgroup/cpu,cpuacct/job";
        let file = |name: &str| format!("{group}/{name}");
        let (_folder, system) = made_up(&[
            ("proc/self/mountinfo", mounts),
            (
                "proc/self/cgroup",
                "4:memory:/m\n2:cpu,cpuacct:/job\n0::/\n",
            ),
            (&file("cpu.cfs_quota_us"), "80000\n"),
            (&file("cpu.cfs_period_us"), "40000\n"),
            (
                &file("cpu.stat"),
                "nr_periods 5\nnr_throttled 3\nthrottled_time 777\n",
            ),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ]);
        let quotas = Quotas::of(&system);
        assert_eq!(quotas.cores(), Some(2.0));
        let expected = Throttling {
            periods: 3,
            time_ns: 777,
        };
        assert_eq!(quotas.throttling(), Some(expected));
    }

    #[test]
    fn another_groups_quota_is_not_taken_for_ones_own() {
        let outside = "31 23 0:26 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        let another = "31 23 0:26 /docker/cd /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        for (mount, path) in [
            (TWO, "0::/../other\n"),
            (TWO, "0::/gone\n"),
            (outside, "0::/\n"),
            (another, "0::/docker/ab\n"),
        ] {
            let (_folder, system) = made_up(&[
                ("proc/self/mountinfo", mount),
                ("proc/self/cgroup", path),
                ("sys/fs/cgroup/cpu.max", "50000 100000\n"),
                ("sys/fs/cgroup/cpu.stat", &stat(0, 0)),
            ]);
            let quotas = Quotas::of(&system);
            assert_eq!(
                (quotas.cores(), quotas.throttling()),
                (None, None),
                "{path}"
            );
        }
    }

    #[test]
    fn without_control_groups_nothing_is_known() {
        let (_folder, system) = made_up(&[("proc/self/cgroup", "0::/\n")]);
        let quotas = Quotas::of(&system);
        assert_eq!((quotas.cores(), quotas.throttling()), (None, None));
    }
}
