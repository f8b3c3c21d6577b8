//! What the system says of its cores.

use std::path::PathBuf;

use quartet_record::cores::Core;

use super::list::CoreList;
use crate::system::System;

/// How far two cores of one kind may differ, as a share: the best cores of a kind may clock a little
/// higher than the others.
const ALIKE: f64 = 0.1;

const CPUS: &str = "/sys/devices/system/cpu";

/// Looks these up. A system that does not describe its topology is taken to have no simultaneous
/// threads.
pub(super) fn look_up(system: &System, numbers: &[usize]) -> Vec<Core> {
    let isolated = list(system, &format!("{CPUS}/isolated")).unwrap_or_default();
    let units = units(system);
    let describe = |&number: &usize| {
        let file = |name: &str| format!("{CPUS}/cpu{number}/{name}");
        let siblings = list(system, &file("topology/thread_siblings_list"))
            .filter(|siblings| siblings.contains(&number));
        let unit = units.iter().find(|(_, cores)| cores.contains(&number));
        Core {
            number,
            siblings: siblings.unwrap_or_else(|| vec![number]),
            capacity: parsed(system, &file("cpu_capacity")),
            max_khz: parsed(system, &file("cpufreq/cpuinfo_max_freq")),
            pmu: unit.map(|(name, _)| name.clone()),
            isolated: isolated.contains(&number),
        }
    };
    numbers.iter().map(describe).collect()
}

/// Whether it is a thread of a physical core that one of `others` is a thread of too.
pub(super) fn is_beside(core: &Core, others: &[usize]) -> bool {
    core.siblings.iter().any(|sibling| others.contains(sibling))
}

/// Whether two cores are of one kind.
pub(super) fn is_like(core: &Core, other: &Core) -> bool {
    let near = |one: Option<u64>, two: Option<u64>| match (one, two) {
        (Some(one), Some(two)) => one.abs_diff(two) as f64 <= ALIKE * one.max(two) as f64,
        (one, two) => one == two,
    };
    core.pmu == other.pmu
        && near(core.capacity.map(u64::from), other.capacity.map(u64::from))
        && near(core.max_khz, other.max_khz)
}

/// What makes a kind the faster one: capacity, then frequency, then the name by which hybrid x86
/// calls the faster kind.
fn speed(core: &Core) -> (Option<u32>, Option<u64>, bool) {
    let named = core.pmu.as_deref() == Some("cpu_core");
    (core.capacity, core.max_khz, named)
}

/// Cores by kind, the fastest first, each kind in the order given.
pub(super) fn kinds(cores: &[Core]) -> Vec<Vec<&Core>> {
    let mut fastest: Vec<&Core> = cores.iter().collect();
    fastest.sort_by_key(|core| std::cmp::Reverse(speed(core)));
    // The first of each kind stands for it.
    let mut heads: Vec<&Core> = Vec::new();
    for core in fastest {
        if !heads.iter().any(|head| is_like(head, core)) {
            heads.push(core);
        }
    }
    let head_of = |core: &Core| heads.iter().position(|head| is_like(head, core));
    (0..heads.len())
        .map(|kind| {
            let of_kind = cores.iter().filter(|core| head_of(core) == Some(kind));
            of_kind.collect()
        })
        .collect()
}

/// The units that count cores' events, with their cores, where there are several kinds.
fn units(system: &System) -> Vec<(String, Vec<usize>)> {
    let Ok(entries) = std::fs::read_dir(system.path("/sys/devices")) else {
        return Vec::new();
    };
    let mut found: Vec<(String, Vec<usize>)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let file = PathBuf::from("/sys/devices").join(&name).join("cpus");
            Some((name, list(system, file.to_str()?)?))
        })
        .collect();
    found.sort();
    if found.len() < 2 {
        found.clear();
    }
    found
}

fn list(system: &System, file: &str) -> Option<Vec<usize>> {
    let list: CoreList = system.line(file)?.parse().ok()?;
    Some(list.cores().to_vec())
}

fn parsed<T: std::str::FromStr>(system: &System, file: &str) -> Option<T> {
    system.line(file)?.parse().ok()
}

/// The cores that this thread can use by `/proc`, for kernels with more of them than a CPU set of the
/// C library holds.
pub(super) fn usable_by_files(system: &System) -> Option<Vec<usize>> {
    let status = system.text("/proc/thread-self/status")?;
    let allowed = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let allowed: CoreList = allowed.trim().parse().ok()?;
    // Cores that may be added one day are allowed too.
    let online = list(system, &format!("{CPUS}/online")).unwrap_or_default();
    let both: Vec<usize> = allowed
        .cores()
        .iter()
        .copied()
        .filter(|core| online.contains(core))
        .collect();
    Some(if both.is_empty() {
        allowed.cores().to_vec()
    } else {
        both
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::made_up;

    #[test]
    fn a_hybrid_machine_tells_its_kinds_siblings_and_isolated_cores() {
        let cpu = |number: usize, name: &str| format!("sys/devices/system/cpu/cpu{number}/{name}");
        let (_folder, system) = made_up(&[
            ("sys/devices/system/cpu/isolated", "2\n"),
            (&cpu(0, "topology/thread_siblings_list"), "0-1\n"),
            (&cpu(1, "topology/thread_siblings_list"), "0-1\n"),
            (&cpu(2, "topology/thread_siblings_list"), "2\n"),
            (&cpu(0, "cpufreq/cpuinfo_max_freq"), "5000000\n"),
            (&cpu(1, "cpufreq/cpuinfo_max_freq"), "4900000\n"),
            (&cpu(2, "cpufreq/cpuinfo_max_freq"), "3700000\n"),
            ("sys/devices/cpu_core/cpus", "0-1\n"),
            ("sys/devices/cpu_atom/cpus", "2-3\n"),
            ("sys/devices/system/other", ""),
        ]);
        let cores = look_up(&system, &[0, 1, 2, 3]);
        assert_eq!(cores[0].siblings, [0, 1]);
        assert!(cores[2].isolated && !cores[0].isolated);
        assert!(is_like(&cores[0], &cores[1]) && !is_like(&cores[0], &cores[2]));
        assert_eq!(cores[0].kind().unwrap(), "cpu_core, up to 5.00 GHz");
        // Of core 3 nothing but its unit is known, so that it is like no other.
        assert_eq!(
            (cores[3].siblings.as_slice(), cores[3].max_khz),
            (&[3][..], None)
        );
        let numbers: Vec<Vec<usize>> = kinds(&cores)
            .iter()
            .map(|kind| kind.iter().map(|core| core.number).collect())
            .collect();
        assert_eq!(numbers, [vec![0, 1], vec![2], vec![3]]);
    }

    #[test]
    fn small_cores_are_told_by_their_capacity() {
        let cpu = |number: usize| format!("sys/devices/system/cpu/cpu{number}/cpu_capacity");
        let (_folder, system) = made_up(&[
            (&cpu(0), "446\n"),
            (&cpu(1), "446\n"),
            (&cpu(2), "1024\n"),
            (&cpu(3), "1010\n"),
        ]);
        let cores = look_up(&system, &[0, 1, 2, 3]);
        let kinds = kinds(&cores);
        assert_eq!((kinds.len(), kinds[0][0].number), (2, 2));
        assert_eq!(kinds[0][0].kind().unwrap(), "capacity 1024");
    }

    #[test]
    fn a_machine_that_tells_nothing_has_one_kind_and_no_siblings() {
        let (_folder, system) = made_up(&[("sys/devices/cpu/cpus", "0-1\n")]);
        let cores = look_up(&system, &[0, 1]);
        assert_eq!((kinds(&cores).len(), &*cores[1].siblings), (1, &[1][..]));
        assert_eq!(cores[0].kind(), None);
    }

    #[test]
    fn more_cores_than_a_set_holds_are_listed() {
        let status = "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-2047\n";
        let (_folder, system) = made_up(&[
            ("proc/thread-self/status", status),
            ("sys/devices/system/cpu/online", "0-1535\n"),
        ]);
        let usable = usable_by_files(&system).unwrap();
        assert_eq!((usable.len(), usable.last()), (1536, Some(&1535)));
        let (_folder, without) = made_up(&[("proc/thread-self/status", status)]);
        assert_eq!(usable_by_files(&without).unwrap().len(), 2048);
        let (_folder, nothing) = made_up(&[]);
        assert_eq!(usable_by_files(&nothing), None);
    }
}
