//! How the kernel is set.

use std::collections::BTreeMap;

use quartet_record::environment::Kernel;

use crate::system::System;

/// Boot parameters that matter, by what they begin with.
const MATTER: [&str; 42] = [
    "amd_pstate",
    "audit",
    "clocksource",
    "cpufreq.",
    "default_hugepagesz",
    "gather_data_sampling",
    "hugepages",
    "hugepagesz",
    "idle",
    "init_on_alloc",
    "init_on_free",
    "intel_idle.max_cstate",
    "intel_iommu",
    "intel_pstate",
    "iommu",
    "irqaffinity",
    "isolcpus",
    "kpti",
    "l1tf",
    "maxcpus",
    "mds",
    "mitigations",
    "mmio_stale_data",
    "nohz",
    "nopti",
    "nosmt",
    "nospec",
    "nr_cpus",
    "page_poison",
    "preempt",
    "processor.max_cstate",
    "pti",
    "rcu_nocb",
    "reg_file_data_sampling",
    "retbleed",
    "skew_tick",
    "spec_",
    "spectre_",
    "threadirqs",
    "transparent_hugepage",
    "tsc",
    "tsx",
];

/// Asks a system how its kernel is set.
pub(super) fn look(system: &System) -> Kernel {
    let cpu = "/sys/devices/system/cpu";
    let flag = |file: &str| match system.line(file)?.as_str() {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    };
    let no_turbo = flag("/sys/devices/system/cpu/intel_pstate/no_turbo");
    Kernel {
        boot_parameters: boot_parameters(&system.text("/proc/cmdline").unwrap_or_default()),
        mitigations: mitigations(system),
        transparent_hugepages: system
            .line("/sys/kernel/mm/transparent_hugepage/enabled")
            .and_then(|line| chosen(&line)),
        turbo: no_turbo
            .map(|none| !none)
            .or_else(|| flag("/sys/devices/system/cpu/cpufreq/boost")),
        frequency_driver: system.line(format!("{cpu}/cpu0/cpufreq/scaling_driver")),
        governors: names(system, cpu)
            .iter()
            .filter(|name| name.starts_with("cpu"))
            .filter_map(|name| system.line(format!("{cpu}/{name}/cpufreq/scaling_governor")))
            .collect(),
        smt: flag("/sys/devices/system/cpu/smt/active"),
        clock_source: system
            .line("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
    }
}

/// Parameters that matter. The rest may name devices and places.
fn boot_parameters(line: &str) -> Vec<String> {
    let matters = |parameter: &&str| {
        MATTER
            .iter()
            .any(|beginning| parameter.starts_with(beginning))
            && !parameter.contains('/')
    };
    let parameters = line.split_ascii_whitespace().filter(matters);
    parameters.map(str::to_owned).collect()
}

fn mitigations(system: &System) -> BTreeMap<String, String> {
    let folder = "/sys/devices/system/cpu/vulnerabilities";
    let found = names(system, folder).into_iter().filter_map(|name| {
        let said = system.line(format!("{folder}/{name}"))?;
        (said != "Not affected").then_some((name, said))
    });
    found.collect()
}

fn names(system: &System, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(system.path(folder)).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.collect()
}

/// The choice in brackets, as in `always [madvise] never`.
fn chosen(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('[')?;
    Some(rest.split_once(']')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::made_up;

    #[test]
    fn a_kernel_tells_how_it_is_set() {
        let (_place, system) = made_up(&[
            (
                "/proc/cmdline",
                "BOOT_IMAGE=/vmlinuz root=UUID=1 quiet mitigations=off isolcpus=2-3 nohz_full=2-3 ip=10.0.0.1\n",
            ),
            (
                "/sys/kernel/mm/transparent_hugepage/enabled",
                "always [madvise] never\n",
            ),
            ("/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n"),
            ("/sys/devices/system/cpu/cpufreq/boost", "1\n"),
            (
                "/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver",
                "intel_pstate\n",
            ),
            (
                "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
                "powersave\n",
            ),
            (
                "/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor",
                "performance\n",
            ),
            ("/sys/devices/system/cpu/smt/active", "0\n"),
            (
                "/sys/devices/system/cpu/vulnerabilities/meltdown",
                "Mitigation: PTI\n",
            ),
            (
                "/sys/devices/system/cpu/vulnerabilities/l1tf",
                "Not affected\n",
            ),
            (
                "/sys/devices/system/clocksource/clocksource0/current_clocksource",
                "tsc\n",
            ),
        ]);
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        let expected = Kernel {
            boot_parameters: owned(&["mitigations=off", "isolcpus=2-3", "nohz_full=2-3"]),
            mitigations: [("meltdown".to_owned(), "Mitigation: PTI".to_owned())].into(),
            transparent_hugepages: Some("madvise".to_owned()),
            turbo: Some(false),
            frequency_driver: Some("intel_pstate".to_owned()),
            governors: owned(&["performance", "powersave"]).into_iter().collect(),
            smt: Some(false),
            clock_source: Some("tsc".to_owned()),
        };
        assert_eq!(look(&system), expected);
    }

    #[test]
    fn one_that_tells_nothing_is_not_guessed_at() {
        let (_place, system) = made_up(&[]);
        assert_eq!(look(&system), Kernel::default());
    }
}
